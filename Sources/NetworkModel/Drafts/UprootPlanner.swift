/// Taking back an object that came with all below it, when a host refused something of it.
extension Model {
    /// An object and all below it, parents before children.
    public func subtree(of id: ObjectID) -> [ObjectRecord] {
        var found: [ObjectRecord] = []
        var waiting = [id]
        while let next = waiting.popLast() {
            guard let record = record(next) else { continue }
            found.append(record)
            let definition = KindDefinition.of(record.kind)
            waiting += (definition.collections + definition.hiddenCollections)
                .flatMap { children(of: next, in: $0.id) }
        }
        return found.sorted { $0.id < $1.id }
    }

    /// What hosts have of it shall go.
    func planUproot(_ top: ObjectID, _ context: PlanContext) -> [Change] {
        var changes: [Change] = []
        var unwanted: Set<ObjectID> = []
        for record in subtree(of: top) where record.kind == .clusterAttachment && record.phase != .removing {
            for realization in realizations(of: record) { unwanted.insert(realization.id) }
            changes += withdrawal(of: record, context)
        }
        for record in subtree(of: top) where record.kind == .host && record.phase != .removing {
            var removing = record
            removing.phase = .removing
            changes.append(.update(from: record, to: removing))
            for realization in realizations(ofHost: record.id)
            where realization.wanted != nil && unwanted.insert(realization.id).inserted {
                changes.append(want(nil, network: realization.network, host: record.id, context))
            }
        }
        return changes
    }

    /// The hosts are rid of it, as far as they could be reached; what is left on others stays on their clean-up list.
    func planUprooted(_ top: ObjectID) -> [Change] {
        let records = subtree(of: top)
        var gone: Set<ObjectID> = []
        var changes: [Change] = []
        for record in records {
            let done: [RealizationRecord] =
                switch record.kind {
                case .host: realizations(ofHost: record.id)
                case .l2Network, .ownerDomain:
                    realizations(ofNetwork: record.id).filter { $0.wanted == nil && $0.applied == nil }
                default: []
                }
            for realization in done where gone.insert(realization.id).inserted {
                changes.append(.removeRealization(realization))
            }
        }
        return changes + records.reversed().map { .remove($0) }
    }
}
