import Glibc

/// Tells a service manager how far the daemon is, by the protocol of sd_notify(3): datagrams to the socket that
/// `NOTIFY_SOCKET` names.
///
/// Our own sender, not libsystemd's: the protocol is one `sendto` and promised to stay, while the library would be one
/// more thing that must be there on machines and in containers that have no systemd.
struct ServiceNotifier: Sendable {
    /// A path, or with a NUL in front a name in the abstract namespace.
    private let address: [UInt8]

    /// Nil where nobody wants to know. Takes the variable away: the programs that the daemon starts are not the
    /// service.
    static func takenFromEnvironment() -> ServiceNotifier? {
        guard let value = getenv("NOTIFY_SOCKET") else { return nil }
        let notifier = ServiceNotifier(socket: String(cString: value))
        unsetenv("NOTIFY_SOCKET")
        return notifier
    }

    /// - Parameter socket: as in `NOTIFY_SOCKET`: an absolute path, or `@` and an abstract name.
    init?(socket: String) {
        var bytes = Array(socket.utf8)
        guard bytes.count > 1, bytes.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else { return nil }
        switch bytes[0] {
        case UInt8(ascii: "/"): break
        case UInt8(ascii: "@"): bytes[0] = 0
        default: return nil
        }
        address = bytes
    }

    /// The mount can be used.
    func ready(_ status: String) { send("READY=1\nSTATUS=\(status)\n") }

    /// The end has begun; what is left may take a moment.
    func stopping() { send("STOPPING=1\nSTATUS=Closing the store.\n") }

    /// A service manager that does not listen is no reason to end: errors are ignored, as sd_notify(3) advises.
    private func send(_ message: String) {
        // SOCK_STREAM and its like are values of an enumeration to Swift.
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return }
        defer { close(socket) }
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: address) }
        // Without a final NUL, which would be part of an abstract name.
        let length = MemoryLayout.offset(of: \sockaddr_un.sun_path).map { $0 + address.count } ?? 0
        let bytes = Array(message.utf8)
        _ = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, socklen_t(length))
            }
        }
    }
}
