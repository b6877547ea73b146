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
    case vm = 10
    case nic = 11
    /// The broadcast domain of one owner of VMs, in an L2VxlanNetwork that leaves its VNI to them. In no directory.
    case ownerDomain = 12

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
        case .vm: "VM"
        case .nic: "NIC"
        case .ownerDomain: "owner's domain"
        }
    }

    /// `title` with its article: a zone, an L2 network.
    public var titleWithArticle: String {
        switch self {
        case .l2Network, .l3Network, .ipRange, .clusterAttachment, .ownerDomain: "an " + title
        case .root, .zone, .cluster, .host, .reservedRange, .vm, .nic: "a " + title
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
    /// The link of a VM to the host that it shall run on.
    case host = 27
    /// The link of a VM to the cluster that it shall run in.
    case cluster = 28
    /// The link of a NIC to its L3 network.
    case l3 = 29
    /// The addresses that a NIC shall have.
    case ip = 30
    case mac = 31
    /// The name of the NIC whose gateway a VM uses.
    case defaultNIC = 32
    /// What takes the guest's ends of a VM's ports.
    case guest = 33
    /// How an L3 network chooses addresses.
    case allocation = 34
    /// Where a VM is, and where it is on its way to (`VM.placement`). Not a file.
    case placed = 35
    /// Where a NIC is plugged in (`NIC.port`). Not a file.
    case port = 36
    /// The addresses that a NIC has. Not files.
    case address4 = 37
    case address6 = 38
    /// The MAC address that a NIC got when it was made. Not a file.
    case allocatedMAC = 39
    /// The number of a NIC among those of its VM. Not a file.
    case nicNumber = 40
    /// The addresses that an L3 network gave last, for the strategy that goes on from there. Not files.
    case cursor4 = 41
    case cursor6 = 42
    /// What the link `cluster` of a VM leads to, as a number. Not a file.
    case clusterTarget = 43
    /// The link `host` that a moving VM goes back to when its new host refuses. Not a file.
    case formerHost = 44
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
    // tar packs directories by these numbers: VMs come when all that they need is there.
    case vms = 136
    case nics = 137
    /// The domains of owners in an L2 network. Not a directory.
    case ownerDomains = 138
}
