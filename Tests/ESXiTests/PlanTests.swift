import NetworkModel
import Testing

@testable import Hypervisors

@Suite("What an ESXi host is told")
struct PlanTests {
    @Test func `the name tells what it is and whose`() {
        #expect(Self.names.portGroup(Samples.network()) == Self.group)
        #expect(ESXiNames().portGroup(Samples.network()) == Samples.group)
        let longest = L2Specification(
            networkUUID: Samples.uuid, type: .vlan, physicalInterface: "vmnic1", vlan: 4094,
            bridge: String(repeating: "b", count: 15), mtu: nil)
        #expect(Self.names.portGroup(longest).utf8.count == 76)
    }

    private static let names = ESXiNames(store: UniqueID(high: 0xfedc_ba98_7654_4210, low: 1))
    private static let group = "br_vmnic1_10.netmodelfs.fedcba9876544210.0123456789ab4def8123456789abcdef"

    @Test func `whose a port group is can be read from its name`() {
        let mark = HostMark(store: Self.names.store, network: Samples.uuid, bridge: "br_vmnic1_10", devices: [])
        #expect(Self.names.mark(of: Self.group) == mark)
        // Of earlier versions.
        #expect(
            Self.names.mark(of: Samples.group)
                == HostMark(store: nil, network: Samples.uuid, bridge: "br_vmnic1_10", devices: []))
        let uuid = Samples.uuid.description
        for other in [
            "br_vmnic1_10.netmodelfs.fedcba9876544211.\(uuid)", "netmodelfs.\(uuid)", "\(uuid)", "VM Network", "",
            "netmodelfs.fedcba9876544210.\(uuid)", "br.other.\(uuid)", "br.netmodelfs.fedcba9876544210.xyz",
        ] {
            #expect(Self.names.mark(of: other) == nil, "\(other)")
        }
        #expect(ESXiNames().mark(of: Self.group) == nil)
    }

    @Test func `a port group by its earlier name stays what it is`() throws {
        var host = Samples.realized
        host.names = Self.names
        #expect(try host.steps(toRealize: Samples.network()).isEmpty)
        #expect(host.drift(of: Samples.network()).isEmpty)
        host.portGroups[1].vlan = 20
        #expect(host.drift(of: Samples.network()) == ["The port group \(Samples.group) has VLAN 20 in place of 10."])
        #expect(
            try host.steps(toRealize: Samples.network()) == [
                .updatePortGroup(Samples.group, vlan: 10, vswitch: "netmodelfs-vmnic1")
            ])
        #expect(
            host.steps(toRelease: Samples.network()) == [
                .removePortGroup(Samples.group), .removeSwitch("netmodelfs-vmnic1"),
            ])
    }

    @Test func `an orphan goes with its vSwitch, unless something else is on that or it is not ours`() throws {
        var host = Samples.host
        host.names = Self.names
        host.switches.append(.init(name: "netmodelfs-vmnic1", uplinks: ["vmnic1"], portGroups: [Self.group], mtu: 1500))
        host.portGroups.append(.init(name: Self.group, vlan: 10, vswitch: "netmodelfs-vmnic1"))
        let mark = try #require(host.marks.first)
        #expect(host.marks.count == 1)
        #expect(host.steps(toCollect: mark) == [.removePortGroup(Self.group), .removeSwitch("netmodelfs-vmnic1")])
        let unmarked = HostMark(store: nil, network: mark.network, bridge: mark.bridge, devices: [])
        #expect(host.steps(toCollect: unmarked).isEmpty)
        host.switches[1].portGroups.append("other")
        #expect(host.steps(toCollect: mark) == [.removePortGroup(Self.group)])
        host.switches[1].portGroups = [Self.group]
        host.switches[1].uplinks = ["vmnic2"]
        #expect(host.steps(toCollect: mark) == [.removePortGroup(Self.group)])
    }

    @Test func `people are told of the port group`() {
        var network = Samples.network(mtu: 9000)
        // VMs connect to the port group by themselves.
        network.ports = [VMPort(name: "vnic1.0", mac: MACAddress(1), mtu: nil, owner: 0, guest: .tap)]
        let facts = VMwareRealizeL2VlanNetworkBackend().facts(of: network)
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
