import AgentProtocol
import NetworkModel
import Testing

@testable import Hypervisors

@Suite("Settings for all KVM hosts")
struct KVMOptionsTests {
    private let network = L2Specification(
        networkUUID: UniqueID(high: 1, low: 2), type: .vlan, physicalInterface: "eth0", vlan: 10, bridge: "br_eth0_10",
        mtu: 9000)

    @Test("RE-18: the bridge request carries disableIptables", arguments: [true, false])
    func iptables(_ isDisabled: Bool) {
        let spec = L2Spec(network, KVMOptions(disablesIptables: isDisabled))
        #expect(
            spec
                == L2Spec(
                    networkUUID: "00000000000000010000000000000002", kind: .vlan(10), physicalInterface: "eth0",
                    bridge: "br_eth0_10", device: "eth0.10", mtu: 9000, disableIptables: isDisabled))
    }

    @Test("the ports of VMs come along, in the words of the agent's protocol")
    func ports() throws {
        var network = network
        network.ports = [
            VMPort(name: "vnic1.0", mac: MACAddress(0xFA00_0000_0001), mtu: 1450, owner: 1000, guest: .tap),
            VMPort(
                name: "vnic2.0", mac: MACAddress(0x0000_0000_0002), mtu: nil, owner: 0,
                guest: .namespace("red", device: "eth0")),
        ]
        let spec = L2Spec(network, KVMOptions())
        try spec.validate()
        #expect(
            spec.ports == [
                L2Spec.Port(name: "vnic1.0", mac: "fa:00:00:00:00:01", mtu: 1450, owner: 1000, guest: .tap),
                L2Spec.Port(name: "vnic2.0", mac: "00:00:00:00:00:02", guest: .namespace("red", device: "eth0")),
            ])
    }
}
