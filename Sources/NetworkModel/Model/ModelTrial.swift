/// Changes that are applied only to plan on the model as they leave it, and are taken back: what is known beside the records,
/// and goes with an object that is removed, comes back as well.
///
/// Whoever owns the model holds its lock from the first change until all are taken back, so nobody sees them.
public final class ModelTrial {
    let model: Model
    /// In the order in which they were applied.
    public private(set) var changes: [Change] = []
    private var observations: [ObjectID: Model.Observation] = [:]
    private var drifts: [ObjectID: [String]] = [:]

    public init(_ model: Model) {
        self.model = model
    }

    /// - Parameter time: nanoseconds since 1970.
    public func apply(_ change: Change, at time: Int64) {
        switch change {
        case .insert(let record), .remove(let record), .update(_, let record):
            observe(record.id)
            observe(record.parent)
        case .removeRealization(let record):
            if drifts[record.id] == nil { drifts[record.id] = model.drift(of: record.id) }
        case .insertRealization, .updateRealization: break
        }
        model.apply(change, at: time)
        changes.append(change)
    }

    /// Notes what is known of an object, before it is changed.
    func observe(_ id: ObjectID) {
        if observations[id] == nil { observations[id] = model.observation(of: id) }
    }

    /// - Parameter time: nanoseconds since 1970; no directory keeps it.
    public func takeBack(at time: Int64) {
        for change in changes.reversed() { model.apply(change.inverse, at: time) }
        for (id, observation) in observations { model.restore(observation, of: id) }
        for (id, drift) in drifts where !drift.isEmpty { model.setDrift(of: id, drift) }
        changes = []
        observations = [:]
        drifts = [:]
    }
}
