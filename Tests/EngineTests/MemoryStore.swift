import ModelStore
import NetworkModel
import Synchronization

/// A store that outlives daemons, can be full, and stops with its daemon. (The real one has its own tests.)
final class MemoryStore: ModelStore {
    struct State {
        var records: [ObjectID: ObjectRecord] = [:]
        var realizations: [ObjectID: RealizationRecord] = [:]
        var nextID = ObjectID.first
        var revision: Int64 = 0
        var isFull = false
        var commits = 0
    }

    let state: Mutex<State>
    private let life: Life?

    init(_ state: State = State(), life: Life? = nil) {
        self.state = Mutex(state)
        self.life = life
    }

    /// The same content for the next daemon.
    func reopened(_ life: Life) -> MemoryStore { MemoryStore(state.withLock { $0 }, life: life) }

    func load() throws(StoreFailure) -> StoredModel {
        state.withLock { state in
            StoredModel(
                records: state.records.values.sorted { $0.id < $1.id }, realizations: Array(state.realizations.values),
                nextID: state.nextID, revision: state.revision)
        }
    }

    func commit(_ changes: [Change], nextID: ObjectID, after revision: Int64) throws(StoreFailure) -> Int64 {
        let isAlive = life?.step() ?? true
        let result: Result<Int64, StoreFailure> = state.withLock { state in
            guard isAlive, !state.isFull else {
                return .failure(StoreFailure(.full, path: "memory", reason: "The store is full.", remedy: "Make room."))
            }
            for change in changes {
                switch change {
                case .insert(let record): state.records[record.id] = record
                case .remove(let record): state.records[record.id] = nil
                case .update(_, let record): state.records[record.id] = record
                case .insertRealization(let record): state.realizations[record.id] = record
                case .removeRealization(let record): state.realizations[record.id] = nil
                case .updateRealization(_, let record): state.realizations[record.id] = record
                }
            }
            state.nextID = nextID
            state.revision += 1
            state.commits += 1
            return .success(state.revision)
        }
        return try result.get()
    }

    func close() {}
}
