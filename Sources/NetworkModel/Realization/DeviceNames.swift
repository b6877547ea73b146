/// Names of the Linux devices that make a network (ZStack: `KVMHostUtils`, facts §3.5).
public enum DeviceNames {
    /// The longest name of a device, in bytes: IFNAMSIZ less the final zero.
    public static let limit = 15

    /// `br_eth0`, or `br_eth0_10` for a VLAN. A name over 15 bytes becomes `br_` and twelve digits of its hash: always
    /// the same for the same interface and VLAN. Where another network has that name already (the interface `eth0_10`
    /// without VLAN, beside VLAN 10 on `eth0`), `l2_` and the first twelve digits of the network's UUID.
    public static func bridge(
        interface: String, vlan: Int?, uuid: UniqueID, isTaken: (String) -> Bool
    ) -> String {
        bridge(interface + (vlan.map { "_\($0)" } ?? ""), uuid: uuid, isTaken: isTaken)
    }

    /// `br_eth0_10`, `br_vx_100` for VNI 100 or `br_gre_7` for GRE key 7, with the same exceptions.
    static func bridge(of network: L2Network, uuid: UniqueID, isTaken: (String) -> Bool) -> String {
        switch network.tunnel {
        case .vxlan(let vni)?: bridge("vx_\(vni)", uuid: uuid, isTaken: isTaken)
        case .ovsGre(let key)?: bridge("gre_\(key)", uuid: uuid, isTaken: isTaken)
        case nil:
            bridge(interface: network.physicalInterface ?? "", vlan: network.vlan, uuid: uuid, isTaken: isTaken)
        }
    }

    private static func bridge(_ rest: String, uuid: UniqueID, isTaken: (String) -> Bool) -> String {
        let full = "br_" + rest
        let name = full.utf8.count <= limit ? full : "br_" + digest(full)
        return isTaken(name) ? "l2_" + String(uuid.description.prefix(12)) : name
    }

    /// `eth0.10`. At most 15 bytes, which the rules for attaching see to.
    public static func vlanDevice(interface: String, vlan: Int) -> String {
        "\(interface).\(vlan)"
    }

    /// `vxlan100`, at most 13 bytes.
    public static func vxlanDevice(vni: Int) -> String { "vxlan\(vni)" }

    /// Twelve hexadecimal digits of the FNV-1a hash (64 bits, folded): stable for ever, unlike `Hasher`.
    private static func digest(_ text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let folded = (hash ^ (hash >> 48)) & 0xFFFF_FFFF_FFFF
        let digits = String(folded, radix: 16)
        return String(repeating: "0", count: 12 - digits.utf8.count) + digits
    }
}
