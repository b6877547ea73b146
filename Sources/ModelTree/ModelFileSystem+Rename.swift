import Engine
import FUSE
import Glibc
import NetworkModel
import Synchronization

/// One rename, as it was asked for.
struct Renaming: Sendable {
    let from: TreeNode
    let to: TreeNode
    let oldName: String
    let newName: String
    let newBytes: [UInt8]
    let process: CallerProcess
}

extension ModelFileSystem {
    public func rename(
        parent: InodeNumber, name: NameBytes, newParent: InodeNumber, newName: NameBytes, flags: UInt32, caller: Caller,
        reply: EmptyReply
    ) {
        guard let from = node(parent), let to = node(newParent) else { return reply.fail(ENOENT) }
        // RENAME_EXCHANGE and whatever else there may be.
        guard flags & ~1 == 0 else {
            let refusal = Refusal(
                "rename.not-here", .invalid, "Two names cannot be exchanged in one step.",
                remedy: "Rename one after the other.")
            return refuse(refusal, reply, caller, "rename", in: from, name: ModelFileSystem.text(name))
        }
        guard let entry = entry(in: from, name, uid: caller.uid), let node = TreeNode(entry.attributes.inode) else {
            return reply.fail(ENOENT)
        }
        let renaming = Renaming(
            from: from, to: to, oldName: String(decoding: name, as: UTF8.self),
            newName: String(decoding: newName, as: UTF8.self), newBytes: Array(newName),
            process: CallerProcess(caller))
        if case .staged(let serial) = node { return renameStaged(serial, renaming, reply) }
        let isToStaged = isStaged(newName, in: to)
        guard node.isIntent, to.isIntent || isToStaged else {
            let (place, text) = node.isIntent ? (to, renaming.newName) : (from, renaming.oldName)
            return refuse(ModelFileSystem.readOnly(place), reply, renaming.process, "rename", in: place, name: text)
        }
        guard ModelFileSystem.text(newName) != nil else {
            return refuse(ModelFileSystem.nameNotText, reply, caller, "rename", in: to)
        }
        if isToStaged, unwritten(node) == nil, let (id, attribute) = plainFile(node) {
            return moveAway(node, id, attribute, renaming, reply)
        }
        guard from == to, case .object(let id) = node, unwritten(node) == nil else {
            let refusal = Refusal(
                "rename.not-here", .notPermitted, "Only objects are renamed, and only within their directory.",
                remedy: "Make it anew at the other place, and remove this one.")
            return refuse(refusal, reply, renaming.process, "rename", in: from, name: renaming.oldName)
        }
        engine.submit(.rename(id, to: Name(renaming.newName))) { result in
            switch result {
            case .success: reply.succeed()
            case .failure(let refusal):
                self.refuse(refusal, reply, renaming.process, "rename", in: to, name: renaming.newName)
            }
        }
    }

    /// An attribute or range gets a temporary name, as editors do before they write it anew: it leaves, and its text is
    /// kept under that name.
    private func moveAway(
        _ file: TreeNode, _ id: ObjectID, _ attribute: AttributeID, _ renaming: Renaming, _ reply: EmptyReply
    ) {
        guard let (attributes, _) = attributes(of: file), let text = engine.read({ $0.record(id)?.fileText(attribute) })
        else { return reply.fail(ENOENT) }
        let place = ModelFileSystem.place(renaming.to)
        let new = StagingArea.New(
            name: renaming.newBytes, mode: attributes.mode, uid: attributes.uid, gid: attributes.gid,
            bytes: Array(text.utf8), modified: attributes.modificationTime)
        leave(id, attribute, renaming.process, in: renaming.from, name: renaming.oldName) { result in
            switch result {
            case .success:
                do throws(Refusal) {
                    if let old = self.staging.child(of: place, named: renaming.newBytes) {
                        try self.staging.remove(old)
                    }
                    let serial = try self.staging.make(new, in: place)
                    self.aliases.moveAway(file, to: .staged(serial))
                    self.pending.forgetTruncation(file.inode)
                    reply.succeed()
                } catch {
                    let refusal = error
                    self.restore(file) {
                        self.refuse(refusal, reply, renaming.process, "rename", in: renaming.to, name: renaming.newName)
                    }
                }
            case .failure(let refusal):
                self.refuse(refusal, reply, renaming.process, "rename", in: renaming.from, name: renaming.oldName)
            }
        }
    }

    // MARK: - From the staging area

    private func renameStaged(_ serial: UInt64, _ renaming: Renaming, _ reply: EmptyReply) {
        do throws(Refusal) {
            if renaming.newBytes.withUnsafeBufferPointer({ isStaged($0, in: renaming.to) }) {
                try staging.move(serial, to: ModelFileSystem.place(renaming.to), named: renaming.newBytes)
                return reply.succeed()
            }
            guard renaming.to.isIntent else { throw ModelFileSystem.readOnly(renaming.to) }
            guard String(validating: renaming.newBytes, as: UTF8.self) != nil else {
                throw ModelFileSystem.nameNotText
            }
            guard let node = staging.node(serial) else { throw StagingArea.gone }
            switch node.type {
            case S_IFREG: try commit(file: node, serial, renaming, reply)
            case S_IFLNK: try commit(link: node, serial, renaming, reply)
            default: try commit(directory: serial, renaming, reply)
            }
        } catch {
            refuse(error, reply, renaming.process, "rename", in: renaming.to, name: renaming.newName)
        }
    }

    /// A file that was renamed over an attribute or a range, or to the name of one that is not set: the write.
    private func commit(
        file: StagedNode, _ serial: UInt64, _ renaming: Renaming, _ reply: EmptyReply
    ) throws(Refusal) {
        let text = try ModelFileSystem.text(file.bytes)
        let ownership = file.ownership
        let target = try place(forFile: renaming.newName, in: renaming.to)
        switch target {
        case .attribute(let id, let attribute):
            submit(.set(id, attribute, text: text, ownership: ownership), serial, to: target, renaming, reply)
        case .object(let fresh):
            guard case .collection(let parent, let collection) = renaming.to else { throw StagingArea.gone }
            let existing = engine.read { $0.child(of: parent, in: collection, named: Name(renaming.newName)) }
            if let existing {
                return submit(
                    .set(existing, .value, text: text, ownership: ownership), serial, to: .object(existing), renaming,
                    reply)
            }
            var generator = SystemRandomNumberGenerator()
            let new = NewObject(
                id: fresh, uuid: .random(using: &generator), parent: parent, collection: collection,
                name: Name(renaming.newName), ownership: ownership, text: text)
            submit(.create(new), serial, to: target, renaming, reply)
        default: throw StagingArea.gone
        }
    }

    /// A link that was renamed into place: the attach. Over one that is there, it takes its place when the hosts have it.
    private func commit(
        link: StagedNode, _ serial: UInt64, _ renaming: Renaming, _ reply: EmptyReply
    ) throws(Refusal) {
        let text = try ModelFileSystem.text(link.bytes)
        let target = try resolve(text, in: renaming.to, renaming.process)
        switch renaming.to {
        case .collection(let parent, .attachments):
            let existing = engine.read { model in
                model.child(of: parent, in: .attachments, named: Name(renaming.newName)).flatMap { model.record($0) }
            }
            if let existing, existing.target == target {
                return submit(
                    .retext(existing.id, text: text, link.ownership), serial, to: .object(existing.id), renaming, reply)
            }
            var generator = SystemRandomNumberGenerator()
            let new = NewObject(
                id: engine.makeID(), uuid: .random(using: &generator), parent: parent, collection: .attachments,
                name: Name(renaming.newName), ownership: link.ownership, text: text, target: target,
                replaces: existing?.id)
            submit(.create(new), serial, to: .object(new.id), renaming, reply)
        case .object(let id):
            let attribute = engine.read { model in
                model.record(id).flatMap { linkAttribute(of: $0.kind, named: renaming.newName) }
            }
            guard let attribute else { throw unknownName(in: id, named: renaming.newName) }
            submit(
                .link(id, attribute, text: text, target: target, ownership: link.ownership), serial,
                to: .attribute(id, attribute), renaming, reply)
        default: throw ModelFileSystem.noPlaceForLinks
        }
    }

    /// A directory that was renamed into place: a new object with all that is in it, or what is there is made equal to it.
    private func commit(directory serial: UInt64, _ renaming: Renaming, _ reply: EmptyReply) throws(Refusal) {
        let draft = try staging.draft(serial, for: renaming.process.credentials)
        let command = try command(for: draft, to: renaming.to, named: renaming.newName, renaming.process)
        let replaced: TreeNode? =
            switch command {
            case .equalize(_, .object(let id), _): id == .root ? nil : .object(id)
            case .equalize(_, .collection(let id, let collection), _): .collection(id, collection)
            default: nil
            }
        let former = replaced.flatMap { self.former($0) }
        let underWay = engine.submit(command) { result in
            switch result {
            case .success(let id):
                if case .plant = command {
                    self.take(serial, as: .object(id), nil)
                    return reply.succeed()
                }
                if let replaced {
                    self.take(serial, as: replaced, former)
                } else {
                    self.staging.consume(serial)
                }
                // What the kernel knows of files that changed is dropped before the caller can look. None of these messages is
                // about a name, so none waits for what this rename holds.
                Task {
                    await self.invalidator?.flush()
                    reply.succeed()
                }
            case .failure(let refusal):
                let place = self.path(of: .staged(serial))
                for problem in refusal.problems {
                    self.record(
                        problem.refusal, renaming.process, "rename",
                        path: [place, problem.path].filter { !$0.isEmpty }.joined(separator: "/"), in: renaming.to)
                }
                self.refuse(refusal, reply, renaming.process, "rename", in: renaming.to, name: renaming.newName)
            }
        }
        reply.onInterrupt { underWay.cancel() }
    }

    /// What renaming a staged directory comes to.
    func command(
        for draft: Draft, to directory: TreeNode, named text: String, _ process: CallerProcess
    ) throws(Refusal) -> Command {
        let origin = DraftOrigin(credentials: process.credentials, mountPoint: mountPoint)
        switch directory {
        case .collection(let parent, let collection):
            if let existing = engine.read({ $0.child(of: parent, in: collection, named: Name(text)) }) {
                return .equalize(draft, .object(existing), origin)
            }
            return .plant(draft, parent: parent, collection: collection, name: Name(text), origin)
        case .object(let id):
            let collection = engine.read { model in
                model.record(id).flatMap { KindDefinition.of($0.kind).collections.first { $0.name == text } }
            }
            if let collection {
                return .equalize(draft, .collection(id, collection.id), origin)
            }
            guard id == .root, text == ModelFileSystem.wholeTree else { throw unknownName(in: id, named: text) }
            return .equalize(draft, .object(.root), origin)
        default: throw StagingArea.gone
        }
    }

    /// The name at the top to which a directory is renamed that is to become the whole tree.
    static let wholeTree = "tree"

    /// What is there now, for whoever has it open when something else takes its place.
    private func former(_ node: TreeNode) -> StagingArea.New? {
        guard let (attributes, _) = attributes(of: node), unwritten(node) == nil else { return nil }
        let text: String? = engine.read { model in
            switch node {
            case .attribute(let id, let attribute): model.record(id)?.fileText(attribute)
            case .object(let id): model.record(id)?.fileText(.value)
            default: nil
            }
        }
        return StagingArea.New(
            name: [], mode: attributes.mode, uid: attributes.uid, gid: attributes.gid, bytes: Array((text ?? "").utf8),
            modified: attributes.modificationTime)
    }

    /// A staged node has become something of the tree, inode and all.
    private func take(_ serial: UInt64, as target: TreeNode, _ former: StagingArea.New?) {
        let kept = former.map { TreeNode.staged(staging.keep($0)) }
        staging.consume(serial)
        aliases.adopt(.staged(serial), as: target, former: kept)
    }

    /// Runs the command that a rename into place is; what was staged is used up if it succeeds.
    private func submit(
        _ command: Command, _ serial: UInt64, to target: TreeNode, _ renaming: Renaming, _ reply: EmptyReply
    ) {
        let former = former(target).map { TreeNode.staged(staging.keep($0)) }
        let adoption = Mutex<InodeAliases.Adoption?>(nil)
        let underWay = engine.submit(command) {
            // In the moment in which the new text shows, or a reader would get it under the old number, cut at the old size.
            let done = self.aliases.adopt(.staged(serial), as: target, former: former)
            adoption.withLock { $0 = done }
        } completion: { result in
            switch result {
            case .success:
                self.staging.consume(serial)
                self.pending.remove(target)
                self.pending.forget(in: renaming.to, named: renaming.newName)
                self.pending.forgetTruncation(target.inode)
                reply.succeed()
            case .failure(let refusal):
                if let done = adoption.withLock({ $0 }) { self.aliases.takeBack(done) }
                if case .staged(let kept) = former { _ = self.staging.forget(kept) }
                self.restore(target) {
                    self.refuse(refusal, reply, renaming.process, "rename", in: renaming.to, name: renaming.newName)
                }
            }
        }
        reply.onInterrupt { underWay.cancel() }
    }
}

extension StagedNode {
    /// What it brings with it when it takes a place in the tree.
    var ownership: Ownership {
        Ownership(uid: uid, gid: gid, mode: UInt16(mode & 0o7777), modified: modified)
    }
}
