import Glibc

/// Starts this program again in a session of its own, and waits until it says how it went. (A Swift program must not go
/// on after fork(2): its threads would be gone.)
enum BackgroundDaemon {
    static func start(arguments: [String]) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failure("A pipe could not be made: \(errorText(errno)).") }
        let (reading, writing) = (ends[0], ends[1])
        // Nor must what the starter had open, locks and pipes, stay open with the daemon. Here and not there, where the
        // runtime has descriptors of its own from the first moment on.
        for descriptor in 3..<highestDescriptor() { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        // The child's end of the pipe. Standard streams are elsewhere: whoever waits for their end must not wait for the daemon.
        let reportDescriptor: Int32 = 3

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        if writing == reportDescriptor {
            // dup2 onto itself would leave the close-on-exec flag in place.
            guard fcntl(writing, F_SETFD, 0) == 0 else { throw Failure("The pipe could not be passed on.") }
        } else {
            posix_spawn_file_actions_adddup2(&actions, writing, reportDescriptor)
        }
        let words = ["netmodelfs"] + arguments + ["--report-descriptor", "\(reportDescriptor)"]
        var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for word in argv { free(word) } }
        var child = pid_t()
        let code = posix_spawn(&child, "/proc/self/exe", &actions, nil, &argv, environ)
        close(writing)
        defer { close(reading) }
        guard code == 0 else { throw Failure("The daemon could not be started: \(errorText(code)).") }
        try StartReport.wait(on: reading)
    }
}

extension BackgroundDaemon {
    /// Above all descriptors that are open; a starter may have given us a high one.
    private static func highestDescriptor() -> Int32 {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        return Int32(clamping: min(limit.rlim_cur, 1 << 20))
    }

    /// In the new process: away from the terminal and from any directory that somebody may want to unmount.
    static func settle() {
        setsid()
        // The report goes no further, to the agents.
        _ = fcntl(3, F_SETFD, FD_CLOEXEC)
        chdir("/")
    }
}

/// One message over a pipe: an empty line for "usable", else why not.
struct StartReport: Sendable {
    let descriptor: Int32

    func succeed() {
        write(descriptor, message: "\n")
        close(descriptor)
    }

    func fail(_ reason: String) {
        write(descriptor, message: reason)
        close(descriptor)
    }

    /// Waits for the message. Throws what went wrong.
    static func wait(on descriptor: Int32) throws {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1024)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { break }
            bytes += buffer[..<count]
        }
        let text = String(decoding: bytes, as: UTF8.self)
        if text == "\n" { return }
        throw Failure(text.isEmpty ? "The daemon ended without a word." : text)
    }
}
