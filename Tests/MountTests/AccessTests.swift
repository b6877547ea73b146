import Foundation
import TestKit
import Testing

extension RealMounts {
    /// Zones that are handed to groups, or closed to all others.
    @Suite("Zones of groups") struct AccessTests {
        /// games, in whose group 60 both members are; an outsider, who is in another one.
        private static let member = "setpriv --reuid=5 --regid=5 --groups 60 bash -c"
        private static let second = "setpriv --reuid=1 --regid=60 --clear-groups bash -c"
        private static let outsider = "setpriv --reuid=65534 --regid=65534 --groups 61,62 bash -c"

        private static let model = """
            set -e; umask 022
            mkdir zones/team zones/team/clusters/{c,d} zones/team/l2/n l3/team zones/open
            echo Simulator > zones/team/clusters/c/hypervisor; mkdir zones/team/clusters/c/hosts/h
            echo simulator: > zones/team/clusters/c/hosts/h/connection
            echo eth0 > zones/team/l2/n/physical-interface; echo 10 > zones/team/l2/n/vlan
            ln -s ../../../clusters/c zones/team/l2/n/clusters/c
            echo 10.0.0.0/24 > l3/team/ranges/r; echo text > zones/team/description
            ln -s ../../zones/team/l2/n l3/team/l2
            mkdir zones/open/clusters/c zones/open/l2/o; echo eth0 > zones/open/l2/o/physical-interface
            """

        private static let handOver = """
            set -e
            chgrp -R 60 zones/team l3/team; chmod -R g+rwX,o-w zones/team l3/team
            find zones/team l3/team -type d -exec chmod g+s {} +
            """

        /// Each changes something, in this order.
        private static let operations = [
            "mkdir zones/team/l2/m", "echo 20 > zones/team/l2/m/vlan", "echo eth1 > zones/team/l2/m/physical-interface",
            "ln -s ../../../clusters/d zones/team/l2/m/clusters/d",
            "ln -sfn ../../../clusters/c zones/team/l2/n/clusters/c",
            "sed -i s/20/21/ zones/team/l2/m/mtu zones/team/description", "echo 9000 > zones/team/l2/m/mtu",
            "rm zones/team/l2/m/clusters/d", "sed -i s/20/21/ zones/team/l2/m/vlan",
            "mv zones/team/l2/m zones/team/l2/k",
            "rm zones/team/l2/k/mtu", "echo more >> zones/team/description", "truncate -s 4 zones/team/description",
            "mkdir zones/team/l2/.new && echo 30 > zones/team/l2/.new/vlan && mv zones/team/l2/.new zones/team/l2/new",
            "rm -r zones/team/l2/new zones/team/l2/k", "echo 10.0.1.0/24 > l3/team/ranges/r",
            "echo 10.0.1.7 > l3/team/reserved/one", "rm l3/team/reserved/one",
            "ln -sfn ../../zones/open/l2/o l3/team/l2",
            "echo 8.8.8.8 > l3/team/dns", "mkdir zones/team/clusters/c/hosts/i", "rmdir zones/team/clusters/c/hosts/i",
            "touch zones/team/.x && rm zones/team/.x", "netmodelfs check zones/team/l2/n/mtu <<< 1500",
            "netmodelfs check --directory zones/team/l2/p", "rmdir zones/team/clusters/d",
        ].filter { !$0.contains("m/mtu zones/team/description") }

        @Test func aGroupsZone() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run(Self.model), "objects")
            expectSuccess(mount.run(Self.handOver), "handed over")
            for (user, restarts) in [(Self.member, false), (Self.second, true)] {
                // The outsider first, while all of it is there to be changed.
                let before = TreeSnapshot(mount.root, times: true)
                for operation in Self.operations {
                    let result = mount.run("\(Self.outsider) '\(operation)'")
                    let isDenied = ["Permission denied", "Operation not permitted", "cannot create"].contains(
                        where: result.errors.contains)
                    // What another operation would have made first is not there.
                    let isAbsent = result.errors.contains("No such file or directory")
                    #expect(result.status != 0 && (isDenied || isAbsent), "an outsider: \(operation): \(result)")
                    let after = TreeSnapshot(mount.root, times: true)
                    #expect((after == before) as Bool, "an outsider: \(operation): \(after.differences(from: before))")
                }
                for operation in Self.operations {
                    expectSuccess(mount.run("\(user) 'umask 002; \(operation)'"), "a member: \(operation)")
                }
                #expect(Calls.names(mount.root + "/zones/team/l2") == ["n"])
                expectSuccess(mount.run("mkdir -p zones/team/clusters/d && echo text > zones/team/description"), "root")
                expectSuccess(mount.run("ln -sfn ../../zones/team/l2/n l3/team/l2"), "as before")
                expectSuccess(mount.run(Self.handOver), "handed over again")
                if !restarts { try mount.restart() }
            }
            #expect(StateChecker(mount.root).problems == [])
        }

        @Test func aClosedZone() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run(Self.model), "objects")
            expectSuccess(
                mount.run(
                    """
                    set -e; chmod 700 zones/team; chgrp 62 zones/open; chmod 750 zones/open
                    mkdir l3/theirs zones/theirs zones/theirs/l2/t zones/theirs/clusters/t; chmod 600 l3/team/ranges/r
                    echo eth2 > zones/theirs/l2/t/physical-interface; chown -R 65534:65534 l3/theirs zones/theirs
                    """), "closed to all but root, closed to all but a group, and the outsider's own")
            func denied(_ script: String, sourceLocation: SourceLocation = #_sourceLocation) {
                let result = mount.run("\(Self.outsider) '\(script)'")
                #expect(
                    result.status != 0 && result.output == "" && result.errors.contains("Permission denied"),
                    "\(script): \(result)", sourceLocation: sourceLocation)
            }
            for top in ["zones", "state/zones"] {
                for script in [
                    "ls \(top)/team", "cd \(top)/team", "cat \(top)/team/l2/n/vlan", "ls \(top)/team/clusters/c/hosts",
                ] {
                    denied(script)
                }
            }
            denied("cat state/zones/team/uuid")
            denied("cat state/zones/team/inventory.json")
            denied("cat state/zones/team/l2/n/hosts/h")
            denied("cat state/l3/team/ranges/r/inventory.json")
            #expect(mount.run("stat -c '%a %u:%g' state/zones/team").output == "500 0:0\n")
            #expect(mount.run("stat -c '%a %u:%g' state/zones/open").output == "550 0:62\n")
            #expect(mount.run("stat -c '%a %u:%g' state/zones/theirs").output == "555 65534:65534\n")
            expectSuccess(
                mount.run("\(Self.outsider) 'ls -l zones state/zones; cat state/zones/theirs/inventory.json'"),
                "the rest")
            expectSuccess(
                mount.run("\(Self.outsider) 'ls -R zones/open state/zones/open; cat state/zones/open/uuid'"),
                "a group's")
            #expect(mount.run("\(Self.member) 'ls state/zones/open'").status != 0)

            // Links to what is in it are not made, neither here nor through staged names.
            let before = TreeSnapshot(mount.root, times: true)
            for script in [
                "ln -s ../../zones/team/l2/n l3/theirs/l2", "ln -s \(mount.root)/zones/team/l2/n l3/theirs/l2",
                "ln -sfn ../../zones/team/l2/n l3/theirs/l2",
                "ln -s ../../../../team/clusters/c zones/theirs/l2/t/clusters/c",
                "ln -s ../../../../team/clusters/none zones/theirs/l2/t/clusters/c",
            ] {
                denied(script)
                #expect(
                    mount.refusals.last?.rule == "link.no-access" && mount.refusals.last?.symbol == "EACCES",
                    "\(script)")
            }
            for script in ["netmodelfs check --link ../../zones/team/l2/n l3/theirs/l2"] {
                let result = mount.run("\(Self.outsider) '\(script)'")
                #expect(result.status == 1 && result.errors.hasPrefix("link.no-access: "), "\(result)")
            }
            let staged = mount.run(
                """
                \(Self.outsider) 'cd zones/theirs/l2; mkdir -p .s/clusters; \
                    ln -s ../../../../team/clusters/c .s/clusters/c; mv -T .s s'
                """
            )
            #expect(staged.status != 0 && staged.errors.contains("Permission denied"), "\(staged)")
            expectSuccess(mount.run("rm -rf zones/theirs/l2/.s"), "removed")
            let after = TreeSnapshot(mount.root, times: true)
            #expect((after == before) as Bool, "\(after.differences(from: before))")
            expectSuccess(
                mount.run("\(Self.outsider) 'ln -s ../../zones/open/l2/o l3/theirs/l2 && cat state/l3/theirs/l2'"),
                "where a group may look")
            expectSuccess(mount.run("ln -s ../../../clusters/d zones/team/l2/n/clusters/d"), "root")
            expectSuccess(mount.run("chmod 755 zones/team"), "opened")
            expectSuccess(mount.run("\(Self.outsider) 'cat zones/team/l2/n/vlan state/zones/team/uuid'"), "opened")
            expectSuccess(mount.run("chmod 600 zones/team/description"), "a closed value")
            denied("cat zones/team/description")
            denied("cat state/zones/team/description")
            denied("cat state/zones/team/inventory.json")
            expectSuccess(mount.run("\(Self.outsider) 'cat state/zones/team/name'"), "but the others")
            expectSuccess(mount.run("chmod 700 zones/team"), "closed")
            try mount.restart()
            denied("ls state/zones/team")
        }

        /// What was refused, and what happened, is told to those whom it concerns.
        @Test func whatIsTold() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run(Self.model), "objects")
            expectSuccess(mount.run(Self.handOver), "handed over")
            #expect(mount.run("stat -c '%a %u:%g' events").output == "400 0:0\n")
            #expect(mount.run("\(Self.member) 'cat events'").errors.contains("Permission denied"))
            #expect(mount.run("cat events").output.contains("created zones/team\n"), "root reads it")
            #expect(mount.run("echo 5000 > zones/team/l2/n/vlan").status != 0)
            #expect(mount.run("\(Self.member) 'echo x > zones/team/l2/n/mtu; :'").errors != "")
            #expect(mount.run("\(Self.second) 'echo y > zones/team/state'").status != 0)
            #expect(mount.refusals.map(\.rule) == ["l2.vlan.out-of-range", "l2.mtu.not-a-number", "state.unknown"])
            for (user, rules) in [
                (Self.member, ["l2.mtu.not-a-number"]), (Self.second, ["state.unknown"]), (Self.outsider, []),
            ] {
                #expect(RefusalRecord.all(in: mount.run("\(user) 'cat errors'").output).map(\.rule) == rules)
                #expect(mount.run("\(user) 'netmodelfs why'").status == 1, "nothing in this session")
            }
            let get = "getfattr --only-values -n user.netmodelfs.error zones/team/l2/n"
            #expect(mount.run("\(Self.member) '\(get)'").output.hasPrefix("l2.mtu.not-a-number: "))
            #expect(mount.run("\(Self.second) '\(get)'").errors.contains("No such attribute"))
            #expect(mount.run(get).output.hasPrefix("l2.mtu.not-a-number: "), "root sees the last one of all")
            // One session of two users: each is told of their own.
            let mixed = mount.run(
                """
                \(Self.member) 'echo x > zones/team/l2/n/mtu'
                \(Self.second) 'netmodelfs why'
                \(Self.member) 'netmodelfs why'
                """
            )
            #expect(
                mixed.output.hasPrefix("l2.mtu.not-a-number: ") && mixed.errors.contains("Nothing was refused"),
                "\(mixed)")
        }

        @Test func stickyOwnersAndReadOnly() throws {
            let mount = try MountedModel()
            expectSuccess(
                mount.run(
                    """
                    set -e; mkdir zones/s; chmod 1777 zones/s/l2; chmod 2775 zones/s/clusters; chgrp 60 zones/s/clusters
                    """), "a sticky directory")
            expectSuccess(
                mount.run(
                    """
                    \(Self.member) 'umask 000; mkdir zones/s/l2/mine zones/s/clusters/g; \
                        echo 5 > zones/s/l2/mine/vlan'
                    """
                ), "made")
            for script in ["rmdir zones/s/l2/mine", "mv zones/s/l2/mine zones/s/l2/yours"] {
                let result = mount.run("\(Self.outsider) '\(script)'")
                #expect(result.errors.contains("Operation not permitted"), "\(script): \(result)")
            }
            #expect(
                mount.run("stat -c '%A %u:%g' zones/s/clusters/g zones/s/clusters/g/hosts").output
                    == "drwxrwsrwx 5:60\ndrwxrwsrwx 5:60\n", "group and bit go on")
            for script in [
                "chown 65534 zones/s/l2/mine", "chown 65534 zones/s/l2/mine/vlan", "chgrp 61 zones/s/l2/mine",
                "chown 0 zones/s/clusters/g",
            ] {
                let result = mount.run("\(Self.member) '\(script)'")
                #expect(result.errors.contains("Operation not permitted"), "\(script): \(result)")
            }
            expectSuccess(
                mount.run("\(Self.member) 'chgrp 60 zones/s/l2/mine; chmod 700 zones/s/l2/mine'"),
                "the owner, to a group of theirs")
            expectSuccess(mount.run("\(Self.member) 'rm -r zones/s/l2/mine'"), "the owner")

            let place = mount.directory
            #expect(mount.stop() == 0)
            let directory = place + "/ro"
            expectSuccess(
                mount.run(
                    "mkdir '\(directory)'; netmodelfs mount '\(mount.store)' '\(directory)' -o allow_other,ro",
                    in: "/"),
                "ro")
            defer { Shell.run("'\(Programs.netmodelfs)' umount '\(directory)'") }
            for script in [
                "mkdir zones/t", "mkdir zones/.t", "touch zones/.t", "chmod 700 zones/s", "rmdir zones/s/clusters/g",
            ] {
                #expect(Shell.run(script, in: directory).errors.contains("Read-only file system"), "\(script)")
            }
            #expect(Shell.run("ls zones", in: directory).output == "s\n")
        }
    }
}
