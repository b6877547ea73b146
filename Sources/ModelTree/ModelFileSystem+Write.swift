import Engine
import FUSE
import Glibc
import NetworkModel

extension ModelFileSystem {
    /// A write carries the value and is the change (design: a refusal is given by the call that carries the value).
    public func write(
        inode: InodeNumber, bytes: UnsafeRawBufferPointer, offset: Int64, caller: Caller, reply: WriteReply
    ) {
        guard let node = node(inode) else { return reply.fail(ENOENT) }
        if case .staged(let serial) = node { return writeStaged(serial, bytes, at: offset, caller, reply) }
        guard node.isIntent else { return refuse(ModelFileSystem.readOnly(node), reply, caller, "write", in: node) }
        let current = currentText(of: node)
        // Somebody removed it: what is written to the open file is nobody's any more.
        guard current != nil || unwritten(node) != nil else { return reply.fail(ENOENT) }
        let old = pending.isTruncated(node.inode, offset: offset) ? "" : current
        let text: String
        do throws(Refusal) {
            text = try ModelFileSystem.patch(old ?? "", with: bytes, at: offset)
        } catch {
            pending.endMoment(node.inode)
            return refuse(error, reply, caller, "write", in: node)
        }
        // Keeps the reply alive until the engine's answer.
        set(node, to: text, caller, operation: "write", reply) { reply.succeed() }
    }

    /// The text with `bytes` put in at `offset`; a gap is filled with zeros, which no value may have.
    static func patch(_ old: String, with bytes: UnsafeRawBufferPointer, at offset: Int64) throws(Refusal) -> String {
        let end = offset.addingReportingOverflow(Int64(bytes.count))
        guard offset >= 0, !end.overflow, end.partialValue <= Int64(ValueText.limit) else {
            throw Refusal(
                "value.too-long", .tooBig, "A value has at most \(ValueText.limit) bytes.", remedy: "Write less.")
        }
        var text = Array(old.utf8)
        if text.count < Int(end.partialValue) {
            text.append(contentsOf: repeatElement(0, count: Int(end.partialValue) - text.count))
        }
        text.replaceSubrange(Int(offset)..<Int(end.partialValue), with: bytes)
        return try self.text(text)
    }

    static func text(_ bytes: some Collection<UInt8>) throws(Refusal) -> String {
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            throw Refusal(
                "value.not-text", .invalid, "A value is UTF-8 text without zero bytes.", remedy: "Write plain text.")
        }
        return text
    }

    private func currentText(of node: TreeNode) -> String? {
        engine.read { model in
            switch node {
            case .object(let id): model.record(id)?.fileText(.value)
            case .attribute(let id, let attribute): model.record(id)?.fileText(attribute)
            default: nil
            }
        }
    }

    /// Sets an attribute or a range to a text, making the range if it was only created so far.
    private func set(
        _ node: TreeNode, to text: String, _ caller: Caller, operation: String, _ reply: Reply, isAgain: Bool = false,
        done: @escaping @Sendable () -> Void
    ) {
        let created = unwritten(node)
        let ownership = created.map {
            Ownership(uid: $0.metadata.uid, gid: $0.metadata.gid, mode: $0.metadata.mode)
        }
        let command: Command
        switch node {
        case .attribute(let id, let attribute): command = .set(id, attribute, text: text, ownership: ownership)
        case .object(let id):
            if let created, case .collection(let parent, let collection) = created.directory,
                engine.read({ $0.record(id) }) == nil
            {
                var generator = SystemRandomNumberGenerator()
                command = .create(
                    NewObject(
                        id: id, uuid: .random(using: &generator), parent: parent, collection: collection,
                        name: Name(created.name),
                        ownership: ownership ?? Ownership(uid: caller.uid, gid: caller.gid, mode: 0o644), text: text))
            } else {
                command = .set(id, .value, text: text, ownership: ownership)
            }
        default: return reply.fail(EISDIR)
        }
        let operationUnderWay = engine.submit(command) { result in
            switch result {
            case .success:
                self.pending.remove(node)
                self.pending.forgetTruncation(node.inode)
                // The kernel dropped its listing of the directory when the file was created; since then somebody may
                // have listed it without the file. The directory's time alone does not tell: it can be set back. (A
                // directory's pages are never locked while the kernel waits for us, so this cannot hang.)
                if let created {
                    self.pending.forget(in: created.directory, named: created.name)
                    self.invalidator?.invalidate(inode: self.aliases.inode(of: created.directory))
                }
                done()
            case .failure(let refusal) where refusal.rule == "object.not-found" && created != nil && !isAgain:
                // The range that was removed, and is written anew, went for good in this very moment.
                self.set(node, to: text, caller, operation: operation, reply, isAgain: true, done: done)
            case .failure(let refusal):
                self.pending.update(node) { $0.isRefused = true }
                self.pending.endMoment(node.inode)
                let process = CallerProcess(caller)
                // What was removed to be written anew is there again.
                self.restore(node) {
                    if let created {
                        self.refuse(refusal, reply, process, operation, in: created.directory, name: created.name)
                    } else {
                        self.refuse(refusal, reply, process, operation, in: node)
                    }
                }
            }
        }
        reply.onInterrupt { operationUnderWay.cancel() }
    }

    // MARK: - Truncation, permissions, times

    public func setAttributes(of inode: InodeNumber, changes: AttributeChanges, caller: Caller, reply: AttributesReply)
    {
        guard let node = node(inode) else { return reply.fail(ENOENT) }
        if case .staged(let serial) = node { return changeStaged(serial, changes, caller, reply) }
        guard node.isIntent else { return refuse(ModelFileSystem.readOnly(node), reply, caller, "setattr", in: node) }
        if unwritten(node) != nil { return setPending(node, changes, reply) }
        let metadata = MetadataChange(
            mode: changes.mode.map { UInt16($0 & 0o7777) }, uid: changes.uid, gid: changes.gid,
            modified: changes.modificationTime.map { time in
                switch time {
                case .now: Timestamp.now()
                case .at(let time): time
                }
            })
        if let size = changes.size { return truncate(node, to: size, caller, reply) }
        guard metadata != MetadataChange() else { return answerAttributes(of: node, reply) }
        let (id, facet) = ModelFileSystem.facet(of: node)
        engine.submit(.setMetadata(id, facet: facet, metadata)) { result in
            switch result {
            case .success: self.answerAttributes(of: node, reply)
            case .failure(let refusal): self.refuse(refusal, reply, caller, "setattr", in: node)
            }
        }
    }

    private static func facet(of node: TreeNode) -> (ObjectID, UInt8) {
        switch node {
        case .attribute(let id, let attribute): (id, attribute.rawValue)
        case .collection(let id, let collection): (id, collection.rawValue)
        case .object(let id): (id, 0)
        default: (.root, 0)
        }
    }

    /// `O_TRUNC` and `truncate(0)` change no value: they say that the next write replaces all. The answer says size 0,
    /// for that moment only. Any other size cuts the text, which must still be a value.
    private func truncate(_ node: TreeNode, to size: Int64, _ caller: Caller, _ reply: AttributesReply) {
        guard var (attributes, _) = attributes(of: node), attributes.mode & S_IFMT == S_IFREG else {
            return reply.fail(EISDIR)
        }
        if size == 0 {
            pending.truncate(node.inode)
            attributes.size = 0
            attributes.inode = aliases.current(attributes.inode)
            return reply.succeed(attributes, timeout: 0)
        }
        if size == attributes.size { return answerAttributes(of: node, reply) }
        let text: String
        do throws(Refusal) {
            var bytes = Array((currentText(of: node) ?? "").utf8)
            guard size <= Int64(ValueText.limit) else {
                throw Refusal(
                    "value.too-long", .tooBig, "A value has at most \(ValueText.limit) bytes.", remedy: "Write less.")
            }
            if bytes.count > Int(size) { bytes.removeLast(bytes.count - Int(size)) }
            bytes.append(contentsOf: repeatElement(0, count: Int(size) - bytes.count))
            text = try ModelFileSystem.text(bytes)
        } catch {
            return refuse(error, reply, caller, "truncate", in: node)
        }
        set(node, to: text, caller, operation: "truncate", reply) { self.answerAttributes(of: node, reply) }
    }

    private func setPending(_ node: TreeNode, _ changes: AttributeChanges, _ reply: AttributesReply) {
        pending.update(node) { file in
            if let mode = changes.mode { file.metadata.mode = UInt16(mode & 0o7777) }
            if let uid = changes.uid { file.metadata.uid = uid }
            if let gid = changes.gid { file.metadata.gid = gid }
        }
        guard let file = pending.created(node) else { return reply.fail(ENOENT) }
        var attributes = ModelFileSystem.attributes(of: file)
        attributes.inode = aliases.current(attributes.inode)
        reply.succeed(attributes, timeout: 0)
    }

    func answerAttributes(of node: TreeNode, _ reply: AttributesReply) {
        guard let (found, timeout) = attributes(of: node) else { return reply.fail(ENOENT) }
        var attributes = found
        attributes.inode = aliases.current(attributes.inode)
        reply.succeed(attributes, timeout: timeout)
    }
}
