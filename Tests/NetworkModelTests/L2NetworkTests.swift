import Testing

@testable import NetworkModel

/// Creating and changing L2 networks. The names are rows of the behaviour cases, §1 and §3.
struct L2NetworkTests {
    @Test func `L2-01 a network without a VLAN`() throws {
        let builder = ModelBuilder()
        let zone = try builder.zone("z1")
        let plan = try builder.run(builder.creation("nv0", in: zone, .l2Networks))
        #expect(plan.work == nil)
        #expect(try builder.set(plan.subject, .physicalInterface, "eth0").work == nil)
        #expect(builder.effective(plan.subject, .type) == "L2NoVlanNetwork")
        #expect(builder.fact(plan.subject, "attached-cluster-uuids") == "")
        #expect(builder.fact(plan.subject, "virtual-network-id") == "0")
        #expect(builder.fact(plan.subject, "zone-uuid") == builder.model.uuidText(zone))
    }

    @Test func `L2-02 a VLAN network`() throws {
        let builder = ModelBuilder()
        let network = try builder.l2("v10", in: try builder.zone("z1"), "eth0", vlan: 10)
        #expect(builder.effective(network, .vlan) == "10")
        #expect(builder.effective(network, .type) == "L2VlanNetwork")
        #expect(builder.fact(network, "virtual-network-id") == "10")
    }

    @Test(arguments: ["0", "-1", "4095", "5000", "99999999999999999999"])
    func `L2-04 VLAN ids out of range`(vlan: String) throws {
        let fixture = try Fixture()
        expect(
            fixture.builder.refusal(of: fixture.builder.setting(fixture.nv1, .vlan, vlan)), "l2.vlan.out-of-range",
            .range,
            "vlan must be from 1 to 4094, not '\(vlan)'.")
    }

    @Test(arguments: ["1", "4094", "10\n", "# the office\n10\n"])
    func `L2-04 VLAN ids at the ends`(vlan: String) throws {
        let fixture = try Fixture()
        try fixture.builder.set(fixture.nv1, .vlan, vlan)
        #expect(fixture.builder.text(fixture.nv1, .vlan) == vlan)
    }

    @Test func `L2-05 without a name or an interface`() throws {
        let fixture = try Fixture()
        expect(
            fixture.builder.refusal(of: fixture.builder.creation("", in: fixture.z1, .l2Networks)), "name.malformed",
            .invalid, "'' cannot be the name of an L2 network.")
        let bare = try fixture.builder.l2("bare", in: fixture.z1)
        expect(
            fixture.builder.refusal(of: fixture.builder.attaching(bare, fixture.c1)), "l2.attach.incomplete", .invalid,
            "zones/z1/l2/bare is an L2NoVlanNetwork and cannot be attached without physical-interface.")
    }

    @Test(arguments: ["L2TunnelNetwork", "l2VlanNetwork", "vlan", ""])
    func `L2-07 unknown types`(type: String) throws {
        let fixture = try Fixture()
        let refusal = fixture.builder.refusal(of: fixture.builder.setting(fixture.nv1, .type, type))
        if type.isEmpty {
            expect(refusal, "value.empty", .invalid, "The text written to type holds no value.")
        } else {
            expect(refusal, "l2.type.unsupported", .protocolNotSupported, "'\(type)' is not a value of type.")
            #expect(refusal?.remedy == "Write one of: L2NoVlanNetwork, L2VlanNetwork, L2VxlanNetwork, L2OvsGreNetwork.")
        }
    }

    @Test func `L2-08 a zone that does not exist`() throws {
        let builder = ModelBuilder()
        let zone = try builder.zone("z1")
        try builder.run(.delete(zone))
        expect(
            builder.refusal(of: builder.creation("nv0", in: zone, .l2Networks)), "object.not-found", .notFound,
            "The object does not exist any more.")
    }

    @Test func `L2-10 the same interface and VLAN twice, while they do not meet`() throws {
        let fixture = try Fixture()
        #expect(fixture.builder.effective(fixture.v10, .vlan) == fixture.builder.effective(fixture.v10b, .vlan))
    }

    @Test func `L2-11 an interface that no host has is no concern of the model`() throws {
        let fixture = try Fixture()
        let network = try fixture.builder.l2("far", in: fixture.z1, "nosuch0")
        #expect(try fixture.builder.run(fixture.builder.attaching(network, fixture.c1)).work != nil)
    }

    @Test func `L2-16 the types`() {
        #expect(
            L2NetworkType.allCases.map(\.rawValue) == [
                "L2NoVlanNetwork", "L2VlanNetwork", "L2VxlanNetwork", "L2OvsGreNetwork",
            ])
    }

    @Test func `L2-17 networks by cluster and by zone`() throws {
        let fixture = try Fixture()
        let first = try fixture.builder.attach(fixture.nv0, fixture.c1)
        let second = try fixture.builder.attach(fixture.v11, fixture.c1)
        try fixture.builder.attach(fixture.nv0, fixture.c2)
        #expect(fixture.model.attachments(ofCluster: fixture.c1) == [first, second])
        #expect(fixture.model.childCount(of: fixture.z1, in: .l2Networks) == 7)
        #expect(fixture.model.childCount(of: fixture.z2, in: .l2Networks) == 0)
        let uuids = [fixture.c1, fixture.c2].map { fixture.model.uuidText($0) }.joined(separator: "\n")
        #expect(fixture.builder.fact(fixture.nv0, "attached-cluster-uuids") == uuids)
    }

    @Test func `RE-43 a type that contradicts the VLAN`() throws {
        let fixture = try Fixture()
        expect(
            fixture.builder.refusal(of: fixture.builder.setting(fixture.v10, .type, "L2NoVlanNetwork")),
            "l2.type.contradiction", .invalid, "zones/z1/l2/v10 cannot be an L2NoVlanNetwork and have VLAN 10.")
        let network = try fixture.builder.create("v", in: fixture.z1, .l2Networks, [.type: "L2VlanNetwork"])
        try fixture.builder.set(network, .physicalInterface, "eth5")
        expect(
            fixture.builder.refusal(of: fixture.builder.attaching(network, fixture.c1)), "l2.attach.incomplete",
            .invalid,
            "zones/z1/l2/v is an L2VlanNetwork and cannot be attached without vlan.")
    }

    @Test func `RE-38 changing the VLAN of an attached network reshapes every host`() throws {
        let fixture = try Fixture()
        let attachment = try fixture.builder.attach(fixture.v10, fixture.c1)
        let plan = try fixture.builder.set(fixture.v10, .vlan, "12")
        guard case .reshape(fixture.v10, let previous, _) = plan.work else {
            Issue.record("no reshape")
            return
        }
        #expect(previous.text(.vlan) == "10")
        #expect(fixture.builder.text(attachment, .bridge) == "br_eth0_12")
        for host in [fixture.h1, fixture.h2] {
            let realization = try #require(fixture.model.realization(of: fixture.v10, on: host))
            #expect(realization.wanted?.device == "eth0.12")
            #expect(realization.applied?.device == "eth0.10")
            #expect(realization.wantedGeneration == 2)
        }
    }

    @Test(arguments: [true, false])
    func `RE-39 a refused change goes back, and what else was written stays`(untouched: Bool) throws {
        let fixture = try Fixture()
        let attachment = try fixture.builder.attach(fixture.v10, fixture.c1)
        let plan = try fixture.builder.set(fixture.v10, .vlan, "12")
        guard case .reshape(_, let previous, _) = plan.work else {
            Issue.record("no reshape")
            return
        }
        try fixture.builder.set(fixture.v10, .description, "the office")
        try fixture.builder.run(.progress(.restore(previous, untouched: untouched)))
        #expect(fixture.builder.text(fixture.v10, .vlan) == "10")
        #expect(fixture.builder.text(fixture.v10, .description) == "the office")
        #expect(fixture.builder.text(attachment, .bridge) == "br_eth0_10")
        #expect(fixture.model.realization(of: fixture.v10, on: fixture.h1)?.wanted?.vlan == 10)
    }

    @Test func `RE-39 what was written over a refused change since stays`() throws {
        let fixture = try Fixture()
        let attachment = try fixture.builder.attach(fixture.v10, fixture.c1)
        let plan = try fixture.builder.set(fixture.v10, .physicalInterface, "eth7")
        guard case .reshape(_, let previous, _) = plan.work else {
            Issue.record("no reshape")
            return
        }
        let attempted = fixture.model.record(fixture.v10)
        try fixture.builder.run(.delete(attachment))
        try fixture.builder.run(.progress(.detached(attachment)))
        try fixture.builder.set(fixture.v10, .vlan, "30")
        try fixture.builder.run(.progress(.restore(previous, attempted: attempted, untouched: false)))
        #expect(fixture.builder.text(fixture.v10, .vlan) == "30")
        #expect(fixture.builder.text(fixture.v10, .physicalInterface) == previous.text(.physicalInterface))
    }

    @Test func `RE-40 while a host is not Connected`() throws {
        let fixture = try Fixture()
        try fixture.builder.attach(fixture.v10, fixture.c1)
        fixture.model.setStatus(ofHost: fixture.h2, .disconnected("cable"))
        for (attribute, text) in [(AttributeID.vlan, "12"), (.physicalInterface, "eth7"), (.mtu, "1400")] {
            let refusal = fixture.builder.refusal(of: fixture.builder.setting(fixture.v10, attribute, text))
            let name = KindDefinition.of(.l2Network).attribute(attribute)?.name ?? ""
            expect(
                refusal, "l2.change.host-not-connected", .busy,
                "The \(name) of zones/z1/l2/v10 cannot change while hosts of its clusters are not Connected.")
            #expect(refusal?.objects == ["zones/z1/clusters/c1/hosts/h2"])
        }
    }

    @Test func `RE-40 a host that has no connection, or is being removed, is in no one's way`() throws {
        let fixture = try Fixture()
        try fixture.builder.attach(fixture.v10, fixture.c1)
        _ = try fixture.builder.host("h4", in: fixture.c1)
        try fixture.builder.run(.delete(fixture.h2))
        fixture.model.setStatus(ofHost: fixture.h2, .disconnected("gone"))
        #expect(try fixture.builder.set(fixture.v10, .vlan, "12").work != nil)
    }

    @Test func `RE-42 the same VLAN again is nothing for hosts`() throws {
        let fixture = try Fixture()
        try fixture.builder.attach(fixture.v10, fixture.c1)
        fixture.model.setStatus(ofHost: fixture.h2, .disconnected("cable"))
        let plan = try fixture.builder.set(fixture.v10, .vlan, "10\n")
        #expect(plan.work == nil)
        #expect(plan.changes.count == 1)
    }

    @Test func `RE-43 attached networks keep what they need`() throws {
        let fixture = try Fixture()
        try fixture.builder.attach(fixture.v10, fixture.c1)
        let refusal = fixture.builder.refusal(of: .unset(fixture.v10, .vlan))
        expect(
            refusal, "l2.type.attached", .busy,
            "zones/z1/l2/v10 is attached; its type cannot change from L2VlanNetwork.")
        #expect(refusal?.objects == ["zones/z1/l2/v10/clusters/c1"])
        expect(
            fixture.builder.refusal(of: .unset(fixture.v10, .physicalInterface)), "l2.change.needed", .busy,
            "zones/z1/l2/v10 is attached and needs its physical-interface.")
    }

    @Test func `changing into the way of another network is refused`() throws {
        let fixture = try Fixture()
        try fixture.builder.attach(fixture.v10, fixture.c1)
        try fixture.builder.attach(fixture.v11, fixture.c1)
        expect(
            fixture.builder.refusal(of: fixture.builder.setting(fixture.v11, .vlan, "10")), "l2.attach.vlan-conflict",
            .notUnique, "VLAN 10 on eth0 is already attached to zones/z1/clusters/c1 by zones/z1/l2/v10.")
        // An interface that another L2 network has in no cluster of this one is free (ZStack's query lacked that join).
        try fixture.builder.attach(fixture.v10e1, fixture.c2)
        #expect(try fixture.builder.set(fixture.v10, .physicalInterface, "eth1").work != nil)
    }

    @Test func `changing to a name that Linux does not allow is refused while attached`() throws {
        let fixture = try Fixture()
        try fixture.builder.attach(fixture.v10, fixture.c1)
        expect(
            fixture.builder.refusal(of: fixture.builder.setting(fixture.v10, .physicalInterface, "enp175s0f1np1")),
            "l2.attach.device-name-too-long", .nameTooLong)
    }

    @Test func `a change waits for an attach that is going on`() throws {
        let fixture = try Fixture()
        try fixture.builder.run(fixture.builder.attaching(fixture.v10, fixture.c1))
        expect(
            fixture.builder.refusal(of: fixture.builder.setting(fixture.v10, .vlan, "12")), "l2.change.in-progress",
            .busy,
            "zones/z1/l2/v10 is being attached or detached; its vlan cannot change now.")
    }

    @Test func `another MTU does not rename the bridge`() throws {
        let fixture = try Fixture()
        let odd = try fixture.builder.l2("odd", in: fixture.z1, "eth0_10")
        let first = try fixture.builder.attach(fixture.v10, fixture.c1)
        let second = try fixture.builder.attach(odd, fixture.c1)
        let bridge = try #require(fixture.builder.text(second, .bridge))
        #expect(bridge.hasPrefix("l2_"))
        try fixture.builder.detach(first)
        try fixture.builder.set(odd, .mtu, "1400")
        #expect(fixture.builder.text(second, .bridge) == bridge)
        #expect(fixture.model.realization(of: odd, on: fixture.h1)?.wanted?.mtu == 1400)
    }
}
