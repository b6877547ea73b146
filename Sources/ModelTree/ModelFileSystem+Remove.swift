import Engine
import FUSE
import Glibc
import NetworkModel

extension ModelFileSystem {
    public func unlink(parent: InodeNumber, name: NameBytes, caller: Caller, reply: EmptyReply) {
        remove(parent, name, caller, "unlink", reply) { node in
            switch node {
            case .attribute(let id, let attribute): .unset(id, attribute)
            case .object(let id): .delete(id)
            default: nil
            }
        }
    }

    public func removeDirectory(parent: InodeNumber, name: NameBytes, caller: Caller, reply: EmptyReply) {
        remove(parent, name, caller, "rmdir", reply) { node in
            switch node {
            case .object(let id): .delete(id)
            case .collection(let id, let collection): .hideCollection(id, collection, true)
            default: nil
            }
        }
    }

    private func remove(
        _ parent: InodeNumber, _ name: NameBytes, _ caller: Caller, _ operation: String, _ reply: EmptyReply,
        command: (TreeNode) -> Command?
    ) {
        guard let directory = TreeNode(parent) else { return reply.fail(ENOENT) }
        guard let entry = entry(in: directory, name, uid: caller.uid), let node = TreeNode(entry.attributes.inode)
        else {
            return reply.fail(ENOENT)
        }
        let text = ModelFileSystem.text(name)
        guard node.isIntent else {
            return refuse(ModelFileSystem.readOnly(node), reply, caller, operation, in: directory, name: text)
        }
        if pending.remove(node) != nil { return reply.succeed() }
        guard let command = command(node) else { return reply.fail(EPERM) }
        engine.submit(command) { result in
            switch result {
            case .success:
                self.pending.forgetTruncation(node.inode)
                reply.succeed()
            case .failure(let refusal): self.refuse(refusal, reply, caller, operation, in: directory, name: text)
            }
        }
    }

    public func rename(
        parent: InodeNumber, name: NameBytes, newParent: InodeNumber, newName: NameBytes, flags: UInt32, caller: Caller,
        reply: EmptyReply
    ) {
        guard let from = TreeNode(parent), let to = TreeNode(newParent) else { return reply.fail(ENOENT) }
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
        let oldText = ModelFileSystem.text(name)
        guard node.isIntent, to.isIntent else {
            let (place, text) = node.isIntent ? (to, ModelFileSystem.text(newName)) : (from, oldText)
            return refuse(ModelFileSystem.readOnly(place), reply, caller, "rename", in: place, name: text)
        }
        guard let newText = ModelFileSystem.text(newName) else {
            return refuse(ModelFileSystem.nameNotText, reply, caller, "rename", in: to)
        }
        guard from == to, case .object(let id) = node, pending.created(node) == nil else {
            let refusal = Refusal(
                "rename.not-here", .notPermitted, "Only objects are renamed, and only within their directory.",
                remedy: "Make it anew at the other place, and remove this one.")
            return refuse(refusal, reply, caller, "rename", in: from, name: oldText)
        }
        engine.submit(.rename(id, to: Name(newText))) { result in
            switch result {
            case .success: reply.succeed()
            case .failure(let refusal): self.refuse(refusal, reply, caller, "rename", in: to, name: newText)
            }
        }
    }
}
