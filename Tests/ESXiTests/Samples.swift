import NetworkModel
import Realization

@testable import Hypervisors

enum Samples {
    static let uuid = UniqueID(high: 0x0123_4567_89ab_4def, low: 0x8123_4567_89ab_cdef)

    static func network(_ interface: String = "vmnic1", vlan: Int? = 10, mtu: Int? = nil) -> L2Specification {
        L2Specification(
            networkUUID: uuid, type: vlan == nil ? .noVlan : .vlan, physicalInterface: interface, vlan: vlan,
            bridge: "br_\(interface)" + (vlan.map { "_\($0)" } ?? ""), mtu: mtu)
    }

    static let group = "br_vmnic1_10.netmodelfs.0123456789ab4def8123456789abcdef"

    /// vmnic0 on vSwitch0, vmnic1 to vmnic3 free.
    static var host: ESXiHostNetwork {
        var host = ESXiHostNetwork()
        host.interfaces = ["vmnic0", "vmnic1", "vmnic2", "vmnic3"]
        host.switches = [.init(name: "vSwitch0", uplinks: ["vmnic0"], portGroups: ["VM Network"], mtu: 1500)]
        host.portGroups = [.init(name: "VM Network", vlan: 0, vswitch: "vSwitch0")]
        return host
    }

    /// The same with `network()` on it.
    static var realized: ESXiHostNetwork {
        var host = host
        host.switches.append(.init(name: "netmodelfs-vmnic1", uplinks: ["vmnic1"], portGroups: [group], mtu: 1500))
        host.portGroups.append(.init(name: group, vlan: 10, vswitch: "netmodelfs-vmnic1"))
        return host
    }
}
