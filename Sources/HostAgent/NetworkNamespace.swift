import CNetlink
import Glibc

/// A named network namespace of this machine, as `ip netns` makes them.
public struct NetworkNamespace: Sendable {
    /// Why a namespace cannot be entered.
    public struct EntryFailure: Error, CustomStringConvertible {
        /// One sentence for people.
        public let description: String
    }

    /// The name that `ip netns list` shows.
    public let name: String

    /// Names a namespace.
    public init(name: String) {
        self.name = name
    }

    /// Moves the calling thread into the namespace; threads that it starts later are in it as well. Call it before there
    /// are others (`ip netns exec NAME …`).
    ///
    /// - Throws: ``EntryFailure`` when there is no such namespace, or the process may not enter it.
    public func enter() throws(EntryFailure) {
        guard !name.isEmpty, !name.contains("/"), name != ".", name != ".." else {
            throw EntryFailure(description: "\"\(name)\" is not a name of a network namespace.")
        }
        let file = open("/run/netns/\(name)", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            let failure = errno
            throw EntryFailure(
                description: failure == ENOENT
                    ? "This machine has no network namespace \(name) (nothing at /run/netns/\(name))."
                    : "The network namespace \(name) cannot be opened: \(String(cString: strerror(failure))).")
        }
        defer { close(file) }
        guard setns(file, CLONE_NEWNET) == 0 else {
            throw EntryFailure(
                description: "The network namespace \(name) cannot be entered: \(String(cString: strerror(errno))).")
        }
    }
}
