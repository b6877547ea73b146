import Glibc
import Synchronization

/// The end of the pipe that the signal handler writes to.
private let writeEnd = Atomic<CInt>(-1)

/// Turns SIGTERM and SIGINT into a readable descriptor, once for the life of the process.
struct StopSignal {
    /// Readable once a signal has come.
    let fileDescriptor: CInt

    /// A signal that comes after this is not lost.
    init() throws(NetlinkError) {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw NetlinkError(errno: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        fileDescriptor = ends[0]
        // A handler must not wait when the pipe is full.
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        writeEnd.store(ends[1], ordering: .sequentiallyConsistent)
        for number in [SIGTERM, SIGINT] {
            signal(number) { _ in
                // Only what signal-safety(7) allows.
                let before = errno
                var byte: UInt8 = 1
                _ = write(writeEnd.load(ordering: .sequentiallyConsistent), &byte, 1)
                errno = before
            }
        }
    }
}
