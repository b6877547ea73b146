import Foundation
import TestKit
import Testing

extension RealMounts {
    /// `netmodelfs check`: what a change would be answered, without making it.
    @Suite("Checks") struct CheckTests {
        private static let other = "setpriv --reuid=65534 --regid=65534 --clear-groups"

        private static let model = """
            set -e
            mkdir zones/z zones/z/clusters/{c,d} zones/z/l2/{n,m} l3/a
            echo Simulator > zones/z/clusters/c/hypervisor; mkdir zones/z/clusters/c/hosts/h
            echo simulator: > zones/z/clusters/c/hosts/h/connection
            for n in n m; do echo 10 > zones/z/l2/$n/vlan; echo eth0 > zones/z/l2/$n/physical-interface; done
            ln -s ../../../clusters/c zones/z/l2/n/clusters/c
            ln -s ../../zones/z/l2/n l3/a/l2
            echo '10.0.0.10-10.0.0.50/24 gateway=10.0.0.1' > l3/a/ranges/r
            """

        /// A question, the answer, and nothing else.
        private struct Row {
            let script: String
            /// Nil: it would be accepted.
            let rule: String?

            init(_ script: String, _ rule: String? = nil) {
                self.script = script
                self.rule = rule
            }
        }

        private static let rows = [
            Row("echo 20 | netmodelfs check zones/z/l2/n/../m/vlan"),
            Row("echo 20 | netmodelfs check zones/z/l2/m/vlan"),
            Row("echo 5000 | netmodelfs check zones/z/l2/m/vlan", "l2.vlan.out-of-range"),
            Row("echo x | netmodelfs check zones/z/l2/m/vlan", "l2.vlan.not-a-number"),
            Row("echo 9000 | netmodelfs check zones/z/l2/m/mtu"), Row("netmodelfs check zones/z/l2/m/mtu $T/1500"),
            Row("netmodelfs check zones/z/l2/m/mtu $T/x", "l2.mtu.not-a-number"),
            Row("echo 1 | netmodelfs check zones/z/foo", "attribute.unknown"),
            Row("echo 10.0.0.60-10.0.0.70/24 gateway=10.0.0.1 | netmodelfs check l3/a/ranges/new"),
            Row("echo 10.0.0.20-10.0.0.70/24 gateway=10.0.0.1 | netmodelfs check l3/a/ranges/new", "range.overlap"),
            Row("echo 10.0.0.20-10.0.0.70/24 gateway=10.0.0.1 | netmodelfs check l3/a/ranges/r"),
            Row("echo 10.0.0.20 | netmodelfs check l3/a/reserved/new"),
            Row("netmodelfs check --directory zones/new"), Row("netmodelfs check --directory zones/z/l2/new/"),
            Row("netmodelfs check --directory zones/z", "name.exists"),
            Row("netmodelfs check --directory zones/z/foo", "attribute.unknown"),
            Row("netmodelfs check --directory l3/a/ranges/x", "tree.no-directories"),
            Row("netmodelfs check --link ../../../clusters/d zones/z/l2/m/clusters/d"),
            Row("netmodelfs check --link ../../../clusters/c zones/z/l2/m/clusters/c", "l2.attach.vlan-conflict"),
            Row("netmodelfs check --link ../../../clusters/none zones/z/l2/m/clusters/x", "link.no-target"),
            Row("netmodelfs check --link ../../zones/z/l2/m l3/a/l2"),
            Row("netmodelfs check --link ../zones/z l3/foo", "link.no-place"),
            Row("printf 'a\\0b' | netmodelfs check zones/z/description", "value.not-text"),
            Row("printf '\\377' | netmodelfs check zones/z/description", "value.not-text"),
            Row("head -c 65000 /dev/zero | tr '\\0' a | netmodelfs check zones/z/description", "description.too-long"),
            Row("echo x | netmodelfs check state/zones/z/name", "tree.read-only"),
            Row("netmodelfs check --directory state/zones/y", "tree.read-only"),
            Row("echo x | netmodelfs check README", "tree.read-only"),
            // Temporary names: nothing stands in the way of anything.
            Row("echo x | netmodelfs check zones/z/.x"), Row("netmodelfs check --directory zones/.x"),
            Row("netmodelfs check --link /nowhere zones/z/.x"), Row("echo x | netmodelfs check zones/z/.there"),
            Row("echo x | netmodelfs check zones/z/l2/.good/vlan"),
            Row("echo x | netmodelfs check zones/z/l2/.good/foo"),
            // Staged directories.
            Row("netmodelfs check zones/z/l2/new zones/z/l2/.good"),
            Row("netmodelfs check zones/z/l2/n zones/z/l2/.bad", "staged.refused"),
            Row("netmodelfs check zones/z/l2/new zones/z/l2/.bad", "staged.refused"),
            Row("netmodelfs check tree .import"), Row("netmodelfs check zones .import/zones"),
            // Ways to the path.
            Row("cd zones/z/l2/m && echo 5000 | netmodelfs check vlan", "l2.vlan.out-of-range"),
            Row("cd zones/z/l2/m && echo 20 | netmodelfs check ./vlan"),
            Row("cd zones/z/l2/n/clusters && echo 5000 | netmodelfs check ../../m/vlan", "l2.vlan.out-of-range"),
            Row("cd $T && echo 5000 | netmodelfs check link/vlan", "l2.vlan.out-of-range"),
            Row("cd $T && echo 5000 | netmodelfs check file-link", "l2.vlan.out-of-range"),
            Row("cd $T/link && netmodelfs check --directory ../new"),
        ]

        @Test func everyKindOfQuestion() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run(Self.model), "objects")
            let scratch = mount.directory + "/scratch"
            expectSuccess(
                mount.run(
                    """
                    set -e; mkdir '\(scratch)'; echo 1500 > '\(scratch)/1500'; echo x > '\(scratch)/x'
                    ln -s '\(mount.root)/zones/z/l2/m' '\(scratch)/link'
                    ln -s '\(mount.root)/zones/z/l2/m/vlan' '\(scratch)/file-link'
                    echo 1 > zones/z/.there; mkdir zones/z/l2/.good zones/z/l2/.bad; echo 30 > zones/z/l2/.good/vlan
                    echo 5000 > zones/z/l2/.bad/vlan; echo x > zones/z/l2/.bad/mtu
                    mkdir .import; cp -a zones l3 .import/
                    """), "what is asked about")
            let before = TreeSnapshot(mount.root, times: true)
            let events = mount.text("events")
            for row in Self.rows {
                let result = mount.run(row.script, environment: ["T": scratch])
                #expect(result.output == "", "\(row.script): \(result)")
                if let rule = row.rule {
                    #expect(result.status == 1 && result.errors.hasPrefix(rule + ": "), "\(row.script): \(result)")
                    #expect(result.errors.contains("\nRemedy: ") && result.errors.hasSuffix("\n"), "\(row.script)")
                    #expect(
                        mount.refusals.last?.rule == rule && mount.refusals.last?.operation == "check", "\(row.script)")
                } else {
                    #expect(result.status == 0 && result.errors == "", "\(row.script): \(result)")
                }
                let after = TreeSnapshot(mount.root, times: true)
                #expect((after == before) as Bool, "\(row.script): \(after.differences(from: before))")
            }
            #expect(mount.text("events") == events)
            #expect(Set(mount.refusals.map { $0.fields["command"] }) == ["netmodelfs"])
            let summary = mount.run("netmodelfs check zones/z/l2/new zones/z/l2/.bad").errors
            #expect(summary.contains("vlan must be from 1 to 4094") && summary.contains("mtu must be a number"))
            #expect(
                mount.refusals.suffix(3).map { $0.fields["path"] } == [
                    "zones/z/l2/new/vlan", "zones/z/l2/new/mtu", "zones/z/l2/new",
                ])
        }

        /// What is answered is what the change is answered.
        @Test func answersAreTrue() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run(Self.model), "objects")
            for (path, value) in [
                ("zones/z/l2/m/vlan", "20"), ("zones/z/l2/m/vlan", "0"), ("zones/z/l2/m/mtu", "67"),
                ("zones/z/l2/n/vlan", "11"), ("zones/z/l2/n/physical-interface", "eth1"), ("zones/z/state", "Disabled"),
                ("zones/z/state", "off"), ("l3/a/ranges/s", "10.0.0.50-10.0.0.60/24"), ("l3/a/ranges/s", "10.0.1.0/24"),
                ("l3/a/ranges/s", "10.0.0.60-10.0.0.70/24 gateway=10.0.0.1"), ("l3/a/mtu", "x"),
                ("l3/a/dns", "8.8.8.8"),
                ("zones/z/clusters/c/hosts/h/connection", "nonsense:"), ("zones/z/clusters/c/hypervisor", "KVM"),
            ] {
                let answer = mount.run("echo '\(value)' | netmodelfs check \(path)")
                let old = mount.text(path)
                let change = mount.run("echo '\(value)' > \(path)")
                #expect((answer.status == 0) == (change.status == 0), "\(path) = \(value): \(answer), \(change)")
                if answer.status == 1 {
                    #expect(mount.run("netmodelfs why \(mount.root)").status == 1, "another session was told nothing")
                    let rule = mount.refusals.last?.rule ?? ""
                    #expect(answer.errors.hasPrefix(rule + ": "), "\(path) = \(value): \(answer), \(rule)")
                    #expect(mount.text(path) == old)
                }
            }
        }

        /// Longer than a value may be, or as long: neither is a failure of the check.
        @Test func longValues() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run("mkdir l3/a"), "an object")
            // Valid, with comments to fill it.
            let fill = "{ echo 8.8.8.8; head -c %d /dev/zero | tr '\\0' '#'; }"
            for (size, status) in [(60_000, Int32(0)), (65_536, 0), (65_537, 1), (200_000, 1)] {
                let value = fill.replacingOccurrences(of: "%d", with: "\(size - 8)")
                let answer = mount.run("\(value) | netmodelfs check l3/a/dns")
                let isRight = answer.status == status && (status == 0 || answer.errors.hasPrefix("value.too-long: "))
                #expect(isRight, "\(size) bytes: \(answer)")
                let change = mount.run(
                    """
                    \(value) > $TMPDIR/v; dd if=$TMPDIR/v of=l3/a/dns bs=1M status=none
                    s=$?; rm -f l3/a/dns; exit $s
                    """,
                    environment: ["TMPDIR": mount.directory])
                #expect((change.status == 0) == (status == 0), "\(size) bytes: \(change)")
            }
        }

        @Test func whatCannotBeChecked() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run(Self.model), "objects")
            let before = TreeSnapshot(mount.root, times: true)
            for (script, message) in [
                ("echo 1 | netmodelfs check /etc/passwd", "is in no netmodelfs"),
                ("echo 1 | netmodelfs check zones/none/description", "No such file or directory"),
                ("netmodelfs check zones/z/description /proc/nonexistent", "No such file or directory"),
                ("netmodelfs check zones/z/l2/new /tmp", "outside of the mount"),
                ("netmodelfs check zones/z/description .", "outside of the mount"), ("netmodelfs check", "Missing"),
                ("netmodelfs check --directory --link x zones/z", "exclude each other"),
                ("netmodelfs check --link", "Missing"),
            ] {
                let result = mount.run(script)
                #expect(result.status >= 2, "\(script): \(result)")
                #expect(
                    result.errors.contains(message) && result.output == "" && result.errors != "",
                    "\(script): \(result)")
            }
            #expect((TreeSnapshot(mount.root, times: true) == before) as Bool)
            mount.kill()
            #expect(
                Shell.run("echo 1 | '\(Programs.netmodelfs)' check '\(mount.root)/zones/z/description'").status == 2)
            try mount.start()
        }

        /// Who may not make the change gets no answer about it, and learns nothing of what is hidden from them.
        @Test func withoutRights() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run(Self.model), "objects")
            expectSuccess(
                mount.run(
                    """
                    set -e; mkdir -m 700 zones/.secret zones/closed; echo 4711 > zones/.secret/password
                    mkdir zones/theirs; chown -R 65534:65534 zones/theirs
                    """), "closed directories")
            let before = TreeSnapshot(mount.root, times: true)
            for script in [
                "echo 20 | netmodelfs check zones/z/l2/m/vlan", "netmodelfs check --directory zones/y",
                "netmodelfs check --link ../../../clusters/d zones/z/l2/m/clusters/d",
                "echo x | netmodelfs check zones/closed/description",
                "netmodelfs check zones/theirs/l2/x zones/.secret",
            ] {
                let result = mount.run("\(Self.other) bash -c '\(script)'")
                #expect(
                    result.status != 0 && result.errors != "" && !result.errors.contains("password"),
                    "\(script): \(result)")
            }
            // Past the program, which looks at the directory itself.
            let asked = mount.run(
                """
                \(Self.other) python3 -c "import os
                os.setxattr('zones/theirs/l2', 'user.netmodelfs.check', b'rename\\0x\\0zones/.secret')"
                """
            )
            #expect(asked.status != 0)
            #expect(!mount.run("\(Self.other) cat errors").output.contains("password"), "names in a closed directory")
            let own = mount.run("\(Self.other) bash -c 'cd zones/theirs; echo a | netmodelfs check description'")
            expectSuccess(own, "what they may change")
            let bad = mount.run("\(Self.other) bash -c 'cd zones/theirs; echo a | netmodelfs check state'")
            #expect(bad.status == 1 && bad.errors.hasPrefix("state.unknown: "), "\(bad)")
            #expect((TreeSnapshot(mount.root, times: true) == before) as Bool)
        }

        /// Many at once: each gets its own explanation.
        @Test func atOnce() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run(Self.model), "objects")
            let wrong = Shared<[String]>([])
            let ended = Threads.run(6, within: 120) { thread in
                for round in 0..<8 {
                    let value = 5000 + thread * 100 + round
                    let result = mount.run("echo \(value) | netmodelfs check zones/z/l2/m/vlan")
                    let line = "l2.vlan.out-of-range: vlan must be from 1 to 4094, not '\(value)'."
                    if result.status != 1 || !result.errors.hasPrefix(line) {
                        wrong.update { $0.append("\(value): \(result)") }
                    }
                }
            }
            #expect(ended && wrong.value == [])
            let both = mount.run(
                """
                echo 6000 | netmodelfs check zones/z/l2/m/vlan 2> '\(mount.directory)/1' &
                echo x | netmodelfs check zones/z/l2/m/mtu 2> '\(mount.directory)/2' &
                wait; cat '\(mount.directory)'/[12]
                """)
            #expect(both.output.contains("not '6000'") && both.output.contains("l2.mtu.not-a-number: "), "\(both)")
        }
    }
}
