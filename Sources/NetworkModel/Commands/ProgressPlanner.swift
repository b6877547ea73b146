/// The outcome of work on hosts. What is gone meanwhile is passed over: these commands come late by nature.
extension Model {
    func planProgress(_ progress: Progress, _ context: PlanContext) throws(Refusal) -> Plan {
        switch progress {
        case .attached(let id):
            return plan(for: id) { record in
                planAttached(record, context)
            }
        case .withdraw(let id, let untouched):
            return plan(for: id) { record in
                record.phase == .removing ? [] : withdrawal(of: record, untouched: untouched, context)
            }
        case .detached(let id):
            return plan(for: id) { record in
                // Remains on hosts that could not be reached stay on the clean-up list.
                let done = realizations(of: record).filter { $0.wanted == nil && $0.applied == nil }
                return done.map { .removeRealization($0) } + [.remove(record)]
            }
        case .connected(let id): return plan(for: id) { planConnected($0) }
        case .disconnecting(let id, let untouched):
            return plan(for: id) { planDisconnecting($0, untouched: untouched, context) }
        case .disconnected(let id): return plan(for: id) { planDisconnected($0, context) }
        case .applied(let id, let specification, let generation):
            guard let old = realization(id) else { return Plan(changes: [], subject: id) }
            if old.wanted == nil, specification == nil, !isNetworkWithdrawing(old) {
                return Plan(changes: [.removeRealization(old)] + lastOfDomain(old), subject: id)
            }
            return plan(forRealization: id, context) {
                $0.applied = specification
                $0.appliedGeneration = generation
                $0.failure = nil
            }
        case .failed(let id, let reason):
            return plan(forRealization: id, context) { $0.failure = reason }
        case .hostRemoved(let id):
            let all = realizations(ofHost: id)
            if let record = record(id), record.phase != .removing {
                // A host that stays, with a connection, keeps what it shall have.
                let remains = record.text(.connection) == nil ? all : all.filter { $0.wanted == nil }
                return Plan(changes: remains.map { .removeRealization($0) }, subject: id)
            }
            return Plan(
                changes: all.map { .removeRealization($0) } + (record(id).map { [.remove($0)] } ?? []), subject: id)
        case .arrived(let id):
            return plan(for: id) { record in
                var arrived = record
                arrived.set(.arriving, nil)
                return record.isArriving ? [.update(from: record, to: arrived)] : []
            }
        case .stays(let id): return plan(for: id) { planStays($0, context) }
        case .moved(let id): return plan(for: id) { planMoved($0, context) }
        case .unplugged(let edits):
            return Plan(changes: planUnplugged(edits, context), subject: edits.first?.previous.id ?? .root)
        case .deinstantiate(let network, let host): return planDeinstantiate(network, on: host, context)
        case .uproot(let id): return Plan(changes: planUproot(id, context), subject: id)
        case .uprooted(let id): return Plan(changes: planUprooted(id), subject: id)
        case .restore(let previous, let attempted, let untouched):
            return planRestore(previous, attempted: attempted, untouched: untouched, context)
        }
    }

    /// Puts an object back to a former text, and what hosts shall have with it. What else was written to the object
    /// meanwhile stays.
    private func planRestore(
        _ previous: ObjectRecord, attempted: ObjectRecord?, untouched: Bool, _ context: PlanContext
    ) -> Plan {
        guard let current = record(previous.id), current.phase != .removing else {
            return Plan(changes: [], subject: previous.id)
        }
        var restored = current
        let shape: [AttributeID] =
            switch current.kind {
            case .host: [.connection]
            case .l2Network: [.type, .physicalInterface, .vlan, .vni, .allocatedVNI, .key, .mtu]
            default: []
            }
        for attribute in shape where current.attribute(attribute) != previous.attribute(attribute) {
            let text = previous.attribute(attribute)
            // Detached meanwhile, it may have been changed by somebody who was answered.
            if let attempted, current.attribute(attribute) != attempted.attribute(attribute) { continue }
            restored.set(attribute, text?.text, modified: text?.modified ?? context.now)
            restored.setFacetMetadata(attribute.rawValue, previous.facetMetadata(attribute.rawValue))
            if text == nil { restored.setLeaving(attribute, nil) }
        }
        let update = Change.update(from: current, to: restored)
        switch current.kind {
        case .l2Network:
            return Plan(
                changes: [update] + planReshape(from: current, to: restored, untouched: untouched, context),
                subject: current.id)
        default: return Plan(changes: [update], subject: current.id)
        }
    }

    /// Whether the record is still counted on by a detach that waits for its other hosts.
    private func isNetworkWithdrawing(_ realization: RealizationRecord) -> Bool {
        guard let cluster = record(realization.host)?.parent, let id = attachment(of: realization.network, to: cluster)
        else { return false }
        return record(id)?.phase == .removing
    }

    /// The domain of an owner goes with what the last host had of it, and its VNI is free.
    private func lastOfDomain(_ realization: RealizationRecord) -> [Change] {
        guard let domain = record(realization.network), domain.kind == .ownerDomain,
            !placements.isPlugged(domain.id), realizationsOfNetwork[domain.id]?.count == 1
        else { return [] }
        return [.remove(domain)]
    }

    private func plan(for id: ObjectID, _ changes: (ObjectRecord) -> [Change]) -> Plan {
        Plan(changes: record(id).map(changes) ?? [], subject: id)
    }

    private func plan(
        forRealization id: ObjectID, _ context: PlanContext, _ change: (inout RealizationRecord) -> Void
    ) -> Plan {
        guard let old = realization(id) else { return Plan(changes: [], subject: id) }
        var new = old
        change(&new)
        guard new != old else { return Plan(changes: [], subject: id) }
        new.changed = context.now
        return Plan(changes: [.updateRealization(from: old, to: new)], subject: id)
    }
}
