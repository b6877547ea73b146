import NetworkModel
import Realization
import Synchronization

/// What a simulated host was asked, in order. Tests read it.
public final class SimulatorJournal: Sendable {
    public struct Call: Hashable, Sendable {
        public let connection: HostConnection
        /// `connect`, `check`, `realize` or `release`.
        public let step: String
        public let network: L2Specification?
    }

    private let state = Mutex<[Call]>([])

    public init() {}

    public var calls: [Call] { state.withLock { $0 } }

    func add(_ connection: HostConnection, _ step: String, _ network: L2Specification?) {
        state.withLock { calls in
            // A daemon that simulates for days must not fill the memory.
            if calls.count >= 100_000 { calls.removeFirst(50_000) }
            calls.append(Call(connection: connection, step: step, network: network))
        }
    }
}

/// Hosts that exist on paper only: they take as long as they are told to, and refuse what they are told to refuse.
public struct SimulatorConnector: HypervisorConnector {
    public let hypervisorType = HypervisorType.simulator
    private let journal: SimulatorJournal

    public init(journal: SimulatorJournal = SimulatorJournal()) {
        self.journal = journal
    }

    public func connect(_ connection: HostConnection) async throws(HostFailure) -> any HostChannel {
        let channel = SimulatedHostChannel(connection: connection, journal: journal)
        try await channel.perform("connect", nil)
        return channel
    }
}

/// A connection to a host on paper.
public final class SimulatedHostChannel: HostChannel {
    private let connection: HostConnection
    private let journal: SimulatorJournal
    private let end = AsyncStream<Void>.makeStream()

    init(connection: HostConnection, journal: SimulatorJournal) {
        self.connection = connection
        self.journal = journal
    }

    public var detail: String { "simulated" }

    public func ping() async throws(HostFailure) {}

    public func closed() async -> String {
        for await _ in end.stream { break }
        return "The simulated host was closed."
    }

    public func close() async {
        end.continuation.finish()
    }

    func perform(_ step: String, _ network: L2Specification?) async throws(HostFailure) {
        journal.add(connection, step, network)
        guard case .simulator(let latency, let refuse) = connection else { return }
        if latency > 0 { try? await Task.sleep(for: .milliseconds(latency)) }
        guard refuse == step else { return }
        if step == "connect" { throw .unreachable("The simulated host does not answer.") }
        throw .refused(
            Refusal(
                "host.simulated-refusal", .inputOutput, "The simulated host refuses to \(step).",
                remedy: "Remove refuse=\(step) from its connection."))
    }
}

/// Any type of L2 network on simulated hosts.
public struct SimulatorL2Backend: L2NetworkRealizationExtensionPoint {
    public let supportedL2NetworkType: L2NetworkType
    public let supportedHypervisorType = HypervisorType.simulator

    public init(_ type: L2NetworkType) {
        supportedL2NetworkType = type
    }

    public func check(_ network: L2Specification, on host: SimulatedHostChannel) async throws(HostFailure) {
        try await host.perform("check", network)
    }

    public func realize(_ network: L2Specification, on host: SimulatedHostChannel) async throws(HostFailure) {
        try await host.perform("realize", network)
    }

    public func release(_ network: L2Specification, on host: SimulatedHostChannel) async throws(HostFailure) {
        try await host.perform("release", network)
    }
}
