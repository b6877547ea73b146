import Glibc

/// The lock that keeps two agents from changing links of one host at the same time, for instance one that still
/// finishes its work after its daemon died, and the next daemon's.
///
/// It is a `flock` on the network namespace itself, so it needs no file, and the kernel lets go of it when the agent dies.
final class NamespaceLock {
    private let file: CInt
    /// The number of the network namespace, the same in all processes as long as it exists.
    let namespace: UInt64

    init() throws(NetlinkError) {
        // Of the thread, not of the process: /proc/self is that of the first thread.
        file = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw NetlinkError(errno: errno) }
        var status = stat()
        namespace = fstat(file, &status) == 0 ? UInt64(status.st_ino) : 0
    }

    deinit {
        close(file)
    }

    /// Runs `body` while no other agent works on this namespace.
    func hold<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
        while flock(file, LOCK_EX) != 0, errno == EINTR {}
        defer { flock(file, LOCK_UN) }
        return try body()
    }
}
