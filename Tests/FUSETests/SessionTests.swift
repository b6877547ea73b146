import FUSE
import Foundation
import Logging
import Testing

extension MountTests {
    @Suite struct SessionTests {
        private let logger = Logger(label: "FUSETests") { _ in SwiftLogNoOpLogHandler() }

        @Test func exitLeavesNothingMounted() async throws {
            let tree = MemoryFileSystem()
            let mount = try await Mounted(tree)
            #expect(tree.withLock { $0.initialized && !$0.destroyed })
            let entry = try #require(try MountTable.entry(at: mount.path))
            #expect(entry.type == "fuse.fusetests" && entry.source == "test source")
            #expect(entry.options.contains("default_permissions") && entry.options.contains("nosuid"))
            let start = now()
            mount.session.exit()
            #expect(mount.waitForEnd())
            #expect(now() - start < 1_000_000_000, "promptly, though no request came")
            #expect(try MountTable.entry(at: mount.path) == nil)
            #expect(tree.withLock { $0.destroyed })
            #expect(errorNumber { try Calls.makeDirectory(mount.file("plain")) } == 0)
            try Calls.removeDirectory(mount.file("plain"))
            try Calls.removeDirectory(mount.path)
        }

        @Test func exitWorksWhileFilesAreOpen() async throws {
            let mount = try await Mounted(MemoryFileSystem())
            try Calls.write(mount.file("a"), "a")
            let file = open(mount.file("a"), O_RDONLY)
            defer { close(file) }
            try mount.end()
            var byte: UInt8 = 0
            #expect(pread(file, &byte, 1, 0) <= 1)
        }

        @Test func unmountingFromOutsideEndsTheRun() async throws {
            let mount = try await Mounted(MemoryFileSystem())
            #expect(try run("/bin/umount", mount.path) == "")
            #expect(mount.waitForEnd())
            try Calls.removeDirectory(mount.path)
        }

        @Test func unmountEndsTheRun() async throws {
            let mount = try await Mounted(MemoryFileSystem())
            mount.session.unmount()
            #expect(mount.waitForEnd())
            #expect(try MountTable.entry(at: mount.path) == nil)
            try Calls.removeDirectory(mount.path)
        }

        /// exit() lets a request under way be answered, and refuses later ones.
        @Test func exitWaitsForAnswers() async throws {
            let mount = try await Mounted(MemoryFileSystem())
            let path = mount.file("later")
            let size = Recorder<Int>()
            let thread = try DedicatedThread(name: "client") {
                size.set((try? Calls.status(path))?.st_size ?? -1)
            }
            usleep(20_000)
            mount.session.exit()
            #expect(mount.waitForEnd())
            thread.join()
            #expect(size.value == 42)
            #expect(mount.log.messages == [])
            try Calls.removeDirectory(mount.path)
        }

        /// A reply that comes after the end is lost, without harm.
        @Test func aReplyMayOutliveItsSession() async throws {
            let tree = MemoryFileSystem()
            var mount: Mounted? = try await Mounted(tree)
            let path = try #require(mount?.file("registered-late"))
            let thread = try DedicatedThread(name: "client") { _ = try? Calls.status(path) }
            try #require(await eventually { tree.withLock { !$0.waiting.isEmpty } })
            try mount?.end()
            #expect(mount?.log.contains("unanswered") == true)
            mount = nil
            thread.join()
            let reply = try #require(tree.withLock { $0.waiting.popLast() })
            reply.fail(EBUSY)
        }

        @Test func exitBeforeTheRunEndsItAtOnce() throws {
            let path = try makeDirectory()
            let session = try Session(mountPoint: path, fileSystem: MemoryFileSystem(), logger: logger)
            #expect(throws: SessionError.self) { try session.run() }
            try session.mount()
            #expect(throws: SessionError.self) { try session.mount() }
            session.exit()
            try session.run()
            #expect(try MountTable.entry(at: path) == nil)
            #expect(throws: SessionError.self) { try session.run() }
            try Calls.removeDirectory(path)
        }

        @Test func aSessionLetGoOfIsUnmounted() throws {
            let path = try makeDirectory()
            do {
                let session = try Session(mountPoint: path, fileSystem: MemoryFileSystem(), logger: logger)
                try session.mount()
                #expect(try MountTable.entry(at: path) != nil)
            }
            #expect(try MountTable.entry(at: path) == nil)
            try Calls.removeDirectory(path)
        }

        @Test func readOnlyMounts() async throws {
            try await withMount(options: ["ro,noatime"]) { (mount, _) async throws in
                #expect(errorNumber { try Calls.makeDirectory(mount.file("d")) } == EROFS)
            }
        }

        @Test func errorsSayWhatIsWrong() throws {
            func session(_ path: String, _ options: [String] = []) throws -> Session {
                try Session(mountPoint: path, fileSystem: MemoryFileSystem(), options: options, logger: logger)
            }
            #expect(throws: SessionError.unknownOption("colour=blue")) { try session("/tmp", ["ro", "colour=blue"]) }
            #expect(throws: SessionError.mountPoint("/nowhere/at/all", errno: ENOENT)) {
                try session("/nowhere/at/all").mount()
            }
            #expect(throws: SessionError.mountPointNotDirectory("/dev/null")) { try session("/dev/null").mount() }
            let error = SessionError.mountPoint("/x", errno: EACCES)
            #expect("\(error)" == "The mount point /x cannot be used: Permission denied.")
        }
    }
}

/// A value set by one thread and read by another after it has ended.
final class Recorder<Value: Sendable>: @unchecked Sendable {
    // `@unchecked`: the join orders writing and reading.
    private(set) var value: Value?

    func set(_ value: Value) { self.value = value }
}
