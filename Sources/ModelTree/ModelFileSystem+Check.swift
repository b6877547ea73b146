import Engine
import FUSE
import Glibc
import NetworkModel

/// What a change would be answered, without making it: `netmodelfs check` asks by setting the extended attribute
/// `user.netmodelfs.check` of the file, or of the directory that it would be in. Hosts are not asked.
///
/// A write is asked as `user.netmodelfs.check.write:NAME`, whose value is just what would be written. Otherwise
/// the value is three texts with a NUL between: what is asked (`write`, `symlink`, `mkdir`, `rename`), the name in the
/// directory (empty for the file itself), and the value, the link's text, nothing, or the path of a staged directory below
/// the mount point.
extension ModelFileSystem {
    public func setExtendedAttribute(
        inode: InodeNumber, name: NameBytes, value: UnsafeRawBufferPointer, flags: Int32, caller: Caller,
        reply: EmptyReply
    ) {
        guard let node = node(inode) else { return reply.fail(ENOENT) }
        if ModelFileSystem.planAttribute.utf8.elementsEqual(name) { return plan(value, at: node, caller, reply) }
        if ModelFileSystem.detachAttribute.utf8.elementsEqual(name) { return detach(value, at: node, caller, reply) }
        let process = CallerProcess(caller)
        let write = "user.netmodelfs.check.write:".utf8
        if name.starts(with: write) {
            guard let file = String(validating: name.dropFirst(write.count), as: UTF8.self) else {
                return refuse(ModelFileSystem.nameNotText, reply, process, "check", in: node)
            }
            return check("write", file, Array(value), at: node, caller, process, reply)
        }
        guard "user.netmodelfs.check".utf8.elementsEqual(name) else { return reply.fail(EOPNOTSUPP) }
        let parts = value.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let question = String(validating: parts[0], as: UTF8.self) else {
            return reply.fail(EINVAL)
        }
        guard let target = String(validating: parts[1], as: UTF8.self) else {
            return refuse(ModelFileSystem.nameNotText, reply, process, "check", in: node)
        }
        check(question, target, Array(parts[2]), at: node, caller, process, reply)
    }

    private func check(
        _ question: String, _ name: String, _ value: [UInt8], at node: TreeNode, _ caller: Caller,
        _ process: CallerProcess, _ reply: EmptyReply
    ) {
        // Whatever is in a staged directory means nothing yet.
        if case .staged = node { return reply.succeed() }
        do throws(Refusal) {
            guard node.isIntent else { throw ModelFileSystem.readOnly(node) }
            if let command = try command(question, name, value, at: node, caller, process) {
                try engine.check(command)
            }
            reply.succeed()
        } catch {
            let place = path(of: node)
            for problem in error.problems {
                record(
                    problem.refusal, process, "check",
                    path: [place, name, problem.path].filter { !$0.isEmpty }.joined(separator: "/"), in: node)
            }
            refuse(error, reply, process, "check", in: node, name: name.isEmpty ? nil : name)
        }
    }

    /// Nothing can be removed that is only a question.
    public func removeExtendedAttribute(inode: InodeNumber, name: NameBytes, caller: Caller, reply: EmptyReply) {
        reply.fail(ENODATA)
    }

    /// Nil where nothing stands in the way: a temporary file.
    func command(
        _ question: String, _ name: String, _ value: [UInt8], at node: TreeNode, _ caller: Caller,
        _ process: CallerProcess
    ) throws(Refusal) -> Command? {
        var nameText = name
        if !name.isEmpty, nameText.withUTF8({ isStaged($0, in: node) }) { return nil }
        switch question {
        case "write":
            let text = try ModelFileSystem.text(value)
            return try write(text, to: name.isEmpty ? node : place(forFile: name, in: node), name, in: node, caller)
        case "symlink":
            let text = try ModelFileSystem.text(value)
            return try link(text, name, in: node, caller, process)
        case "mkdir": return try directory(name, in: node, caller)
        case "rename":
            guard let serial = staged(at: String(decoding: value, as: UTF8.self), caller) else {
                throw StagingArea.gone
            }
            // Its owner may know what is in it; whoever else asks might not even be able to go there.
            if let uid = process.credentials?.uid, staging.node(serial)?.uid != uid { throw StagingArea.gone }
            let draft = try staging.draft(serial, for: process.credentials)
            return try command(for: draft, to: node, named: name, process)
        default:
            throw Refusal(
                "check.unknown", .invalid, "Nobody knows how to check \(ValueText.quoted(question)).",
                remedy: "Use a netmodelfs program of the daemon's version.")
        }
    }

    private func write(
        _ text: String, to target: TreeNode, _ name: String, in directory: TreeNode, _ caller: Caller
    ) throws(Refusal) -> Command {
        switch target {
        case .attribute(let id, let attribute): return .set(id, attribute, text: text, ownership: nil)
        case .object(let id):
            if name.isEmpty { return .set(id, .value, text: text, ownership: nil) }
            guard case .collection(let parent, let collection) = directory else { throw StagingArea.gone }
            let existing = engine.read { $0.child(of: parent, in: collection, named: Name(name)) }
            if let existing { return .set(existing, .value, text: text, ownership: nil) }
            return .create(newObject(in: parent, collection, name, ownership(caller), text: text))
        default: throw ModelFileSystem.readOnly(target)
        }
    }

    private func link(
        _ text: String, _ name: String, in directory: TreeNode, _ caller: Caller, _ process: CallerProcess
    ) throws(Refusal) -> Command {
        let target = try resolve(text, in: directory, process)
        switch directory {
        case .collection(let parent, .attachments):
            let existing = engine.read { model in
                model.child(of: parent, in: .attachments, named: Name(name)).flatMap { model.record($0) }
            }
            if let existing, existing.target == target { return .retext(existing.id, text: text, ownership(caller)) }
            return .create(
                newObject(
                    in: parent, .attachments, name, ownership(caller), text: text, target: target,
                    replaces: existing?.id))
        case .object(let id):
            let attribute = engine.read { model in
                model.record(id).flatMap { linkAttribute(of: $0.kind, named: name) }
            }
            guard let attribute else { throw unknownName(in: id, named: name) }
            return .link(id, attribute, text: text, target: target, ownership: nil)
        default: throw ModelFileSystem.noPlaceForLinks
        }
    }

    private func directory(_ name: String, in directory: TreeNode, _ caller: Caller) throws(Refusal) -> Command {
        switch directory {
        case .collection(let parent, let collection):
            if let refusal = engine.read({ ModelFileSystem.refusalOfDirectory(in: parent, collection, $0) }) {
                throw refusal
            }
            return .create(newObject(in: parent, collection, name, ownership(caller)))
        case .object(let id): throw unknownName(in: id, named: name)
        default: throw ModelFileSystem.readOnly(directory)
        }
    }

    private func ownership(_ caller: Caller) -> Ownership { Ownership(uid: caller.uid, gid: caller.gid, mode: 0o644) }

    /// The staged directory at a path below the mount point.
    private func staged(at path: String, _ caller: Caller) -> UInt64? {
        var node = TreeNode.object(.root)
        for part in path.utf8.split(separator: UInt8(ascii: "/")) {
            let next = Array(part).withUnsafeBufferPointer { entry(in: node, $0, uid: caller.uid) }
            guard let next, let found = TreeNode(next.attributes.inode) else { return nil }
            node = found
        }
        if case .staged(let serial) = node { return serial }
        return nil
    }
}
