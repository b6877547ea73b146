import NetworkModel

/// Where the model lives while no daemon runs. All methods block until they are done; any thread may call them.
public protocol ModelStore: Sendable {
    /// Everything that is stored.
    ///
    /// - Throws: `.corrupt`, naming the row, when something stored has no meaning; `.inputOutput`.
    func load() throws(StoreFailure) -> StoredModel

    /// Makes the changes durable, in their order and all or none: they are on the disk when this returns, and nothing
    /// of them is stored when it throws. The store goes on working after a failure.
    ///
    /// - Parameters:
    ///   - nextID: the next id that was not given to anything yet. Kept as a high-water mark: it never falls.
    ///   - revision: the revision that the changes were planned against.
    /// - Returns: the new revision, one more than `revision`.
    /// - Throws: `.conflict` when the stored revision is another one or a change does not fit what is stored; `.full`,
    ///   `.readOnly` or `.inputOutput` when the disk refuses.
    func commit(_ changes: [Change], nextID: ObjectID, after revision: Int64) throws(StoreFailure) -> Int64

    /// Ends the use of the store and lets others have it. Whatever is called later fails.
    func close()
}
