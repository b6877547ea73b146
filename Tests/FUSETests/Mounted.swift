import FUSE
import Foundation
import Logging
import Testing

/// A mount of a file system in a directory of its own.
///
/// The test's thread may use the mounted files: they are served from threads of the session.
final class Mounted: @unchecked Sendable {
    // `@unchecked`: `thread` is used by `end()` only, which a test calls once.
    let path: String
    let session: Session
    let log: LogRecorder
    private let ended = DispatchSemaphore(value: 0)
    private var thread: DedicatedThread?

    init(_ fileSystem: any FileSystem, options: [String] = ["default_permissions"], threads: Int = 4) async throws {
        let log = LogRecorder()
        self.log = log
        path = try makeDirectory()
        session = try Session(
            mountPoint: path, fileSystem: fileSystem, options: options + ["fsname=test source", "subtype=fusetests"],
            threads: threads, logger: Logger(label: "FUSETests") { _ in log.handler })
        try session.mount()
        thread = try DedicatedThread(name: "session") { [session, ended] in
            do {
                try session.run(drainTime: 1)
            } catch {
                Issue.record(error)
            }
            ended.signal()
        }
        try #require(await session.usable())
    }

    func file(_ name: String) -> String { path + "/" + name }

    /// Waits for the end of the session, at most 10 seconds.
    func waitForEnd() -> Bool {
        guard ended.wait(timeout: .now() + 10) == .success else { return false }
        thread?.join()
        thread = nil
        return true
    }

    /// Ends the session, and checks that nothing is left.
    func end() throws {
        session.exit()
        #expect(waitForEnd())
        #expect(try MountTable.entry(at: path) == nil)
        rmdir(path)
    }
}

/// Mounts, runs `body`, and unmounts whatever happens.
func withMount(
    _ fileSystem: MemoryFileSystem = MemoryFileSystem(), options: [String] = ["default_permissions"],
    _ body: (Mounted, MemoryFileSystem) async throws -> Void
) async throws {
    let mounted = try await Mounted(fileSystem, options: options)
    do {
        try await body(mounted, fileSystem)
    } catch {
        try mounted.end()
        throw error
    }
    try mounted.end()
}

/// A new empty directory.
func makeDirectory() throws -> String {
    var template = Array("\(NSTemporaryDirectory())/fusetests-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw CallError() }
    guard let real = realpath(made, nil) else { throw CallError() }
    defer { free(real) }
    return String(cString: real)
}

/// Waits until `condition` holds, at most 5 seconds.
func eventually(_ condition: () throws -> Bool) async rethrows -> Bool {
    for _ in 0..<500 {
        if try condition() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return try condition()
}
