import FUSE
import Glibc
import NetworkModel

/// What `stat` shows of what people wrote. All under the engine's lock, without building a string.
enum TreeAttributes {
    /// Seconds. The daemon is the only source of change and says when something changed, so the kernel may believe an
    /// entry as long as it likes.
    static let forEver = 1e6

    static func object(_ record: ObjectRecord, _ model: Model) -> FileAttributes {
        let definition = KindDefinition.of(record.kind)
        let inode = TreeNode.object(record.id).inode
        switch definition.form {
        case .directory:
            let directories = definition.collections.count { !record.isHidden($0.id) }
            return attributes(inode, record.metadata, type: S_IFDIR, links: UInt32(2 + directories), size: 0)
        case .file:
            return attributes(inode, fileMetadata(record), type: S_IFREG, size: size(record, .value))
        case .link:
            return attributes(inode, record.metadata, type: S_IFLNK, size: size(record, .value))
        }
    }

    /// Nil while the attribute is not set.
    static func attribute(_ record: ObjectRecord, _ id: AttributeID, _ form: AttributeDefinition.Form)
        -> FileAttributes?
    {
        guard record.attribute(id) != nil, !record.isLeaving(id) else { return nil }
        let metadata = record.facetMetadata(id.rawValue).map { stored in
            var metadata = stored
            // What was set explicitly holds until the next write.
            if let written = record.attribute(id)?.modified, written > metadata.changed {
                metadata.modified = written
                metadata.changed = written
            }
            return metadata
        }
        let type = form == .file ? S_IFREG : S_IFLNK
        return attributes(
            TreeNode.attribute(record.id, id).inode, metadata ?? Model.facetDefault(of: record, facet: id.rawValue),
            type: type,
            size: size(record, id))
    }

    static func collection(_ record: ObjectRecord, _ id: CollectionID, kind: Kind, _ model: Model) -> FileAttributes {
        var metadata = record.facetMetadata(id.rawValue) ?? record.metadata
        if let touched = model.lastTouched(record.id, id), touched > metadata.changed {
            metadata.modified = touched
            metadata.changed = touched
        }
        let holdsDirectories = KindDefinition.of(kind).form == .directory
        let links = holdsDirectories ? UInt32(clamping: 2 + model.childCount(of: record.id, in: id)) : 2
        return attributes(TreeNode.collection(record.id, id).inode, metadata, type: S_IFDIR, links: links, size: 0)
    }

    /// How long the kernel may believe what it sees of an object: not at all while a command about it may be taken back.
    static func timeout(_ id: ObjectID, _ model: Model) -> Double {
        model.isInFlight(id) ? 0 : forEver
    }

    static func entry(_ attributes: FileAttributes, of id: ObjectID, _ model: Model) -> Entry {
        let timeout = timeout(id, model)
        return Entry(attributes: attributes, entryTimeout: timeout, attributeTimeout: timeout)
    }

    /// Of a file or directory that the daemon makes up: never kept by the kernel.
    static func volatile(
        _ node: TreeNode, isDirectory: Bool, size: Int, time: Int64, uid: UInt32 = 0, mode: UInt32? = nil
    )
        -> FileAttributes
    {
        FileAttributes(
            inode: node.inode, mode: (isDirectory ? S_IFDIR : S_IFREG) | (mode ?? (isDirectory ? 0o555 : 0o444)),
            linkCount: isDirectory ? 2 : 1, uid: uid, gid: 0, size: Int64(size), accessTime: time,
            modificationTime: time,
            changeTime: time)
    }

    /// Of the mirror of an object under `state/`: readable for whom the object is, and its files for whom the attribute's
    /// file is.
    static func mirror(_ node: TreeNode, isDirectory: Bool, size: Int, time: Int64, _ model: Model) -> FileAttributes {
        var attributes = volatile(node, isDirectory: isDirectory, size: size, time: time)
        let metadata: Metadata?
        switch node {
        case .state(let id, let entry):
            metadata = model.record(id).map { StateTree.rights(of: $0, entry: entry, isDirectory: isDirectory) }
        case .realization(let id):
            metadata = model.realization(id).flatMap { model.record($0.network)?.metadata }
        default: metadata = nil
        }
        guard let metadata else { return attributes }
        attributes.uid = metadata.uid
        attributes.gid = metadata.gid
        attributes.mode = attributes.mode & S_IFMT | UInt32(metadata.mode) & (isDirectory ? 0o555 : 0o444)
        return attributes
    }

    private static func fileMetadata(_ record: ObjectRecord) -> Metadata {
        var metadata = record.metadata
        if let written = record.attribute(.value)?.modified, written > metadata.changed {
            metadata.modified = written
            metadata.changed = written
        }
        return metadata
    }

    private static func size(_ record: ObjectRecord, _ id: AttributeID) -> Int {
        record.attribute(id)?.text.utf8.count ?? 0
    }

    private static func attributes(
        _ inode: InodeNumber, _ metadata: Metadata, type: UInt32, links: UInt32 = 1, size: Int
    ) -> FileAttributes {
        FileAttributes(
            inode: inode, mode: type | (type == S_IFLNK ? 0o777 : UInt32(metadata.mode)), linkCount: links,
            uid: metadata.uid,
            gid: metadata.gid, size: Int64(size), accessTime: metadata.modified, modificationTime: metadata.modified,
            changeTime: metadata.changed)
    }
}
