import Engine
import FUSE
import NetworkModel

/// Tells the kernel what it cannot know, and `events` what has happened. Called from the engine's threads, where
/// notifications are only queued: they are sent from a thread that holds nothing.
extension ModelFileSystem: EngineObserver {
    public func committed(_ changes: [Change], byCaller: Bool) {
        commands.add(1, ordering: .relaxed)
        touch()
        events.add(engine.read { EventLog.lines(for: changes, $0) })
        // What somebody asked for through the mount, the kernel knows from the answer.
        if !byCaller { invalidate(changes) }
    }

    public func undone(_ changes: [Change]) {
        touch()
        invalidate(changes)
    }

    public func statusChanged(ofHost host: ObjectID, path: String, _ status: HostStatus) {
        touch()
        let detail = status.detail.isEmpty ? "" : ": " + status.detail
        events.add(["host \(path) is \(status.word)\(detail)"])
    }

    private func touch() {
        let now = Timestamp.now()
        lastChange.max(now, ordering: .relaxed)
    }

    private func invalidate(_ changes: [Change]) {
        guard let invalidator else { return }
        for change in changes {
            switch change {
            case .insert(let record), .remove(let record): invalidateEntry(of: record, invalidator)
            case .update(let old, let new): invalidate(from: old, to: new, invalidator)
            case .insertRealization, .removeRealization, .updateRealization: break
            }
        }
    }

    private func invalidateEntry(of record: ObjectRecord, _ invalidator: Invalidator) {
        let directory = TreeNode.collection(record.parent, record.collection).inode
        invalidator.invalidateEntry(parent: directory, name: record.name.text.utf8)
        invalidator.invalidate(inode: directory)
        invalidator.invalidate(inode: TreeNode.object(record.id).inode)
    }

    private func invalidate(from old: ObjectRecord, to new: ObjectRecord, _ invalidator: Invalidator) {
        let object = TreeNode.object(new.id).inode
        if old.name != new.name || old.phase != new.phase {
            invalidateEntry(of: old, invalidator)
            invalidateEntry(of: new, invalidator)
        }
        invalidator.invalidate(inode: object)
        let kind = KindDefinition.of(new.kind)
        for attribute in kind.attributes where old.attribute(attribute.id) != new.attribute(attribute.id) {
            invalidator.invalidate(inode: TreeNode.attribute(new.id, attribute.id).inode)
            if (old.attribute(attribute.id) == nil) != (new.attribute(attribute.id) == nil) {
                invalidator.invalidateEntry(parent: object, name: attribute.nameBytes)
            }
        }
        for facet in old.facetMetadata + new.facetMetadata where old.facetMetadata(facet.facet) != new.facetMetadata(facet.facet) {
            invalidator.invalidate(inode: InodeNumber(rawValue: new.id.rawValue << 8 | UInt64(facet.facet)))
        }
    }
}
