import Foundation
import TestKit
import Testing

extension RealMounts {
    /// Names that stand for one thing now and for another one later, though the kernel remembers names for long.
    @Suite("Renames between the tree and staged files") struct StagingRenameTests {
        private func inode(_ mount: MountedModel, _ path: String) -> ino_t? {
            Calls.status(mount.root + "/" + path)?.st_ino
        }

        /// An attribute gets a temporary name and comes back, as editors do.
        @Test func awayAndBack() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run("mkdir zones/z zones/z/l2/n; echo 10 > zones/z/l2/n/vlan"), "objects")
            let (file, away) = ("zones/z/l2/n/vlan", "zones/z/l2/n/.v")
            let number = inode(mount, file)
            let held = open(mount.root + "/" + file, O_RDONLY)
            defer { close(held) }
            var bytes = [UInt8](repeating: 0, count: 20)
            func text() -> String {
                let count = pread(held, &bytes, bytes.count, 0)
                return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
            }
            for round in 0..<3 {
                expectSuccess(mount.run("mv \(file) \(away)"), "away")
                #expect(mount.text(file) == nil && mount.text(away) == "10\n" && text() == "10\n", "round \(round)")
                #expect(inode(mount, file) == nil && inode(mount, away) == number, "the number goes with the name")
                #expect(mount.text("state/\(file)") == "10\n", "the value is in force")
                #expect(mount.run("ls -A zones/z/l2/n").output == ".v\nclusters\n")
                expectSuccess(mount.run("mv \(away) \(file)"), "back")
                #expect(
                    mount.run("cat \(file) state/\(file)").output == "10\n10\n"
                        && !Calls.exists(mount.root + "/" + away))
                #expect(mount.run("ls -A zones/z/l2/n").output == "clusters\nvlan\n")
            }
            // The settle time of the last one away must not end what has come back.
            usleep(2_500_000)
            #expect(mount.run("cat \(file) state/\(file)").output == "10\n10\n")
            #expect(mount.refusals.isEmpty)
        }

        /// As `mv --backup=numbered` and rotating editors do: each name keeps its own text and number, also through
        /// files that are still open, however many there are.
        @Test func manyBackups() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run("mkdir zones/z zones/z/l2/n; echo 1 > zones/z/l2/n/vlan"), "objects")
            let directory = mount.root + "/zones/z/l2/n/"
            var held: [Int32] = []
            defer { for file in held { close(file) } }
            for number in 1...40 {
                held.append(open(directory + "vlan", O_RDONLY))
                #expect(Calls.rename(directory + "vlan", directory + "vlan.~\(number)~") == 0)
                #expect(Calls.write(directory + "vlan", "\(number + 1)\n", flags: O_CREAT | O_EXCL) == 0)
                #expect(Calls.text(directory + "vlan") == "\(number + 1)\n")
            }
            var wrong: [String] = []
            var numbers: Set<ino_t> = []
            for (index, file) in held.enumerated() {
                let backup = directory + "vlan.~\(index + 1)~"
                var bytes = [UInt8](repeating: 0, count: 20)
                let count = pread(file, &bytes, 20, 0)
                let old = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
                let texts = [old, Calls.text(backup) ?? "nothing"]
                if texts != ["\(index + 1)\n", "\(index + 1)\n"] { wrong.append("\(index + 1) is \(texts)") }
                if let number = Calls.status(backup)?.st_ino { numbers.insert(number) }
            }
            #expect(wrong == [])
            #expect(numbers.count == 40, "inode numbers of files that are there at once")
            #expect(Calls.write(directory + "vlan.~17~", "not a number") == 0, "a staged file may hold anything")
            #expect(mount.text("zones/z/l2/n/vlan") == "41\n" && mount.text("state/zones/z/l2/n/vlan") == "41\n")
            expectSuccess(mount.run("rm zones/z/l2/n/vlan.~*"), "removed")
            #expect(mount.run("ls -A zones/z/l2/n; cat zones/z/l2/n/vlan").output == "clusters\nvlan\n41\n")
        }

        @Test func toAnotherAttribute() throws {
            let mount = try MountedModel()
            expectSuccess(
                mount.run(
                    "mkdir zones/z zones/z/l2/n; cd zones/z/l2/n; echo 100 > vlan; echo 1400 > mtu; cat vlan mtu"),
                "objects")
            let n = "cd zones/z/l2/n; "
            let direct = mount.run(n + "mv vlan mtu")
            #expect(direct.errors.contains("Operation not permitted") && mount.refusals.last?.rule == "rename.not-here")
            expectSuccess(mount.run(n + "mv mtu .m; mv .m vlan; cat vlan"), "over another attribute")
            #expect(mount.run(n + "ls -A; cat vlan; stat -c %s vlan").output == "clusters\nvlan\n1400\n5\n")
            expectSuccess(mount.run(n + "echo 9000 > mtu; echo 7 > vlan"), "both written again")
            #expect(mount.run(n + "cat mtu vlan; stat -c %s mtu vlan").output == "9000\n7\n5\n2\n")
            // Swapped through a third name.
            expectSuccess(
                mount.run(n + "echo 200 > mtu; mv vlan .v; mv mtu .m; mv .m vlan; echo 68 > .v; mv .v mtu"), "swapped")
            #expect(
                mount.run(n + "cat mtu vlan; cat $OLDPWD/state/zones/z/l2/n/{mtu,vlan}").output == "68\n200\n68\n200\n")
            let numbers = mount.run(n + "stat -c %i mtu vlan . clusters | sort | uniq -d; ls -i").output
            #expect(
                !numbers.hasPrefix("\n") && mount.run(n + "stat -c %i mtu vlan | uniq | wc -l").output == "2\n",
                "\(numbers)")
            // To an object of another kind and to another object.
            expectSuccess(
                mount.run("mkdir zones/z/l2/m; mv zones/z/l2/n/vlan zones/z/l2/.v; mv zones/z/l2/.v zones/z/l2/m/vlan"),
                "moved")
            #expect(mount.run("cat zones/z/l2/m/vlan; cat zones/z/l2/n/vlan").output == "200\n")
            // A refused one stays a staged file with its text.
            expectSuccess(mount.run(n + "echo eth0 > .i; cat .i"), "a staged file")
            let refused = mount.run(n + "mv .i mtu")
            // So says mv when rename(2) answers EINVAL.
            #expect(refused.errors.contains("to a subdirectory of itself"), "\(refused)")
            #expect(mount.refusals.last?.rule == "l2.mtu.not-a-number" && mount.refusals.last?.symbol == "EINVAL")
            #expect(mount.run(n + "cat .i mtu").output == "eth0\n68\n")
            expectSuccess(mount.run(n + "mv .i physical-interface"), "to its place")
            usleep(2_500_000)
            #expect(
                mount.run(n + "ls -A; cat physical-interface mtu").output
                    == "clusters\nmtu\nphysical-interface\neth0\n68\n")
            let kept = TreeSnapshot(mount.root)
            try mount.restart()
            #expect(TreeSnapshot(mount.root) == kept, "\(TreeSnapshot(mount.root).differences(from: kept))")
        }

        private static let old = """
            set -e; mkdir zones/{z1,z2} zones/z1/l2/{n,gone}; echo a > zones/z1/description; echo 5 > zones/z1/l2/n/vlan
            echo 6 > zones/z1/l2/gone/vlan; echo x > zones/z2/description
            cat zones/*/description zones/z1/l2/*/vlan; ls -lR zones
            """

        /// After `mv -T .new zones`, names of what is no more are nothing, and can be made again.
        @Test func replacedCollection() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run(Self.old), "objects")
            let kept = mount.text("state/zones/z1/uuid")
            expectSuccess(mount.run("mkdir -p .new/z1/l2/n; echo 7 > .new/z1/l2/n/vlan; mv -T .new zones"), "replaced")
            for path in ["z2", "z2/description", "z1/description", "z1/l2/gone", "z1/l2/gone/vlan"] {
                #expect(Calls.status(mount.root + "/zones/" + path) == nil && errno == ENOENT, "\(path)")
                #expect(Calls.text(mount.root + "/zones/" + path) == nil && errno == ENOENT, "\(path)")
            }
            #expect(mount.run("ls -A . | tr '\\n' ' '").output == "README errors events l3 metrics schema state zones ")
            #expect(mount.run("ls -A zones; cat zones/z1/l2/n/vlan").output == "z1\n7\n")
            #expect(mount.text("state/zones/z1/uuid") == kept, "what was there already is the same object")
            expectSuccess(
                mount.run(
                    "mkdir zones/z2 zones/z1/l2/gone; echo b > zones/z1/description; echo 8 > zones/z1/l2/gone/vlan"),
                "made again")
            #expect(mount.run("cat zones/z1/description zones/z1/l2/gone/vlan; ls zones").output == "b\n8\nz1\nz2\n")
            #expect(mount.text("zones/z2/description") == nil)
        }

        /// Also where somebody is in it: a working directory, an open directory, an open file below it.
        @Test(arguments: [
            "cd zones/z1; exec sleep 30", "exec 3< zones; exec sleep 30", "exec 3< zones/z1/description; exec sleep 30",
        ])
        func replacedWhileInUse(_ use: String) throws {
            let mount = try MountedModel()
            expectSuccess(mount.run(Self.old), "objects")
            let user = try BackgroundCommand("bash -c '\(use)'", in: mount.root)
            usleep(300_000)
            for (staged, place) in [(".new", "zones"), ("zones/.new", "zones/z1")] {
                let member = place == "zones" ? ".new/z1/l2/n" : "zones/.new/l2/n"
                expectSuccess(mount.run("mkdir -p \(member); mv -T \(staged) \(place)"), "\(place) is replaced")
                #expect(
                    Calls.names(mount.root + "/zones") == ["z1"] && Calls.names(mount.root + "/zones/z1/l2") == ["n"])
                expectSuccess(
                    mount.run(
                        "echo c > zones/z1/description; mkdir zones/y zones/z1/l2/o; cat state/zones/z1/description"),
                    "changes after \(place) was replaced")
                expectSuccess(mount.run("rmdir zones/y zones/z1/l2/o; rm zones/z1/description"), "and removals")
            }
            #expect(user.isRunning)
            user.signal(SIGKILL)
            _ = user.wait(5)
            expectSuccess(
                mount.run("mkdir zones/y; echo c > zones/z1/description; ls zones/z1"), "when the user has gone")
        }

        /// All problems are told, and nothing is different: neither the tree nor the staged directory.
        @Test func refusedReplacement() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run(Self.old), "objects")
            expectSuccess(
                mount.run(
                    """
                    set -e; mkdir -p .new/z1/l2/n/clusters .new/z3
                    echo 5000 > .new/z1/l2/n/vlan; echo x > .new/z1/l2/n/mtu
                    echo y > .new/z1/foo; ln -s ../../../clusters/none .new/z1/l2/n/clusters/none
                    echo z > .new/z3/description
                    """), "a bad directory")
            let before = TreeSnapshot(mount.root, times: true)
            let events = mount.text("events")
            let refused = mount.run("mv -T .new zones")
            #expect(
                refused.status == 1 && refused.errors.hasPrefix("mv: cannot move '.new' to 'zones': "), "\(refused)")
            let after = TreeSnapshot(mount.root, times: true)
            #expect((after == before) as Bool, "\(after.differences(from: before))")
            #expect(mount.text("events") == events)
            let records = mount.refusals
            #expect(records.count == 5 && records.last?.rule == "staged.refused")
            #expect(
                Set(records.dropLast().map { $0.fields["path"] ?? "" }) == [
                    ".new/z1/l2/n/vlan", ".new/z1/l2/n/mtu", ".new/z1/foo", ".new/z1/l2/n/clusters/none",
                ])
            for path in ["z1/l2/n/vlan", "z1/l2/n/mtu", "z1/foo", "z1/l2/n/clusters/none"] {
                #expect(records.last?.reason.contains("\(path): ") == true)
            }
            #expect(refused.errors.contains(strerror(of: records.first?.symbol)), "\(refused) is the first problem")
            expectSuccess(
                mount.run(
                    "cd .new/z1; echo 50 > l2/n/vlan; rm l2/n/mtu foo l2/n/clusters/none; cd ../..; mv -T .new zones"),
                "mended")
            #expect(mount.run("ls zones; cat zones/z1/l2/n/vlan zones/z3/description").output == "z1\nz3\n50\nz\n")
        }

        private func strerror(of symbol: String?) -> String {
            let numbers = ["EPERM": EPERM, "ENOENT": ENOENT, "EINVAL": EINVAL, "ERANGE": ERANGE]
            return Calls.message(numbers[symbol ?? ""] ?? 0)
        }
    }
}
