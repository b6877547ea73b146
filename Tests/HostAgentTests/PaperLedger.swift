import NetworkModel
import Realization
import Synchronization

/// What one host shall have, on paper: one network.
final class PaperLedger: RealizationLedger {
    static let host = ObjectID(18)
    static let network = ObjectID(19)
    static let realization = ObjectID(20)
    static let store = UniqueID(high: 5, low: 5)
    static let networkUUID = UniqueID(high: 7, low: 19)

    private struct State {
        var record = RealizationRecord(
            id: PaperLedger.realization, network: PaperLedger.network, host: PaperLedger.host, wanted: nil, changed: 0)
        var drifts: [[String]] = []
        var collected: [HostMark] = []
    }

    private let state = Mutex(State())

    var record: RealizationRecord { state.withLock { $0.record } }
    /// Everything that was found to differ so far.
    var drifts: [String] { state.withLock { $0.drifts.flatMap { $0 } } }
    /// What was found last.
    var drift: [String] { state.withLock { $0.drifts.last ?? [] } }
    var collected: [HostMark] { state.withLock { $0.collected } }

    func want(_ specification: L2Specification?) {
        state.withLock {
            $0.record.wanted = specification
            $0.record.wantedGeneration += 1
        }
    }

    func realization(_ id: ObjectID) -> RealizationRecord? { record }
    func realizations(ofHost host: ObjectID) -> [ObjectID] { [Self.realization] }
    func confirmedRealizations(ofHost host: ObjectID) -> [RealizationRecord] { [record] }
    func confirmedRealization(_ id: ObjectID) -> RealizationRecord? { record }
    func isInMaintenance(_ host: ObjectID) -> Bool { false }

    func record(_ progress: Progress) async {
        state.withLock {
            switch progress {
            case .applied(_, let specification, let generation):
                $0.record.applied = specification
                $0.record.appliedGeneration = generation
                $0.record.failure = nil
            case .failed(_, let reason): $0.record.failure = reason
            default: break
            }
        }
    }

    func setStatus(ofHost host: ObjectID, _ status: HostStatus) {}
    func isAccepted(_ host: ObjectID) -> Bool { true }
    func enterMachine(_ machine: String, _ host: ObjectID) throws(Refusal) {}
    func leaveMachine(_ host: ObjectID) {}
    func setDrift(of realization: ObjectID, _ drift: [String]) { state.withLock { $0.drifts.append(drift) } }

    func accountedLinks(onHost host: ObjectID) -> Set<HostMark.Link> { [] }

    /// All of the store that are not the network's.
    func strays(among marks: [HostMark], onHost host: ObjectID) -> [HostStray] {
        marks.filter { $0.store == Self.store && $0.network != Self.networkUUID }
            .map { HostStray($0, isOurs: true, otherHost: nil) }
    }

    func setOrphans(ofHost host: ObjectID, _ strays: [HostStray]) {}
    func noteCollected(_ mark: HostMark, onHost host: ObjectID) { state.withLock { $0.collected.append(mark) } }
    func repairsDrift(onHost host: ObjectID) -> Bool { true }
}
