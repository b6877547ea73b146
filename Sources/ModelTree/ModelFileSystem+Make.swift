import Engine
import FUSE
import Glibc
import NetworkModel

extension ModelFileSystem {
    public func makeDirectory(parent: InodeNumber, name: NameBytes, mode: UInt32, caller: Caller, reply: EntryReply) {
        guard let directory = node(parent) else { return reply.fail(ENOENT) }
        if isStaged(name, in: directory) {
            return stage(name, S_IFDIR | mode & 0o7777, in: directory, caller, "mkdir", reply) { reply.succeed($0) }
        }
        guard directory.isIntent else {
            return refuse(
                ModelFileSystem.readOnly(directory), reply, caller, "mkdir", in: directory,
                name: ModelFileSystem.text(name))
        }
        guard let name = ModelFileSystem.text(name) else {
            return refuse(ModelFileSystem.nameNotText, reply, caller, "mkdir", in: directory)
        }
        let ownership = ownership(in: directory, mode: mode, isDirectory: true, caller)
        switch directory {
        case .collection(let parent, let collection):
            if let refusal = engine.read({ ModelFileSystem.refusalOfDirectory(in: parent, collection, $0) }) {
                return refuse(refusal, reply, caller, "mkdir", in: directory, name: name)
            }
            make(
                newObject(in: parent, collection, name, ownership), caller, "mkdir", in: directory, reply,
                answer: { reply.succeed($0) })
        case .object(let id):
            let collection = engine.read { model in
                model.record(id).flatMap { KindDefinition.of($0.kind).collections.first { $0.name == name } }
            }
            guard let collection else {
                return refuse(unknownName(in: id, named: name), reply, caller, "mkdir", in: directory, name: name)
            }
            engine.submit(.hideCollection(id, collection.id, false)) { result in
                switch result {
                case .success: self.answer(.collection(id, collection.id), reply.fail) { reply.succeed($0) }
                case .failure(let refusal): self.refuse(refusal, reply, caller, "mkdir", in: directory, name: name)
                }
            }
        default: reply.fail(ENOTDIR)
        }
    }

    public func create(
        parent: InodeNumber, name: NameBytes, mode: UInt32, flags: Int32, caller: Caller, reply: CreateReply
    ) {
        makeFile(parent, name, mode, caller, reply, isExclusive: flags & O_EXCL != 0) { reply.succeed($0) }
    }

    public func makeNode(parent: InodeNumber, name: NameBytes, mode: UInt32, caller: Caller, reply: EntryReply) {
        guard mode & S_IFMT == S_IFREG || mode & S_IFMT == 0 else {
            guard let directory = node(parent) else { return reply.fail(ENOENT) }
            let isWritable = if case .staged = directory { true } else { directory.isIntent }
            let refusal =
                !isWritable
                ? ModelFileSystem.readOnly(directory)
                : Refusal(
                    "tree.no-special-files", .notPermitted, "Devices, FIFOs and sockets have no place in the tree.",
                    remedy: "Make it elsewhere.")
            return refuse(refusal, reply, caller, "mknod", in: directory, name: ModelFileSystem.text(name))
        }
        makeFile(parent, name, mode, caller, reply, isExclusive: true) { reply.succeed($0) }
    }

    public func hardLink(inode: InodeNumber, parent: InodeNumber, name: NameBytes, caller: Caller, reply: EntryReply) {
        guard let directory = node(parent) else { return reply.fail(ENOENT) }
        let refusal = Refusal(
            "tree.no-hard-links", .notPermitted, "Nothing in the tree has two names.",
            remedy: "Copy it with cp, or make a symbolic link with ln -s where links belong.")
        refuse(refusal, reply, caller, "link", in: directory, name: ModelFileSystem.text(name))
    }

    public func nameTooLong(parent: InodeNumber, name: NameBytes, caller: Caller, reply: EmptyReply) {
        guard let directory = node(parent) else { return reply.fail(ENOENT) }
        refuse(NameRules.tooLong(bytes: name.count), reply, caller, "lookup", in: directory)
    }

    public func symbolicLink(parent: InodeNumber, name: NameBytes, target: NameBytes, caller: Caller, reply: EntryReply)
    {
        guard let directory = node(parent) else { return reply.fail(ENOENT) }
        if isStaged(link: name, in: directory, caller) {
            return stage(name, S_IFLNK | 0o777, text: target, in: directory, caller, "symlink", reply) {
                reply.succeed($0)
            }
        }
        guard directory.isIntent else {
            return refuse(
                ModelFileSystem.readOnly(directory), reply, caller, "symlink", in: directory,
                name: ModelFileSystem.text(name))
        }
        guard let name = ModelFileSystem.text(name), let text = ModelFileSystem.text(target) else {
            return refuse(ModelFileSystem.nameNotText, reply, caller, "symlink", in: directory)
        }
        let ownership = ownership(in: directory, mode: 0o777, isDirectory: false, caller)
        do throws(Refusal) {
            let resolved = try resolve(text, in: directory, CallerProcess(caller))
            switch directory {
            case .collection(let parent, .attachments):
                make(
                    newObject(in: parent, .attachments, name, ownership, text: text, target: resolved), caller,
                    "symlink",
                    in: directory, reply, answer: { reply.succeed($0) })
            case .object(let id):
                let attribute = engine.read { model in
                    model.record(id).flatMap { linkAttribute(of: $0.kind, named: name) }
                }
                guard let attribute else { throw unknownName(in: id, named: name) }
                if engine.read({ $0.record(id)?.fileText(attribute) }) != nil { return reply.fail(EEXIST) }
                engine.submit(.link(id, attribute, text: text, target: resolved, ownership: ownership)) { result in
                    switch result {
                    case .success: self.answer(.attribute(id, attribute), reply.fail) { reply.succeed($0) }
                    case .failure(let refusal):
                        self.refuse(refusal, reply, caller, "symlink", in: directory, name: name)
                    }
                }
            default:
                throw ModelFileSystem.noPlaceForLinks
            }
        } catch {
            refuse(error, reply, caller, "symlink", in: directory, name: name)
        }
    }

    /// Who owns what is made: the caller; the group of a directory with the set-group-ID bit goes on to what is made in it
    /// (inode(7)), which FUSE leaves to the file system.
    func ownership(in directory: TreeNode, mode: UInt32, isDirectory: Bool, _ caller: Caller) -> Ownership {
        var mode = UInt16(mode & 0o7777)
        guard let (attributes, _) = attributes(of: directory), attributes.mode & S_ISGID != 0 else {
            return Ownership(uid: caller.uid, gid: caller.gid, mode: mode)
        }
        if isDirectory { mode |= UInt16(S_ISGID) }
        return Ownership(uid: caller.uid, gid: attributes.gid, mode: mode)
    }

    func linkAttribute(of kind: Kind, named name: String) -> AttributeID? {
        KindDefinition.of(kind).attributes.first { $0.name == name && $0.form != .file }?.id
    }

    // MARK: - Files

    /// A file is created here and gets its value from the write that follows; until then it means nothing.
    private func makeFile(
        _ parent: InodeNumber, _ nameBytes: NameBytes, _ mode: UInt32, _ caller: Caller, _ reply: Reply,
        isExclusive: Bool,
        succeed: @escaping @Sendable (Entry) -> Bool
    ) {
        guard let directory = node(parent) else { return reply.fail(ENOENT) }
        if case .staged = directory {
            if let existing = entry(in: directory, nameBytes, uid: caller.uid) {
                return isExclusive ? reply.fail(EEXIST) : give(existing, succeed)
            }
            return stage(nameBytes, S_IFREG | mode & 0o7777, in: directory, caller, "create", reply, succeed)
        }
        guard directory.isIntent else {
            return refuse(
                ModelFileSystem.readOnly(directory), reply, caller, "create", in: directory,
                name: ModelFileSystem.text(nameBytes))
        }
        guard let name = ModelFileSystem.text(nameBytes) else {
            return refuse(ModelFileSystem.nameNotText, reply, caller, "create", in: directory)
        }
        if let existing = entry(in: directory, nameBytes, uid: caller.uid) {
            return isExclusive ? reply.fail(EEXIST) : give(existing, succeed)
        }
        if isStaged(file: name, in: directory, mode: mode, isExclusive: isExclusive) {
            return stage(nameBytes, S_IFREG | mode & 0o7777, in: directory, caller, "create", reply, succeed)
        }
        let node: TreeNode
        do throws(Refusal) {
            node = try place(forFile: name, in: directory)
        } catch {
            return refuse(error, reply, caller, "create", in: directory, name: name)
        }
        let now = Timestamp.now()
        let owner = ownership(in: directory, mode: mode, isDirectory: false, caller)
        let file = PendingFiles.Created(
            node: node, directory: directory, name: name,
            metadata: Metadata(mode: owner.mode, uid: owner.uid, gid: owner.gid, modified: now, changed: now),
            time: now)
        pending.create(file)
        // A write must find the file's old tail gone even if the value came to be meanwhile.
        pending.truncate(node.inode)
        give(
            Entry(attributes: ModelFileSystem.attributes(of: file), entryTimeout: 0, attributeTimeout: 0), succeed)
    }

    func place(forFile name: String, in directory: TreeNode) throws(Refusal) -> TreeNode {
        switch directory {
        case .object(let id):
            let attribute = engine.read { model in
                model.record(id).flatMap { KindDefinition.of($0.kind).attributes.first { $0.name == name } }
            }
            guard let attribute else { throw unknownName(in: id, named: name) }
            guard attribute.form == .file else { throw KindDefinition.isLink(name) }
            return .attribute(id, attribute.id)
        case .collection(let id, let collection):
            let kind = engine.read { model in
                model.record(id).flatMap { KindDefinition.of($0.kind).collection(collection)?.kind }
            }
            guard let kind, KindDefinition.of(kind).form == .file else {
                throw Refusal(
                    "tree.no-plain-files", .notPermitted,
                    "This directory holds \(kind?.title ?? "object")s, and no plain files.",
                    remedy: kind.map { KindDefinition.of($0).form } == .directory
                        ? "Make one with mkdir." : "Make one with ln -s.")
            }
            // One that was removed a moment ago is written anew, and stays what it was.
            let leaving = engine.read { model in
                model.child(of: id, in: collection, named: Name(name)).flatMap { child in
                    model.record(child)?.isLeaving(.value) == true ? child : nil
                }
            }
            return .object(leaving ?? engine.makeID())
        default: throw unknownName(in: .root, named: name)
        }
    }

    // MARK: - Objects

    func newObject(
        in parent: ObjectID, _ collection: CollectionID, _ name: String, _ ownership: Ownership, text: String? = nil,
        target: ObjectID? = nil, replaces: ObjectID? = nil
    ) -> NewObject {
        var generator = SystemRandomNumberGenerator()
        return NewObject(
            id: engine.makeID(), uuid: .random(using: &generator), parent: parent, collection: collection,
            name: Name(name),
            ownership: ownership, text: text, target: target, replaces: replaces)
    }

    private func make(
        _ new: NewObject, _ caller: Caller, _ operation: String, in directory: TreeNode, _ reply: Reply,
        answer: @escaping @Sendable (Entry) -> Bool
    ) {
        let underWay = engine.submit(.create(new)) { result in
            switch result {
            case .success(let id): self.answer(.object(id), reply.fail, answer)
            case .failure(let refusal):
                self.refuse(refusal, reply, caller, operation, in: directory, name: new.name.text)
            }
        }
        reply.onInterrupt { underWay.cancel() }
    }

    func answer(_ node: TreeNode, _ fail: (Int32) -> Void, _ succeed: (Entry) -> Bool) {
        guard let (attributes, timeout) = attributes(of: node) else { return fail(ENOENT) }
        give(Entry(attributes: attributes, entryTimeout: timeout, attributeTimeout: timeout), succeed)
    }

    static func refusalOfDirectory(in parent: ObjectID, _ collection: CollectionID, _ model: Model) -> Refusal? {
        guard let record = model.record(parent), let kind = KindDefinition.of(record.kind).collection(collection)?.kind
        else {
            return nil
        }
        switch KindDefinition.of(kind).form {
        case .directory: return nil
        case .file:
            return Refusal(
                "tree.no-directories", .notPermitted,
                "\(KindDefinition.capitalized(kind.titleWithArticle)) is a file, not a directory.",
                remedy: "Write it: echo '192.168.0.10-192.168.0.50/24 gateway=192.168.0.1' > NAME")
        case .link(let target):
            return Refusal(
                "tree.no-directories", .notPermitted,
                "\(KindDefinition.capitalized(kind.titleWithArticle)) is a link to \(target.titleWithArticle), not a directory.",
                remedy: "Make it with ln -s.")
        }
    }

    /// For a name that the object does not have, or has for something of another form.
    func unknownName(in id: ObjectID, named name: String) -> Refusal {
        KindDefinition.of(engine.read { $0.record(id)?.kind } ?? .root).unknownName(name)
    }
}
