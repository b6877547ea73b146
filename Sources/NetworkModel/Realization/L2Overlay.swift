/// How an L2 network reaches the other hosts: through tunnels over IP.
public struct L2Overlay: Hashable, Sendable {
    /// What tells the networks in a tunnel apart.
    public enum Tunnel: Hashable, Sendable {
        /// VXLAN (RFC 7348) with this network identifier, 1...16777214.
        case vxlan(vni: Int)
        /// GRE with a key (RFC 2890), 1...4294967295, between Open vSwitch bridges.
        case ovsGre(key: Int)
    }

    /// The UDP port of VXLAN (IANA, RFC 7348 §8).
    public static let vxlanPort = 4789

    public let tunnel: Tunnel
    /// The host's own end.
    public let local: IPAddress
    /// The ends on the other hosts that have the network, ascending.
    public var peers: [IPAddress]

    public init(_ tunnel: Tunnel, local: IPAddress, peers: [IPAddress] = []) {
        self.tunnel = tunnel
        self.local = local
        self.peers = peers
    }

    /// Whether only the peers differ.
    public func hasSameEnd(as other: L2Overlay) -> Bool {
        tunnel == other.tunnel && local == other.local
    }
}

/// `vxlan 100 10.0.0.1 10.0.0.2 10.0.0.3`: the number, the own end, the peers. Stores keep it so.
extension L2Overlay: CustomStringConvertible {
    public init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count >= 3, let number = Int(words[1]), let local = IPAddress(words[2]) else { return nil }
        switch words[0] {
        case "vxlan" where L2Network.vnis.contains(number): tunnel = .vxlan(vni: number)
        case "gre" where L2Network.keys.contains(number): tunnel = .ovsGre(key: number)
        default: return nil
        }
        self.local = local
        peers = words[3...].compactMap { IPAddress($0) }
        guard peers.count == words.count - 3 else { return nil }
    }

    public var description: String {
        let beginning =
            switch tunnel {
            case .vxlan(let vni): "vxlan \(vni)"
            case .ovsGre(let key): "gre \(key)"
            }
        return ([beginning, local.description] + peers.map(\.description)).joined(separator: " ")
    }
}
