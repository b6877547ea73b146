/// What a host must be made to have for one L2 network: everything that a hypervisor plugin needs, and nothing else.
public struct L2Specification: Hashable, Sendable {
    public let networkUUID: UniqueID
    public let type: L2NetworkType
    public let physicalInterface: String
    /// 1...4094 for an L2VlanNetwork, else nil.
    public let vlan: Int?
    /// The bridge's name, at most 15 bytes.
    public let bridge: String
    /// Bytes; nil leaves the interface's own.
    public let mtu: Int?

    public init(
        networkUUID: UniqueID, type: L2NetworkType, physicalInterface: String, vlan: Int?, bridge: String, mtu: Int?
    ) {
        self.networkUUID = networkUUID
        self.type = type
        self.physicalInterface = physicalInterface
        self.vlan = vlan
        self.bridge = bridge
        self.mtu = mtu
    }

    /// The VLAN device's name, where there is one.
    public var device: String? {
        vlan.map { DeviceNames.vlanDevice(interface: physicalInterface, vlan: $0) }
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
    /// Why the last attempt failed; nil when it did not.
    public var failure: String?
    /// When anything of this changed, nanoseconds since 1970.
    public var changed: Int64

    public init(
        id: ObjectID, network: ObjectID, host: ObjectID, wanted: L2Specification?, applied: L2Specification? = nil,
        wantedGeneration: Int64 = 1, appliedGeneration: Int64 = 0, failure: String? = nil, changed: Int64
    ) {
        self.id = id
        self.network = network
        self.host = host
        self.wanted = wanted
        self.applied = applied
        self.wantedGeneration = wantedGeneration
        self.appliedGeneration = appliedGeneration
        self.failure = failure
        self.changed = changed
    }

    public var isConverged: Bool {
        wantedGeneration == appliedGeneration && wanted == applied
    }
}
