/// One object as it is stored: what people wrote and nothing that follows from it.
public struct ObjectRecord: Hashable, Sendable {
    public let id: ObjectID
    public let kind: Kind
    public let parent: ObjectID
    public let collection: CollectionID
    public var name: Name
    public let uuid: UniqueID
    public var phase: Phase
    /// Ascending by attribute; an attribute is in it if and only if somebody set it.
    public private(set) var attributes: [AttributeText]
    /// What the object refers to: the cluster of an attachment, the L2 network of an L3 network, the L3 network of a NIC,
    /// the host that a VM names.
    public var target: ObjectID?
    /// Permissions and times of the object itself.
    public var metadata: Metadata
    /// Permissions and times of its attribute files and collections, where they differ from the object's own.
    /// Ascending by facet (the raw value of the attribute or collection).
    public private(set) var facetMetadata: [FacetMetadata]
    /// One bit for each collection (raw value minus 128) that somebody removed with `rmdir`.
    public var hiddenCollections: UInt32

    public init(
        id: ObjectID, kind: Kind, parent: ObjectID, collection: CollectionID, name: Name, uuid: UniqueID,
        phase: Phase = .stable, attributes: [AttributeText] = [], target: ObjectID? = nil, metadata: Metadata,
        facetMetadata: [FacetMetadata] = [], hiddenCollections: UInt32 = 0
    ) {
        self.id = id
        self.kind = kind
        self.parent = parent
        self.collection = collection
        self.name = name
        self.uuid = uuid
        self.phase = phase
        self.attributes = attributes.sorted { $0.id.rawValue < $1.id.rawValue }
        self.target = target
        self.metadata = metadata
        self.facetMetadata = facetMetadata.sorted { $0.facet < $1.facet }
        self.hiddenCollections = hiddenCollections
    }

    /// Where an operation on hosts stands. A daemon that is killed finds it in the store and finishes or undoes it (D4).
    /// Raw values are stored: never renumber.
    public enum Phase: UInt8, Sendable {
        case stable = 0
        /// An attachment whose hosts are being asked: not yet visible.
        case attaching = 1
        /// An attachment or host that is being taken off the hosts: no longer visible.
        case removing = 2
        /// A host whose new connection is being tried.
        case connecting = 3
        /// A host that is being released, after which its connection goes back to what it was before, or goes.
        case disconnecting = 4
    }

    /// Whether it is in the tree: neither on its way in nor on its way out, nor removed a moment ago.
    public var isVisible: Bool { isInForce && !isLeaving(.value) }

    /// Whether what it says holds, also for the moment after its file was removed.
    public var isInForce: Bool { phase != .attaching && phase != .removing && !isArriving }

    /// The top of a directory that was renamed into place, while its hosts are asked.
    public var isArriving: Bool { attribute(.arriving) != nil }

    public func attribute(_ id: AttributeID) -> AttributeText? {
        // At most a handful: a loop beats a search.
        for attribute in attributes where attribute.id == id { return attribute }
        return nil
    }

    public func text(_ id: AttributeID) -> String? { attribute(id)?.text }

    public mutating func set(_ id: AttributeID, _ text: String?, modified: Int64 = 0) {
        attributes.removeAll { $0.id == id }
        guard let text else {
            setFacetMetadata(id.rawValue, nil)
            return
        }
        let index = attributes.firstIndex { $0.id.rawValue > id.rawValue } ?? attributes.count
        attributes.insert(AttributeText(id: id, text: text, modified: modified), at: index)
    }

    /// What the link `attribute` leads to. Only a VM has two.
    public func target(of attribute: AttributeID) -> ObjectID? {
        guard attribute == .cluster else { return target }
        return text(.clusterTarget).flatMap { UInt64($0) }.map { ObjectID($0) }
    }

    mutating func setTarget(of attribute: AttributeID, _ id: ObjectID?) {
        if attribute == .cluster { set(.clusterTarget, id.map { "\($0.rawValue)" }) } else { target = id }
    }

    public func facetMetadata(_ facet: UInt8) -> Metadata? {
        for entry in facetMetadata where entry.facet == facet { return entry.metadata }
        return nil
    }

    public mutating func setFacetMetadata(_ facet: UInt8, _ metadata: Metadata?) {
        facetMetadata.removeAll { $0.facet == facet }
        guard let metadata else { return }
        let index = facetMetadata.firstIndex { $0.facet > facet } ?? facetMetadata.count
        facetMetadata.insert(FacetMetadata(facet: facet, metadata: metadata), at: index)
    }

    /// A file or directory of the object came or went.
    mutating func touchListing(_ time: Int64) {
        metadata.modified = time
        metadata.changed = time
    }

    public func isHidden(_ collection: CollectionID) -> Bool {
        hiddenCollections & (1 << UInt32(collection.rawValue - 128)) != 0
    }

    public mutating func setHidden(_ collection: CollectionID, _ hidden: Bool) {
        let bit: UInt32 = 1 << UInt32(collection.rawValue - 128)
        hiddenCollections = hidden ? hiddenCollections | bit : hiddenCollections & ~bit
    }
}

/// The text of one attribute, byte for byte as it was written.
public struct AttributeText: Hashable, Sendable {
    public let id: AttributeID
    public let text: String
    /// When it was written, nanoseconds since 1970.
    public let modified: Int64

    public init(id: AttributeID, text: String, modified: Int64) {
        self.id = id
        self.text = text
        self.modified = modified
    }
}

/// Permissions and times of a file or directory.
public struct Metadata: Hashable, Sendable {
    /// Permission bits only, 0...0o7777.
    public var mode: UInt16
    public var uid: UInt32
    public var gid: UInt32
    /// Last change of the content, nanoseconds since 1970. `utimensat` may set it.
    public var modified: Int64
    /// Last change of anything, nanoseconds since 1970.
    public var changed: Int64

    public init(mode: UInt16, uid: UInt32, gid: UInt32, modified: Int64, changed: Int64) {
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.modified = modified
        self.changed = changed
    }
}

/// `Metadata` of one attribute file or collection of an object.
public struct FacetMetadata: Hashable, Sendable {
    public let facet: UInt8
    public let metadata: Metadata

    public init(facet: UInt8, metadata: Metadata) {
        self.facet = facet
        self.metadata = metadata
    }
}
