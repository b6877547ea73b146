/// Files that are removed and soon written again, as tar, install, vim and git do: removing one hides it, and its value
/// stays in force until it is written anew, or for good when the settle time is over.
extension Model {
    func planLeave(
        _ record: ObjectRecord, _ attribute: AttributeID, _ isFinal: Bool, _ context: PlanContext
    ) throws(Refusal) -> Plan {
        guard record.attribute(attribute) != nil, !record.isLeaving(attribute) else {
            throw Refusal(
                "object.not-found", .notFound, "The file does not exist any more.",
                remedy: "Look again: somebody removed it.")
        }
        if isFinal { _ = try planRemoval(record, attribute, context) }
        var leaving = record
        leaving.setLeaving(attribute, context.now)
        if KindDefinition.of(record.kind).form == .directory { leaving.touchListing(context.now) }
        return Plan(changes: [.update(from: record, to: leaving)], subject: record.id)
    }

    func planSettle(
        _ id: ObjectID, _ attribute: AttributeID, left: Int64?, _ context: PlanContext
    ) throws(Refusal) -> Plan {
        guard let record = record(id), let since = record.leavingSince(attribute), left == nil || left == since else {
            return Plan(changes: [], subject: id)
        }
        return try planRemoval(record, attribute, context)
    }

    func planStay(_ id: ObjectID, _ attribute: AttributeID, _ context: PlanContext) -> Plan {
        guard let record = record(id), record.isLeaving(attribute) else { return Plan(changes: [], subject: id) }
        // A connection that is being taken away goes, whoever wanted to keep it.
        if attribute == .connection, record.phase == .disconnecting { return Plan(changes: [], subject: id) }
        var back = record
        back.setLeaving(attribute, nil)
        if KindDefinition.of(record.kind).form == .directory { back.touchListing(context.now) }
        return Plan(changes: [.update(from: record, to: back)], subject: id)
    }

    private func planRemoval(
        _ record: ObjectRecord, _ attribute: AttributeID, _ context: PlanContext
    ) throws(Refusal) -> Plan {
        KindDefinition.of(record.kind).form == .directory
            ? try plan(.unset(record.id, attribute), context) : try plan(.delete(record.id), context)
    }

    /// A link whose text is written anew, such as by `ln -sfn` with another way to the same object.
    func planRetext(
        _ record: ObjectRecord, _ text: String, _ ownership: Ownership, _ context: PlanContext
    ) throws(Refusal) -> Plan {
        try ValueText.checkLength(text)
        let metadata = ownership.metadata(context.now)
        let isSame =
            record.metadata.uid == metadata.uid && record.metadata.gid == metadata.gid
            && record.metadata.modified == metadata.modified
        guard record.text(.value) != text || !isSame else { return Plan(changes: [], subject: record.id) }
        var changed = record
        changed.set(.value, text, modified: context.now)
        changed.metadata = metadata
        return Plan(changes: [.update(from: record, to: changed)], subject: record.id)
    }
}

extension Ownership {
    /// What a file has that is made now.
    func metadata(_ now: Int64) -> Metadata {
        Metadata(mode: mode, uid: uid, gid: gid, modified: modified ?? now, changed: now)
    }
}
