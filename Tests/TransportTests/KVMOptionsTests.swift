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
}
