import Foundation
import TestKit
import Testing

extension RealMounts {
    /// Temporary files, directories and links beside what people wrote.
    @Suite("Staged files") struct StagingTests {
        private static let other = "setpriv --reuid=65534 --regid=65534 --clear-groups"
        private static let third = "setpriv --reuid=1234 --regid=1234 --clear-groups"

        private static let model = """
            set -e
            mkdir zones/z zones/z/clusters/c zones/z/l2/n l3/a
            echo Simulator > zones/z/clusters/c/hypervisor; mkdir zones/z/clusters/c/hosts/h
            echo simulator: > zones/z/clusters/c/hosts/h/connection
            echo 10 > zones/z/l2/n/vlan
            echo eth0 > zones/z/l2/n/physical-interface
            ln -s ../../../clusters/c zones/z/l2/n/clusters/c
            ln -s ../../zones/z/l2/n l3/a/l2
            echo 10.0.0.0/24 > l3/a/ranges/r
            """

        private static let places = [
            ".", "zones", "zones/z", "zones/z/clusters", "zones/z/clusters/c", "zones/z/clusters/c/hosts",
            "zones/z/clusters/c/hosts/h", "zones/z/l2", "zones/z/l2/n", "zones/z/l2/n/clusters", "l3", "l3/a",
            "l3/a/ranges", "l3/a/reserved",
        ]

        /// Nothing follows from them, nothing of them is stored, and they are gone with the daemon.
        @Test func theyMeanNothing() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run(Self.model), "objects")
            let before = TreeSnapshot(mount.root)
            let states = mount.run("find state | sort").output
            let events = mount.text("events")
            for place in Self.places {
                expectSuccess(
                    mount.run(
                        """
                        set -e; cd \(place); echo 'needle 4711' > .file; echo 'needle 4711' > file.tmp
                        mkdir .dir dir.new
                        echo 4095 > .dir/vlan; mkdir .dir/needle; ln -s /needle .link; ln -s ../nowhere link~
                        mv .file .other; rm file.tmp; rmdir dir.new
                        """), place)
                #expect(
                    mount.run("ls -A \(place) | grep -E '^\\.|~$' | sort | tr '\\n' ' '").output
                        == ".dir .link .other link~ ", "\(place)")
                #expect(mount.text("\(place)/.other") == "needle 4711\n")
                #expect(Calls.linkText("\(mount.root)/\(place)/.link") == "/needle")
            }
            #expect(mount.run("find state | sort").output == states)
            #expect(mount.text("events") == events)
            #expect(StateChecker(mount.root).problems == [])
            let added = TreeSnapshot(mount.root).entries.filter { path, _ in
                !path.split(separator: "/").contains { $0.hasPrefix(".") || $0.hasSuffix("~") }
            }
            #expect((added == before.entries) as Bool)
            #expect(mount.stop() == 0)
            #expect(
                Shell.run("cat \(mount.store)* | grep -c needle").output == "0\n", "nothing of them is in the store")
            try mount.start()
            #expect(
                eventually { TreeSnapshot(mount.root) == before },
                "\(TreeSnapshot(mount.root).differences(from: before))")
        }

        /// The tree's own names have rules; in a staged directory there are none but those of every file system.
        @Test func anyBytesAsNames() throws {
            let mount = try MountedModel()
            let script = """
                import errno, os
                os.mkdir('zones/.new')
                top = b'zones/.new/'
                names = [bytes([b]) for b in range(1, 256) if b not in b'/.']
                names += [b'vlan', b'zones', b'\\xff\\xfe', b'a b', b'...', b'x' * 255, '\\u6570\\u636e'.encode()]
                for name in names:
                    with open(top + name, 'wb') as file: file.write(name)
                assert sorted(os.listdir(top)) == sorted(names), 'listed'
                for name in names:
                    with open(top + name, 'rb') as file: assert file.read() == name, name
                try:
                    open(top + b'x' * 256, 'wb')
                    assert False, 'too long'
                except OSError as error: assert error.errno == errno.ENAMETOOLONG, error
                for name in names: os.rename(top + name, top + b'_')
                assert os.listdir(top) == [b'_']
                """
            expectSuccess(mount.run(script, shell: ["python3", "-c"]), "names")
            expectSuccess(mount.run("rm -r zones/.new"), "removed")
        }

        /// As on any file system.
        @Test func directoriesAndRenames() throws {
            let mount = try MountedModel()
            expectSuccess(
                mount.run(
                    """
                    set -e; cd zones; mkdir -p .s/full/sub .s/empty .s/other
                    echo one > .s/file; echo two > .s/second; echo deep > .s/full/sub/f; ln -s x .s/link
                    """), "a staged tree")
            let staged = mount.root + "/zones/.s/"
            func rename(_ old: String, _ new: String, _ code: Int32 = 0) {
                #expect(Calls.rename(staged + old, staged + new) == code, "\(old) to \(new)")
            }
            rename("file", "full", EISDIR)
            rename("empty", "file", ENOTDIR)
            rename("empty", "full", ENOTEMPTY)
            rename("full", "full/sub/below", EINVAL)
            rename("nothing", "file", ENOENT)
            rename("file", "nowhere/file", ENOENT)
            rename("file", "second/file", ENOTDIR)
            rename("file", "file")
            #expect(Calls.rename(staged + "file", staged + "second", flags: 1) == EEXIST)
            #expect(Calls.removeDirectory(staged + "full") == ENOTEMPTY)
            #expect(Calls.removeDirectory(staged + "file") == ENOTDIR)
            #expect(Calls.unlink(staged + "empty") == EISDIR)
            #expect(Calls.makeDirectory(staged + "empty") == EEXIST)
            #expect(Calls.makeDirectory(staged + "file/x") == ENOTDIR)
            #expect(Calls.symlink("x", staged + "file") == EEXIST)
            #expect(mkfifo(staged + "fifo", 0o600) == -1 && errno == EPERM, "no special files")
            #expect(link(staged + "file", staged + "hard") == -1 && errno == EPERM, "no hard links")
            rename("file", "second")
            #expect(Calls.text(staged + "second") == "one\n" && !Calls.exists(staged + "file"))
            rename("full", "empty")
            #expect(Calls.text(staged + "empty/sub/f") == "deep\n" && !Calls.exists(staged + "full"))
            #expect(Calls.status(staged + "empty")?.st_nlink == 3 && Calls.status(staged)?.st_nlink == 4)
            rename("second", "other/second")
            rename("link", "other/link")
            rename("other", "empty/sub/other")
            #expect(Calls.names(staged) == ["empty"] && Calls.linkText(staged + "empty/sub/other/link") == "x")
            #expect(Calls.text(staged + "empty/sub/other/second") == "one\n")
            // To other directories of the tree, and back.
            #expect(Calls.rename(staged + "empty", mount.root + "/l3/.moved") == 0)
            #expect(mount.run("cd l3/.moved/sub/other && cat second && pwd -P").output.hasSuffix("/sub/other\n"))
            #expect(Calls.rename(mount.root + "/l3/.moved", staged + "empty") == 0)
            // To names that mean nothing.
            #expect(Calls.rename(staged + "empty/sub/f", mount.root + "/zones/f") == EPERM)
            #expect(Calls.rename(staged + "empty", mount.root + "/foo") == EPERM)
            #expect(Calls.rename(staged + "empty", mount.root + "/state/zones") == EROFS)
            #expect(Calls.text(staged + "empty/sub/f") == "deep\n", "what was refused is where it was")
            expectSuccess(mount.run("rm -r zones/.s; ls -A zones l3"), "removed")
            #expect(Calls.names(mount.root + "/zones") == [])
        }

        @Test func openFiles() throws {
            let mount = try MountedModel()
            let path = mount.root + "/zones/.file"
            var bytes = [UInt8](repeating: 0, count: 100)
            func read(_ file: Int32) -> String {
                let count = pread(file, &bytes, bytes.count, 0)
                return count < 0 ? "error \(errno)" : String(decoding: bytes.prefix(count), as: UTF8.self)
            }
            func size(_ file: Int32) -> off_t {
                var status = stat()
                return fstat(file, &status) == 0 ? status.st_size : -1
            }
            let appending = open(path, O_RDWR | O_CREAT | O_EXCL | O_APPEND, 0o600)
            let second = open(path, O_WRONLY | O_APPEND)
            #expect(appending >= 0 && second >= 0)
            #expect(write(appending, "ab", 2) == 2 && write(second, "cd", 2) == 2 && write(appending, "ef", 2) == 2)
            #expect(read(appending) == "abcdef")
            #expect(ftruncate(second, 2) == 0 && ftruncate(second, 4) == 0 && read(appending) == "ab\0\0")
            close(second)
            #expect(Calls.unlink(path) == 0 && !Calls.exists(path))
            #expect(write(appending, "gh", 2) == 2 && read(appending) == "ab\0\0gh", "a file without a name")
            #expect(Calls.write(path, "new") == 0 && read(appending) == "ab\0\0gh", "its name is another's")
            close(appending)
            #expect(Calls.text(path) == "new")

            let limit = 16 << 20
            let sparse = open(path, O_RDWR | O_TRUNC)
            #expect(pwrite(sparse, "x", 1, 100_000) == 1 && size(sparse) == 100_001)
            #expect(pread(sparse, &bytes, 3, 99_998) == 3 && bytes.prefix(3) == [0, 0, 120])
            #expect(pwrite(sparse, "x", 1, off_t(limit)) == -1 && errno == EFBIG)
            #expect(ftruncate(sparse, off_t(limit) + 1) == -1 && errno == EFBIG)
            #expect(size(sparse) == 100_001, "what was refused changes nothing")
            #expect(ftruncate(sparse, off_t(limit)) == 0 && pwrite(sparse, "y", 1, off_t(limit) - 1) == 1)
            #expect(pread(sparse, &bytes, 10, off_t(limit) - 2) == 2 && bytes.prefix(2) == [0, 121])
            #expect(mount.refusals.map(\.rule) == ["staged.file-too-big", "staged.file-too-big"])
            // Too long and not text for a value, at once and with nothing changed.
            #expect(Calls.makeDirectory(mount.root + "/zones/z") == 0)
            #expect(Calls.rename(path, mount.root + "/zones/z/description") != 0)
            #expect(size(sparse) == limit && Calls.exists(path) && mount.text("zones/z/description") == nil)
            close(sparse)
        }

        /// 64 MiB of each user but root.
        @Test func usersHaveALimit() throws {
            let mount = try MountedModel()
            expectSuccess(mount.run("mkdir -m 777 zones/.all"), "a directory for all")
            let fill = "for i in 1 2 3 4; do truncate -s 16M zones/.all/$i || exit; done"
            expectSuccess(mount.run("\(Self.other) sh -c '\(fill)'", timeout: 300), "64 MiB")
            let more = mount.run("\(Self.other) sh -c 'echo x > zones/.all/5'")
            #expect(more.status != 0 && mount.refusals.last?.rule == "staged.too-much", "\(more)")
            #expect(mount.refusals.last?.symbol == "EDQUOT")
            let longer = mount.run("\(Self.other) sh -c 'truncate -s 1M zones/.all/5'")
            #expect(longer.errors.contains("Disk quota exceeded"), "\(longer)")
            expectSuccess(mount.run("\(Self.third) sh -c 'echo x > zones/.all/6'"), "another user")
            expectSuccess(mount.run("echo x > zones/.all/7"), "root")
            expectSuccess(mount.run("chown 0 zones/.all/7 zones/.all/1"), "the maker's allowance stays in use")
            #expect(mount.run("\(Self.other) sh -c 'truncate -s 1M zones/.all/5'").status != 0)
            expectSuccess(mount.run("truncate -s 15M zones/.all/2"), "room")
            expectSuccess(mount.run("\(Self.other) sh -c 'truncate -s 1M zones/.all/5'"), "room again")
            expectSuccess(mount.run("rm -r zones/.all && mkdir -m 777 zones/.all"), "all gone")
            expectSuccess(mount.run("\(Self.other) truncate -s 16M zones/.all/1", timeout: 120), "and forgotten")
        }

        @Test func permissions() throws {
            let mount = try MountedModel()
            expectSuccess(
                mount.run(
                    """
                    set -e; mkdir -m 1777 zones/.all; mkdir -m 700 zones/.mine; mkdir zones/.read
                    echo secret > zones/.mine/f; echo text > zones/.read/f; chmod 640 zones/.read/f
                    \(Self.other) sh -c 'umask 027; echo a > zones/.all/f; mkdir zones/.all/d; echo b > zones/.all/d/f'
                    """), "staged files of two users")
            #expect(
                mount.run("stat -c '%a %u:%g' zones/.all/f zones/.all/d zones/.all/d/f").output
                    == "640 65534:65534\n750 65534:65534\n640 65534:65534\n")
            for script in [
                "ls zones/.mine", "cat zones/.mine/f", "cat zones/.read/f", "echo x > zones/.read/g",
                "rm zones/.read/f",
                "mv zones/.read/f zones/.all/x", "cat zones/.all/f", "rm zones/.all/f", "rm -r zones/.all/d",
                "mv zones/.all/f zones/.all/g", "chmod 777 zones/.all/f", "chown 1234 zones/.all/f", "mkdir zones/.x",
                "mv zones/.all zones/.elsewhere", "touch zones/.read/f", "truncate -s 0 zones/.read/f",
            ] {
                let result = mount.run("\(Self.third) sh -c '\(script)'")
                let isDenied = ["Permission denied", "Operation not permitted"].contains(where: result.errors.contains)
                #expect(result.status != 0 && isDenied, "\(script): \(result)")
            }
            #expect(
                mount.run("cat zones/.mine/f zones/.read/f zones/.all/f zones/.all/d/f").output
                    == "secret\ntext\na\nb\n")
            expectSuccess(
                mount.run("\(Self.other) sh -c 'cd zones/.all; chmod 600 f; mv f d/g; rm -r d'"), "the owner may")
            // The group of a set-group-ID directory goes on to what is made in it.
            expectSuccess(mount.run("chgrp 60 zones/.all; chmod 3777 zones/.all"), "set-group-ID")
            expectSuccess(mount.run("\(Self.other) sh -c 'cd zones/.all; mkdir d; touch d/f'"), "a member's")
            #expect(mount.run("cd zones/.all; stat -c '%A %u:%g' d").output == "drwxr-sr-x 65534:60\n")
            #expect(mount.run("cd zones/.all; stat -c %u:%g d/f").output == "65534:60\n")
        }

        /// What is there all the time is listed exactly once, whatever comes and goes meanwhile.
        @Test(arguments: ["zones/.s", "zones"]) func listingsWhileEntriesComeAndGo(_ place: String) throws {
            let mount = try MountedModel()
            let path = mount.root + "/" + place
            _ = Calls.makeDirectory(path)
            for number in 0..<2000 { #expect(Calls.write(path + "/.f\(number)", "") == 0) }
            let directory = try #require(opendir(path))
            defer { closedir(directory) }
            var seen: [String: Int] = [:]
            var removed: Set<String> = []
            var next = 0
            while let entry = readdir(directory) {
                seen[Calls.name(of: entry), default: 0] += 1
                guard seen.count % 20 == 0 else { continue }
                for number in [next, 1999 - next] where Calls.unlink(path + "/.f\(number)") == 0 {
                    removed.insert(".f\(number)")
                }
                // Renamed, so that its place in the listing may be another.
                _ = Calls.rename(path + "/.f\(1000 + next)", path + "/.renamed\(next)")
                removed.insert(".f\(1000 + next)")
                _ = Calls.write(path + "/.new\(next)", "")
                next += 1
            }
            #expect(next > 50 && removed.count > 150)
            #expect(seen.values.allSatisfy { $0 == 1 }, "something was listed twice")
            let skipped = (0..<2000).map { ".f\($0)" }.filter { !removed.contains($0) && seen[$0] == nil }
            #expect(skipped == [])
            rewinddir(directory)
            for _ in 0..<300 { _ = readdir(directory) }
            let position = telldir(directory)
            let expected = readdir(directory).map(Calls.name)
            for _ in 0..<300 { _ = readdir(directory) }
            seekdir(directory, position)
            #expect(expected != nil && readdir(directory).map(Calls.name) == expected)
        }
    }
}
