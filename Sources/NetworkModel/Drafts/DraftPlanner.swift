/// Plans what a draft comes to, in one transaction, and finds all that is wrong with it.
///
/// Each step is planned on the model as the steps before have left it. So the steps are applied while planning, and taken
/// back at the end; whoever owns the model holds its lock meanwhile, and nobody sees it.
final class DraftPlanner {
    let model: Model
    let context: PlanContext
    let origin: DraftOrigin
    let trial: ModelTrial
    private(set) var works: [HostWork] = []
    private(set) var problems: [Refusal.Problem] = []
    /// The object that the draft becomes.
    private var top: ObjectID?

    /// One thing to be done when what it stands on is there.
    struct Step {
        /// Below the draft.
        let path: String
        let plan: () throws(Refusal) -> Plan
    }

    /// Links to L2 networks, then ranges, then connections of hosts, then attachments: each needs the ones before.
    var links: [Step] = []
    var ranges: [Step] = []
    var connections: [Step] = []
    var attachments: [Step] = []
    /// Links of VMs and NICs, which need all the others.
    var ofVMs: [Step] = []

    init(_ model: Model, _ context: PlanContext, _ origin: DraftOrigin) {
        self.model = model
        trial = ModelTrial(model)
        var context = context
        context.isDraft = true
        self.context = context
        self.origin = origin
    }

    // MARK: - A new object

    /// The draft becomes an object of this name.
    ///
    /// - Throws: `staged.refused`, with every problem.
    func plant(_ draft: Draft, in parent: ObjectRecord, _ collection: CollectionID, _ name: Name) throws(Refusal)
        -> Plan
    {
        guard let definition = KindDefinition.of(parent.kind).collection(collection) else {
            throw KindDefinition.of(parent.kind).unknownName(name.text)
        }
        guard KindDefinition.of(definition.kind).form == .directory else {
            throw KindDefinition.of(parent.kind).wrongForm(in: definition)
        }
        guard !parent.isHidden(collection) else {
            throw Refusal(
                "object.not-found", .notFound, "The directory \(definition.name) was removed.",
                remedy: "Make it again first, with mkdir.")
        }
        let top = make(draft, named: name, in: parent.id, definition, path: "", arrives: true)
        runStages()
        let changes = rollback()
        try throwProblems(
            at: DraftPlanner.join(model.path(of: parent.id), definition.name + "/" + name.text))
        guard let top else { throw DraftPlanner.nothing }
        guard works.isEmpty else {
            return Plan(changes: changes, work: .arrive(top, works), subject: top)
        }
        return Plan(changes: changes.map { DraftPlanner.settled($0, top) }, subject: top)
    }

    private static let nothing = Refusal(
        "staged.refused", .invalid, "The directory cannot become an object.", remedy: "See the other refusals.")

    /// Nobody has to be asked: what is made is there at once.
    private static func settled(_ change: Change, _ top: ObjectID) -> Change {
        func settled(_ record: ObjectRecord) -> ObjectRecord {
            guard record.id == top else { return record }
            var record = record
            record.set(.arriving, nil)
            return record
        }
        return switch change {
        case .insert(let record): .insert(settled(record))
        case .update(let old, let new): .update(from: settled(old), to: settled(new))
        default: change
        }
    }

    /// Makes an object with its plain attributes, and those below it; what has to wait for others is noted.
    @discardableResult
    func make(
        _ draft: Draft, named name: Name, in parent: ObjectID, _ collection: CollectionDefinition, path: String,
        arrives: Bool = false
    ) -> ObjectID? {
        do throws(Refusal) {
            try NameRules.check(name, kind: collection.kind)
            try model.checkNameIsFree(name, parent: parent, collection: collection.id)
        } catch {
            report(path, error)
            return nil
        }
        let definition = KindDefinition.of(collection.kind)
        var record = ObjectRecord(
            id: model.makeID(), kind: collection.kind, parent: parent, collection: collection.id, name: name,
            uuid: draft.uuid, metadata: draft.ownership.metadata(context.now))
        if arrives {
            record.set(.arriving, "1", modified: context.now)
            top = record.id
        }
        for file in draft.files { put(file, into: &record, definition, path: DraftPlanner.join(path, file.name)) }
        for directory in draft.directories {
            guard let member = definition.collections.first(where: { $0.name == directory.name }) else { continue }
            DraftPlanner.setOwner(of: member.id, to: directory.metadata, in: &record)
        }
        do throws(Refusal) { try definition.check(nil, &record, model) } catch { report(path, error) }
        apply(.insert(record))
        for link in draft.links { note(link, of: record, definition, path: DraftPlanner.join(path, link.name)) }
        for directory in draft.directories {
            let below = DraftPlanner.join(path, directory.name)
            guard let member = definition.collections.first(where: { $0.name == directory.name }) else {
                report(below, definition.unknownName(directory.name))
                continue
            }
            collect(directory, in: record.id, member, path: below)
        }
        return record.id
    }

    private func collect(_ draft: Draft, in id: ObjectID, _ collection: CollectionDefinition, path: String) {
        let form = KindDefinition.of(collection.kind).form
        for child in draft.directories {
            let below = DraftPlanner.join(path, child.name)
            if form == .directory {
                make(child, named: Name(child.name), in: id, collection, path: below)
            } else {
                report(below, KindDefinition.of(collection.kind).wrongForm(in: collection))
            }
        }
        for file in draft.files {
            let below = DraftPlanner.join(path, file.name)
            if form == .file {
                makeRange(file, in: id, collection, path: below)
            } else {
                report(below, KindDefinition.of(collection.kind).wrongForm(in: collection))
            }
        }
        for link in draft.links {
            let below = DraftPlanner.join(path, link.name)
            if case .link = form {
                attach(link, in: id, collection, path: below)
            } else {
                report(below, KindDefinition.of(collection.kind).wrongForm(in: collection))
            }
        }
    }

    // MARK: - What has to wait

    private func note(_ link: Draft.File, of record: ObjectRecord, _ definition: KindDefinition, path: String) {
        guard let attribute = definition.attributes.first(where: { $0.name == link.name }), attribute.form != .file
        else { return report(path, definition.unknownName(link.name)) }
        setLink(link, attribute.id, of: record.id, path: path)
    }

    func setLink(_ link: Draft.File, _ attribute: AttributeID, of id: ObjectID, path: String) {
        let step = Step(path: path) { () throws(Refusal) in
            let text = try DraftPlanner.text(of: link)
            let target = try self.resolve(text, from: self.model.path(of: id))
            return try self.model.plan(
                .link(id, attribute, text: text, target: target, ownership: link.ownership), self.context)
        }
        if attribute == .l2 { links.append(step) } else { ofVMs.append(step) }
    }

    func makeRange(_ file: Draft.File, in id: ObjectID, _ collection: CollectionDefinition, path: String) {
        let new = model.makeID()
        ranges.append(
            Step(path: path) { () throws(Refusal) in
                let text = try DraftPlanner.text(of: file)
                return try self.model.plan(
                    .create(
                        NewObject(
                            id: new, uuid: file.uuid, parent: id, collection: collection.id, name: Name(file.name),
                            ownership: file.ownership, text: text)), self.context)
            })
    }

    func attach(_ link: Draft.File, in id: ObjectID, _ collection: CollectionDefinition, path: String) {
        let new = model.makeID()
        attachments.append(
            Step(path: path) { () throws(Refusal) in
                let text = try DraftPlanner.text(of: link)
                let target = try self.resolve(text, from: self.model.path(of: id) + "/" + collection.name)
                return try self.model.plan(
                    .create(
                        NewObject(
                            id: new, uuid: link.uuid, parent: id, collection: collection.id, name: Name(link.name),
                            ownership: link.ownership, text: text, target: target)), self.context)
            })
    }

    private func resolve(_ text: String, from directory: String) throws(Refusal) -> ObjectID {
        try PathResolver(
            model: model, mountPoint: origin.mountPoint, arriving: top, credentials: origin.credentials
        ).resolve(text, from: directory)
    }

    static func text(of file: Draft.File) throws(Refusal) -> String {
        guard let text = file.text else {
            throw Refusal(
                "value.not-text", .invalid, "A value is UTF-8 text without zero bytes.", remedy: "Write plain text.")
        }
        try ValueText.checkLength(text)
        return text
    }

    // MARK: - Attributes

    /// Sets the attribute that a file stands for, or reports why not. A host's connection waits until all else is there.
    private func put(_ file: Draft.File, into record: inout ObjectRecord, _ definition: KindDefinition, path: String) {
        do throws(Refusal) {
            let (attribute, text) = try DraftPlanner.check(file, definition)
            guard attribute != .connection else {
                let id = record.id
                connections.append(
                    Step(path: path) { () throws(Refusal) in
                        try self.model.plan(
                            .set(id, attribute, text: text, ownership: file.ownership), self.context)
                    })
                return
            }
            DraftPlanner.put(file, text, attribute, into: &record)
        } catch {
            report(path, error)
        }
    }

    static func check(_ file: Draft.File, _ definition: KindDefinition) throws(Refusal) -> (AttributeID, String) {
        guard let attribute = definition.attributes.first(where: { $0.name == file.name }), attribute.form == .file
        else { throw definition.unknownName(file.name) }
        let text = try text(of: file)
        try attribute.check(text)
        return (attribute.id, text)
    }

    static func put(_ file: Draft.File, _ text: String, _ attribute: AttributeID, into record: inout ObjectRecord) {
        let before = record.attribute(attribute)
        var modified = file.metadata.modified
        if let before, before.text != text, before.modified == modified { modified += 1 }
        record.set(attribute, text, modified: modified)
        record.setLeaving(attribute, nil)
        setOwner(of: attribute, to: file.metadata, in: &record)
    }

    private static func setOwner(of attribute: AttributeID, to metadata: Metadata, in record: inout ObjectRecord) {
        record.setFacetMetadata(attribute.rawValue, nil)
        let standard = Model.facetDefault(of: record, facet: attribute.rawValue)
        guard standard.mode != metadata.mode || standard.uid != metadata.uid || standard.gid != metadata.gid else {
            return
        }
        var own = metadata
        own.modified = standard.modified
        own.changed = standard.changed
        record.setFacetMetadata(attribute.rawValue, own)
    }

    static func setOwner(of collection: CollectionID, to metadata: Metadata, in record: inout ObjectRecord) {
        let current = record.facetMetadata(collection.rawValue) ?? record.metadata
        guard current.mode != metadata.mode || current.uid != metadata.uid || current.gid != metadata.gid else {
            return
        }
        record.setFacetMetadata(collection.rawValue, metadata)
    }

    // MARK: - Steps

    func runStages() {
        for stage in [links, ranges, connections, attachments, ofVMs] { run(stage) }
    }

    /// Runs steps in any order in which they go: one that is refused is tried again when others have been done.
    func run(_ steps: [Step]) {
        var waiting = steps
        while !waiting.isEmpty {
            var refused: [(step: Step, refusal: Refusal)] = []
            for step in waiting {
                do throws(Refusal) { apply(try step.plan()) } catch { refused.append((step, error)) }
            }
            guard refused.count < waiting.count else {
                for (step, refusal) in refused { report(step.path, refusal) }
                return
            }
            waiting = refused.map(\.step)
        }
    }

    func apply(_ plan: Plan) {
        for change in plan.changes { apply(change) }
        if let work = plan.work { works.append(work) }
    }

    func apply(_ change: Change) { trial.apply(change, at: context.now) }

    /// Takes everything back, and answers what it was.
    func rollback() -> [Change] {
        let changes = trial.changes
        trial.takeBack(at: context.now)
        return changes
    }

    func report(_ path: String, _ refusal: Refusal) {
        problems.append(Refusal.Problem(path: path, refusal: refusal))
    }

    static func join(_ path: String, _ name: String) -> String { path.isEmpty ? name : path + "/" + name }

    /// How many problems the summary spells out; all are in `errors`.
    private static let spelledOut = 20

    func throwProblems(at path: String) throws(Refusal) {
        guard let first = problems.first else { return }
        let words = problems.prefix(DraftPlanner.spelledOut).map { problem in
            (problem.path.isEmpty ? "" : problem.path + ": ") + problem.refusal.reason
        }
        let more = problems.count > words.count ? " (and \(problems.count - words.count) more)" : ""
        throw Refusal(
            "staged.refused", first.refusal.error,
            "The directory cannot become \(path): \(problems.count) \(problems.count == 1 ? "problem" : "problems"). \(words.joined(separator: " "))\(more)",
            objects: problems.flatMap(\.refusal.objects), remedy: "Mend it where it is, and rename it again.",
            problems: problems)
    }
}
