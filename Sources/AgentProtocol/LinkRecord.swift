/// A link of a host that carries a mark of ours.
public struct LinkRecord: Codable, Hashable, Sendable {
    /// The name, for instance `br_eth0`.
    public var name: String
    /// The kernel's name for the kind of link: `bridge`, `vlan`, ….
    public var kind: String
    /// The UUID in the mark.
    public var networkUUID: String
    /// The store in the mark; `nil` where the mark does not tell.
    public var storeUUID: String?
    /// The name of the bridge (or other master) that the link is a port of.
    public var master: String?
    /// The VLAN id of a VLAN device.
    public var vlanID: UInt16?
    /// The name of the interface below a VLAN device.
    public var parent: String?
    /// The MTU in bytes.
    public var mtu: Int
    /// Whether the link is set up (administratively; a cable may still be missing).
    public var up: Bool

    /// Creates a record.
    public init(
        name: String, kind: String, networkUUID: String, storeUUID: String? = nil, master: String? = nil,
        vlanID: UInt16? = nil,
        parent: String? = nil, mtu: Int, up: Bool
    ) {
        self.name = name
        self.kind = kind
        self.networkUUID = networkUUID
        self.storeUUID = storeUUID
        self.master = master
        self.vlanID = vlanID
        self.parent = parent
        self.mtu = mtu
        self.up = up
    }
}
