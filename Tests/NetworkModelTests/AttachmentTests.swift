import Testing

@testable import NetworkModel

/// Which L2 networks may be attached to which clusters. The names are rows of the behaviour cases, §2.
struct AttachmentTests {
    let fixture: Fixture
    var builder: ModelBuilder { fixture.builder }

    init() throws { fixture = try Fixture() }

    @Test func `AT-02 attached already`() throws {
        try builder.attach(fixture.nv0, fixture.c1)
        let refusal = builder.refusal(of: builder.attaching(fixture.nv0, fixture.c1, name: "again"))
        expect(
            refusal, "l2.attach.duplicate", .notUnique, "zones/z1/l2/nv0 is already attached to zones/z1/clusters/c1.")
        #expect(refusal?.objects == ["zones/z1/l2/nv0/clusters/c1"])
        expect(builder.refusal(of: builder.attaching(fixture.nv0, fixture.c1)), "name.exists", .exists)
    }

    @Test func `AT-03 one network on two clusters`() throws {
        try builder.attach(fixture.nv0, fixture.c1)
        try builder.attach(fixture.nv0, fixture.c2)
        #expect(builder.model.attachments(ofNetwork: fixture.nv0).count == 2)
    }

    @Test func `AT-05 the same interface and VLAN`() throws {
        try builder.attach(fixture.v10, fixture.c1)
        let refusal = builder.refusal(of: builder.attaching(fixture.v10b, fixture.c1))
        expect(
            refusal, "l2.attach.vlan-conflict", .notUnique,
            "VLAN 10 on eth0 is already attached to zones/z1/clusters/c1 by zones/z1/l2/v10.")
        #expect(refusal?.objects == ["zones/z1/l2/v10"])
        #expect(refusal?.remedy == "Detach it (rm @/zones/z1/l2/v10/clusters/c1), or choose another VLAN or interface.")
    }

    @Test func `AT-05 while the first is still being attached (the race of ZStack 224)`() throws {
        try builder.run(builder.attaching(fixture.v10, fixture.c1))
        expect(
            builder.refusal(of: builder.attaching(fixture.v10b, fixture.c1)), "l2.attach.vlan-conflict", .notUnique)
    }

    @Test func `AT-04 the same untagged interface`() throws {
        try builder.attach(fixture.nv0, fixture.c1)
        expect(
            builder.refusal(of: builder.attaching(fixture.nv0b, fixture.c1)), "l2.attach.interface-conflict",
            .notUnique,
            "eth0 without a VLAN is already attached to zones/z1/clusters/c1 by zones/z1/l2/nv0.")
    }

    @Test func `AT-06 another VLAN on the interface`() throws {
        try builder.attach(fixture.v10, fixture.c1)
        try builder.attach(fixture.v11, fixture.c1)
    }

    @Test func `AT-07 the same VLAN on another interface`() throws {
        try builder.attach(fixture.v10, fixture.c1)
        try builder.attach(fixture.v10e1, fixture.c1)
    }

    @Test func `AT-08 untagged beside tagged`() throws {
        try builder.attach(fixture.nv0, fixture.c1)
        try builder.attach(fixture.v10, fixture.c1)
        #expect(builder.model.attachments(ofCluster: fixture.c1).count == 2)
    }

    @Test func `AT-09 a conflict is one of a cluster`() throws {
        try builder.attach(fixture.nv0, fixture.c1)
        try builder.attach(fixture.nv0b, fixture.c2)
    }

    @Test(arguments: [("enp175s0f1np1", 4000, false), ("enp175s0f1", 4000, true), ("enp175s0f1n", 4000, false)])
    func `AT-11 device names of more than 15 characters on KVM`(interface: String, vlan: Int, fits: Bool) throws {
        let network = try builder.l2("long", in: fixture.z1, interface, vlan: vlan)
        let refusal = builder.refusal(of: builder.attaching(network, fixture.c1))
        if fits { return #expect(refusal == nil) }
        expect(
            refusal, "l2.attach.device-name-too-long", .nameTooLong,
            "The device of zones/z1/l2/long on KVM hosts would be '\(interface).\(vlan)', "
                + "and Linux allows 15 characters."
        )
    }

    @Test func `AT-12 other hypervisors have other names`() throws {
        let simulated = try builder.cluster("sim", in: fixture.z1, hypervisor: "Simulator")
        let network = try builder.l2("long", in: fixture.z1, "enp175s0f1np1", vlan: 4000)
        try builder.attach(network, simulated)
    }

    @Test func `AT-14 another zone, which ZStack lets pass`() throws {
        let far = try builder.cluster("far", in: fixture.z2)
        let refusal = builder.refusal(of: builder.attaching(fixture.nv0, far))
        expect(
            refusal, "l2.attach.cross-zone", .invalid,
            "zones/z1/l2/nv0 and zones/z2/clusters/far lie in different zones; "
                + "an L2 network reaches clusters of its own zone only.")
        #expect(refusal?.objects == ["zones/z1/l2/nv0", "zones/z2/clusters/far"])
    }

    @Test func `AT-15 a cluster without hosts`() throws {
        let empty = try builder.cluster("empty", in: fixture.z1)
        let plan = try builder.run(builder.attaching(fixture.nv0, empty))
        #expect(plan.changes.count == 1)
        #expect(plan.work == .attach(plan.subject))
    }

    @Test func `AT-17 what is no cluster`() throws {
        for target in [ObjectID(9_999), fixture.h1, fixture.nv0, fixture.z1] {
            expect(
                builder.refusal(of: builder.creation("x", in: fixture.nv0, .attachments, text: "x", target: target)),
                "link.wrong-target", .invalid, "A link in zones/z1/l2/nv0/clusters leads to a cluster.")
        }
        try builder.run(.delete(fixture.nv0))
        expect(builder.refusal(of: builder.attaching(fixture.nv0, fixture.c1)), "object.not-found", .notFound)
    }

    @Test func `AT-20 candidates`() throws {
        _ = try builder.cluster("far", in: fixture.z2)
        try builder.attach(fixture.nv0, fixture.c1)
        #expect(builder.fact(fixture.nv0b, "candidate-clusters") == "zones/z1/clusters/c2")
        #expect(builder.fact(fixture.nv0, "candidate-clusters") == "zones/z1/clusters/c2")
        #expect(builder.fact(fixture.v10, "candidate-clusters") == "zones/z1/clusters/c1\nzones/z1/clusters/c2")
    }

    @Test func `a wire is free again when the hosts are rid of it, and not before`() throws {
        let attachment = try builder.attach(fixture.v10, fixture.c1)
        try builder.run(.delete(attachment))
        expect(
            builder.refusal(of: builder.attaching(fixture.v10b, fixture.c1)), "l2.attach.vlan-conflict", .notUnique)
        expect(
            builder.refusal(of: builder.attaching(fixture.v10, fixture.c1, name: "again")), "l2.attach.detaching",
            .busy,
            "zones/z1/l2/v10 is still being detached from zones/z1/clusters/c1.")
        expect(
            builder.refusal(of: builder.attaching(fixture.v10, fixture.c1)), "name.leaving", .busy,
            "The attachment zones/z1/l2/v10/clusters/c1 is still being removed.")
        expect(builder.refusal(of: .delete(attachment)), "object.not-found", .notFound)
        try builder.settle()
        try builder.run(.progress(.detached(attachment)))
        try builder.attach(fixture.v10b, fixture.c1)
    }

    @Test func `an attachment does not change its cluster`() throws {
        let attachment = try builder.attach(fixture.v10, fixture.c1)
        let command = Command.link(attachment, .value, text: "../c2", target: fixture.c2, ownership: nil)
        expect(builder.refusal(of: command), "link.wrong-target", .invalid)
    }

    @Test func `interfaces that Linux cannot have`() throws {
        for (interface, rule) in [("eth0:1", "l2.attach.device-name"), (".", "l2.attach.device-name")] {
            let network = try builder.l2("n\(interface.utf8.count)", in: fixture.z1, interface)
            expect(builder.refusal(of: builder.attaching(network, fixture.c1)), rule, .invalid)
        }
        for text in ["eth 0", "eth/0", "eth\u{7F}0", String(repeating: "e", count: 1025)] {
            expect(
                builder.refusal(of: builder.setting(fixture.nv0, .physicalInterface, text)),
                "l2.physical-interface.malformed", .invalid)
        }
    }
}
