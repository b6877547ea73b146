/// Planning: from a command to changes, or to a refusal that explains itself. Pure; the model is not touched.
extension Model {
    public func plan(_ command: Command, _ context: PlanContext) throws(Refusal) -> Plan {
        var plan = try planAlone(command, context)
        plan.changes = meshed(ported(plan.changes, context), context)
        return plan
    }

    /// The plan without what it means for ports and for the peers of tunnels.
    private func planAlone(_ command: Command, _ context: PlanContext) throws(Refusal) -> Plan {
        switch command {
        case .create(let new): try planCreate(new, context)
        case .delete(let id): try planDelete(existing(id), context)
        case .rename(let id, let name): try planRename(existing(id), to: name, context)
        case .set(let id, let attribute, let text, let ownership):
            try planSet(existing(id), attribute, text: text, target: nil, ownership, context)
        case .link(let id, let attribute, let text, let target, let ownership):
            try planSet(existing(id), attribute, text: text, target: target, ownership, context)
        case .unset(let id, let attribute): try planUnset(existing(id), attribute, context)
        case .leave(let id, let attribute, let isFinal): try planLeave(existing(id), attribute, isFinal, context)
        case .settle(let id, let attribute, let left): try planSettle(id, attribute, left: left, context)
        case .stay(let id, let attribute): planStay(id, attribute, context)
        case .retext(let id, let text, let ownership): try planRetext(existing(id), text, ownership, context)
        case .setMetadata(let id, let facet, let change): try planMetadata(existing(id), facet, change, context)
        case .hideCollection(let id, let collection, let hidden):
            try planHide(existing(id), collection, hidden, context)
        case .plant(let draft, let parent, let collection, let name, let origin):
            try DraftPlanner(self, context, origin).plant(draft, in: existing(parent), collection, name)
        case .equalize(let draft, let place, let origin):
            try DraftPlanner(self, context, origin).equalize(draft, place)
        case .instantiate(let network, let host):
            try planInstantiate(existing(network), on: existing(host), context)
        case .deinstantiate(let network, let host): planDeinstantiate(network, on: host, context)
        case .place(let vm): try planPlace(existing(vm), context)
        case .detachByForce(let id): try planDetachByForce(existing(id), context)
        case .progress(let progress): try planProgress(progress, context)
        }
    }

    func existing(_ id: ObjectID) throws(Refusal) -> ObjectRecord {
        guard let record = record(id), record.phase != .removing else {
            throw Refusal(
                "object.not-found", .notFound, "The object does not exist any more.",
                remedy: "Look again: somebody removed it.")
        }
        return record
    }

    // MARK: - Create

    private func planCreate(_ new: NewObject, _ context: PlanContext) throws(Refusal) -> Plan {
        let parent = try existing(new.parent)
        guard let collection = KindDefinition.of(parent.kind).collection(new.collection) else {
            throw Refusal(
                "object.no-such-collection", .notPermitted,
                "There is no such collection in \(parent.kind.titleWithArticle).",
                remedy: "See @/schema/ for what it has.")
        }
        guard !parent.isHidden(new.collection) else {
            throw Refusal(
                "object.not-found", .notFound,
                "The directory \(collection.name) of \(path(of: parent.id)) was removed.",
                remedy: "Make it again first: mkdir @/\(path(of: parent.id))/\(collection.name)")
        }
        try NameRules.check(new.name, kind: collection.kind)
        if new.replaces == nil { try checkNameIsFree(new.name, parent: new.parent, collection: new.collection) }
        if collection.kind == .clusterAttachment { return try planAttach(new, network: parent, context) }
        let metadata = new.ownership.metadata(context.now)
        var record = ObjectRecord(
            id: new.id, kind: collection.kind, parent: new.parent, collection: new.collection, name: new.name,
            uuid: new.uuid, metadata: metadata)
        if let text = new.text, KindDefinition.of(record.kind).form == .file {
            try ValueText.checkLength(text)
            record.set(.value, text, modified: context.now)
        }
        try KindDefinition.of(record.kind).check(nil, &record, self)
        return Plan(changes: [.insert(record)], subject: record.id)
    }

    // MARK: - Delete

    private func planDelete(_ record: ObjectRecord, _ context: PlanContext) throws(Refusal) -> Plan {
        if record.kind == .clusterAttachment { return try planDetach(record, context) }
        try DeletionRules.check(record, self)
        if record.kind == .host { return try planHostRemoval(record, context) }
        if record.kind == .nic { return try planNICRemoval(record, context) }
        if record.kind == .l3Network { return try planL3Removal(record, context) }
        var changes: [Change] = []
        if record.kind == .ipRange, let range = range(record.id), let l3 = self.record(record.parent) {
            changes = try releaseAddresses(
                fallingOut(of: range, id: record.id, l3: l3.id), range.family, ofL3: l3, range: path(of: record.id),
                context)
        }
        if record.kind == .l2Network {
            changes = ownerDomains(of: record.id).compactMap { self.record($0) }.map { .remove($0) }
            for id in l3Networks(on: record.id) {
                guard let l3 = self.record(id) else { continue }
                var unbound = l3
                unbound.target = nil
                changes.append(.update(from: l3, to: unbound))
            }
        }
        return Plan(changes: changes + [.remove(record)], subject: record.id)
    }

    private func planL3Removal(_ record: ObjectRecord, _ context: PlanContext) throws(Refusal) -> Plan {
        let unbound = try unbindNICs(ofL3: record, whereNeeded: false, context)
        return Plan(changes: unbound.changes + [.remove(record)], work: unbound.work, subject: record.id)
    }

    /// NICs that are on it stay, on no network.
    ///
    /// - Parameter whereNeeded: only those that are plugged in.
    private func unbindNICs(
        ofL3 record: ObjectRecord, whereNeeded: Bool, _ context: PlanContext
    ) throws(Refusal) -> (changes: [Change], work: HostWork?) {
        var changes: [Change] = []
        var works: [HostWork] = []
        for id in nics(ofL3: record.id) {
            guard let nic = self.record(id), let vm = self.record(nic.parent) else { continue }
            if whereNeeded, NIC(nic).plug == nil { continue }
            var unbound = nic
            unbound.target = nil
            let plan = try planVM(
                VMEdit(old: vm, new: vm, nics: [id: unbound], isRemoval: true), subject: record.id, context)
            changes += plan.changes
            if let work = plan.work { works.append(work) }
        }
        return (changes, works.isEmpty ? nil : .all(works))
    }

    // MARK: - Rename

    private func planRename(_ record: ObjectRecord, to name: Name, _ context: PlanContext) throws(Refusal) -> Plan {
        guard name != record.name else { return Plan(changes: [], subject: record.id) }
        guard record.kind != .root else {
            throw Refusal(
                "collection.fixed", .notPermitted, "The root of the tree has no name.",
                remedy: "Mount it elsewhere instead.")
        }
        try NameRules.check(name, kind: record.kind)
        try checkNameIsFree(name, parent: record.parent, collection: record.collection)
        var renamed = record
        renamed.name = name
        renamed.metadata.changed = context.now
        return Plan(changes: [.update(from: record, to: renamed)], subject: record.id)
    }

    func checkNameIsFree(_ name: Name, parent: ObjectID, collection: CollectionID) throws(Refusal) {
        guard let other = child(of: parent, in: collection, named: name), let record = record(other) else { return }
        let path = path(of: other)
        guard !record.isArriving else {
            throw Refusal(
                "name.arriving", .busy, "The \(record.kind.title) \(path) is just being made.", objects: [path],
                remedy: "Try again when that is done.")
        }
        guard record.phase != .removing else {
            throw Refusal(
                "name.leaving", .busy, "The \(record.kind.title) \(path) is still being removed.", objects: [path],
                remedy: "Try again when that is done.")
        }
        throw Refusal(
            "name.exists", .exists, "There is already \(record.kind.titleWithArticle) \(path).", objects: [path],
            remedy: "Choose another name, or remove it first.")
    }

    // MARK: - Attributes

    private func planSet(
        _ record: ObjectRecord, _ attribute: AttributeID, text: String, target: ObjectID?, _ ownership: Ownership?,
        _ context: PlanContext
    ) throws(Refusal) -> Plan {
        let kind = KindDefinition.of(record.kind)
        guard let definition = kind.attribute(attribute) else { throw unknownAttribute(record) }
        if case .link(let wanted) = definition.form {
            guard let target, self.record(target)?.kind == wanted, record.kind != .clusterAttachment else {
                throw Refusal(
                    "link.wrong-target", .invalid,
                    "\(definition.name) of \(record.kind.titleWithArticle) leads to \(wanted.titleWithArticle).",
                    remedy: "Link it to \(wanted.titleWithArticle).")
            }
        } else if target != nil {
            throw Refusal(
                "link.wrong-target", .invalid,
                "\(definition.name) of \(record.kind.titleWithArticle) is a file, not a link.",
                remedy: "Write its value to it.")
        }
        try ValueText.checkLength(text)
        try definition.check(text)
        var changed = record
        let isNew = record.attribute(attribute) == nil || record.isLeaving(attribute)
        changed.setLeaving(attribute, nil)
        // Two writes within one tick of the clock must not look alike to a kernel that compares times.
        let time = max(context.now, (record.attribute(attribute)?.modified ?? 0) + 1)
        changed.set(attribute, text, modified: time)
        if case .link = definition.form { changed.setTarget(of: attribute, target) }
        touchTimes(of: attribute, time: time, in: &changed)
        applyOwnership(ownership, of: attribute, isNew: isNew, time: time, to: &changed)
        try kind.check(record, &changed, self)
        return try planUpdate(from: record, to: changed, context)
    }

    private func planUnset(
        _ record: ObjectRecord, _ attribute: AttributeID, _ context: PlanContext
    ) throws(Refusal) -> Plan {
        let kind = KindDefinition.of(record.kind)
        guard let definition = kind.attribute(attribute), kind.form == .directory else {
            throw unknownAttribute(record)
        }
        var changed = record
        changed.set(attribute, nil)
        changed.setLeaving(attribute, nil)
        if case .link = definition.form { changed.setTarget(of: attribute, nil) }
        changed.touchListing(context.now)
        try kind.check(record, &changed, self)
        return try planUpdate(from: record, to: changed, context)
    }

    /// An update, with what it means for hosts.
    func planUpdate(from old: ObjectRecord, to new: ObjectRecord, _ context: PlanContext) throws(Refusal) -> Plan {
        let update = Change.update(from: old, to: new)
        switch old.kind {
        case .host: return try planHostUpdate(from: old, to: new, context)
        case .l2Network:
            let reshaped = planReshape(from: old, to: new, context)
            // Made anew with what they have from the network.
            let isSame =
                L2Network(old).mtu == L2Network(new).mtu
                && L2Network(old).leavesVNIToOwners == L2Network(new).leavesVNIToOwners
            let idle = isSame ? [] : idleDomains(of: old.id).map { Change.remove($0) }
            return Plan(
                changes: idle + [update] + reshaped,
                work: reshaped.isEmpty ? nil : .reshape(old.id, previous: old, attempted: new),
                subject: old.id)
        case .l3Network where old.target != nil && new.target == nil:
            // Refused where it is not being taken away as a whole.
            let unbound = try unbindNICs(ofL3: old, whereNeeded: true, context)
            return Plan(changes: unbound.changes + [update], work: unbound.work, subject: old.id)
        case .vm: return try planVMUpdate(from: old, to: new, context)
        case .nic: return try planNICUpdate(from: old, to: new, context)
        case .ipRange: return Plan(changes: try fallenOut(from: old, to: new, context) + [update], subject: old.id)
        default: return Plan(changes: [update], subject: old.id)
        }
    }

    /// What becomes of addresses that a range had and has no more.
    private func fallenOut(
        from old: ObjectRecord, to new: ObjectRecord, _ context: PlanContext
    ) throws(Refusal) -> [Change] {
        guard let before = range(old.id), let text = new.text(.value), old.text(.value) != text,
            let l3 = record(old.parent)
        else { return [] }
        let after = try IPRange(text)
        return try releaseAddresses(
            fallingOut(of: before, to: after, id: old.id, l3: l3.id), before.family, ofL3: l3, range: path(of: old.id),
            context)
    }

    /// What a new file has from who made it, and what a file brings with it that takes the place of another.
    private func applyOwnership(
        _ ownership: Ownership?, of attribute: AttributeID, isNew: Bool, time: Int64, to record: inout ObjectRecord
    ) {
        guard let ownership, isNew || ownership.modified != nil else { return }
        var metadata = ownership.metadata(time)
        // A kernel that compares times must see that this is another text.
        if let old = fileMetadata(of: record.id, attribute), old.modified == metadata.modified {
            metadata.modified += 1
        }
        guard KindDefinition.of(record.kind).form == .directory else {
            record.metadata = metadata
            return
        }
        record.setFacetMetadata(attribute.rawValue, nil)
        if metadata != Model.facetDefault(of: record, facet: attribute.rawValue) {
            record.setFacetMetadata(attribute.rawValue, metadata)
        }
    }

    private func fileMetadata(of id: ObjectID, _ attribute: AttributeID) -> Metadata? {
        guard let record = record(id), record.attribute(attribute) != nil else { return nil }
        guard KindDefinition.of(record.kind).form == .directory else { return record.metadata }
        return record.facetMetadata(attribute.rawValue)
            ?? Model.facetDefault(of: record, facet: attribute.rawValue)
    }

    /// A write moves the file's times also where `utimensat` or `chmod` gave it some of its own.
    private func touchTimes(of attribute: AttributeID, time: Int64, in record: inout ObjectRecord) {
        if KindDefinition.of(record.kind).form != .directory {
            record.metadata.modified = time
            record.metadata.changed = time
        } else if var metadata = record.facetMetadata(attribute.rawValue) {
            metadata.modified = time
            metadata.changed = time
            record.setFacetMetadata(attribute.rawValue, metadata)
        }
    }

    func unknownAttribute(_ record: ObjectRecord) -> Refusal {
        Refusal(
            "attribute.unknown", .notPermitted, "There is no such attribute of \(record.kind.titleWithArticle).",
            remedy: "See @/schema/\(KindDefinition.of(record.kind).name)/ for what it has.")
    }

    // MARK: - Permissions and times

    /// What an attribute file or collection has as long as nobody changed it: the object's owner, and its mode without
    /// execute bits for a file.
    public static func facetDefault(of record: ObjectRecord, facet: UInt8) -> Metadata {
        var metadata = record.metadata
        if facet != 0, facet < 128, KindDefinition.of(record.kind).form == .directory {
            metadata.mode = record.metadata.mode & 0o666
            if let time = AttributeID(rawValue: facet).flatMap({ record.attribute($0)?.modified }) {
                metadata.modified = time
                metadata.changed = time
            }
        }
        return metadata
    }

    private func planMetadata(
        _ record: ObjectRecord, _ facet: UInt8, _ change: MetadataChange, _ context: PlanContext
    ) throws(Refusal) -> Plan {
        var metadata =
            facet == 0 ? record.metadata : record.facetMetadata(facet) ?? Model.facetDefault(of: record, facet: facet)
        if let mode = change.mode { metadata.mode = mode & 0o7777 }
        if let uid = change.uid { metadata.uid = uid }
        if let gid = change.gid { metadata.gid = gid }
        if let modified = change.modified { metadata.modified = modified }
        metadata.changed = context.now
        var changed = record
        if facet == 0 {
            changed.metadata = metadata
            if metadata.mode != record.metadata.mode || metadata.uid != record.metadata.uid
                || metadata.gid != record.metadata.gid
            {
                // Files and directories of the object keep the permissions that they have had from it so far.
                let kind = KindDefinition.of(record.kind)
                let facets = record.attributes.map(\.id.rawValue) + kind.collections.map(\.id.rawValue)
                for facet in facets where kind.form == .directory && record.facetMetadata(facet) == nil {
                    changed.setFacetMetadata(facet, Model.facetDefault(of: record, facet: facet))
                }
            }
        } else {
            changed.setFacetMetadata(facet, metadata)
        }
        return Plan(changes: [.update(from: record, to: changed)], subject: record.id)
    }

    private func planHide(
        _ record: ObjectRecord, _ collection: CollectionID, _ hidden: Bool, _ context: PlanContext
    ) throws(Refusal) -> Plan {
        guard let definition = KindDefinition.of(record.kind).collection(collection), record.kind != .root else {
            throw Refusal(
                "collection.fixed", .notPermitted, "The directories at the top of the tree are always there.",
                remedy: "Remove what is in them instead.")
        }
        let path = path(of: record.id) + "/" + definition.name
        guard record.isHidden(collection) != hidden else {
            throw Refusal(
                hidden ? "object.not-found" : "name.exists", hidden ? .notFound : .exists,
                hidden ? "\(path) does not exist." : "\(path) exists already.", remedy: "Nothing needs to be done.")
        }
        guard !hidden || childCount(of: record.id, in: collection) == 0 else {
            throw Refusal(
                "object.not-empty", .notEmpty, "\(path) is not empty.",
                objects: children(of: record.id, in: collection).prefix(10).map { self.path(of: $0) },
                remedy: "Remove what is in it first.")
        }
        var changed = record
        changed.setHidden(collection, hidden)
        changed.metadata.modified = context.now
        changed.metadata.changed = context.now
        return Plan(changes: [.update(from: record, to: changed)], subject: record.id)
    }
}
