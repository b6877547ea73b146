import NetworkModel

/// Names of what netmodelfs makes on ESXi hosts. There is no place for a mark but the name.
struct ESXiNames: Hashable, Sendable {
    /// The store that the daemon works for; nil: names do not tell.
    var store: UniqueID?

    private static let word = "netmodelfs"

    /// The half of the store's UUID that is in a name, 16 digits: the whole would make it too long.
    private var storeText: String? { store.map { String($0.description.prefix(16)) } }

    /// The port group of a network: the bridge that a KVM host has for it (paper: `br_eth0_10`), which people read, and
    /// whose it is: `br_vmnic0_10.netmodelfs.`, the first half of the store's UUID, a dot and the network's UUID. At most
    /// 76 characters; ESXi allows 80.
    func portGroup(_ network: L2Specification) -> String {
        guard let storeText else { return earlierPortGroup(network) }
        return "\(network.bridge).\(Self.word).\(storeText).\(network.networkUUID)"
    }

    /// What earlier versions called it, without the store.
    func earlierPortGroup(_ network: L2Specification) -> String {
        "\(network.bridge).\(Self.word).\(network.networkUUID)"
    }

    /// The mark in the name of a port group; nil for what is not ours and for what another store's daemon made.
    func mark(of portGroup: String) -> HostMark? {
        var words = portGroup.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard let network = words.popLast().flatMap({ UniqueID($0) }), let last = words.popLast() else { return nil }
        var owner: UniqueID?
        if last != Self.word {
            guard last == storeText, words.popLast() == Self.word else { return nil }
            owner = store
        }
        guard !words.isEmpty else { return nil }
        return HostMark(store: owner, network: network, bridge: words.joined(separator: "."), devices: [])
    }

    /// The vSwitch that is made for an interface that has none: `netmodelfs-vmnic1`.
    static func vswitch(for interface: String) -> String {
        "\(word)-\(interface)"
    }

    /// The longest name of a vSwitch, in characters.
    static let vswitchLimit = 31
}
