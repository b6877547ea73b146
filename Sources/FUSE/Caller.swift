/// The process on whose behalf the kernel asks.
public struct Caller: Sendable {
    /// The user for file system access (fsuid).
    public let uid: UInt32
    /// The group for file system access (fsgid); supplementary groups are not part of a request.
    public let gid: UInt32
    /// The thread that asks, 0 if it is not visible in the daemon's PID namespace.
    public let pid: Int32
    /// The process's umask, for information: the kernel has already taken it off the mode of what is to be created.
    public let umask: UInt32

    public init(uid: UInt32, gid: UInt32, pid: Int32, umask: UInt32) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
        self.umask = umask
    }
}
