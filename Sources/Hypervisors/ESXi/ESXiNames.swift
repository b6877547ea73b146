import NetworkModel

/// Names of what netmodelfs makes on ESXi hosts. There is no place for a mark but the name.
enum ESXiNames {
    /// The port group of a network: the bridge that a KVM host has for it (paper: `br_eth0_10`), which people read, and
    /// whose it is: `br_vmnic0_10.netmodelfs.` and the network's UUID. At most 59 characters; ESXi allows 80.
    static func portGroup(_ network: L2Specification) -> String {
        "\(network.bridge).netmodelfs.\(network.networkUUID)"
    }

    /// The vSwitch that is made for an interface that has none: `netmodelfs-vmnic1`.
    static func vswitch(for interface: String) -> String {
        "netmodelfs-\(interface)"
    }

    /// The longest name of a vSwitch, in characters.
    static let vswitchLimit = 31
}
