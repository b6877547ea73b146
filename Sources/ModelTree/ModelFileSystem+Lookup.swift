import Engine
import FUSE
import Glibc
import NetworkModel

extension ModelFileSystem {
    public func lookup(parent: InodeNumber, name: NameBytes, caller: Caller, reply: EntryReply) {
        guard let directory = node(parent) else { return reply.fail(ENOENT) }
        guard let entry = entry(in: directory, name, uid: caller.uid) else { return reply.fail(ENOENT) }
        give(entry) { reply.succeed($0) }
    }

    public func attributes(of inode: InodeNumber, caller: Caller, reply: AttributesReply) {
        guard let node = node(inode), let (attributes, timeout) = attributes(of: node) else {
            // Not ENOENT: the kernel walks the path again with fresh eyes, and a name that it remembered in vain is
            // found missing (or anew) without its caller's seeing any of that.
            return reply.fail(ESTALE)
        }
        // Something else took its place between the two looks.
        guard self.node(inode) == node else { return self.attributes(of: inode, caller: caller, reply: reply) }
        var entry = known(Entry(attributes: attributes, entryTimeout: 0, attributeTimeout: timeout))
        entry.attributes.inode = inode
        reply.succeed(entry.attributes, timeout: entry.attributeTimeout)
    }

    public func readLink(inode: InodeNumber, caller: Caller, reply: LinkReply) {
        let node = node(inode)
        if case .staged(let serial) = node {
            guard let link = staging.node(serial), link.type == S_IFLNK else { return reply.fail(EINVAL) }
            return link.bytes.withUnsafeBytes { reply.succeed($0) }
        }
        let text: String? = node.flatMap { node in
            engine.read { model in
                switch node {
                case .object(let id): model.record(id)?.fileText(.value)
                case .attribute(let id, let attribute): model.record(id)?.fileText(attribute)
                default: nil
                }
            }
        }
        guard let text else { return reply.fail(ESTALE) }
        reply.succeed(text)
    }

    public func statistics(inode: InodeNumber, caller: Caller, reply: StatisticsReply) {
        reply.succeed(FileSystemStatistics())
    }

    /// Answers an entry, which counts a lookup.
    func give(_ entry: Entry, _ succeed: (Entry) -> Bool) {
        let entry = known(entry)
        aliases.count(entry.attributes.inode)
        if !succeed(entry) { aliases.uncount(entry.attributes.inode) }
    }

    /// An entry as the kernel is to see it now.
    func known(_ entry: Entry) -> Entry { aliases.asKnown(pending.asOfNow(entry)) }

    // MARK: - Names

    func entry(in directory: TreeNode, _ name: NameBytes, uid: UInt32) -> Entry? {
        switch directory {
        case .object(let id):
            if let entry = engine.read({ ModelFileSystem.intentEntry(in: id, name, $0) }) { return entry }
            if id == .root, let text = ModelFileSystem.text(name), let entry = topEntry(text, uid: uid) { return entry }
            return pendingEntry(in: directory, name) ?? stagedEntry(in: .tree(directory), name)
        case .collection(let id, let collection):
            let found: Entry? = ModelFileSystem.text(name).flatMap { text in
                engine.read { model in
                    guard let child = model.child(of: id, in: collection, named: Name(text)),
                        let record = model.record(child), record.isVisible
                    else { return nil }
                    return TreeAttributes.entry(TreeAttributes.object(record, model), of: child, model)
                }
            }
            return found ?? pendingEntry(in: directory, name) ?? stagedEntry(in: .tree(directory), name)
        case .staged(let serial): return stagedEntry(in: .staged(serial), name)
        case .state(let id, let entry): return stateEntry(in: id, entry, name)
        case .schema(let kind, 0): return ModelFileSystem.text(name).flatMap { schemaEntry(in: kind, named: $0) }
        case .attribute, .fixed, .errors, .realization, .schema: return nil
        }
    }

    /// An attribute or a collection of an object.
    private static func intentEntry(in id: ObjectID, _ name: NameBytes, _ model: Model) -> Entry? {
        guard let record = model.record(id) else { return nil }
        let kind = KindDefinition.of(record.kind)
        guard kind.form == .directory else { return nil }
        for attribute in kind.attributes where attribute.nameBytes.elementsEqual(name) {
            return TreeAttributes.attribute(record, attribute.id, attribute.form)
                .map { TreeAttributes.entry($0, of: id, model) }
        }
        for collection in kind.collections where collection.nameBytes.elementsEqual(name) {
            guard !record.isHidden(collection.id) else { return nil }
            return TreeAttributes.entry(
                TreeAttributes.collection(record, collection.id, kind: collection.kind, model), of: id, model)
        }
        return nil
    }

    private func topEntry(_ name: String, uid: UInt32) -> Entry? {
        guard let node = ModelFileSystem.topNodes(uid: uid).first(where: { $0.name == name })?.node else { return nil }
        return volatileEntry(node)
    }

    /// What the daemon adds to the top of the tree, in the order of the listing.
    static func topNodes(uid: UInt32) -> [(name: String, node: TreeNode)] {
        [
            ("README", .fixed(.readme)), ("errors", .errors(uid: uid)), ("events", .fixed(.events)),
            ("metrics", .fixed(.metrics)), ("schema", .schema(kind: 0, attribute: 0)),
            ("state", .state(.root, entry: 0)),
        ]
    }

    private func pendingEntry(in directory: TreeNode, _ name: NameBytes) -> Entry? {
        guard let text = ModelFileSystem.text(name), let file = pending.created(in: directory, named: text) else {
            return nil
        }
        return Entry(attributes: ModelFileSystem.attributes(of: file), entryTimeout: 0, attributeTimeout: 0)
    }

    /// A file that was created and never written. One whose write was refused may lie beside the file that it was to be.
    func unwritten(_ node: TreeNode) -> PendingFiles.Created? {
        guard let file = pending.created(node) else { return nil }
        return engine.read { ModelFileSystem.intentAttributes(of: node, $0) } == nil ? file : nil
    }

    static func attributes(of file: PendingFiles.Created) -> FileAttributes {
        FileAttributes(
            inode: file.node.inode, mode: S_IFREG | UInt32(file.metadata.mode), uid: file.metadata.uid,
            gid: file.metadata.gid,
            accessTime: file.metadata.modified, modificationTime: file.metadata.modified,
            changeTime: file.metadata.changed)
    }

    private func stateEntry(in id: ObjectID, _ entry: UInt16, _ name: NameBytes) -> Entry? {
        guard let text = ModelFileSystem.text(name) else { return nil }
        let node = engine.read { StateTree.node(in: id, entry: entry, named: text, $0) }
        return node.flatMap(volatileEntry)
    }

    private func schemaEntry(in kind: UInt8, named name: String) -> Entry? {
        if kind == 0 {
            return SchemaTree.kind(named: name).flatMap { volatileEntry(.schema(kind: $0.rawValue, attribute: 0)) }
        }
        return Kind(rawValue: kind).flatMap { SchemaTree.attribute(named: name, of: $0) }
            .flatMap { volatileEntry(.schema(kind: kind, attribute: $0.rawValue)) }
    }

    private func volatileEntry(_ node: TreeNode) -> Entry? {
        attributes(of: node).map { Entry(attributes: $0.0, entryTimeout: 0, attributeTimeout: $0.timeout) }
    }

    // MARK: - Attributes of a node

    func attributes(of node: TreeNode) -> (FileAttributes, timeout: Double)? {
        if node.isIntent {
            let found = engine.read { model in
                ModelFileSystem.intentAttributes(of: node, model).map {
                    ($0, TreeAttributes.timeout(node.object, model))
                }
            }
            if let found { return found }
            return pending.created(node).map { (ModelFileSystem.attributes(of: $0), 0) }
        }
        switch node {
        case .staged(let serial):
            return staging.node(serial).map { ($0.attributes(node.inode), StagingArea.timeout) }
        case .fixed(.readme):
            return (
                TreeAttributes.volatile(node, isDirectory: false, size: ReadmeText.bytes.count, time: 0),
                TreeAttributes.forEver
            )
        case .fixed(.events):
            let (size, time) = events.size
            // Names of objects that are closed to others are in it.
            return (TreeAttributes.volatile(node, isDirectory: false, size: size, time: time, mode: 0o400), 0)
        case .fixed(.metrics):
            // Refusals count as well, and change nothing else.
            let time = max(changeTime, refusals.lastTime)
            return (TreeAttributes.volatile(node, isDirectory: false, size: metrics().count, time: time), 0)
        case .errors(let uid):
            let (bytes, time) = refusals.text(for: uid)
            return (
                TreeAttributes.volatile(node, isDirectory: false, size: bytes.count, time: time, uid: uid, mode: 0o400),
                0
            )
        case .schema(_, 0):
            return (TreeAttributes.volatile(node, isDirectory: true, size: 0, time: 0), TreeAttributes.forEver)
        case .schema(let kind, let attribute):
            return SchemaTree.content(kind: kind, attribute: attribute).map {
                (TreeAttributes.volatile(node, isDirectory: false, size: $0.count, time: 0), TreeAttributes.forEver)
            }
        case .state, .realization: return stateAttributes(node)
        case .object, .attribute, .collection: return nil
        }
    }

    var changeTime: Int64 { lastChange.load(ordering: .relaxed) }

    func metrics() -> [UInt8] {
        let commits = commands.load(ordering: .relaxed)
        let refused = refusals.count
        return engine.read { Metrics.text($0, refusals: refused, commits: commits) }
    }

    private func stateAttributes(_ node: TreeNode) -> (FileAttributes, timeout: Double)? {
        let time = changeTime
        return engine.read { model -> FileAttributes? in
            if case .state(let id, let entry) = node, StateTree.isDirectory(id, entry: entry, model) {
                return TreeAttributes.mirror(node, isDirectory: true, size: 0, time: time, model)
            }
            guard let size = StateTree.content(of: node, model)?.count else { return nil }
            return TreeAttributes.mirror(node, isDirectory: false, size: size, time: time, model)
        }.map { ($0, 0) }
    }

    private static func intentAttributes(of node: TreeNode, _ model: Model) -> FileAttributes? {
        switch node {
        case .object(let id):
            return model.record(id).flatMap { $0.isLeaving(.value) ? nil : TreeAttributes.object($0, model) }
        case .attribute(let id, let attribute):
            guard let record = model.record(id), let definition = KindDefinition.of(record.kind).attribute(attribute)
            else {
                return nil
            }
            return TreeAttributes.attribute(record, attribute, definition.form)
        case .collection(let id, let collection):
            guard let record = model.record(id), let definition = KindDefinition.of(record.kind).collection(collection),
                !record.isHidden(collection)
            else { return nil }
            return TreeAttributes.collection(record, collection, kind: definition.kind, model)
        default: return nil
        }
    }
}
