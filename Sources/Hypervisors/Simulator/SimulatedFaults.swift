import NetworkModel
import Synchronization

/// Which requests to simulated hosts fail, and how.
///
/// It follows from the connection's text, what is asked, about which network, and how often that was asked before: not from
/// the order in which requests about several networks come, which differs from run to run.
final class SimulatedFaults: Sendable {
    enum Fault: CaseIterable, Hashable {
        /// The host answers no.
        case refusal
        /// The host does not answer, and stays connected.
        case silence
        /// The connection ends before the answer.
        case loss
    }

    /// How often each thing was asked, by its key.
    private let asked = Mutex<[UInt64: UInt64]>([:])

    /// - Parameter bridge: of the network; empty for a request that is about none.
    /// - Returns: nil where the request goes through.
    func next(_ connection: HostConnection, _ options: SimulatorOptions, _ step: String, _ bridge: String) -> Fault? {
        guard options.failure > 0 else { return nil }
        let key = SimulatedFaults.key("\(connection) \(step) \(bridge)")
        let count = asked.withLock { asked in
            asked[key, default: 0] += 1
            return asked[key, default: 0]
        }
        let draw = SimulatedFaults.mixed(key &+ count &* 0x9E37_79B9_7F4A_7C15)
        guard Int(draw % 1_000_000) < options.failure else { return nil }
        return Fault.allCases[Int((draw >> 40) % UInt64(Fault.allCases.count))]
    }

    /// FNV-1a: the same in each run, unlike `Hasher`.
    private static func key(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    }

    /// The finish of SplitMix64: all bits depend on all.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var bits = value
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}
