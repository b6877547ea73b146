import NetworkModel

/// Everything that a store holds.
public struct StoredModel: Sendable {
    /// Ascending by id, and so parents before children. The first is the root, which every store has from its
    /// beginning.
    public var records: [ObjectRecord]
    /// Ascending by id.
    public var realizations: [RealizationRecord]
    /// Above every id that was ever given, also to objects that are gone.
    public var nextID: ObjectID
    /// The number of commits; 0 for a new store.
    public var revision: Int64

    public init(records: [ObjectRecord], realizations: [RealizationRecord], nextID: ObjectID, revision: Int64) {
        self.records = records
        self.realizations = realizations
        self.nextID = nextID
        self.revision = revision
    }
}
