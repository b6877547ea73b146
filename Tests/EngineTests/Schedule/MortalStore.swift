import ModelStore
import NetworkModel
import Synchronization

/// The store of one daemon's life: what was committed stays in the store below it, and with the daemon's death no commit
/// goes through any more.
final class MortalStore: ModelStore {
    private let below: any ModelStore
    private let life: Mortality

    init(_ below: any ModelStore, life: Mortality) {
        self.below = below
        self.life = life
    }

    func load() throws(StoreFailure) -> StoredModel { try below.load() }

    func commit(_ changes: [Change], nextID: ObjectID, after revision: Int64) throws(StoreFailure) -> Int64 {
        let result: Result<Int64, StoreFailure>? = life.whileAlive {
            do throws(StoreFailure) {
                return .success(try below.commit(changes, nextID: nextID, after: revision))
            } catch {
                return .failure(error)
            }
        }
        guard let result else {
            throw StoreFailure(.inputOutput, path: "store", reason: "The daemon is dead.", remedy: "")
        }
        return try result.get()
    }

    /// The next life uses what is below.
    func close() {}
}
