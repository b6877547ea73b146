/// What a change of a host means for the networks on it.
///
/// As long as a host may carry something, its connection is kept: without it nobody could take that off again.
extension Model {
    func planHostUpdate(from old: ObjectRecord, to new: ObjectRecord, _ context: PlanContext) throws(Refusal) -> Plan {
        let before = Host(old).connection
        let after = Host(new).connection
        // Also the same text anew: what is being taken away would go all the same.
        let isWritten = old.attribute(.connection) != new.attribute(.connection)
        if isWritten || before != after, old.phase != .stable { throw inProgress(old) }
        if let after, before != after {
            var connecting = new
            connecting.phase = .connecting
            connecting.set(
                .previousConnection, old.text(.connection), modified: old.attribute(.connection)?.modified ?? 0)
            let wanted = wantedNetworks(ofHost: old.id).map {
                want($0.wanted, network: $0.network, host: old.id, context)
            }
            return Plan(changes: [.update(from: old, to: connecting)] + wanted, work: .connect(old.id), subject: old.id)
        }
        if before != nil, after == nil {
            // All else that changes, changes now; the connection goes when the host is released.
            var disconnecting = new
            let connection = old.attribute(.connection)
            disconnecting.set(.connection, connection?.text, modified: connection?.modified ?? 0)
            disconnecting.setFacetMetadata(
                AttributeID.connection.rawValue, old.facetMetadata(AttributeID.connection.rawValue))
            if let since = old.leavingSince(.connection) { disconnecting.setLeaving(.connection, since) }
            disconnecting.phase = .disconnecting
            return Plan(
                changes: [.update(from: old, to: disconnecting)] + unwantAll(onHost: old.id, context),
                work: .release(old.id, remove: false), subject: old.id)
        }
        let isBack = Host(old).state(in: self) == .maintenance && Host(new).state(in: self) != .maintenance
        return Plan(
            changes: [.update(from: old, to: new)], work: after != nil && isBack ? .resume(old.id) : nil,
            subject: old.id)
    }

    func planHostRemoval(_ record: ObjectRecord, _ context: PlanContext) throws(Refusal) -> Plan {
        guard record.phase == .stable else { throw inProgress(record) }
        guard record.text(.connection) != nil || !realizations(ofHost: record.id).isEmpty else {
            return Plan(changes: [.remove(record)], subject: record.id)
        }
        var removing = record
        removing.phase = .removing
        return Plan(
            changes: [.update(from: record, to: removing)] + unwantAll(onHost: record.id, context),
            work: .release(record.id, remove: true), subject: record.id)
    }

    /// The connection holds.
    func planConnected(_ record: ObjectRecord) -> [Change] {
        guard record.phase == .connecting else { return [] }
        var connected = record
        connected.phase = .stable
        connected.set(.previousConnection, nil)
        return [.update(from: record, to: connected)]
    }

    /// The connection shall go, and before it what is on the host.
    func planDisconnecting(_ record: ObjectRecord, untouched: Bool, _ context: PlanContext) -> [Change] {
        guard record.phase == .connecting else { return [] }
        var disconnecting = record
        disconnecting.phase = .disconnecting
        return [.update(from: record, to: disconnecting)] + unwantAll(onHost: record.id, untouched: untouched, context)
    }

    /// The connection goes back to what it was before, if it was any.
    func planDisconnected(_ record: ObjectRecord, _ context: PlanContext) -> [Change] {
        guard record.phase == .disconnecting else { return [] }
        var restored = record
        restored.phase = .stable
        let previous = record.attribute(.previousConnection)
        restored.set(.connection, previous?.text, modified: previous?.modified ?? 0)
        restored.set(.previousConnection, nil)
        restored.setLeaving(.connection, nil)
        restored.touchListing(context.now)
        return [.update(from: record, to: restored)] + anew(record.id, isConnected: previous != nil, context)
    }

    /// What a host shall have through another connection than before, of which nothing is there yet.
    private func anew(_ host: ObjectID, isConnected: Bool, _ context: PlanContext) -> [Change] {
        var missing = isConnected ? wantedNetworks(ofHost: host) : []
        let changes = realizations(ofHost: host).map { old -> Change in
            guard let index = missing.firstIndex(where: { $0.network == old.network }) else {
                return .removeRealization(old)
            }
            var new = old
            new.wanted = missing.remove(at: index).wanted
            new.applied = nil
            new.wantedGeneration += 1
            new.failure = nil
            new.changed = context.now
            return .updateRealization(from: old, to: new)
        }
        return changes + missing.map { want($0.wanted, network: $0.network, host: host, context) }
    }

    private func unwantAll(onHost host: ObjectID, untouched: Bool = false, _ context: PlanContext) -> [Change] {
        realizations(ofHost: host).filter { $0.wanted != nil }
            .map { want(nil, network: $0.network, host: host, untouched: untouched, context) }
    }

    private func inProgress(_ record: ObjectRecord) -> Refusal {
        let path = path(of: record.id)
        return Refusal(
            "host.in-progress", .busy, "\(path) is being connected or released.", objects: [path],
            remedy: "Try again when that is done (cat @/state/\(path)/status).")
    }
}
