import Glibc

/// Whether the name of a network namespace still leads to the one that this process is in.
///
/// A namespace whose name is removed lives on as long as a process is in it: an agent that stayed would keep alive a host
/// that has been started anew, and go on working on what nobody sees any more.
///
/// Not `Sendable`: one thread owns it.
final class NamespaceWatch {
    private let name: String
    /// `/proc/self/mountinfo`: `ip netns` mounts each namespace at its name. Unlike inotify, of which a user may have 128, it
    /// has no limit.
    let fileDescriptor: CInt

    /// Wakes `poll` when a mount comes or goes; not to be read.
    static let events = Int16(POLLPRI)

    init(name: String) {
        self.name = name
        fileDescriptor = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC)
    }

    deinit {
        if fileDescriptor >= 0 { close(fileDescriptor) }
    }

    /// Whether the name is gone, or another namespace's.
    var isGone: Bool {
        var own = stat()
        var named = stat()
        guard stat("/proc/self/ns/net", &own) == 0 else { return false }
        guard stat("/run/netns/\(name)", &named) == 0 else { return errno == ENOENT }
        return own.st_dev != named.st_dev || own.st_ino != named.st_ino
    }
}
