import CFUSE
import FUSE
import Foundation
import Testing

/// Every request, from the program's side.
extension MountTests {
    @Suite struct RequestTests {
        @Test func filesAreMadeWrittenAndRead() async throws {
            try await withMount { (mount, tree) async throws in
                try Calls.write(mount.file("a"), "hello\n")
                #expect(try Calls.read(mount.file("a")) == "hello\n")
                #expect(try Calls.status(mount.file("a")).st_size == 6)
                #expect(tree.count("create") == 1)
                try Calls.makeFIFO(mount.file("fifo"))
                #expect(try Calls.status(mount.file("fifo")).st_mode & S_IFMT == S_IFIFO)
                #expect(tree.count("makeNode") == 1)
                #expect(tree.withLock { $0.lastCaller?.uid } == getuid())
            }
        }

        @Test func truncationArrivesBeforeTheWrite() async throws {
            try await withMount { (mount, tree) async throws in
                try Calls.write(mount.file("a"), "a long value\n")
                try Calls.write(mount.file("a"), "short\n", O_TRUNC)
                #expect(tree.count("truncate") == 1)
                #expect(try Calls.read(mount.file("a")) == "short\n")
                try Calls.write(mount.file("a"), "more\n", O_APPEND)
                #expect(try Calls.read(mount.file("a")) == "short\nmore\n")
                try Calls.truncate(mount.file("a"), 3)
                #expect(try Calls.read(mount.file("a")) == "sho")
                try Calls.truncate(mount.file("a"), 5)
                #expect(try Calls.read(mount.file("a")) == "sho\0\0")
                #expect(errorNumber { try Calls.write(mount.file("a"), "refuse me\n", 0) } == EDQUOT)
            }
        }

        @Test func openFilesHaveNoState() async throws {
            try await withMount { (mount, tree) async throws in
                try Calls.write(mount.file("a"), "value\n")
                _ = try Calls.read(mount.file("a"))
                let reads = tree.count("read")
                let lookups = tree.count("lookup")
                for _ in 0..<10 {
                    #expect(try Calls.read(mount.file("a")) == "value\n")
                }
                #expect(tree.count("read") == reads, "cached pages stay over open and close")
                #expect(tree.count("lookup") == lookups)
                _ = try Calls.list(mount.path)
                let lists = tree.count("readDirectory") + tree.count("readDirectoryPlus")
                _ = try Calls.list(mount.path)
                #expect(tree.count("readDirectory") + tree.count("readDirectoryPlus") == lists, "the list stays, too")
            }
        }

        @Test func aDirectoryCostsThreeRequests() async throws {
            try await withMount { (mount, tree) async throws in
                try Calls.makeDirectory(mount.file("warm"))
                let before = tree.withLock { $0.counts }
                try Calls.makeDirectory(mount.file("d"))
                let after = tree.withLock { $0.counts }
                #expect(after.values.reduce(0, +) - before.values.reduce(0, +) <= 3)
                #expect(after["makeDirectory"] == 2)
            }
        }

        @Test func directoriesAndNames() async throws {
            try await withMount { (mount, _) async throws in
                try Calls.makeDirectory(mount.file("d"))
                #expect(errorNumber { try Calls.makeDirectory(mount.file("d")) } == EEXIST)
                try Calls.write(mount.file("d/x"), "x")
                #expect(errorNumber { try Calls.removeDirectory(mount.file("d")) } == ENOTEMPTY)
                try Calls.rename(mount.file("d/x"), mount.file("y"))
                #expect(try Calls.list(mount.file("d")).isEmpty)
                #expect(try Calls.read(mount.file("y")) == "x")
                try Calls.removeDirectory(mount.file("d"))
                let long = String(repeating: "n", count: 256)
                #expect(errorNumber { try Calls.rename(mount.file("y"), mount.file(long)) } == ENAMETOOLONG)
                try Calls.unlink(mount.file("y"))
                #expect(errorNumber { _ = try Calls.status(mount.file("y")) } == ENOENT)
                #expect(errorNumber { try Calls.link(mount.path, mount.file("l")) } == EPERM)
                #expect(errorNumber { try Calls.makeDirectory(mount.file(long)) } == ENAMETOOLONG)
                try Calls.makeDirectory(mount.file(String(repeating: "n", count: 255)))
            }
        }

        @Test func renameKnowsItsFlags() async throws {
            try await withMount { (mount, _) async throws in
                try Calls.write(mount.file("a"), "a")
                try Calls.write(mount.file("b"), "b")
                // mv tries RENAME_NOREPLACE first.
                #expect(try run("/bin/mv", "-n", mount.file("a"), mount.file("b")) == "")
                #expect(try Calls.read(mount.file("b")) == "b")
                #expect(try run("/bin/mv", mount.file("a"), mount.file("c")) == "")
                try Calls.rename(mount.file("c"), mount.file("b"))
                #expect(try Calls.list(mount.path) == ["b"])
                #expect(try Calls.read(mount.file("b")) == "a")
            }
        }

        @Test func linksKeepTheirText() async throws {
            try await withMount { (mount, tree) async throws in
                let target = "../" + String(repeating: "long/", count: 100)
                try Calls.symlink(target, mount.file("l"))
                #expect(try Calls.readLink(mount.file("l")) == target)
                let asked = tree.count("readLink")
                #expect(try Calls.readLink(mount.file("l")) == target)
                #expect(tree.count("readLink") == asked, "the kernel keeps a link's text")
            }
        }

        @Test func attributesChange() async throws {
            try await withMount { (mount, _) async throws in
                try Calls.write(mount.file("a"), "")
                try Calls.chmod(mount.file("a"), 0o600)
                #expect(try Calls.status(mount.file("a")).st_mode == S_IFREG | 0o600)
                #expect(chown(mount.file("a"), 12, 34) == 0)
                let status = try Calls.status(mount.file("a"))
                #expect(status.st_uid == 12 && status.st_gid == 34)
                let times = [timespec(tv_sec: 5, tv_nsec: 6), timespec(tv_sec: -7, tv_nsec: 8)]
                #expect(utimensat(AT_FDCWD, mount.file("a"), times, 0) == 0)
                let changed = try Calls.status(mount.file("a"))
                #expect(changed.st_atim.tv_sec == 5 && changed.st_atim.tv_nsec == 6)
                #expect(changed.st_mtim.tv_sec == -7 && changed.st_mtim.tv_nsec == 8)
                #expect(utimensat(AT_FDCWD, mount.file("a"), nil, 0) == 0)
                #expect(abs(Int(try Calls.status(mount.file("a")).st_mtim.tv_sec) - time(nil)) < 5)
            }
        }

        @Test func extendedAttributes() async throws {
            try await withMount { (mount, _) async throws in
                try Calls.write(mount.file("a"), "")
                #expect(setxattr(mount.file("a"), "user.why", "because", 7, 0) == 0)
                var value = [UInt8](repeating: 0, count: 100)
                #expect(getxattr(mount.file("a"), "user.why", nil, 0) == 7)
                #expect(getxattr(mount.file("a"), "user.why", &value, 100) == 7)
                #expect(String(decoding: value[..<7], as: UTF8.self) == "because")
                #expect(getxattr(mount.file("a"), "user.why", &value, 3) == -1 && errno == ERANGE)
                #expect(listxattr(mount.file("a"), nil, 0) == 9)
                #expect(removexattr(mount.file("a"), "user.why") == 0)
                #expect(getxattr(mount.file("a"), "user.why", &value, 100) == -1 && errno == ENODATA)
            }
        }

        @Test func synchronizingAndStatistics() async throws {
            try await withMount { (mount, tree) async throws in
                try Calls.write(mount.file("a"), "a")
                let file = open(mount.file("a"), O_RDWR)
                #expect(fsync(file) == 0)
                #expect(fdatasync(file) == 0)
                close(file)
                #expect(tree.count("fsync") == 1 && tree.count("fdatasync") == 1)
                var statistics = statvfs()
                #expect(statvfs(mount.path, &statistics) == 0)
                #expect(statistics.f_namemax == 255 && statistics.f_files == 2)
            }
        }

        @Test func defaultsAreSensible() async throws {
            final class Empty: FileSystem {
                func attributes(of inode: InodeNumber, caller: Caller, reply: AttributesReply) {
                    reply.succeed(FileAttributes(inode: inode, mode: S_IFDIR | 0o755), timeout: 1)
                }
            }
            let mount = try await Mounted(Empty())
            #expect(errorNumber { _ = try Calls.status(mount.file("a")) } == ENOENT)
            #expect(errorNumber { try Calls.makeDirectory(mount.file("a")) } == EPERM)
            #expect(errorNumber { try Calls.write(mount.file("a"), "") } == EPERM)
            #expect(errorNumber { try Calls.symlink("x", mount.file("a")) } == EPERM)
            #expect(errorNumber { _ = try Calls.list(mount.path) } == ENOTDIR)
            #expect(getxattr(mount.path, "user.x", nil, 0) == -1 && errno == EOPNOTSUPP)
            let directory = open(mount.path, O_RDONLY)
            #expect(fsync(directory) == 0)
            close(directory)
            #expect(mount.log.messages == [])
            try mount.end()
        }
    }
}
