import Glibc

/// Runs a program of the host, without a shell. For what has no library: Open vSwitch is spoken to by `ovs-vsctl`.
enum HostProgram {
    struct Result {
        /// The exit status; 128 and more: the signal that ended it.
        var status: Int32
        var output: String
        var errors: String
    }

    /// The most that is kept of what a program writes, in bytes.
    private static let longestOutput = 1 << 20

    /// Runs the program and waits for its end; the program is to limit its time by itself.
    ///
    /// - Throws: `ENOENT` where the host has no such program.
    static func run(_ name: String, _ arguments: [String]) throws(NetlinkError) -> Result {
        var ends = (output: [Int32](repeating: -1, count: 2), errors: [Int32](repeating: -1, count: 2))
        defer { for end in ends.output + ends.errors where end >= 0 { close(end) } }
        // `pipe2` is hidden from programs that do not ask for GNU extensions; the agent starts programs one at a time.
        guard pipe(&ends.output) == 0, pipe(&ends.errors) == 0 else { throw NetlinkError(errno: errno) }
        for end in ends.output + ends.errors { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let child = try spawn(name, arguments, output: ends.output[1], errors: ends.errors[1])
        for end in [ends.output[1], ends.errors[1]] { close(end) }
        (ends.output[1], ends.errors[1]) = (-1, -1)
        let (output, errors) = readAll(ends.output[0], ends.errors[0])
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return Result(
            status: signal == 0 ? status >> 8 & 0xFF : 128 + signal, output: String(decoding: output, as: UTF8.self),
            errors: String(decoding: errors, as: UTF8.self))
    }

    private static func spawn(
        _ name: String, _ arguments: [String], output: Int32, errors: Int32
    ) throws(NetlinkError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        var words: [UnsafeMutablePointer<CChar>?] = ([name] + arguments).map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = []
        for key in ["PATH", "OVS_RUNDIR"] {
            if let value = getenv(key) { environment.append(strdup("\(key)=\(String(cString: value))")) }
        }
        environment.append(nil)
        defer { for text in words + environment { free(text) } }
        var child: pid_t = 0
        let code = posix_spawnp(&child, name, &actions, nil, &words, &environment)
        guard code == 0 else { throw NetlinkError(errno: code) }
        return child
    }

    private static func readAll(_ first: Int32, _ second: Int32) -> ([UInt8], [UInt8]) {
        var texts: [[UInt8]] = [[], []]
        var waits = [first, second].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while waits.contains(where: { $0.fd >= 0 }) {
            guard poll(&waits, nfds_t(waits.count), -1) >= 0 || errno == EINTR else { break }
            for index in waits.indices where waits[index].fd >= 0 && waits[index].revents != 0 {
                let count = read(waits[index].fd, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    waits[index].fd = -1
                    continue
                }
                texts[index] += buffer[..<min(count, max(0, longestOutput - texts[index].count))]
            }
        }
        return (texts[0], texts[1])
    }
}
