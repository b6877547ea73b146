import Testing

@testable import NetworkModel

/// Makes drafts: by hand, as a person fills a staged directory, and of a model, as `cp -a` of its tree would.
final class DraftMaker {
    private var uuids = SplitMix64(seed: 4711)
    /// Of every file and directory that is made by hand.
    static let metadata = Metadata(mode: 0o755, uid: 1000, gid: 100, modified: 77, changed: 78)
    /// Root renames, and the tree is mounted at /net.
    static let origin = DraftOrigin(credentials: nil, mountPoint: "/net")

    // MARK: - By hand

    func directory(
        _ name: String, files: [(String, String)] = [], links: [(String, String)] = [], _ directories: [Draft] = [],
        metadata: Metadata = DraftMaker.metadata
    ) -> Draft {
        Draft(
            name: name, metadata: metadata, uuid: .random(using: &uuids), files: files.map { file($0.0, $0.1) },
            links: links.map { file($0.0, $0.1) }, directories: directories)
    }

    func file(_ name: String, _ text: String?, metadata: Metadata = DraftMaker.metadata) -> Draft.File {
        Draft.File(name: name, text: text, metadata: metadata, uuid: .random(using: &uuids))
    }

    // MARK: - Of a model

    /// The whole tree.
    func draft(of model: Model) -> Draft? { draft(of: .root, in: model) }

    /// An object with all below it that is in the tree. Links have the texts that lead to their targets; one that leads
    /// nowhere is left out, since nobody could make it.
    func draft(of id: ObjectID, in model: Model) -> Draft? {
        guard let record = model.record(id) else { return nil }
        let definition = KindDefinition.of(record.kind)
        var files: [Draft.File] = []
        var links: [Draft.File] = []
        for attribute in definition.attributes {
            guard let text = record.fileText(attribute.id) else { continue }
            let metadata =
                record.facetMetadata(attribute.id.rawValue)
                ?? Model.facetDefault(of: record, facet: attribute.id.rawValue)
            if attribute.form == .file {
                files.append(file(attribute.name, text, metadata: metadata))
            } else if let target = record.target {
                links.append(file(attribute.name, "../../" + model.path(of: target), metadata: metadata))
            }
        }
        return Draft(
            name: record.name.text, metadata: record.metadata, uuid: .random(using: &uuids), files: files,
            links: links, directories: definition.collections.map { draft(of: record, $0, in: model) })
    }

    func draft(of record: ObjectRecord, _ collection: CollectionDefinition, in model: Model) -> Draft {
        var files: [Draft.File] = []
        var links: [Draft.File] = []
        var directories: [Draft] = []
        for id in model.children(of: record.id, in: collection.id) {
            guard let child = model.record(id), child.isVisible else { continue }
            switch KindDefinition.of(child.kind).form {
            case .directory: if let draft = draft(of: id, in: model) { directories.append(draft) }
            case .file: files.append(file(child.name.text, child.text(.value), metadata: child.metadata))
            case .link:
                guard let cluster = child.target.flatMap({ model.record($0) }) else { continue }
                let text = "../../../clusters/\(cluster.name.text)"
                links.append(file(child.name.text, text, metadata: child.metadata))
            }
        }
        return Draft(
            name: collection.name, metadata: record.facetMetadata(collection.id.rawValue) ?? record.metadata,
            uuid: .random(using: &uuids), files: files, links: links, directories: directories)
    }

    /// What people want, as lines that can be compared: names, texts of files, and what links lead to. Not what follows
    /// from it, nor identities, owners and times.
    static func intent(of model: Model, below top: ObjectID = .root) -> [String] {
        model.subtree(of: top).filter(\.isVisible).flatMap { record -> [String] in
            let path = model.path(of: record.id)
            let definition = KindDefinition.of(record.kind)
            let attributes = definition.attributes.compactMap { attribute -> String? in
                guard let text = record.fileText(attribute.id) else { return nil }
                guard attribute.form != .file else { return "\(path) \(attribute.name)=\(text)" }
                return record.target.map { "\(path) \(attribute.name)->\(model.path(of: $0))" }
            }
            return [path] + attributes
        }.sorted()
    }
}

extension ModelBuilder {
    func planting(_ draft: Draft, in parent: ObjectID, _ collection: CollectionID, as name: String) -> Command {
        .plant(draft, parent: parent, collection: collection, name: Name(name), DraftMaker.origin)
    }

    func equalizing(_ draft: Draft, _ place: DraftPlace, uid: UInt32? = nil) -> Command {
        let credentials = uid.map { Credentials(uid: $0, groups: []) }
        return .equalize(draft, place, DraftOrigin(credentials: credentials, mountPoint: "/net"))
    }

    /// Runs a command as the engine does, with hosts that agree to everything: answers its work, and gives it again
    /// when it was only a first part. Answers how many times it was given.
    @discardableResult
    func complete(_ command: Command) throws(Refusal) -> Int {
        for round in 1...3 {
            let plan = try run(command)
            try answer(plan.work)
            if !plan.isFirstPart { return round }
        }
        return .max
    }

    /// Every host does what `work` asks of it, with the steps that the engine writes down.
    func answer(_ work: HostWork?) throws(Refusal) {
        switch work {
        case .attach(let id):
            try converge()
            let replaced = model.record(id).flatMap { model.replaced(by: $0)?.id }
            try run(.progress(.attached(id)))
            if let replaced { try answer(.detach(replaced)) }
        case .detach(let id):
            try converge()
            try run(.progress(.detached(id)))
        case .connect(let host):
            model.setStatus(ofHost: host, .connected("test"))
            try converge()
            try run(.progress(.connected(host)))
        case .release(let host, let remove):
            try converge()
            try run(.progress(remove ? .hostRemoved(host) : .disconnected(host)))
            if !remove { model.setStatus(ofHost: host, .unconfigured) }
        case .reshape, .instantiate, .deinstantiate: try converge()
        case .ports(let work):
            try converge()
            try run(.progress(.moved(work.vm)))
            try converge()
        case .arrive(let top, let works):
            try answer(.all(works))
            try run(.progress(.arrived(top)))
        case .all(let works):
            let connects = works.filter { if case .connect = $0 { true } else { false } }
            let others = works.filter { if case .connect = $0 { false } else { true } }
            for work in connects + others { try answer(work) }
        case .resume, nil: break
        }
    }

    /// Every host does what is wanted of it: `settle`, with the errors of the model.
    func converge() throws(Refusal) {
        for realization in model.allRealizations.sorted(by: { $0.id < $1.id }) where !realization.isConverged {
            let generation = realization.wantedGeneration
            try run(.progress(.applied(realization: realization.id, realization.wanted, generation: generation)))
        }
    }
}
