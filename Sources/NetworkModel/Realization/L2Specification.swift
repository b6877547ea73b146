/// What a host must be made to have for one L2 network: everything that a hypervisor plugin needs, and nothing else.
public struct L2Specification: Hashable, Sendable {
    public let networkUUID: UniqueID
    public let type: L2NetworkType
    /// Empty for a network in tunnels, which stands on no interface.
    public let physicalInterface: String
    /// 1...4094 for an L2VlanNetwork, else nil.
    public let vlan: Int?
    /// The bridge's name, at most 15 bytes.
    public let bridge: String
    /// Bytes; nil leaves the interface's own.
    public let mtu: Int?
    /// The tunnels to the other hosts, for a network that has them.
    public var overlay: L2Overlay?
    /// The NICs of VMs that are plugged into it on this host, in the order of their names.
    public var ports: [VMPort]

    public init(
        networkUUID: UniqueID, type: L2NetworkType, physicalInterface: String, vlan: Int?, bridge: String, mtu: Int?,
        overlay: L2Overlay? = nil, ports: [VMPort] = []
    ) {
        self.networkUUID = networkUUID
        self.type = type
        self.physicalInterface = physicalInterface
        self.vlan = vlan
        self.bridge = bridge
        self.mtu = mtu
        self.overlay = overlay
        self.ports = ports
    }

    /// The ends of the tunnels on the other hosts that have the network, ascending.
    public var peers: [IPAddress] { overlay?.peers ?? [] }

    /// Whether it stands on an interface, or an address, that an untagged network may turn into a bridge port.
    public var isTagged: Bool { vlan != nil || overlay != nil }

    /// The name of the VLAN or VXLAN device, where there is one.
    public var device: String? {
        if case .vxlan(let vni)? = overlay?.tunnel { return DeviceNames.vxlanDevice(vni: vni) }
        return vlan.map { DeviceNames.vlanDevice(interface: physicalInterface, vlan: $0) }
    }
}

extension L2Specification {
    /// What it means on a host, in the words of the field: names of devices and their settings.
    public var facts: [Fact] {
        var facts = [Fact("bridge", .text(bridge))]
        if let device { facts.append(Fact("device", .text(device))) }
        if let overlay {
            facts.append(Fact("vtep", .text(overlay.local.description)))
            if !overlay.peers.isEmpty {
                facts.append(Fact("peers", .text(overlay.peers.map(\.description).joined(separator: " "))))
            }
        } else {
            facts.append(Fact("physical-interface", .text(physicalInterface)))
        }
        if let mtu { facts.append(Fact("mtu", .number(Int64(mtu)))) }
        if !ports.isEmpty { facts.append(Fact("ports", .text(ports.map(\.name).joined(separator: " ")))) }
        return facts
    }
}

/// What is wanted and what is so for one L2 network on one host (D4). Stored, so that a daemon that was killed knows
/// what hosts may still carry.
public struct RealizationRecord: Hashable, Sendable {
    public let id: ObjectID
    /// The L2 network. It may be gone while its remains are still on the host.
    public let network: ObjectID
    public let host: ObjectID
    /// What the host must have; nil when it must not have the network.
    public var wanted: L2Specification?
    /// What the host is known to have, or may have since it was told to; nil when it has nothing of the network.
    public var applied: L2Specification?
    /// Counts the changes of `wanted`.
    public var wantedGeneration: Int64
    /// The generation that was reached last.
    public var appliedGeneration: Int64
    /// How many VMs of the host need the network, where it is realized for them only (`isInstantiatedLater`).
    public var users: Int64
    /// Why the last attempt failed; nil when it did not.
    public var failure: String?
    /// When anything of this changed, nanoseconds since 1970.
    public var changed: Int64

    public init(
        id: ObjectID, network: ObjectID, host: ObjectID, wanted: L2Specification?, applied: L2Specification? = nil,
        wantedGeneration: Int64 = 1, appliedGeneration: Int64 = 0, users: Int64 = 0, failure: String? = nil,
        changed: Int64
    ) {
        self.id = id
        self.network = network
        self.host = host
        self.wanted = wanted
        self.applied = applied
        self.wantedGeneration = wantedGeneration
        self.appliedGeneration = appliedGeneration
        self.users = users
        self.failure = failure
        self.changed = changed
    }

    public var isConverged: Bool {
        wantedGeneration == appliedGeneration && wanted == applied
    }
}
