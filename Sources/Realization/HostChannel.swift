import NetworkModel

/// A live connection to a host, as a hypervisor plugin sees it.
public protocol HostChannel: Sendable {
    /// What the host says of itself: versions, for people.
    var detail: String { get }

    /// Which machine it is, by its own word: the same for all connections to it, of whatever name, and another for any other
    /// machine that runs at the same time. Default: not known.
    var machine: String? { get }

    /// Answers when the host answers.
    func ping() async throws(HostFailure)

    /// Returns when the connection has ended for whatever reason, with that reason.
    func closed() async -> String

    /// Ends the connection. What runs on the host is finished by it.
    func close() async

    /// The networks that the host carries by its marks, whoever made them. Default: none are known.
    func marks() async throws(HostFailure) -> [HostMark]

    /// Takes off the host what carries just this mark. Idempotent. Default: does nothing.
    func collect(_ mark: HostMark) async throws(HostFailure)

    /// The name of each link of ours, or under ours, that changed on the host, by our doing or not. One consumer; ends with
    /// the connection. Default: ends at once.
    var changes: AsyncStream<String> { get }
}

extension HostChannel {
    public var machine: String? { nil }

    public func marks() async throws(HostFailure) -> [HostMark] { [] }

    public func collect(_ mark: HostMark) async throws(HostFailure) {}

    public var changes: AsyncStream<String> { AsyncStream { $0.finish() } }
}

/// Connects the hosts of one hypervisor: the entrance of a hypervisor plugin.
public protocol HypervisorConnector: Sendable {
    var hypervisorType: HypervisorType { get }

    /// - Throws: `HostFailure.unreachable` when there is no such host or it does not answer in time.
    ///
    /// - Parameter haste: Whom to serve first where connections wait for each other.
    func connect(_ connection: HostConnection, haste: ConnectionHaste) async throws(HostFailure) -> any HostChannel
}

extension HypervisorConnector {
    public func connect(_ connection: HostConnection) async throws(HostFailure) -> any HostChannel {
        try await connect(connection, haste: .usual)
    }
}

/// How much a connection matters to whoever wants it.
public enum ConnectionHaste: Int, Comparable, Sendable {
    /// A host that could not be reached is tried again, or all of them are tried for the first time.
    case background
    /// A person waits for it, or a host was lost that may be there again.
    case usual
    /// The host undoes something unless it comes in time.
    case atOnce

    public static func < (a: ConnectionHaste, b: ConnectionHaste) -> Bool { a.rawValue < b.rawValue }
}
