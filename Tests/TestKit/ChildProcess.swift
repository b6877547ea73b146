import Foundation
import Synchronization

/// A program that was started.
///
/// Not Foundation's `Process`: that one hands on the signals that its thread blocks, so that `timeout` and Ctrl-C do
/// nothing, and it takes a child for running as long as any process that the child has left behind.
public final class ChildProcess: Sendable {
    public let pid: pid_t
    private let end = Mutex<Int32?>(nil)

    public struct NotStarted: Error, CustomStringConvertible {
        public let description: String
    }

    /// Starts it in a session of its own, with nothing open but `output`, for standard output, and `errors`.
    ///
    /// - Parameter environment: Beside that of this process.
    public init(
        _ arguments: [String], in directory: String = "/", environment: [String: String] = [:], output: String,
        errors: String
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        try ChildProcess.add(directory: directory, to: &actions)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        try ChildProcess.addClosing(from: 3, to: &actions)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        let setSession: Int32 = 0x80
        posix_spawnattr_setflags(
            &attributes, Int16(setSession) | Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))

        let all = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = all.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in argv + envp { free(word) } }
        var child = pid_t()
        let code = posix_spawnp(&child, arguments[0], &actions, &attributes, &argv, &envp)
        guard code == 0 else {
            throw NotStarted(description: "\(arguments[0]) could not be started: \(Calls.message(code))")
        }
        pid = child
    }

    // Glibc's module does not offer these two to Swift.

    private static func add(directory: String, to actions: inout posix_spawn_file_actions_t) throws {
        typealias Function =
            @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, UnsafePointer<CChar>) -> Int32
        guard let symbol = dlsym(nil, "posix_spawn_file_actions_addchdir_np"),
            unsafeBitCast(symbol, to: Function.self)(&actions, directory) == 0
        else { throw NotStarted(description: "no working directory can be chosen") }
    }

    private static func addClosing(from number: Int32, to actions: inout posix_spawn_file_actions_t) throws {
        typealias Function = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
        guard let symbol = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np"),
            unsafeBitCast(symbol, to: Function.self)(&actions, number) == 0
        else { throw NotStarted(description: "open files cannot be closed") }
    }

    /// The exit status; 128 and the signal's number where a signal ended it; nil while it runs.
    public var status: Int32? {
        end.withLock { end in
            if let end { return end }
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
            let signal = status & 0x7f
            end = signal == 0 ? (status >> 8) & 0xff : 128 + signal
            return end
        }
    }

    public var isRunning: Bool { status == nil }

    /// Waits for its end; nil if it has not come after `seconds`.
    public func wait(_ seconds: Double) -> Int32? {
        let end = Date().addingTimeInterval(seconds)
        var pause: UInt32 = 200
        while true {
            if let status { return status }
            if Date() > end { return nil }
            usleep(pause)
            pause = min(pause * 2, 5000)
        }
    }

    public func signal(_ number: Int32) {
        end.withLock { end in
            // A process that was waited for may be another one by now.
            if end == nil { _ = kill(pid, number) }
        }
    }

    /// Kills it and all of its session that is in its process group, and waits for it.
    public func killGroup() {
        kill(-pid, SIGKILL)
        _ = wait(10)
    }
}
