import NetworkModel

/// What an ESXi host has of standard vSwitches and port groups (vSphere: `HostNetworkInfo`).
struct ESXiHostNetwork: Hashable, Sendable {
    struct Switch: Hashable, Sendable {
        var name: String
        /// Names of physical interfaces, such as `vmnic0`.
        var uplinks: [String]
        var portGroups: [String]
        /// Bytes.
        var mtu: Int
    }

    struct PortGroup: Hashable, Sendable {
        var name: String
        /// 0 for no VLAN, 4095 for all.
        var vlan: Int
        var vswitch: String
    }

    /// One call that changes the host.
    enum Step: Hashable, Sendable {
        case addSwitch(String, uplinks: [String], mtu: Int?)
        case updateSwitch(String, uplinks: [String], mtu: Int?)
        case removeSwitch(String)
        case addPortGroup(String, vlan: Int, vswitch: String)
        case updatePortGroup(String, vlan: Int, vswitch: String)
        case removePortGroup(String)
    }

    /// What port groups of ours are called.
    var names = ESXiNames()
    var interfaces: [String] = []
    var switches: [Switch] = []
    var portGroups: [PortGroup] = []
    /// Interfaces of distributed switches, which only a vCenter can change, and those switches' names.
    var distributed: [String: String] = [:]

    static let properties = [
        "networkInfo.pnic", "networkInfo.vswitch", "networkInfo.portgroup", "networkInfo.proxySwitch",
    ]

    init() {}

    /// Reads the values of `properties`.
    init(_ values: [String: XMLTree]) {
        var nameOfKey: [String: String] = [:]
        for interface in values["networkInfo.pnic"]?.children ?? [] {
            guard let name = interface.text("device") else { continue }
            interfaces.append(name)
            nameOfKey[interface.text("key") ?? name] = name
        }
        for element in values["networkInfo.vswitch"]?.children ?? [] {
            guard let name = element.text("name") else { continue }
            let bridge = element.first("spec")?.first("bridge")?.all("nicDevice").map(\.text) ?? []
            let attached = element.all("pnic").compactMap { nameOfKey[$0.text] }
            switches.append(
                Switch(
                    name: name, uplinks: attached + bridge.filter { !attached.contains($0) }, portGroups: [],
                    mtu: element.text("mtu").flatMap { Int($0) } ?? 1500))
        }
        for element in values["networkInfo.portgroup"]?.children ?? [] {
            guard let specification = element.first("spec"), let name = specification.text("name") else { continue }
            let vswitch = specification.text("vswitchName") ?? ""
            portGroups.append(
                PortGroup(name: name, vlan: specification.text("vlanId").flatMap { Int($0) } ?? 0, vswitch: vswitch))
            if let index = switches.firstIndex(where: { $0.name == vswitch }) {
                switches[index].portGroups.append(name)
            }
        }
        for element in values["networkInfo.proxySwitch"]?.children ?? [] {
            for key in element.all("pnic") {
                distributed[nameOfKey[key.text] ?? key.text] = element.text("dvsName") ?? "a distributed switch"
            }
        }
    }

    func vswitch(with interface: String) -> Switch? { switches.first { $0.uplinks.contains(interface) } }
    func vswitch(named name: String) -> Switch? { switches.first { $0.name == name } }

    /// The port groups of a network; one by an earlier name is as good as another.
    func portGroups(of network: L2Specification) -> [PortGroup] {
        [names.portGroup(network), names.earlierPortGroup(network)].reduce(into: []) { found, name in
            if let group = portGroup(named: name), !found.contains(group) { found.append(group) }
        }
    }

    func portGroup(named name: String) -> PortGroup? { portGroups.first { $0.name == name } }
}
