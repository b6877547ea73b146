/// Who asks, where it is not root.
public struct Credentials: Hashable, Sendable {
    public let uid: UInt32
    /// The primary group and all others.
    public let groups: Set<UInt32>

    public init(uid: UInt32, groups: Set<UInt32>) {
        self.uid = uid
        self.groups = groups
    }

    /// Whether a directory with these rights may be searched (path_resolution(7)).
    func maySearch(_ metadata: Metadata) -> Bool {
        if uid == 0 { return true }
        if uid == metadata.uid { return metadata.mode & 0o100 != 0 }
        if groups.contains(metadata.gid) { return metadata.mode & 0o010 != 0 }
        return metadata.mode & 0o001 != 0
    }
}

/// A link makes use of what it leads to, and the daemon follows it for its caller; so it only leads where the caller could go.
enum AccessRules {
    /// - Throws: `link.no-access` (EACCES).
    static func check(_ credentials: Credentials, mayReach target: ObjectID, _ model: Model) throws(Refusal) {
        var id = target
        while let record = model.record(id), id != .root {
            let parent = model.record(record.parent)
            let directory = parent.map { $0.facetMetadata(record.collection.rawValue) ?? $0.metadata }
            guard credentials.maySearch(record.metadata) || KindDefinition.of(record.kind).form != .directory,
                directory.map(credentials.maySearch) ?? true
            else {
                throw Refusal(
                    "link.no-access", .access, "The link leads through a directory that is closed to you.",
                    remedy: "Ask its owner to open it, or to make the link.")
            }
            id = record.parent
        }
    }
}
