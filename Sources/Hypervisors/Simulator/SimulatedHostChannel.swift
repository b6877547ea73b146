import NetworkModel
import Realization

/// A connection to a host on paper.
public final class SimulatedHostChannel: HostChannel {
    private let connection: HostConnection
    private let options: SimulatorOptions
    private let journal: SimulatorJournal?
    private let faults: SimulatedFaults
    private let end = AsyncStream<String>.makeStream()

    init(connection: HostConnection, journal: SimulatorJournal?, faults: SimulatedFaults) {
        self.connection = connection
        options = if case .simulator(let options) = connection { options } else { SimulatorOptions() }
        self.journal = journal
        self.faults = faults
    }

    public var detail: String { "simulated" }

    public func ping() async throws(HostFailure) {
        try await answer("ping", nil)
    }

    public func closed() async -> String {
        for await reason in end.stream { return reason }
        return "The simulated host was closed."
    }

    public func close() async {
        end.continuation.finish()
    }

    func perform(_ step: String, _ network: L2Specification?) async throws(HostFailure) {
        journal?.add(SimulatorJournal.Call(connection: connection, step: step, network: network))
        try await answer(step, network)
    }

    private func answer(_ step: String, _ network: L2Specification?) async throws(HostFailure) {
        if options.latency > 0 { try? await Task.sleep(for: .milliseconds(options.latency)) }
        if options.refuse == step {
            guard step != "connect" else { throw .unreachable("The simulated host does not answer.") }
            throw .refused(
                Refusal(
                    "host.simulated-refusal", .inputOutput, "The simulated host refuses to \(step).",
                    remedy: "Remove refuse=\(step) from its connection."))
        }
        switch faults.next(connection, options, step, network?.bridge ?? "") {
        case .refusal:
            throw .refused(
                Refusal(
                    "host.simulated-failure", .inputOutput, "The simulated host fails to \(step) this time.",
                    remedy: "Try again, or remove failure= from its connection."))
        case .silence: throw .unreachable("The simulated host does not answer this time.")
        case .loss:
            let reason = "The connection to the simulated host was lost."
            end.continuation.yield(reason)
            end.continuation.finish()
            throw .unreachable(reason)
        case nil: return
        }
    }
}
