import Engine
import FUSE
import Glibc
import NetworkModel

/// Names that tools use on their way, and what is done with them.
extension ModelFileSystem {
    // MARK: - Which names

    /// Whether what gets this name is staged: in a staged directory everything, elsewhere what tools name so.
    func isStaged(_ name: NameBytes, in directory: TreeNode) -> Bool {
        switch directory {
        case .staged: return true
        case .collection: return ModelFileSystem.text(name).map(NameRules.looksTemporary) ?? false
        case .object(let id):
            guard let text = ModelFileSystem.text(name) else { return false }
            return NameRules.looksTemporary(text) || isRandom(text, of: id) || isLongerAttribute(text, of: id)
        default: return false
        }
    }

    /// The same for a new link, which `ln -sf` makes under a random name if the name that it was given is taken.
    func isStaged(link name: NameBytes, in directory: TreeNode, _ caller: Caller) -> Bool {
        if isStaged(name, in: directory) { return true }
        guard case .collection = directory, let text = ModelFileSystem.text(name), NameRules.mayBeRandom(text) else {
            return false
        }
        let process = CallerProcess(caller)
        return process.command == "ln" && !process.names(text)
    }

    /// The same for a new file, which has more forms.
    func isStaged(file name: String, in directory: TreeNode, mode: UInt32, isExclusive: Bool) -> Bool {
        var text = name
        if text.withUTF8({ isStaged($0, in: directory) }) { return true }
        guard isExclusive else { return false }
        switch directory {
        case .collection(let id, let collection):
            let form = engine.read { model in
                model.record(id).flatMap { KindDefinition.of($0.kind).collection(collection)?.kind }
                    .map { KindDefinition.of($0).form }
            }
            // tar's placeholder for a link that it makes at the end.
            if case .link = form { return mode & 0o777 == 0 }
            return form == .file
                && (NameRules.mayBeRandom(name) && mode & 0o777 == 0o600
                    || isBesidesSibling(name, id, collection, directory))
        case .object(let id):
            let isLink = engine.read { model in
                model.record(id).flatMap { linkAttribute(of: $0.kind, named: name) } != nil
            }
            return isLink && mode & 0o777 == 0
        default: return false
        }
    }

    /// In an object's directory nobody chooses names.
    private func isRandom(_ name: String, of id: ObjectID) -> Bool {
        guard NameRules.mayBeRandom(name) else { return false }
        let definition = engine.read { $0.record(id).map { KindDefinition.of($0.kind) } }
        return definition?.attributes.contains { $0.name == name } == false
            && definition?.collections.contains { $0.name == name } == false
    }

    /// An attribute's name with six or more characters behind it, as Ansible, Salt and Puppet name their files.
    private func isLongerAttribute(_ name: String, of id: ObjectID) -> Bool {
        let definition = engine.read { $0.record(id).map { KindDefinition.of($0.kind) } }
        guard let definition, definition.form == .directory,
            !definition.attributes.contains(where: { $0.name == name }),
            !definition.collections.contains(where: { $0.name == name })
        else { return false }
        return definition.attributes.contains {
            name.utf8.count >= $0.nameBytes.count + 6 && name.utf8.starts(with: $0.nameBytes)
        }
    }

    /// The name of a range that is there, with a random end behind it.
    private func isBesidesSibling(
        _ name: String, _ id: ObjectID, _ collection: CollectionID, _ directory: TreeNode
    ) -> Bool {
        guard name.utf8.count > 8, let sibling = String(validating: name.utf8.dropLast(8), as: UTF8.self),
            NameRules.looksTemporary(name, besides: sibling)
        else { return false }
        return engine.read { $0.child(of: id, in: collection, named: Name(sibling)) } != nil
            || pending.created(in: directory, named: sibling) != nil
    }

    // MARK: - Making and changing

    static func place(_ directory: TreeNode) -> StagedNode.Place {
        if case .staged(let serial) = directory { .staged(serial) } else { .tree(directory) }
    }

    func stagedEntry(in place: StagedNode.Place, _ name: NameBytes) -> Entry? {
        guard let serial = staging.child(of: place, named: name) else { return nil }
        return stagedEntry(serial)
    }

    private func stagedEntry(_ serial: UInt64) -> Entry? {
        staging.node(serial).map {
            Entry(
                attributes: $0.attributes(TreeNode.staged(serial).inode), entryTimeout: 0,
                attributeTimeout: StagingArea.timeout)
        }
    }

    func stage(
        _ name: NameBytes, _ mode: UInt32, text: NameBytes? = nil, in directory: TreeNode, _ caller: Caller,
        _ operation: String, _ reply: Reply, _ succeed: (Entry) -> Bool
    ) {
        let owner = ownership(in: directory, mode: mode, isDirectory: mode & S_IFMT == S_IFDIR, caller)
        let new = StagingArea.New(
            name: Array(name), mode: mode & S_IFMT | UInt32(owner.mode), uid: owner.uid, gid: owner.gid,
            bytes: text.map(Array.init) ?? [])
        do throws(Refusal) {
            let serial = try staging.make(new, in: ModelFileSystem.place(directory))
            guard let entry = stagedEntry(serial) else { throw StagingArea.gone }
            give(entry, succeed)
        } catch {
            refuse(error, reply, caller, operation, in: directory, name: ModelFileSystem.text(name))
        }
    }

    func writeStaged(
        _ serial: UInt64, _ bytes: UnsafeRawBufferPointer, at offset: Int64, _ caller: Caller, _ reply: WriteReply
    ) {
        do throws(Refusal) {
            try staging.write(serial, bytes, at: offset)
            reply.succeed()
        } catch {
            refuse(error, reply, caller, "write", in: .staged(serial))
        }
    }

    func changeStaged(_ serial: UInt64, _ changes: AttributeChanges, _ caller: Caller, _ reply: AttributesReply) {
        do throws(Refusal) {
            try staging.change(serial, changes)
            answerAttributes(of: .staged(serial), reply)
        } catch {
            refuse(error, reply, caller, "setattr", in: .staged(serial))
        }
    }

    /// A staged file whose name is gone lives until the kernel knows its inode no more.
    public func forget(inode: InodeNumber, lookups: UInt64) {
        guard case .staged(let serial) = aliases.forget(inode, lookups: lookups) else { return }
        if staging.forget(serial) { aliases.release(inode, of: .staged(serial)) }
    }

    // MARK: - Links

    static let noPlaceForLinks = Refusal(
        "link.no-place", .notPermitted, "This directory holds no links.",
        remedy: "Links attach L2 networks to clusters (l2/NAME/clusters/) and L3 to L2 networks (l3/NAME/l2).")

    /// What a link's text in a directory of the tree leads to.
    func resolve(_ text: String, in directory: TreeNode, _ process: CallerProcess) throws(Refusal) -> ObjectID {
        try engine.read { model throws(Refusal) in
            try PathResolver(model: model, mountPoint: mountPoint, credentials: process.credentials)
                .resolve(text, from: TreePath.text(of: directory, model))
        }
    }
}
