import CNetlink
import Glibc

/// A network link as the kernel describes it in an `RTM_NEWLINK` message.
struct Link: Hashable, Sendable {
    /// The settings of a bridge that we care for; `nil`: the kernel does not have them.
    struct Bridge: Hashable, Sendable {
        var stp: UInt32?
        /// In hundredths of a second.
        var forwardDelay: UInt32?
        var callsIPTables: UInt8?
        var callsIP6Tables: UInt8?
    }

    /// What tells a VXLAN device from others.
    struct VXLAN: Hashable, Sendable {
        var vni: UInt32?
        /// The bytes of the own end, 4 or 16; empty: none was set.
        var local: [UInt8] = []
        var port: UInt16?
    }

    /// What tells a tap from others.
    struct Tap: Hashable, Sendable {
        /// `IFF_TUN` or `IFF_TAP`.
        var type: UInt8?
        /// The uid that may open it; `nil`: root only.
        var owner: UInt32?
        var isPersistent: Bool?
    }

    /// The other end of a veth.
    struct Peer: Hashable, Sendable {
        var index: CInt
        /// The kernel's number for the network namespace that it is in; `nil`: the same as this end's.
        var namespace: Int32?
    }

    var index: CInt
    var name: String
    /// `bridge`, `vlan`, `veth`, …; `nil` for hardware.
    var kind: String?
    var alias: String?
    var flags: UInt32
    var hardwareType: UInt16
    /// The MAC address.
    var address: [UInt8]
    var mtu: UInt32
    /// The largest MTU that the driver takes; 0: it does not say.
    var maximumMTU: UInt32
    var master: CInt?
    /// The link below, of a VLAN device of this namespace.
    var parent: CInt?
    var vlanID: UInt16?
    /// An EtherType in host byte order: 0x8100 for IEEE 802.1Q.
    var vlanProtocol: UInt16?
    var group: UInt32
    var bridge: Bridge?
    var vxlan: VXLAN?
    var tap: Tap?
    var peer: Peer?
    /// `IN6_ADDR_GEN_MODE_…`; `nil` where there is no IPv6.
    var addressGeneration: UInt8?

    /// `ARPHRD_ETHER` (linux/if_arp.h).
    private static let ethernet: UInt16 = 1

    var isUp: Bool { flags & UInt32(IFF_UP) != 0 }
    var isLoopback: Bool { flags & UInt32(IFF_LOOPBACK) != 0 }
    var isBridge: Bool { kind == "bridge" }
    var isVXLAN: Bool { kind == "vxlan" }
    var isVLAN: Bool { kind == "vlan" }
    var isEthernet: Bool { hardwareType == Self.ethernet }

    /// The network of our mark.
    var networkUUID: String? { mark?.networkUUID }

    /// Whose it is; `nil` for a link that is not ours.
    var mark: LinkMark? { LinkMark(alias: alias) }

    /// Whether the link was made for the network.
    func belongs(to networkUUID: String) -> Bool {
        self.networkUUID == networkUUID || isUnfinished
    }

    /// Whether its making was cut short before it got its mark.
    var isUnfinished: Bool { alias == nil && group == LinkMark.unfinishedGroup }

    /// Reads a message; `nil` if it is no description of a link of the host (bridges also tell of their ports in
    /// messages of this type, with the family `AF_BRIDGE`).
    init?(_ message: UnsafeMutablePointer<nlmsghdr>) {
        let type = Int(message.pointee.nlmsg_type)
        guard type == Int(RTM_NEWLINK) || type == Int(RTM_DELLINK),
            nlmsg_valid_hdr(message, CInt(MemoryLayout<ifinfomsg>.size)) != 0, let data = nlmsg_data(message)
        else { return nil }
        let header = data.loadUnaligned(as: ifinfomsg.self)
        guard CInt(header.ifi_family) == AF_UNSPEC else { return nil }
        index = header.ifi_index
        flags = header.ifi_flags
        hardwareType = header.ifi_type
        name = ""
        address = []
        mtu = 0
        maximumMTU = 0
        group = 0
        var below: CInt?
        var otherNamespace: Int32?

        for attribute in NetlinkAttribute.list(in: message, after: MemoryLayout<ifinfomsg>.size) {
            switch attribute.type {
            case Int(IFLA_IFNAME): name = attribute.string
            case Int(IFLA_IFALIAS): alias = attribute.string.isEmpty ? nil : attribute.string
            case Int(IFLA_ADDRESS): address = attribute.bytes
            case Int(IFLA_MTU): mtu = attribute.u32 ?? 0
            case Int(IFLA_MAX_MTU): maximumMTU = attribute.u32 ?? 0
            case Int(IFLA_MASTER): master = attribute.i32
            case Int(IFLA_LINK): below = attribute.i32
            case Int(IFLA_LINK_NETNSID): otherNamespace = attribute.i32
            case Int(IFLA_GROUP): group = attribute.u32 ?? 0
            case Int(IFLA_LINKINFO): read(linkInfo: attribute.nested)
            case Int(IFLA_AF_SPEC): read(families: attribute.nested)
            default: break
            }
        }
        if isVLAN, otherNamespace == nil { parent = below }
        if kind == "veth", let below { peer = Peer(index: below, namespace: otherNamespace) }
        guard !name.isEmpty else { return nil }
    }

    private mutating func read(linkInfo attributes: [NetlinkAttribute]) {
        kind = attributes.first { $0.type == Int(IFLA_INFO_KIND) }?.string
        let settings = attributes.first { $0.type == Int(IFLA_INFO_DATA) }?.nested ?? []
        switch kind {
        case "vlan":
            for setting in settings {
                switch setting.type {
                case Int(IFLA_VLAN_ID): vlanID = setting.u16
                case Int(IFLA_VLAN_PROTOCOL): vlanProtocol = setting.u16?.bigEndian
                default: break
                }
            }
        case "vxlan":
            var vxlan = VXLAN()
            for setting in settings {
                switch setting.type {
                case Int(IFLA_VXLAN_ID): vxlan.vni = setting.u32
                case Int(IFLA_VXLAN_LOCAL), Int(IFLA_VXLAN_LOCAL6): vxlan.local = setting.bytes
                case Int(IFLA_VXLAN_PORT): vxlan.port = setting.u16?.bigEndian
                default: break
                }
            }
            self.vxlan = vxlan
        case "tun":
            var tap = Tap()
            for setting in settings {
                switch setting.type {
                case Int(IFLA_TUN_TYPE): tap.type = setting.u8
                case Int(IFLA_TUN_OWNER): tap.owner = setting.u32
                case Int(IFLA_TUN_PERSIST): tap.isPersistent = setting.u8.map { $0 != 0 }
                default: break
                }
            }
            self.tap = tap
        case "bridge":
            var bridge = Bridge()
            for setting in settings {
                switch setting.type {
                case Int(IFLA_BR_STP_STATE): bridge.stp = setting.u32
                case Int(IFLA_BR_FORWARD_DELAY): bridge.forwardDelay = setting.u32
                case Int(IFLA_BR_NF_CALL_IPTABLES): bridge.callsIPTables = setting.u8
                case Int(IFLA_BR_NF_CALL_IP6TABLES): bridge.callsIP6Tables = setting.u8
                default: break
                }
            }
            self.bridge = bridge
        default:
            break
        }
    }

    private mutating func read(families: [NetlinkAttribute]) {
        let ipv6 = families.first { $0.type == Int(AF_INET6) }?.nested ?? []
        addressGeneration = ipv6.first { $0.type == Int(IFLA_INET6_ADDR_GEN_MODE) }?.u8
    }
}
