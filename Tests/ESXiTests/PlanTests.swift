import NetworkModel
import Testing

@testable import Hypervisors

@Suite("What an ESXi host is told")
struct PlanTests {
    @Test func `the name tells what it is and whose`() {
        #expect(ESXiNames.portGroup(Samples.network()) == Samples.group)
        let longest = L2Specification(
            networkUUID: Samples.uuid, type: .vlan, physicalInterface: "vmnic1", vlan: 4094,
            bridge: String(repeating: "b", count: 15), mtu: nil)
        #expect(ESXiNames.portGroup(longest).utf8.count == 59)
    }

    @Test func `people are told of the port group`() {
        let facts = VMwareRealizeL2VlanNetworkBackend().facts(of: Samples.network(mtu: 9000))
        #expect(
            facts.map { "\($0.name) \($0.value.text)" } == [
                "port-group \(Samples.group)", "vlan 10", "physical-interface vmnic1", "mtu 9000",
            ])
    }

    @Test func `a port group on the vSwitch that has the interface, which is made when there is none`() throws {
        #expect(
            try Samples.host.steps(toRealize: Samples.network()) == [
                .addSwitch("netmodelfs-vmnic1", uplinks: ["vmnic1"], mtu: nil),
                .addPortGroup(Samples.group, vlan: 10, vswitch: "netmodelfs-vmnic1"),
            ])
        #expect(
            try Samples.host.steps(toRealize: Samples.network("vmnic0", vlan: nil)) == [
                .addPortGroup(
                    "br_vmnic0.netmodelfs.0123456789ab4def8123456789abcdef", vlan: 0, vswitch: "vSwitch0")
            ])
        #expect(try Samples.realized.steps(toRealize: Samples.network()).isEmpty)
        #expect(Samples.realized.drift(of: Samples.network()).isEmpty)
        #expect(Samples.host.drift(of: Samples.network()).isEmpty)
    }

    @Test func `what was changed by hand is told and mended`() throws {
        var host = Samples.realized
        host.portGroups[1].vlan = 20
        #expect(host.drift(of: Samples.network()) == ["The port group \(Samples.group) has VLAN 20 in place of 10."])
        #expect(
            try host.steps(toRealize: Samples.network()) == [
                .updatePortGroup(Samples.group, vlan: 10, vswitch: "netmodelfs-vmnic1")
            ])
        host = Samples.realized
        host.portGroups[1].vswitch = "vSwitch0"
        #expect(host.drift(of: Samples.network()).count == 1)
        #expect(
            try host.steps(toRealize: Samples.network()) == [
                .removePortGroup(Samples.group),
                .addPortGroup(Samples.group, vlan: 10, vswitch: "netmodelfs-vmnic1"),
            ])
        host = Samples.realized
        host.switches[1].uplinks = []
        #expect(host.drift(of: Samples.network()).count == 1)
        #expect(
            try host.steps(toRealize: Samples.network()) == [
                .updateSwitch("netmodelfs-vmnic1", uplinks: ["vmnic1"], mtu: 1500)
            ])
    }

    @Test func `the MTU is that of a vSwitch of ours`() throws {
        #expect(
            try Samples.realized.steps(toRealize: Samples.network(mtu: 9000)) == [
                .updateSwitch("netmodelfs-vmnic1", uplinks: ["vmnic1"], mtu: 9000)
            ])
        #expect(try Samples.realized.steps(toRealize: Samples.network(mtu: 1400)).isEmpty)
        #expect(rule { try Samples.host.steps(toRealize: Samples.network("vmnic0", mtu: 9000)) } == "esxi.vswitch.mtu")
    }

    @Test func `what is left goes, and what others use stays`() {
        #expect(
            Samples.realized.steps(toRelease: Samples.network()) == [
                .removePortGroup(Samples.group), .removeSwitch("netmodelfs-vmnic1"),
            ])
        var host = Samples.realized
        host.switches[1].portGroups.append("other")
        #expect(host.steps(toRelease: Samples.network()) == [.removePortGroup(Samples.group)])
        #expect(Samples.host.steps(toRelease: Samples.network("vmnic0")).isEmpty)
        #expect(Samples.host.steps(toRelease: Samples.network()).isEmpty)
    }

    @Test func `interfaces that cannot be used`() {
        var host = Samples.realized
        #expect(rule { try host.steps(toRealize: Samples.network("vmnic9")) } == "esxi.interface.missing")
        host.switches[1].uplinks = ["vmnic2"]
        #expect(rule { try host.steps(toRealize: Samples.network()) } == "esxi.vswitch.not-ours")
        host.distributed["vmnic3"] = "dvs"
        #expect(rule { try host.steps(toRealize: Samples.network("vmnic3")) } == "esxi.interface.distributed")
        host.interfaces.append("averyveryverylongname")
        #expect(
            rule { try host.steps(toRealize: Samples.network("averyveryverylongname")) }
                == "esxi.interface.name-too-long")
    }

    private func rule(_ body: () throws -> [ESXiHostNetwork.Step]) -> String? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? Refusal)?.rule
        }
    }
}
