/// Making a part of the model, or the whole, equal to a draft: what is not in the draft goes, what differs changes, what is
/// new comes.
extension DraftPlanner {
    /// What has to happen before anything is made.
    final class Differences {
        /// Attachments that go.
        var detached: [(id: ObjectID, path: String)] = []
        /// NICs that go, each VM that goes behind its own: what they use may go, too.
        var unplugged: [(id: ObjectID, path: String)] = []
        /// Hosts that go and have to be released.
        var released: [(id: ObjectID, path: String)] = []
        var unlinked: [Step] = []
        var removedFiles: [Step] = []
        /// Children before parents.
        var deleted: [Step] = []
        var updated: [Step] = []
        var made: [() -> Void] = []
    }

    /// Only for root, or the owner of all that it is about.
    ///
    /// - Throws: `staged.refused` with every problem, `staged.not-owner` (EPERM).
    func equalize(_ draft: Draft, _ place: DraftPlace) throws(Refusal) -> Plan {
        let record = try model.existing(place.object)
        let definition = KindDefinition.of(record.kind)
        if let uid = origin.credentials?.uid { try checkOwner(uid, of: record) }
        let differences = Differences()
        let path: String
        switch place {
        case .object:
            path = model.path(of: record.id)
            compare(record, draft, path: "", differences)
        case .collection(_, let id):
            guard let collection = definition.collection(id) else { throw definition.unknownName(draft.name) }
            path = DraftPlanner.join(model.path(of: record.id), collection.name)
            compare(record.id, collection, draft, path: "", differences)
        }
        // Hosts first have to be rid of what goes: that is a transaction of its own. What comes after it is planned here all
        // the same, to find what is wrong with it before anything is done.
        release(differences)
        let first = (changes: trial.changes, works: works)
        simulate(differences)
        run(differences.unlinked)
        run(differences.removedFiles)
        run(differences.deleted)
        run(differences.updated)
        for make in differences.made { make() }
        runStages()
        let changes = rollback()
        try throwProblems(at: path.isEmpty ? "the whole tree" : path)
        guard first.changes.isEmpty else {
            return Plan(
                changes: first.changes, work: .all(first.works), subject: record.id, isFirstPart: true)
        }
        return Plan(changes: changes, work: works.isEmpty ? nil : .all(works), subject: record.id)
    }

    private func checkOwner(_ uid: UInt32, of record: ObjectRecord) throws(Refusal) {
        var waiting = [record.id]
        while let id = waiting.popLast() {
            guard let record = model.record(id) else { continue }
            guard record.metadata.uid == uid else {
                let path = model.path(of: id)
                throw Refusal(
                    "staged.not-owner", .notPermitted,
                    "Only root, or the owner of all that is there, may put a directory in its place; \(path.isEmpty ? "the top" : path) is not yours.",
                    objects: path.isEmpty ? [] : [path], remedy: "Change the files that are yours one by one.")
            }
            waiting += KindDefinition.of(record.kind).collections.flatMap { model.children(of: id, in: $0.id) }
        }
    }

    // MARK: - Comparing

    private func compare(_ record: ObjectRecord, _ draft: Draft, path: String, _ differences: Differences) {
        let definition = KindDefinition.of(record.kind)
        differences.updated.append(
            Step(path: path) { () throws(Refusal) in try self.planUpdate(of: record.id, to: draft, path: path) })
        for file in draft.files {
            do throws(Refusal) { _ = try DraftPlanner.check(file, definition) } catch {
                report(DraftPlanner.join(path, file.name), error)
            }
        }
        compareLinks(record, draft, definition, path: path, differences)
        for directory in draft.directories where !definition.collections.contains(where: { $0.name == directory.name })
        {
            report(DraftPlanner.join(path, directory.name), definition.unknownName(directory.name))
        }
        for collection in definition.collections {
            // A directory that is not in the draft is an empty one: git does not keep those.
            let members = draft.directories.first { $0.name == collection.name }
            compare(
                record.id, collection, members, path: DraftPlanner.join(path, collection.name), differences)
        }
    }

    private func compareLinks(
        _ record: ObjectRecord, _ draft: Draft, _ definition: KindDefinition, path: String, _ differences: Differences
    ) {
        for link in draft.links
        where !definition.attributes.contains(where: { $0.name == link.name && $0.form != .file }) {
            report(DraftPlanner.join(path, link.name), definition.unknownName(link.name))
        }
        for attribute in definition.attributes where attribute.form != .file {
            let link = draft.links.first { $0.name == attribute.name }
            let below = DraftPlanner.join(path, attribute.name)
            if let text = record.text(attribute.id), text != link?.text {
                differences.unlinked.append(
                    Step(path: below) { () throws(Refusal) in
                        try self.model.plan(.unset(record.id, attribute.id), self.context)
                    })
            }
            if let link { setLink(link, attribute.id, of: record.id, path: below, unlessSame: true) }
        }
    }

    private func setLink(
        _ link: Draft.File, _ attribute: AttributeID, of id: ObjectID, path: String, unlessSame: Bool
    ) {
        if unlessSame, let record = model.record(id), record.fileText(attribute) == link.text,
            record.target(of: attribute) != nil,
            DraftPlanner.isSame(
                record.facetMetadata(attribute.rawValue) ?? Model.facetDefault(of: record, facet: attribute.rawValue),
                link.metadata, isLink: true)
        {
            return
        }
        setLink(link, attribute, of: id, path: path)
    }

    private func compare(
        _ id: ObjectID, _ collection: CollectionDefinition, _ draft: Draft?, path: String, _ differences: Differences
    ) {
        let kind = KindDefinition.of(collection.kind)
        let wrong: [String]
        switch kind.form {
        case .directory: wrong = ((draft?.files ?? []) + (draft?.links ?? [])).map(\.name)
        case .file: wrong = (draft?.links.map(\.name) ?? []) + (draft?.directories.map(\.name) ?? [])
        case .link: wrong = (draft?.files.map(\.name) ?? []) + (draft?.directories.map(\.name) ?? [])
        }
        for name in wrong { report(DraftPlanner.join(path, name), kind.wrongForm(in: collection)) }
        let existing = model.children(of: id, in: collection.id).compactMap { model.record($0) }
            .filter { $0.phase != .removing }
        let byName = Dictionary(existing.map { ($0.name, $0) }) { first, _ in first }
        switch kind.form {
        case .directory:
            let drafts = Dictionary((draft?.directories ?? []).map { (Name($0.name), $0) }) { first, _ in first }
            for record in existing {
                let below = DraftPlanner.join(path, record.name.text)
                if let draft = drafts[record.name] {
                    compare(record, draft, path: below, differences)
                } else {
                    remove(record, path: below, differences)
                }
            }
            for child in draft?.directories ?? [] where byName[Name(child.name)] == nil {
                differences.made.append {
                    self.make(
                        child, named: Name(child.name), in: id, collection, path: DraftPlanner.join(path, child.name))
                }
            }
        case .file: compareFiles(id, collection, draft?.files ?? [], existing, path: path, differences)
        case .link: compareAttachments(id, collection, draft?.links ?? [], existing, path: path, differences)
        }
    }

    /// An attachment stays as it is where the link leads to the same path; else the old one goes and the new one comes.
    private func compareAttachments(
        _ id: ObjectID, _ collection: CollectionDefinition, _ links: [Draft.File], _ existing: [ObjectRecord],
        path: String, _ differences: Differences
    ) {
        let drafts = Dictionary(links.map { (Name($0.name), $0) }) { first, _ in first }
        let directory = model.path(of: id) + "/" + collection.name
        let resolver = PathResolver(model: model, mountPoint: origin.mountPoint)
        var kept: Set<Name> = []
        for record in existing {
            let target = record.target.map { model.path(of: $0) }
            guard let link = drafts[record.name], let text = link.text, let target,
                resolver.path(text, from: directory) == target
            else {
                remove(record, path: DraftPlanner.join(path, record.name.text), differences)
                continue
            }
            kept.insert(record.name)
            differences.updated.append(
                Step(path: DraftPlanner.join(path, record.name.text)) { () throws(Refusal) in
                    try self.model.plan(.retext(record.id, text: text, link.ownership), self.context)
                })
        }
        for link in links where !kept.contains(Name(link.name)) {
            attach(link, in: id, collection, path: DraftPlanner.join(path, link.name))
        }
    }

    /// Notes that an object goes, and all below it.
    func remove(_ record: ObjectRecord, path: String, _ differences: Differences) {
        for collection in KindDefinition.of(record.kind).collections {
            for child in model.children(of: record.id, in: collection.id) {
                guard let child = model.record(child), child.phase != .removing else { continue }
                remove(
                    child, path: DraftPlanner.join(path, collection.name + "/" + child.name.text), differences)
            }
        }
        let step = Step(path: path) { () throws(Refusal) in try self.model.plan(.delete(record.id), self.context) }
        switch record.kind {
        case .clusterAttachment: differences.detached.append((record.id, path))
        case .nic, .vm: differences.unplugged.append((record.id, path))
        case .host where record.text(.connection) != nil || !model.realizations(ofHost: record.id).isEmpty:
            differences.released.append((record.id, path))
        case .ipRange, .reservedRange: differences.removedFiles.append(step)
        default: differences.deleted.append(step)
        }
    }

    /// Whether owner, time and, but for links, permissions are the same.
    static func isSame(_ old: Metadata, _ new: Metadata, isLink: Bool) -> Bool {
        old.uid == new.uid && old.gid == new.gid && old.modified == new.modified && (isLink || old.mode == new.mode)
    }

    // MARK: - Changing

    /// All attributes of an object at once, since rules look at the whole.
    private func planUpdate(of id: ObjectID, to draft: Draft, path: String) throws(Refusal) -> Plan {
        let record = try model.existing(id)
        let definition = KindDefinition.of(record.kind)
        var changed = record
        if record.kind != .root {
            changed.metadata.mode = draft.metadata.mode
            changed.metadata.uid = draft.metadata.uid
            changed.metadata.gid = draft.metadata.gid
            changed.metadata.modified = draft.metadata.modified
        }
        for attribute in definition.attributes where attribute.form == .file {
            guard let file = draft.files.first(where: { $0.name == attribute.name }) else {
                changed.set(attribute.id, nil)
                changed.setLeaving(attribute.id, nil)
                continue
            }
            // What is wrong with it was reported.
            guard let (id, text) = try? DraftPlanner.check(file, definition) else { continue }
            DraftPlanner.put(file, text, id, into: &changed)
        }
        for directory in draft.directories {
            guard let member = definition.collections.first(where: { $0.name == directory.name }) else { continue }
            if changed.isHidden(member.id) { changed.setHidden(member.id, false) }
            DraftPlanner.setOwner(of: member.id, to: directory.metadata, in: &changed)
        }
        guard changed != record else { return Plan(changes: [], subject: id) }
        changed.metadata.changed = context.now
        if changed.attributes.map(\.id) != record.attributes.map(\.id) { changed.metadata.modified = context.now }
        try definition.check(record, &changed, model)
        return try model.planUpdate(from: record, to: changed, context)
    }

    // MARK: - Hosts first

    private func release(_ differences: Differences) {
        for (id, path) in differences.unplugged + differences.detached + differences.released {
            do throws(Refusal) { apply(try model.plan(.delete(id), context)) } catch {
                report(path, error)
            }
        }
    }

    /// As if the hosts were rid of it already.
    private func simulate(_ differences: Differences) {
        for (id, _) in differences.detached + differences.released {
            guard let record = model.record(id), record.phase == .removing else { continue }
            let remains =
                record.kind == .host ? model.realizations(ofHost: id) : model.realizations(of: record)
            for realization in remains where realization.wanted == nil || record.kind == .host {
                apply(.removeRealization(realization))
            }
            apply(.remove(record))
        }
    }
}
