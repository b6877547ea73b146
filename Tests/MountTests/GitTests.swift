import Foundation
import TestKit
import Testing

extension RealMounts {
    /// A work tree of git is the model: `rsync` it into a staged directory and rename that to `tree`.
    @Suite("A work tree of git") struct GitTests {
        private static let environment = [
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "LC_ALL": "C",
        ]

        /// Commit `one` is the model as it is. `two` has changes of every kind, among them attachments that move.
        private static let commits = """
            set -e
            mkdir "$W"; rsync -a zones l3 "$W"; cd "$W"; git init -q -b main
            git config user.name t; git config user.email t@example.org
            git add -A; git commit -qm one; git tag one
            rm -r zones/z1/clusters/c2 l3/second/ranges/all zones/z2/description l3/office/reserved/test
            echo 11 > zones/z1/l2/v10/vlan; echo other.org > l3/office/dns-domain; echo 1400 > zones/z1/l2/flat/mtu
            git mv zones/z1/l2/v10/clusters/sim zones/z1/l2/v20/clusters/other; git rm -q zones/z1/l2/v20/clusters/sim
            ln -sfn ../../../clusters/sim zones/z1/l2/flat/clusters/c1
            git mv zones/z1/l2/v10/clusters/one zones/z1/l2/v10/clusters/first
            mkdir -p zones/z3/l2/new/clusters zones/z3/clusters/k/hosts/h; echo 5 > zones/z3/l2/new/vlan
            echo eth9 > zones/z3/l2/new/physical-interface; echo Simulator > zones/z3/clusters/k/hypervisor
            echo simulator: > zones/z3/clusters/k/hosts/h/connection
            ln -s ../../../clusters/k zones/z3/l2/new/clusters/k
            ln -sfn ../../zones/z3/l2/new l3/second/l2; echo 172.20.0.0/24 > l3/second/ranges/every
            echo '192.168.0.30-192.168.0.100/24 gateway=192.168.0.1' > l3/office/ranges/high
            echo '192.168.0.10-192.168.0.29/24 gateway=192.168.0.1' > l3/office/ranges/low
            git add -A; git commit -qm two; git tag two
            """

        private static let apply = """
            set -e
            cd "$W"; git checkout -q "$C"; cd "$OLDPWD"
            mkdir -p .import; rsync -a --delete "$W"/ .import/; mv .import tree
            """

        private func run(_ mount: MountedModel, _ script: String, _ commit: String = "") -> ShellResult {
            mount.run(
                script,
                environment: Self.environment.merging(["W": mount.directory + "/work", "C": commit]) { old, _ in old })
        }

        /// git keeps no empty directories, and collections are always there.
        private func differences(_ mount: MountedModel) -> String {
            run(
                mount,
                """
                list() { (cd "$1" && find zones l3 \\( -type f -o -type l \\) -printf '%p %y %l ' -exec sh -c \\
                    '[ -L "$0" ] && echo || cksum < "$0"' {} \\; | sort); }
                diff <(list "$W") <(list .)
                """
            ).output
        }

        @Test func checkouts() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run(BackupModel.script), "the model")
            expectSuccess(run(mount, Self.commits), "commits")
            // What the kernel has seen it remembers, and must be told of.
            let look = "find . -type f -exec cat {} + > /dev/null; find . -type l -printf '%l\\n'; ls -lR . > /dev/null"
            for commit in ["two", "one", "two", "one", "two"] {
                expectSuccess(run(mount, look), "looking at all")
                expectSuccess(run(mount, Self.apply, commit), commit)
                #expect(differences(mount) == "", "\(commit)")
                #expect(StateChecker(mount.root).problems == [], "\(commit)")
                let events = mount.text("events")
                let before = TreeSnapshot(mount.root)
                expectSuccess(run(mount, Self.apply, commit), "\(commit), again")
                #expect(mount.text("events") == events, "\(commit), again: nothing happens")
                #expect((TreeSnapshot(mount.root) == before) as Bool, "\(commit), again")
                let hosts = run(
                    mount, "cd state; grep -L '^status Realized$' zones/*/l2/*/hosts/*; readlink -e ../l3/*/l2 | wc -l")
                #expect(
                    hosts.output == "3\n",
                    "\(commit): every attachment is realized, every link leads somewhere: \(hosts)")
            }
            #expect(Calls.names(mount.root + "/zones")?.sorted() == ["z1", "z2", "z3"])
            #expect(Calls.names(mount.root + "/zones/z1/l2/v20/clusters") == ["other"])
            #expect(Calls.names(mount.root + "/zones/z1/l2/v10/clusters") == ["first"])
            #expect(mount.text("state/l3/second/l2") == "zones/z3/l2/new\n")
            let kept = TreeSnapshot(mount.root, state: false)
            mount.kill()
            try mount.start()
            #expect(
                (TreeSnapshot(mount.root, state: false) == kept) as Bool,
                "\(TreeSnapshot(mount.root, state: false).differences(from: kept))")
            #expect(differences(mount) == "", "after a crash")
        }

        /// All that is wrong is told at once, nothing is changed, and mending it is enough.
        @Test func aBadWorkTree() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run(BackupModel.script), "the model")
            expectSuccess(run(mount, Self.commits), "commits")
            let spoil = """
                set -e; cd "$W"; git checkout -q two
                echo 5000 > zones/z1/l2/v10/vlan; echo x > zones/z1/l2/v20/mtu; echo x > zones/z1/colour
                ln -s ../../../clusters/none zones/z1/l2/v10/clusters/none; echo 10.0.0.300 > l3/office/ranges/low
                mkdir -p zones/z1/things; echo x > zones/z1/things/x; echo x > zones/readme
                echo '100.64.1.5-100.64.1.6/28' > l3/public/ranges/same; printf 'a\\0b' > zones/z2/description
                git add -A; git commit -qm bad; git tag bad; git checkout -q one
                """
            expectSuccess(run(mount, spoil), "a bad commit")
            let before = TreeSnapshot(mount.root, times: true)
            let (states, events) = (BackupModel.states(mount), mount.text("events"))
            let refused = run(mount, Self.apply, "bad")
            #expect(
                refused.status == 1 && refused.errors.hasPrefix("mv: cannot move '.import' to 'tree': "), "\(refused)")
            let records = mount.refusals
            let paths = Set(records.dropLast().map { $0.fields["path"] ?? "" })
            for path in [
                "zones/z1/l2/v10/vlan", "zones/z1/l2/v20/mtu", "zones/z1/colour", "zones/z1/l2/v10/clusters/none",
                "l3/office/ranges/low", "zones/z1/things", "zones/readme", "l3/public/ranges/same",
                "zones/z2/description",
            ] {
                #expect(paths.contains(".import/" + path), "\(path) is not among \(paths.sorted())")
                #expect(records.last?.reason.contains(path + ": ") == true, "\(path): \(records.last?.reason ?? "")")
            }
            #expect(records.last?.rule == "staged.refused" && records.count == paths.count + 1)
            let staged = TreeSnapshot(mount.root, times: true).entries.filter { !$0.key.hasPrefix(".import") }
            #expect((staged == before.entries) as Bool, "the tree is as it was")
            #expect(BackupModel.states(mount) == states && mount.text("events") == events)
            // The same staged directory goes on: rsync brings what is different.
            expectSuccess(run(mount, Self.apply, "two"), "a good commit")
            #expect(differences(mount) == "")
        }
    }
}
