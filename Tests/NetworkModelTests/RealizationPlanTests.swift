import Testing

@testable import NetworkModel

/// What hosts shall have, as planned. The names are rows of the behaviour cases, §3; what hosts do is tested elsewhere.
struct RealizationPlanTests {
    let fixture: Fixture
    var builder: ModelBuilder { fixture.builder }
    var model: Model { fixture.model }

    init() throws { fixture = try Fixture() }

    private func hosts(_ network: ObjectID) -> [ObjectID] { model.realizations(ofNetwork: network).map(\.host) }

    @Test func `RE-01 an attach is stored as an intent for each host`() throws {
        let plan = try builder.run(builder.attaching(fixture.nv0, fixture.c1))
        #expect(plan.work == .attach(plan.subject))
        #expect(model.record(plan.subject)?.phase == .attaching)
        #expect(hosts(fixture.nv0) == [fixture.h1, fixture.h2])
        #expect(model.realizations(ofNetwork: fixture.nv0).allSatisfy { $0.applied == nil && !$0.isConverged })
        #expect(builder.fact(fixture.nv0, "attached-cluster-uuids") == "")
        try builder.settle()
        try builder.run(.progress(.attached(plan.subject)))
        #expect(model.record(plan.subject)?.phase == .stable)
        #expect(builder.fact(fixture.nv0, "attached-cluster-uuids") == model.uuidText(fixture.c1))
    }

    @Test func `RE-03 a refused attach leaves nothing`() throws {
        let before = ModelSnapshot(model)
        let attachment = try builder.run(builder.attaching(fixture.nv0, fixture.c1)).subject
        let first = try #require(model.realization(of: fixture.nv0, on: fixture.h1))
        try builder.run(.progress(.applied(realization: first.id, first.wanted, generation: 1)))
        let second = try #require(model.realization(of: fixture.nv0, on: fixture.h2))
        try builder.run(.progress(.failed(realization: second.id, "no such interface")))
        #expect(model.realization(second.id)?.failure == "no such interface")
        try builder.run(.progress(.withdraw(attachment, untouched: false)))
        #expect(model.record(attachment)?.phase == .removing)
        #expect(model.realization(first.id)?.wanted == nil)
        try builder.settle()
        try builder.run(.progress(.detached(attachment)))
        #expect(ModelSnapshot(model) == before)
        try builder.attach(fixture.nv0, fixture.c1)
    }

    @Test func `RE-03 what an unreachable host may still have stays on the list`() throws {
        let attachment = try builder.run(builder.attaching(fixture.nv0, fixture.c1)).subject
        try builder.run(.progress(.withdraw(attachment, untouched: false)))
        try builder.run(.progress(.detached(attachment)))
        #expect(hosts(fixture.nv0) == [fixture.h1, fixture.h2])
        #expect(model.realizations(ofNetwork: fixture.nv0).allSatisfy { $0.wanted == nil && $0.applied != nil })
        let remains = model.realizations(ofNetwork: fixture.nv0)
        try builder.run(.progress(.applied(realization: remains[0].id, nil, generation: 2)))
        #expect(hosts(fixture.nv0) == [fixture.h2])
        // Attaching again takes the record over (RE-04).
        try builder.attach(fixture.nv0, fixture.c1)
        #expect(model.realization(remains[1].id)?.isConverged == true)
    }

    @Test func `RE-03 hosts that were not told have nothing`() throws {
        let attachment = try builder.run(builder.attaching(fixture.nv0, fixture.c1)).subject
        try builder.run(.progress(.withdraw(attachment, untouched: true)))
        try builder.run(.progress(.detached(attachment)))
        #expect(hosts(fixture.nv0).isEmpty)
    }

    @Test func `RE-07 a Disconnected host has its record, one without a connection has none`() throws {
        model.setStatus(ofHost: fixture.h1, .disconnected("cable"))
        let bare = try builder.host("bare", in: fixture.c1)
        try builder.run(builder.attaching(fixture.nv0, fixture.c1))
        #expect(hosts(fixture.nv0) == [fixture.h1, fixture.h2])
        #expect(model.realizations(ofHost: bare).isEmpty)
    }

    @Test func `RE-06 leaving maintenance resumes the host`() throws {
        try builder.set(fixture.h1, .state, "Maintenance")
        try builder.run(builder.attaching(fixture.nv0, fixture.c1))
        #expect(model.realization(of: fixture.nv0, on: fixture.h1)?.wanted != nil)
        #expect(try builder.set(fixture.h1, .state, "Enabled").work == .resume(fixture.h1))
        #expect(try builder.set(fixture.h1, .state, "Disabled").work == nil)
        try builder.set(fixture.h1, .state, "Maintenance")
        #expect(try builder.run(.unset(fixture.h1, .state)).work == .resume(fixture.h1))
    }

    @Test func `RE-12 a new host gets what its cluster has, and goes back when that fails`() throws {
        try builder.attach(fixture.nv0, fixture.c1)
        try builder.attach(fixture.v10, fixture.c1)
        let host = try builder.host("h4", in: fixture.c1)
        var before = try #require(model.record(host))
        let plan = try builder.set(host, .connection, "netns:h4")
        #expect(plan.work == .connect(host))
        #expect(model.realizations(ofHost: host).count == 2)
        try builder.run(.progress(.disconnecting(host, untouched: true)))
        try builder.run(.progress(.disconnected(host)))
        before.metadata = try #require(model.record(host)).metadata
        #expect(model.record(host) == before)
        #expect(model.realizations(ofHost: host).isEmpty)
    }

    @Test func `RE-12 a host that keeps its former connection is still due to get its networks`() throws {
        model.setStatus(ofHost: fixture.h1, .disconnected("cable"))
        try builder.attach(fixture.v10, fixture.c2)
        try builder.run(.progress(.attached(try builder.run(builder.attaching(fixture.nv0, fixture.c1)).subject)))
        let plan = try builder.set(fixture.h1, .connection, "netns:other")
        #expect(plan.work == .connect(fixture.h1))
        try builder.run(.progress(.disconnecting(fixture.h1, untouched: true)))
        try builder.run(.progress(.disconnected(fixture.h1)))
        #expect(builder.text(fixture.h1, .connection) == "netns:h1")
        #expect(model.realization(of: fixture.nv0, on: fixture.h1)?.wanted?.bridge == "br_eth0")
    }

    @Test func `RE-16 untagged networks come before the VLANs on their interface`() throws {
        builder.checksInvariants = false
        for vlan in 100..<200 {
            try builder.run(
                builder.attaching(try builder.l2("n\(vlan)", in: fixture.z1, "eth0", vlan: vlan), fixture.c1))
        }
        try builder.run(builder.attaching(fixture.nv1, fixture.c1))
        try builder.run(builder.attaching(fixture.nv0, fixture.c1))
        builder.checksInvariants = true
        let host = try builder.host("h4", in: fixture.c1)
        let plan = try builder.set(host, .connection, "netns:h4")
        let order = plan.changes.compactMap { change -> Int? in
            if case .insertRealization(let record) = change { record.wanted?.vlan ?? 0 } else { nil }
        }
        #expect(order == [0, 0] + Array(100..<200))
        #expect(model.wantedNetworks(ofHost: host).map { $0.wanted.vlan ?? 0 } == order)
    }

    @Test func `RE-19 names of devices and bridges`() throws {
        let untagged = try builder.attach(fixture.nv0, fixture.c1)
        let tagged = try builder.attach(fixture.v10, fixture.c1)
        #expect(builder.text(untagged, .bridge) == "br_eth0")
        #expect(builder.text(tagged, .bridge) == "br_eth0_10")
        #expect(builder.fact(tagged, "bridge") == "br_eth0_10")
        let specification = try #require(model.realization(of: fixture.v10, on: fixture.h1)?.wanted)
        #expect(
            specification
                == L2Specification(
                    networkUUID: try #require(model.record(fixture.v10)).uuid, type: .vlan, physicalInterface: "eth0",
                    vlan: 10, bridge: "br_eth0_10", mtu: nil))
        #expect(specification.device == "eth0.10")
        #expect(model.realization(of: fixture.nv0, on: fixture.h1)?.wanted?.device == nil)
    }

    @Test func `RE-21 detaching from one of two clusters`() throws {
        let first = try builder.attach(fixture.nv0, fixture.c1)
        try builder.attach(fixture.nv0, fixture.c2)
        let plan = try builder.run(.delete(first))
        #expect(plan.work == .detach(first))
        let unwanted = model.realizations(ofNetwork: fixture.nv0).filter { $0.wanted == nil }
        #expect(unwanted.map(\.host) == [fixture.h1, fixture.h2])
        try builder.settle()
        try builder.run(.progress(.detached(first)))
        #expect(hosts(fixture.nv0) == [fixture.h3])
        #expect(model.attachments(ofNetwork: fixture.nv0).count == 1)
    }

    @Test func `RE-25 a network goes only after its attachments, as a tool that walks the tree does it`() throws {
        let attachment = try builder.attach(fixture.nv0, fixture.c1)
        let refusal = builder.refusal(of: .delete(fixture.nv0))
        expect(refusal, "object.not-empty", .notEmpty, "zones/z1/l2/nv0 still holds 1 objects or links.")
        #expect(refusal?.objects == ["zones/z1/l2/nv0/clusters/c1"])
        try builder.detach(attachment)
        try builder.run(.delete(fixture.nv0))
        #expect(Array(model.allRealizations).isEmpty)
    }

    @Test func `RE-28 a network may go while its remains are on a dead host`() throws {
        let attachment = try builder.attach(fixture.nv0, fixture.c1)
        try builder.run(.delete(attachment))
        let first = try #require(model.realization(of: fixture.nv0, on: fixture.h1))
        try builder.run(.progress(.applied(realization: first.id, nil, generation: first.wantedGeneration)))
        try builder.run(.progress(.detached(attachment)))
        try builder.run(.delete(fixture.nv0))
        #expect(hosts(fixture.nv0) == [fixture.h2])
        let remains = try #require(model.realizations(ofHost: fixture.h2).first)
        #expect(remains.applied?.bridge == "br_eth0")
        try builder.run(.progress(.applied(realization: remains.id, nil, generation: remains.wantedGeneration)))
        #expect(Array(model.allRealizations).isEmpty)
    }

    @Test func `a detach waits for an attach that is going on`() throws {
        let attachment = try builder.run(builder.attaching(fixture.nv0, fixture.c1)).subject
        expect(
            builder.refusal(of: .delete(attachment)), "l2.detach.in-progress", .busy,
            "zones/z1/l2/nv0 is still being attached.")
    }

    @Test func `late news of what is gone changes nothing`() throws {
        let gone = ObjectID(9_999)
        let news: [Progress] = [
            .attached(gone), .withdraw(gone, untouched: false), .detached(gone), .hostRemoved(gone),
            .applied(realization: gone, nil, generation: 1), .failed(realization: gone, "late"),
        ]
        for progress in news { #expect(try builder.run(.progress(progress)).changes == []) }
        let attachment = try builder.attach(fixture.nv0, fixture.c1)
        #expect(try builder.run(.progress(.attached(attachment))).changes == [])
    }
}
