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
        dropStaged(beside: changes)
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

    public func driftChanged(ofNetwork network: String, onHost host: String, _ drift: [String]) {
        touch()
        events.add(
            drift.isEmpty
                ? ["\(network) is as it shall be again on \(host)"]
                : drift.map { "drift of \(network) on \(host): \($0)" })
    }

    public func orphansChanged(onHost host: String, found: [String], collected: [String]) {
        touch()
        events.add(
            found.map { "orphan on \(host): \($0)" } + collected.map { "collected the orphan on \(host): \($0)" })
    }

    /// Temporary files go with the object that they were made beside.
    private func dropStaged(beside changes: [Change]) {
        guard !staging.isEmpty else { return }
        for case .remove(let record) in changes {
            staging.drop(beside: .object(record.id))
            for collection in KindDefinition.of(record.kind).collections {
                staging.drop(beside: .collection(record.id, collection.id))
            }
        }
    }

    private func touch() {
        // Each change has a time of its own, also while the clock is being set back.
        lastChange.add(1, ordering: .relaxed)
        lastChange.max(Timestamp.now(), ordering: .relaxed)
    }

    /// Has the kernel ask again for the attributes of what changed; from their times it sees what else is stale, contents
    /// and listings included.
    ///
    /// Of files, attributes only; of directories, the listing as well. A notification about a name waits for the
    /// directory's lock, which a caller may hold who waits for this daemon; if the daemon is killed in that moment,
    /// neither ever goes on. Names need no notification, since the kernel is not told to remember what may be taken back
    /// (`TreeAttributes.timeout`).
    private func invalidate(_ changes: [Change]) {
        guard let invalidator else { return }
        for change in changes {
            switch change {
            case .insert(let record), .remove(let record): invalidate(record, record, invalidator)
            case .update(let old, let new): invalidate(old, new, invalidator)
            case .insertRealization, .removeRealization, .updateRealization: break
            }
        }
    }

    private func invalidate(_ old: ObjectRecord, _ new: ObjectRecord, _ invalidator: Invalidator) {
        func number(_ node: TreeNode) -> InodeNumber { aliases.inode(of: node) }
        let definition = KindDefinition.of(new.kind)
        invalidator.invalidate(inode: number(.collection(new.parent, new.collection)))
        if definition.form != .file {
            // Of a link the text as well.
            invalidator.invalidate(inode: number(.object(new.id)))
        } else {
            invalidator.invalidateAttributes(inode: number(.object(new.id)))
        }
        for attribute in Set((old.attributes + new.attributes).map(\.id)) {
            let inode = number(.attribute(new.id, attribute))
            if let row = definition.attribute(attribute), row.form != .file {
                invalidator.invalidate(inode: inode)
            } else {
                invalidator.invalidateAttributes(inode: inode)
            }
        }
        for facet in Set((old.facetMetadata + new.facetMetadata).map(\.facet)) {
            let base = InodeNumber(rawValue: new.id.rawValue << 8 | UInt64(facet))
            invalidator.invalidateAttributes(inode: aliases.current(base))
        }
    }
}
