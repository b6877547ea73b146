/// One step from a state of the model to the next. Applying one cannot fail, and each has an inverse.
public enum Change: Hashable, Sendable {
    case insert(ObjectRecord)
    case remove(ObjectRecord)
    /// Same id, kind, parent and collection.
    case update(from: ObjectRecord, to: ObjectRecord)
    case insertRealization(RealizationRecord)
    case removeRealization(RealizationRecord)
    case updateRealization(from: RealizationRecord, to: RealizationRecord)

    /// The object that it is about; nil for what hosts have.
    public var object: ObjectID? {
        switch self {
        case .insert(let record), .remove(let record), .update(_, let record): record.id
        case .insertRealization, .removeRealization, .updateRealization: nil
        }
    }

    public var inverse: Change {
        switch self {
        case .insert(let record): .remove(record)
        case .remove(let record): .insert(record)
        case .update(let old, let new): .update(from: new, to: old)
        case .insertRealization(let record): .removeRealization(record)
        case .removeRealization(let record): .insertRealization(record)
        case .updateRealization(let old, let new): .updateRealization(from: new, to: old)
        }
    }
}
