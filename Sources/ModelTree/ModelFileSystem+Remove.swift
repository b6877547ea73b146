import Engine
import FUSE
import Glibc
import NetworkModel

extension ModelFileSystem {
    public func unlink(parent: InodeNumber, name: NameBytes, caller: Caller, reply: EmptyReply) {
        remove(parent, name, caller, "unlink", reply)
    }

    public func removeDirectory(parent: InodeNumber, name: NameBytes, caller: Caller, reply: EmptyReply) {
        remove(parent, name, caller, "rmdir", reply)
    }

    private func remove(
        _ parent: InodeNumber, _ name: NameBytes, _ caller: Caller, _ operation: String, _ reply: EmptyReply
    ) {
        guard let directory = node(parent) else { return reply.fail(ENOENT) }
        guard let entry = entry(in: directory, name, uid: caller.uid), let node = TreeNode(entry.attributes.inode)
        else {
            return reply.fail(ENOENT)
        }
        let text = ModelFileSystem.text(name)
        if case .staged(let serial) = node {
            do throws(Refusal) {
                try staging.remove(serial)
                return reply.succeed()
            } catch {
                return refuse(error, reply, caller, operation, in: directory, name: text)
            }
        }
        guard node.isIntent else {
            return refuse(ModelFileSystem.readOnly(node), reply, caller, operation, in: directory, name: text)
        }
        let isUnwritten = unwritten(node) != nil
        pending.remove(node)
        if isUnwritten { return reply.succeed() }
        let process = CallerProcess(caller)
        let completion: @Sendable (Result<ObjectID, Refusal>) -> Void = { result in
            switch result {
            case .success:
                self.pending.forgetTruncation(node.inode)
                reply.succeed()
            case .failure(let refusal): self.refuse(refusal, reply, process, operation, in: directory, name: text)
            }
        }
        if let (id, attribute) = plainFile(node) ?? neededLink(node) {
            leave(id, attribute, process, in: directory, name: text, completion)
        } else {
            guard let command = ModelFileSystem.removal(of: node) else { return reply.fail(EPERM) }
            engine.submit(command, completion: completion)
        }
    }

    /// The attribute that a plain file stands for: its value may be written anew in a moment.
    func plainFile(_ node: TreeNode) -> (ObjectID, AttributeID)? {
        engine.read { model in
            switch node {
            case .attribute(let id, let attribute):
                guard let record = model.record(id),
                    KindDefinition.of(record.kind).attribute(attribute)?.form == .file
                else { return nil }
                return (id, attribute)
            case .object(let id):
                guard let record = model.record(id), KindDefinition.of(record.kind).form == .file else { return nil }
                return (id, .value)
            default: return nil
            }
        }
    }

    /// The link of an L3 network whose NICs are plugged in: `rm -r` takes it away before the network, which then may go.
    private func neededLink(_ node: TreeNode) -> (ObjectID, AttributeID)? {
        guard case .attribute(let id, .l2) = node, (try? engine.plan(.unset(id, .l2))) == nil else { return nil }
        return (id, .l2)
    }

    static func removal(of node: TreeNode) -> Command? {
        switch node {
        case .attribute(let id, let attribute): attribute == .value ? .delete(id) : .unset(id, attribute)
        case .object(let id): .delete(id)
        case .collection(let id, let collection): .hideCollection(id, collection, true)
        default: nil
        }
    }

    /// Takes a file away whose value stays in force for the settle time. Where the value turns out to be needed, it comes
    /// back, with a record; a program that is known never to write it anew is told at once.
    func leave(
        _ id: ObjectID, _ attribute: AttributeID, _ process: CallerProcess, in directory: TreeNode, name: String?,
        _ completion: @escaping @Sendable (Result<ObjectID, Refusal>) -> Void
    ) {
        let isFile = engine.read { $0.record(id).map { KindDefinition.of($0.kind).form == .file } } == true
        let removal: Command = isFile ? .delete(id) : .unset(id, attribute)
        let isFinal = (try? engine.plan(removal)) == nil && process.removesForGood
        engine.leave(id, attribute, isFinal: isFinal, completion: completion) { refusal in
            self.record(refusal, process, "settle", in: directory, name: name)
        }
    }

    /// What was removed to be written anew is there again, if it was.
    func restore(_ node: TreeNode, done: @escaping @Sendable () -> Void) {
        switch node {
        case .attribute(let id, let attribute): engine.stay(id, attribute, completion: done)
        case .object(let id): engine.stay(id, .value, completion: done)
        default: done()
        }
    }
}
