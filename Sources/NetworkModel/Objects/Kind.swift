/// What an object is. Raw values are stored: never renumber.
public enum Kind: UInt8, Hashable, Sendable, CaseIterable {
    case root = 1
    case zone = 2
    case cluster = 3
    case host = 4
    case l2Network = 5
    case l3Network = 6
    case ipRange = 7
    case reservedRange = 8
    /// An L2 network's link to a cluster.
    case clusterAttachment = 9

    /// As a person calls it, in sentences.
    public var title: String {
        switch self {
        case .root: "tree"
        case .zone: "zone"
        case .cluster: "cluster"
        case .host: "host"
        case .l2Network: "L2 network"
        case .l3Network: "L3 network"
        case .ipRange: "IP range"
        case .reservedRange: "reserved range"
        case .clusterAttachment: "attachment"
        }
    }

    /// `title` with its article: a zone, an L2 network.
    public var titleWithArticle: String {
        switch self {
        case .l2Network, .l3Network, .ipRange, .clusterAttachment: "an " + title
        case .root, .zone, .cluster, .host, .reservedRange: "a " + title
        }
    }
}

/// Names each attribute file of the tree. Raw values are stored and are part of inode numbers: 1...127, never renumber.
public enum AttributeID: UInt8, Hashable, Sendable, CaseIterable {
    case description = 1
    case state = 2
    case hypervisor = 3
    case connection = 4
    case type = 5
    case physicalInterface = 6
    case vlan = 7
    case mtu = 8
    case category = 9
    case system = 10
    case dnsDomain = 11
    case dns = 12
    case routes = 13
    /// The link of an L3 network to its L2 network.
    case l2 = 14
    /// The text of an object that is itself a file (a range) or a link (an attachment).
    case value = 15
    /// The bridge name chosen when a network was attached. Not a file.
    case bridge = 16
    /// The connection that a host goes back to when its new one is refused. Not a file.
    case previousConnection = 17
    /// The files that were removed and whose values are still in force (`ObjectRecord.leaving`). Not a file.
    case leaving = 18
    /// The attachment that a new one replaces when its hosts have taken it. Not a file.
    case replaces = 19
    /// Set on the top of a directory that was renamed into place until its hosts have taken what is in it. Not a file.
    case arriving = 20
    /// The network identifier of an L2VxlanNetwork.
    case vni = 21
    /// The GRE key of an L2OvsGreNetwork.
    case key = 22
    /// The end of a host's tunnels.
    case vtep = 23
    /// The VNIs that a zone keeps for its networks.
    case vniRanges = 24
    /// What is done about changes that somebody made on a host by hand.
    case drift = 25
    /// The VNI that an L2VxlanNetwork got from its zone's pool. Not a file.
    case allocatedVNI = 26
}

/// Names each collection directory of the tree. Raw values are stored and are part of inode numbers: 128...255, never renumber.
public enum CollectionID: UInt8, Hashable, Sendable, CaseIterable {
    case zones = 128
    case clusters = 129
    case hosts = 130
    case l2Networks = 131
    case attachments = 132
    case l3Networks = 133
    case ranges = 134
    case reserved = 135
}
