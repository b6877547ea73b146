import NetworkModel
import Realization

/// Hosts that exist on paper only: they take as long as they are told to, and fail as they are told to.
public struct SimulatorConnector: HypervisorConnector {
    public let hypervisorType = HypervisorType.simulator
    private let journal: SimulatorJournal?
    private let faults = SimulatedFaults()

    public init(journal: SimulatorJournal? = nil) {
        self.journal = journal
    }

    public func connect(
        _ connection: HostConnection, haste: ConnectionHaste
    ) async throws(HostFailure) -> any HostChannel {
        let channel = SimulatedHostChannel(connection: connection, journal: journal, faults: faults)
        try await channel.perform("connect", nil)
        return channel
    }
}
