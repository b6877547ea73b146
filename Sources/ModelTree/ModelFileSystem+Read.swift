import Engine
import FUSE
import Glibc
import NetworkModel

extension ModelFileSystem {
    public func read(inode: InodeNumber, offset: Int64, size: Int, caller: Caller, reply: DataReply) {
        guard let node = node(inode) else { return reply.fail(ENOENT) }
        switch node {
        case .staged(let serial):
            guard let file = staging.node(serial) else { return reply.fail(ENOENT) }
            if file.isDirectory { reply.fail(EISDIR) } else { reply.succeed(partOf: file.bytes) }
        case .object(let id):
            let text = engine.read { $0.record(id)?.fileText(.value) }
            // Something else took its place between the two looks: the number stands for what was there before.
            guard self.node(inode) == node else {
                return read(inode: inode, offset: offset, size: size, caller: caller, reply: reply)
            }
            answer(text: text, node, reply)
        case .attribute(let id, let attribute):
            let text = engine.read { $0.record(id)?.fileText(attribute) }
            guard self.node(inode) == node else {
                return read(inode: inode, offset: offset, size: size, caller: caller, reply: reply)
            }
            answer(text: text, node, reply)
        case .fixed(.readme): reply.succeed(partOf: ReadmeText.bytes)
        case .fixed(.events): events.read { reply.succeed(partOf: $0) }
        case .fixed(.metrics): reply.succeed(partOf: metrics())
        case .errors(let uid): reply.succeed(partOf: refusals.text(for: uid).bytes)
        case .state, .realization:
            guard let bytes = engine.read({ StateTree.content(of: node, $0) }) else { return reply.fail(ENOENT) }
            reply.succeed(partOf: bytes)
        case .schema(let kind, let attribute):
            guard let bytes = SchemaTree.content(kind: kind, attribute: attribute) else { return reply.fail(EISDIR) }
            reply.succeed(partOf: bytes)
        case .collection: reply.fail(EISDIR)
        }
    }

    private func answer(text: String?, _ node: TreeNode, _ reply: DataReply) {
        guard var text else {
            // A file that was created and never written is empty.
            return pending.created(node) == nil ? reply.fail(ENOENT) : reply.succeed(partOf: [])
        }
        text.withUTF8 { reply.succeed(partOf: UnsafeRawBufferPointer($0)) }
    }

    // MARK: - Listings

    /// Cookies: 1 and 2 for `.` and `..`, then (section, number). They stay good while entries come and go.
    private enum Cookie {
        static let dot: UInt64 = 1
        static let dotDot: UInt64 = 2
        /// Attributes of kinds that list them first; the other kinds have them behind their collections.
        static let firstAttributes: UInt64 = 16
        static let collections: UInt64 = 1 << 56
        static let attributes: UInt64 = 2 << 56
        static let top: UInt64 = 3 << 56
        /// Children that others of the same collection stand on: Normal ranges before address pools.
        static let firstChildren: UInt64 = 4 << 56
        static let children: UInt64 = 5 << 56
        static let staged: UInt64 = 6 << 56

        static func split(_ cookie: UInt64) -> (section: UInt64, number: UInt64) {
            (cookie & ~(1 << 56 - 1), cookie & (1 << 56 - 1))
        }
    }

    public func readDirectory(
        inode: InodeNumber, after cookie: UInt64, plus: Bool, caller: Caller, reply: DirectoryReply
    ) {
        guard let node = node(inode) else { return reply.fail(ENOENT) }
        if cookie < Cookie.dot, !reply.add(name: ".", inode: inode, type: S_IFDIR, cookie: Cookie.dot) {
            reply.finish()
            return
        }
        if cookie < Cookie.dotDot, !reply.add(name: "..", inode: parent(of: node), type: S_IFDIR, cookie: Cookie.dotDot)
        {
            reply.finish()
            return
        }
        let known =
            switch node {
            case .object(let id): list(object: id, after: cookie, uid: caller.uid, reply)
            case .collection(let id, let collection): list(id, collection, after: cookie, reply)
            case .state(let id, let entry): list(state: id, entry, after: cookie, reply)
            case .schema(let kind, 0): list(schema: kind, after: cookie, reply)
            case .staged(let serial): staging.node(serial)?.isDirectory == true
            case .attribute, .fixed, .errors, .realization, .schema: false
            }
        guard known else { return reply.fail(ENOTDIR) }
        switch node {
        case .object, .collection: list(staged: .tree(node), after: cookie, reply)
        case .staged(let serial): list(staged: .staged(serial), after: cookie, reply)
        default: break
        }
        reply.finish()
    }

    /// Behind everything else. Does nothing where the buffer was full before: `add` refuses what comes after.
    private func list(staged place: StagedNode.Place, after cookie: UInt64, _ reply: DirectoryReply) {
        let (section, number) = Cookie.split(cookie)
        staging.forEach(in: place, after: section == Cookie.staged ? number : 0) { serial, node in
            let attributes = node.attributes(aliases.inode(of: .staged(serial)))
            let entry = Entry(attributes: attributes, entryTimeout: 0, attributeTimeout: StagingArea.timeout)
            let added = node.name.withUnsafeBufferPointer {
                reply.add(name: $0, entry: entry, cookie: Cookie.staged | serial)
            }
            if added, reply.plus { aliases.count(entry.attributes.inode) }
            return added
        }
    }

    /// Dependants first, so that `rm -rf` goes through in one pass.
    private func list(object id: ObjectID, after cookie: UInt64, uid: UInt32, _ reply: DirectoryReply) -> Bool {
        let isKnown = engine.read { model -> Bool in
            guard let record = model.record(id) else { return false }
            let kind = KindDefinition.of(record.kind)
            guard kind.form == .directory else { return false }
            if kind.listsAttributesFirst {
                // Links last: what `rm -r` takes away with them, nothing else needs by then.
                _ =
                    list(attributesOf: record, kind, .files, from: Cookie.firstAttributes, after: cookie, model, reply)
                    && list(collectionsOf: record, kind, after: cookie, model, reply)
                    && list(attributesOf: record, kind, .links, from: Cookie.attributes, after: cookie, model, reply)
            } else {
                _ =
                    list(collectionsOf: record, kind, after: cookie, model, reply)
                    && list(attributesOf: record, kind, .all, from: Cookie.attributes, after: cookie, model, reply)
            }
            return true
        }
        guard isKnown, id == .root else { return isKnown }
        for (index, top) in ModelFileSystem.topNodes(uid: uid).enumerated() {
            let position = Cookie.top | UInt64(index + 1)
            guard position > cookie, let (attributes, timeout) = attributes(of: top.node) else { continue }
            let entry = Entry(attributes: attributes, entryTimeout: 0, attributeTimeout: timeout)
            if !reply.add(name: top.name, entry: entry, cookie: position) { break }
        }
        return true
    }

    /// Answers whether all of it had room, as does the next one.
    private func list(
        collectionsOf record: ObjectRecord, _ kind: KindDefinition, after cookie: UInt64, _ model: Model,
        _ reply: DirectoryReply
    ) -> Bool {
        for (index, collection) in kind.collections.enumerated() where !record.isHidden(collection.id) {
            let position = Cookie.collections | UInt64(index + 1)
            guard position > cookie else { continue }
            let attributes = TreeAttributes.collection(record, collection.id, kind: collection.kind, model)
            let entry = known(TreeAttributes.entry(attributes, of: record.id, model))
            let added = collection.nameBytes.withUnsafeBufferPointer {
                reply.add(name: $0, entry: entry, cookie: position)
            }
            if !added { return false }
            if reply.plus { aliases.count(entry.attributes.inode) }
        }
        return true
    }

    private enum AttributeForms {
        case files
        case links
        case all

        func contains(_ form: AttributeDefinition.Form) -> Bool {
            switch self {
            case .files: form == .file
            case .links: form != .file
            case .all: true
            }
        }
    }

    private func list(
        attributesOf record: ObjectRecord, _ kind: KindDefinition, _ forms: AttributeForms, from section: UInt64,
        after cookie: UInt64, _ model: Model, _ reply: DirectoryReply
    ) -> Bool {
        for (index, attribute) in kind.attributes.enumerated() where forms.contains(attribute.form) {
            let position = section + UInt64(index + 1)
            guard position > cookie, let attributes = TreeAttributes.attribute(record, attribute.id, attribute.form)
            else { continue }
            let entry = known(TreeAttributes.entry(attributes, of: record.id, model))
            let added = attribute.nameBytes.withUnsafeBufferPointer {
                reply.add(name: $0, entry: entry, cookie: position)
            }
            if !added { return false }
            if reply.plus { aliases.count(entry.attributes.inode) }
        }
        return true
    }

    private func list(_ id: ObjectID, _ collection: CollectionID, after cookie: UInt64, _ reply: DirectoryReply) -> Bool
    {
        engine.read { model in
            guard let record = model.record(id), KindDefinition.of(record.kind).collection(collection) != nil else {
                return false
            }
            let (section, number) = Cookie.split(cookie)
            var isFull = false
            for current in [Cookie.firstChildren, Cookie.children] where current >= section && !isFull {
                if current == Cookie.firstChildren && collection != .ranges { continue }
                let start = current == section ? ObjectID(number) : nil
                model.forEachChild(of: id, in: collection, after: start) { child in
                    guard let record = model.record(child), record.isVisible else { return true }
                    if collection == .ranges {
                        let isFirst = model.range(child)?.type == .normal
                        if isFirst != (current == Cookie.firstChildren) { return true }
                    }
                    let entry = known(
                        TreeAttributes.entry(TreeAttributes.object(record, model), of: child, model))
                    isFull = !reply.add(name: record.name.text, entry: entry, cookie: current | child.rawValue)
                    if !isFull, reply.plus { aliases.count(entry.attributes.inode) }
                    return !isFull
                }
            }
            return true
        }
    }

    /// A listing under `state/` is made up anew for each piece; its order is that of the objects.
    private func list(state id: ObjectID, _ entry: UInt16, after cookie: UInt64, _ reply: DirectoryReply) -> Bool {
        let (section, number) = Cookie.split(cookie)
        let after = section == Cookie.children ? number : 0
        let items = engine.read { model in
            entry == 0
                ? StateTree.items(of: id, model) : StateTree.members(of: id, entry: entry, after: after, model)
        }
        guard let items else { return false }
        for (index, item) in items.enumerated() {
            // Files of an object by their place.
            let member = entry == 0 ? nil : StateTree.position(of: item.node)
            let position = member.map { Cookie.children | $0 } ?? Cookie.attributes | UInt64(index + 1)
            guard position > cookie else { continue }
            // Without attributes: they are asked for when they are wanted.
            var name = item.name
            let type = item.isDirectory ? S_IFDIR : S_IFREG
            let added = name.withUTF8 { reply.add(name: $0, inode: item.node.inode, type: type, cookie: position) }
            if !added { break }
        }
        return true
    }

    private func list(schema kind: UInt8, after cookie: UInt64, _ reply: DirectoryReply) -> Bool {
        let names: [(name: String, node: TreeNode)]
        if kind == 0 {
            names = SchemaTree.kinds.map { (KindDefinition.of($0).name, .schema(kind: $0.rawValue, attribute: 0)) }
        } else {
            guard let kind = Kind(rawValue: kind) else { return false }
            names = KindDefinition.of(kind).attributes.map {
                ($0.name, .schema(kind: kind.rawValue, attribute: $0.id.rawValue))
            }
        }
        for (index, item) in names.enumerated() {
            let position = Cookie.top | UInt64(index + 1)
            guard position > cookie, let (attributes, timeout) = attributes(of: item.node) else { continue }
            let entry = Entry(attributes: attributes, entryTimeout: timeout, attributeTimeout: timeout)
            if !reply.add(name: item.name, entry: entry, cookie: position) { break }
        }
        return true
    }

    private func parent(of node: TreeNode) -> InodeNumber {
        if case .staged(let serial) = node {
            return switch staging.node(serial)?.place {
            case .tree(let tree): aliases.inode(of: tree)
            case .staged(let parent): aliases.inode(of: .staged(parent))
            case nil: TreeNode.object(.root).inode
            }
        }
        let parent: TreeNode? = engine.read { model in
            switch node {
            case .object(let id):
                model.record(id).map { id == .root ? .object(.root) : .collection($0.parent, $0.collection) }
            case .collection(let id, _): .object(id)
            case .state(let id, 0): id == .root ? .object(.root) : nil
            case .state(let id, _): .state(id, entry: 0)
            default: nil
            }
        }
        return aliases.inode(of: parent ?? .object(.root))
    }

    // MARK: - Extended attributes

    /// `user.netmodelfs.error`: the last refusal that was about this file or directory.
    public func getExtendedAttribute(inode: InodeNumber, name: NameBytes, caller: Caller, reply: ExtendedAttributeReply)
    {
        let plan = ModelFileSystem.planAttribute + "."
        if name.starts(with: plan.utf8) {
            let rest = String(decoding: name.dropFirst(plan.utf8.count), as: UTF8.self)
            return readPlan(rest[...].utf8, caller, reply)
        }
        guard "user.netmodelfs.error".utf8.elementsEqual(name), let text = refusals.last(about: inode, for: caller.uid)
        else {
            return reply.fail(ENODATA)
        }
        reply.succeed(text)
    }

    /// Empty: what is listed is copied by tools, and a refusal is no part of a file.
    public func listExtendedAttributes(inode: InodeNumber, caller: Caller, reply: ExtendedAttributeReply) {
        reply.succeed(names: [])
    }
}
