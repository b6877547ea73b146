/// A directory that somebody prepared beside the tree, as it shall be: an object with its attributes, links and children,
/// or a collection.
public struct Draft: Sendable {
    public struct File: Sendable {
        public let name: String
        /// Nil if it is no text.
        public let text: String?
        public let metadata: Metadata
        /// The identity of what it becomes, if that is an object.
        public let uuid: UniqueID

        public init(name: String, text: String?, metadata: Metadata, uuid: UniqueID) {
            self.name = name
            self.text = text
            self.metadata = metadata
            self.uuid = uuid
        }

        var ownership: Ownership {
            Ownership(uid: metadata.uid, gid: metadata.gid, mode: metadata.mode, modified: metadata.modified)
        }
    }

    public let name: String
    public let metadata: Metadata
    public let uuid: UniqueID
    public let files: [File]
    public let links: [File]
    public let directories: [Draft]

    /// What looks like a temporary file is left out: editors and version control leave such things behind.
    public init(
        name: String, metadata: Metadata, uuid: UniqueID, files: [File] = [], links: [File] = [],
        directories: [Draft] = []
    ) {
        self.name = name
        self.metadata = metadata
        self.uuid = uuid
        self.files = files.filter { !NameRules.looksTemporary($0.name) }
        self.links = links.filter { !NameRules.looksTemporary($0.name) }
        self.directories = directories.filter { !NameRules.looksTemporary($0.name) }
    }

    var ownership: Ownership {
        Ownership(uid: metadata.uid, gid: metadata.gid, mode: metadata.mode, modified: metadata.modified)
    }
}

/// What a draft is to be made equal to.
public enum DraftPlace: Hashable, Sendable {
    case object(ObjectID)
    case collection(ObjectID, CollectionID)

    public var object: ObjectID {
        switch self {
        case .object(let id), .collection(let id, _): id
        }
    }
}

/// Where a draft comes from.
public struct DraftOrigin: Hashable, Sendable {
    /// Who renamed it; nil for root.
    public let credentials: Credentials?
    /// Of the tree, for absolute links in it; without a trailing slash.
    public let mountPoint: String

    public init(credentials: Credentials?, mountPoint: String) {
        self.credentials = credentials
        self.mountPoint = mountPoint
    }
}
