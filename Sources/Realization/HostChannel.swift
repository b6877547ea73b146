import NetworkModel

/// A live connection to a host, as a hypervisor plugin sees it.
public protocol HostChannel: Sendable {
    /// What the host says of itself: versions, for people.
    var detail: String { get }

    /// Answers when the host answers.
    func ping() async throws(HostFailure)

    /// Returns when the connection has ended for whatever reason, with that reason.
    func closed() async -> String

    /// Ends the connection. What runs on the host is finished by it.
    func close() async
}

/// Connects the hosts of one hypervisor: the entrance of a hypervisor plugin.
public protocol HypervisorConnector: Sendable {
    var hypervisorType: HypervisorType { get }

    /// - Throws: `HostFailure.unreachable` when there is no such host or it does not answer in time.
    func connect(_ connection: HostConnection) async throws(HostFailure) -> any HostChannel
}
