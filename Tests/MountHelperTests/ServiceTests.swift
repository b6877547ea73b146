import TestKit
import Testing

extension MountHelper {
    @Suite("As a service")
    struct ServiceTests {
        /// Listens as systemd does, at a path and in the abstract namespace, and ends it by a signal and by umount(8).
        @Test("READY=1 when it is usable, STOPPING=1 at the end", arguments: ["path signal", "abstract umount"])
        func notification(_ how: String) throws {
            let result = try Namespace.run(
                """
                set -- \(how)
                address=$T/socket option=UNIX-RECV:$T/socket
                if [ $1 = abstract ]; then address=@netmodelfs-$$ option=ABSTRACT-RECV:netmodelfs-$$; fi
                socat -u "$option" OPEN:$T/heard,creat,append & socat=$!
                until { [ -S $T/socket ] || grep -q "@netmodelfs-$$" /proc/net/unix; }; do sleep 0.05; done
                NOTIFY_SOCKET=$address netmodelfs mount --foreground s.db net 2>log & daemon=$!
                until grep -q READY=1 heard; do kill -0 $daemon || exit 90; sleep 0.05; done
                ls net/zones || exit 91
                ! grep -q STOPPING=1 heard || exit 92
                if [ $2 = signal ]; then kill $daemon; else umount net; fi
                wait $daemon || exit 93
                kill $socat
                cat heard
                """)
            #expect(result.status == 0, "\(result)")
            #expect(result.output.contains("READY=1\nSTATUS=Mounted at net.\n"))
            #expect(result.output.contains("STOPPING=1\n"))
        }

        @Test("What fails says nothing of being ready, nor what runs in the background")
        func silence() throws {
            let result = try Namespace.run(
                """
                socat -u UNIX-RECV:$T/socket OPEN:$T/heard,creat,append & socat=$!
                until [ -S $T/socket ]; do sleep 0.05; done
                export NOTIFY_SOCKET=$T/socket
                netmodelfs mount --foreground s.db none 2>log && exit 90
                netmodelfs mount s.db net || exit 91
                NOTIFY_SOCKET=$T/nobody netmodelfs mount --foreground b.db net 2>log && exit 92
                kill $socat
                ! grep READY heard
                """)
            #expect(result.status == 0, "\(result)")
        }

        @Test(
            "systemd has nothing to say of the units", .enabled(if: Shell.has("systemd-analyze")),
            arguments: ["netmodelfs.service", "netmodelfs@srv-net.service"])
        func units(_ unit: String) throws {
            let result = try Namespace.run(
                """
                mkdir units
                for file in netmodelfs.service netmodelfs@.service; do
                  sed "s|/usr/local/bin/netmodelfs|$PROGRAMS/netmodelfs|" "$HELPER/$file" >units/$file
                done
                systemd-analyze verify --man=no "units/\(unit)"
                """)
            #expect(result.status == 0 && result.output.isEmpty && result.errors.isEmpty, "\(result)")
        }

        /// What a unit's lines do, without systemd: start, kill, clean up, start again.
        @Test("The commands of the unit, by hand")
        func commands() throws {
            let result = try Namespace.run(
                """
                unit=$HELPER/netmodelfs.service
                export STORE=$T/s.db DIR=$T/net OPTIONS=allow_other
                command() { sed -n "s|^$1=-\\\\{0,1\\\\}||p" "$unit" | sed "s|/usr/local/bin|/usr/local/sbin|"; }
                for round in 1 2; do
                  eval "$(command ExecStartPre)"
                  eval "$(command ExecStart) 2>log &"
                  until [ -e net/README ]; do sleep 0.05; done
                  kill -KILL $!
                  wait $!
                  eval "$(command ExecStopPost)" || exit 90
                  ! line || exit 91
                done
                """)
            #expect(result.status == 0, "\(result)")
        }
    }
}
