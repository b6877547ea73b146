/// One L2 network as one host has to realize it: every name is already chosen, the host decides nothing.
public struct L2Spec: Codable, Hashable, Sendable {
    /// How frames of the network are told from other frames on the physical interface.
    public enum Kind: Hashable, Sendable {
        /// Untagged frames: the physical interface itself is a port of the bridge.
        case noVlan
        /// Frames with this IEEE 802.1Q VLAN id (1...4094).
        case vlan(UInt16)
        /// Frames in VXLAN tunnels to other hosts.
        case vxlan(VXLAN)
        /// Frames in GRE tunnels to other hosts, between Open vSwitch bridges.
        case ovsGre(GRE)
    }

    /// Tunnels of RFC 7348.
    public struct VXLAN: Codable, Hashable, Sendable {
        /// The network identifier, 1...16777214.
        public var vni: UInt32
        /// The address of this host's end, IPv4 or IPv6.
        public var local: String
        /// The addresses of the other hosts' ends: what is for all goes to each of them.
        public var peers: [String]
        /// The UDP port of all ends.
        public var port: UInt16

        /// Creates tunnels.
        public init(vni: UInt32, local: String, peers: [String], port: UInt16 = 4789) {
            self.vni = vni
            self.local = local
            self.peers = peers
            self.port = port
        }
    }

    /// Tunnels of RFC 2784 with the key of RFC 2890.
    public struct GRE: Codable, Hashable, Sendable {
        /// 1...4294967295.
        public var key: UInt32
        /// The address of this host's end, IPv4 or IPv6.
        public var local: String
        /// The addresses of the other hosts' ends.
        public var peers: [String]

        /// Creates tunnels.
        public init(key: UInt32, local: String, peers: [String]) {
            self.key = key
            self.local = local
            self.peers = peers
        }
    }

    /// The UUID of the L2 network; every link made for it carries it in its mark.
    public var networkUUID: String
    /// The UUID of the store whose daemon asks; it is in the mark beside the network's. `nil`: the mark does not tell.
    public var storeUUID: String?
    /// Untagged, tagged with a VLAN id, or in tunnels.
    public var kind: Kind
    /// The name of the interface of the host that leads to the network, for instance `eth0`; empty for tunnels.
    public var physicalInterface: String
    /// The name of the bridge, for instance `br_eth0_10`.
    public var bridge: String
    /// The name of the VLAN device, for instance `eth0.10`, or of the VXLAN device, for instance `vxlan100`; `nil` for
    /// other kinds.
    public var device: String?
    /// The MTU in bytes that the interface, the device and the bridge must at least have; `nil` leaves them alone. For
    /// tunnels, exactly that of the device; `nil`: what fits into the packets of the host.
    public var mtu: Int?
    /// Whether frames that the bridge forwards pass by iptables and ip6tables (`true`) or go through them (`false`).
    public var disableIptables: Bool
    /// The NICs of VMs that are plugged into the bridge: these, and no others that were made for the network.
    public var ports: [Port] {
        get { somePorts ?? [] }
        set { somePorts = newValue.isEmpty ? nil : newValue }
    }

    /// On the wire there is nothing where there are no ports.
    private var somePorts: [Port]?

    private enum CodingKeys: String, CodingKey {
        case networkUUID
        case storeUUID
        case kind
        case physicalInterface
        case bridge
        case device
        case mtu
        case disableIptables
        case somePorts = "ports"
    }

    /// Creates a specification; ``validate()`` tells whether it makes sense.
    public init(
        networkUUID: String,
        storeUUID: String? = nil,
        kind: Kind,
        physicalInterface: String,
        bridge: String,
        device: String? = nil,
        mtu: Int? = nil,
        disableIptables: Bool = false,
        ports: [Port] = []
    ) {
        self.networkUUID = networkUUID
        self.storeUUID = storeUUID
        self.kind = kind
        self.physicalInterface = physicalInterface
        self.bridge = bridge
        self.device = device
        self.mtu = mtu
        self.disableIptables = disableIptables
        self.ports = ports
    }
}

/// On the wire a kind is `{"type":"noVlan"}`, `{"type":"vlan","id":10}`,
/// `{"type":"vxlan","vni":100,"local":"10.0.0.1","peers":["10.0.0.2"],"port":4789}` or
/// `{"type":"ovsGre","key":7,"local":"10.0.0.1","peers":["10.0.0.2"]}`.
extension L2Spec.Kind: Codable {
    private enum Key: String, CodingKey {
        case type
        case id
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let type = try container.decode(String.self, forKey: .type)
        switch type {
        case "noVlan":
            self = .noVlan
        case "vlan":
            self = .vlan(try container.decode(UInt16.self, forKey: .id))
        case "vxlan":
            self = .vxlan(try L2Spec.VXLAN(from: decoder))
        case "ovsGre":
            self = .ovsGre(try L2Spec.GRE(from: decoder))
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .type, in: container, debugDescription: "no kind of L2 network is called \"\(type)\"")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .noVlan:
            try container.encode("noVlan", forKey: .type)
        case .vlan(let id):
            try container.encode("vlan", forKey: .type)
            try container.encode(id, forKey: .id)
        case .vxlan(let vxlan):
            try container.encode("vxlan", forKey: .type)
            try vxlan.encode(to: encoder)
        case .ovsGre(let gre):
            try container.encode("ovsGre", forKey: .type)
            try gre.encode(to: encoder)
        }
    }
}
