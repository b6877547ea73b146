import NetworkModel
import Synchronization

/// What simulated hosts were asked, in order. Tests read it; a daemon keeps none.
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

    func add(_ call: Call) { state.withLock { $0.append(call) } }
}
