import Testing

@testable import NetworkModel

/// States of zones, clusters and hosts, and what may be deleted. The names are rows of the behaviour cases, §12.
struct StateAndDeletionTests {
    let fixture: Fixture
    var builder: ModelBuilder { fixture.builder }
    var model: Model { fixture.model }

    init() throws { fixture = try Fixture() }

    private func states() -> [String?] {
        [fixture.z1, fixture.c1, fixture.h1, fixture.h2].map { builder.effective($0, .state) }
    }

    @Test func `ST-01 a zone's state is that of what lies in it`() throws {
        try builder.set(fixture.z1, .state, "Disabled")
        #expect(states() == ["Disabled", "Disabled", "Disabled", "Disabled"])
        try builder.set(fixture.h1, .state, "Enabled")
        #expect(states() == ["Disabled", "Disabled", "Enabled", "Disabled"])
        try builder.set(fixture.c1, .state, "Enabled")
        #expect(states() == ["Disabled", "Enabled", "Enabled", "Enabled"])
        try builder.run(.unset(fixture.z1, .state))
        #expect(states() == ["Enabled", "Enabled", "Enabled", "Enabled"])
    }

    @Test func `ST-02 a host in Maintenance stays there`() throws {
        try builder.set(fixture.h1, .state, "Maintenance")
        for state in ["Disabled", "Enabled"] {
            #expect(try builder.set(fixture.z1, .state, state).work == nil)
            #expect(states() == [state, state, "Maintenance", state])
        }
    }

    @Test(arguments: [HostStatus.connecting, .disconnected("cable"), .unconfigured])
    func `ST-03 only a Connected host goes into Maintenance`(status: HostStatus) throws {
        model.setStatus(ofHost: fixture.h1, status)
        let refusal = builder.refusal(of: builder.setting(fixture.h1, .state, "Maintenance"))
        expect(
            refusal, "host.maintain.not-connected", .busy,
            "zones/z1/clusters/c1/hosts/h1 is \(status.word); only a Connected host can go into Maintenance.")
        #expect(refusal?.objects == ["zones/z1/clusters/c1/hosts/h1"])
        try builder.set(fixture.h1, .state, "Disabled")
    }

    @Test func `ST-03 a host that is in Maintenance may be told so again`() throws {
        try builder.set(fixture.h1, .state, "Maintenance")
        model.setStatus(ofHost: fixture.h1, .disconnected("off"))
        try builder.set(fixture.h1, .state, "Maintenance\n")
    }

    @Test func `ST-06 one machine is one host`() throws {
        let host = try builder.host("h4", in: fixture.c1)
        for connection in ["netns:h1", " netns:h1\n"] {
            let refusal = builder.refusal(of: builder.setting(host, .connection, connection))
            expect(
                refusal, "host.connection.taken", .notUnique,
                "netns:h1 is already the connection of zones/z1/clusters/c1/hosts/h1.")
            #expect(refusal?.objects == ["zones/z1/clusters/c1/hosts/h1"])
        }
        try builder.set(host, .connection, "ssh://[::1]")
        let other = try builder.host("h5", in: fixture.c2)
        expect(
            builder.refusal(of: builder.setting(other, .connection, "ssh://[0:0:0:0:0:0:0:1]")),
            "host.connection.taken", .notUnique)
        try builder.run(.progress(.connected(host)))
        try builder.run(.unset(host, .connection))
        expect(
            builder.refusal(of: builder.setting(other, .connection, "ssh://[::1]")), "host.connection.taken", .notUnique
        )
        try builder.run(.progress(.disconnected(host)))
        try builder.set(other, .connection, "ssh://[::1]")
    }

    @Test func `one machine is one host, however its connection is written`() throws {
        let host = try builder.host("h4", in: fixture.c1)
        let other = try builder.host("h5", in: fixture.c2)
        try builder.set(host, .connection, "ssh://kvm1")
        try builder.run(.progress(.connected(host)))
        expect(
            builder.refusal(of: builder.setting(other, .connection, "ssh://root@KVM1:22")), "host.connection.taken",
            .notUnique, "ssh://root@KVM1:22 is already the connection of zones/z1/clusters/c1/hosts/h4.")
        // The host's own may be written in another way, and is held all the time.
        try builder.set(host, .connection, "ssh://root@KVM1:22")
        #expect(builder.refusal(of: builder.setting(other, .connection, "ssh://kvm1")) != nil)
        try builder.run(.progress(.connected(host)))
        #expect(builder.refusal(of: builder.setting(other, .connection, "ssh://kvm1")) != nil)
        try builder.set(other, .connection, "ssh://kvm1:2222")
    }

    @Test func `a connection that a host may go back to is not free`() throws {
        try builder.set(fixture.h1, .connection, "netns:new")
        for (connection, owner) in [("netns:h1", "h1"), ("netns:new", "h1")] {
            expect(
                builder.refusal(of: builder.setting(fixture.h2, .connection, connection)), "host.connection.taken",
                .notUnique, "\(connection) is already the connection of zones/z1/clusters/c1/hosts/\(owner).")
        }
        let busy = "zones/z1/clusters/c1/hosts/h1 is being connected or released."
        for command in [builder.setting(fixture.h1, .connection, "local:"), .delete(fixture.h1)] {
            expect(builder.refusal(of: command), "host.in-progress", .busy, busy)
        }
        try builder.run(.progress(.connected(fixture.h1)))
        try builder.set(fixture.h2, .connection, "netns:h1")
        try builder.run(.progress(.disconnecting(fixture.h2, untouched: true)))
        try builder.run(.progress(.disconnected(fixture.h2)))
        #expect(builder.text(fixture.h1, .connection) == "netns:new")
        #expect(builder.text(fixture.h2, .connection) == "netns:h2")
    }

    @Test func `a connection is not written while it is made or taken away, the same text neither`() throws {
        let busy = "zones/z1/clusters/c1/hosts/h1 is being connected or released."
        func expectBusy() {
            for text in ["netns:h1", "netns:h1\n", "netns:other"] {
                expect(
                    builder.refusal(of: builder.setting(fixture.h1, .connection, text)), "host.in-progress", .busy, busy
                )
            }
        }
        try builder.run(.leave(fixture.h1, .connection, isFinal: false))
        try builder.run(.settle(fixture.h1, .connection, left: nil))
        #expect(model.record(fixture.h1)?.phase == .disconnecting)
        expectBusy()
        // Whoever wrote it anew in vain would have it back, but it goes.
        #expect(try builder.run(.stay(fixture.h1, .connection)).changes == [])
        #expect(model.record(fixture.h1)?.isLeaving(.connection) == true)
        // All else may be written.
        try builder.set(fixture.h1, .description, "rack 7")
        #expect(model.record(fixture.h1)?.isLeaving(.connection) == true)
        try builder.run(.progress(.disconnected(fixture.h1)))
        #expect(builder.text(fixture.h1, .connection) == nil)
        try builder.set(fixture.h1, .connection, "netns:h1")
        #expect(model.record(fixture.h1)?.phase == .connecting)
        expectBusy()
        try builder.run(.progress(.connected(fixture.h1)))
        try builder.set(fixture.h1, .connection, "netns:h1\n")
        #expect(model.record(fixture.h1)?.phase == .stable)
    }

    @Test func `a connection does not change under realized networks`() throws {
        try builder.attach(fixture.nv0, fixture.c1)
        expect(
            builder.refusal(of: builder.setting(fixture.h1, .connection, "netns:other")), "host.connection.in-use",
            .busy,
            "Networks are realized on zones/z1/clusters/c1/hosts/h1 through netns:h1; "
                + "its connection cannot change under them.")
        let plan = try builder.run(.unset(fixture.h1, .connection))
        #expect(plan.work == .release(fixture.h1, remove: false))
        #expect(model.realizations(ofHost: fixture.h1).allSatisfy { $0.wanted == nil })
        try builder.settle()
        try builder.run(.progress(.disconnected(fixture.h1)))
        #expect(builder.text(fixture.h1, .connection) == nil)
        #expect(model.realizations(ofHost: fixture.h1).isEmpty)
        try builder.set(fixture.h1, .connection, "netns:other")
        #expect(model.realizations(ofHost: fixture.h1).count == 1)
    }

    @Test func `hosts are reached as their hypervisor is`() throws {
        let simulated = try builder.cluster("sim", in: fixture.z1, hypervisor: "Simulator")
        let host = try builder.host("s1", in: simulated)
        expect(
            builder.refusal(of: builder.setting(host, .connection, "local:")), "host.connection.hypervisor", .invalid,
            "A host of zones/z1/clusters/sim, whose hypervisor is Simulator, is not reached by local:.")
        expect(
            builder.refusal(of: builder.setting(fixture.h1, .connection, "simulator:")), "host.connection.hypervisor",
            .invalid)
        let esxi = try builder.host("e1", in: try builder.cluster("esxi", in: fixture.z1, hypervisor: "ESXi"))
        expect(
            builder.refusal(of: builder.setting(esxi, .connection, "ssh://e1")), "host.connection.hypervisor", .invalid)
        try builder.set(esxi, .connection, "https://e1")
        let other = try builder.host("e2", in: try builder.cluster("esxi2", in: fixture.z1, hypervisor: "ESXi"))
        expect(
            builder.refusal(of: builder.setting(other, .connection, "https://E1:443/")), "host.connection.taken",
            .notUnique)
        try builder.set(host, .connection, "simulator:")
        try builder.set(try builder.host("s2", in: simulated), .connection, "simulator:")
        let refusal = builder.refusal(of: .unset(simulated, .hypervisor))
        expect(
            refusal, "cluster.hypervisor.in-use", .busy,
            "The hypervisor of zones/z1/clusters/sim cannot change while it has hosts or L2 networks.")
        #expect(refusal?.objects.count == 2)
        expect(
            builder.refusal(of: builder.setting(fixture.c1, .hypervisor, "Xen")), "cluster.hypervisor.unknown",
            .protocolNotSupported, "'Xen' is not a value of hypervisor.")
        expect(
            builder.refusal(of: builder.setting(fixture.c1, .hypervisor, "\u{212A}VM")), "cluster.hypervisor.unknown",
            .protocolNotSupported)
    }

    @Test func `CA-02 a cluster goes from below, networks stay`() throws {
        let attachment = try builder.attach(fixture.nv0, fixture.c1)
        expect(
            builder.refusal(of: .delete(fixture.c1)), "object.not-empty", .notEmpty,
            "zones/z1/clusters/c1 still holds 2 objects or links.")
        for host in [fixture.h1, fixture.h2] {
            #expect(try builder.run(.delete(host)).work == .release(host, remove: true))
            try builder.run(.progress(.hostRemoved(host)))
        }
        let refusal = builder.refusal(of: .delete(fixture.c1))
        expect(refusal, "cluster.attached", .busy, "L2 networks are attached to zones/z1/clusters/c1.")
        #expect(refusal?.objects == ["zones/z1/l2/nv0/clusters/c1"])
        #expect(refusal?.remedy == "Detach them first: rm @/zones/z1/l2/nv0/clusters/c1")
        try builder.detach(attachment)
        try builder.run(.delete(fixture.c1))
        #expect(model.record(fixture.nv0) != nil)
    }

    @Test func `CA-03 a host goes, its neighbour and the networks stay`() throws {
        try builder.attach(fixture.nv0, fixture.c1)
        try builder.run(.delete(fixture.h1))
        #expect(model.record(fixture.h1)?.phase == .removing)
        expect(builder.refusal(of: .delete(fixture.h1)), "object.not-found", .notFound)
        expect(
            builder.refusal(of: builder.creation("h1", in: fixture.c1, .hosts)), "name.leaving", .busy,
            "The host zones/z1/clusters/c1/hosts/h1 is still being removed.")
        try builder.run(.progress(.hostRemoved(fixture.h1)))
        #expect(model.realizations(ofNetwork: fixture.nv0).map(\.host) == [fixture.h2])
        _ = try builder.host("h1", in: fixture.c1, "netns:h1")
    }

    @Test func `a host that was never used goes at once`() throws {
        let bare = try builder.host("bare", in: fixture.c1)
        #expect(try builder.run(.delete(bare)).work == nil)
        #expect(model.record(bare) == nil)
    }

    @Test func `CA-06 an L2 network on which L3 networks stand`() throws {
        let l3 = try builder.l3("a", on: fixture.nv0)
        try builder.range("r", in: l3, "10.0.0.0/24")
        let refusal = builder.refusal(of: .delete(fixture.nv0))
        expect(refusal, "l2.in-use", .busy, "L3 networks stand on zones/z1/l2/nv0.")
        #expect(refusal?.objects == ["l3/a"])
        #expect(refusal?.remedy == "Remove them or their link l2 first: rm @/l3/a/l2")
        // As rm -rf does it: the attributes first.
        try builder.run(.unset(fixture.nv0, .physicalInterface))
        try builder.run(.delete(fixture.nv0))
        #expect(builder.fact(l3, "status") == "unbound (../../zones/z1/l2/nv0 does not exist any more)")
        expect(builder.refusal(of: .delete(l3)), "object.not-empty", .notEmpty)
    }

    @Test func `CA-01 rm -rf of a zone, in the order of the listing`() throws {
        let attachment = try builder.attach(fixture.v10, fixture.c1)
        expect(builder.refusal(of: .delete(fixture.z1)), "object.not-empty", .notEmpty)
        try builder.detach(attachment)
        var order: [ObjectID] = []
        func walk(_ id: ObjectID) {
            guard let record = model.record(id) else { return }
            for collection in KindDefinition.of(record.kind).collections {
                model.children(of: id, in: collection.id).forEach(walk)
            }
            order.append(id)
        }
        walk(fixture.z1)
        for id in order {
            if try builder.run(.delete(id)).work != nil { try builder.run(.progress(.hostRemoved(id))) }
        }
        #expect(model.allRecords.map(\.id) == [.root, fixture.z2])
    }

    @Test func `the top of the tree is fixed`() throws {
        let builder = ModelBuilder()
        for command in [
            Command.delete(.root), .rename(.root, to: Name("x")), .hideCollection(.root, .zones, true),
            .hideCollection(.root, .hosts, true),
        ] {
            expect(builder.refusal(of: command), "collection.fixed", .notPermitted)
        }
    }
}
