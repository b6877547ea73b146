/// One L2 network as one host has to realize it: every name is already chosen, the host decides nothing.
public struct L2Spec: Codable, Hashable, Sendable {
    /// How frames of the network are told from other frames on the physical interface.
    public enum Kind: Hashable, Sendable {
        /// Untagged frames: the physical interface itself is a port of the bridge.
        case noVlan
        /// Frames with this IEEE 802.1Q VLAN id (1...4094).
        case vlan(UInt16)
    }

    /// The UUID of the L2 network; every link made for it carries it in its mark.
    public var networkUUID: String
    /// Untagged, or tagged with a VLAN id.
    public var kind: Kind
    /// The name of the interface of the host that leads to the network, for instance `eth0`.
    public var physicalInterface: String
    /// The name of the bridge, for instance `br_eth0_10`.
    public var bridge: String
    /// The name of the VLAN device, for instance `eth0.10`; `nil` exactly when `kind` is `.noVlan`.
    public var device: String?
    /// The MTU in bytes that the interface, the device and the bridge must at least have; `nil` leaves them alone.
    public var mtu: Int?
    /// Whether frames that the bridge forwards pass by iptables and ip6tables (`true`) or go through them (`false`).
    public var disableIptables: Bool

    /// Creates a specification; ``validate()`` tells whether it makes sense.
    public init(
        networkUUID: String,
        kind: Kind,
        physicalInterface: String,
        bridge: String,
        device: String? = nil,
        mtu: Int? = nil,
        disableIptables: Bool = false
    ) {
        self.networkUUID = networkUUID
        self.kind = kind
        self.physicalInterface = physicalInterface
        self.bridge = bridge
        self.device = device
        self.mtu = mtu
        self.disableIptables = disableIptables
    }
}

/// On the wire a kind is `{"type":"noVlan"}` or `{"type":"vlan","id":10}`.
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
        }
    }
}
