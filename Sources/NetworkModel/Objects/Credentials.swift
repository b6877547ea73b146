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
    public func maySearch(_ metadata: Metadata) -> Bool { may(0o1, metadata) }

    public func mayRead(_ metadata: Metadata) -> Bool { may(0o4, metadata) }

    public func mayWrite(_ metadata: Metadata) -> Bool { may(0o2, metadata) }

    private func may(_ bit: UInt16, _ metadata: Metadata) -> Bool {
        if uid == 0 { return true }
        if uid == metadata.uid { return metadata.mode & bit << 6 != 0 }
        if groups.contains(metadata.gid) { return metadata.mode & bit << 3 != 0 }
        return metadata.mode & bit != 0
    }
}
