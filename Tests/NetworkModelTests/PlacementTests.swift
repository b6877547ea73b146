import Testing

@testable import NetworkModel

/// Where VMs come to run. The names are rows of the behaviour cases, §11.
struct PlacementTests {
    let lab: VMLab
    var builder: ModelBuilder { lab.builder }
    var fixture: Fixture { lab.fixture }

    init() throws {
        lab = try VMLab()
    }

    private func refusal(_ vm: ObjectID, _ obstacles: String) {
        let refusal = builder.refusal(of: lab.starting(vm))
        let path = builder.model.path(of: vm)
        expect(refusal, "vm.placement.none", .busy, "No host can take \(path): \(obstacles).")
        #expect(refusal?.objects.first == path)
    }

    @Test func `PL-01 and PL-02 only clusters that all its L2 networks reach`() throws {
        // Both hosts of c1 have more to do than h3.
        for _ in 0..<2 {
            for host in [fixture.h1, fixture.h2] {
                let busy = try builder.create("busy\(builder.model.count)", in: fixture.z1, .vms)
                try builder.run(lab.linking(busy, .host, host))
                try lab.start(busy)
            }
        }
        let free = try lab.vm("free", on: lab.a)
        try lab.start(free)
        #expect(lab.host(of: free) == fixture.h3, "the least loaded")
        let both = try lab.vm("both", on: lab.a, lab.b)
        try lab.start(both)
        #expect(lab.host(of: both) == fixture.h1, "only c1 has both networks")
        let next = try lab.vm("next", on: lab.b)
        try lab.start(next)
        #expect(lab.host(of: next) == fixture.h2, "the least loaded of c1")
        #expect(lab.ports(fixture.v10, fixture.h1) == lab.nics(of: both).prefix(1).map(\.portName))
        #expect(lab.ports(fixture.nv1, fixture.h1) == lab.nics(of: both).suffix(1).map(\.portName))
        #expect(lab.ports(fixture.v10, fixture.h3) == lab.nics(of: free).map(\.portName))
    }

    @Test func `a named host beats a named cluster, which beats the zone`() throws {
        let vm = try lab.vm("v", on: lab.a)
        try builder.run(lab.linking(vm, .cluster, fixture.c2))
        try lab.start(vm)
        #expect(lab.host(of: vm) == fixture.h3)
        try lab.stop(vm)
        try builder.run(lab.linking(vm, .host, fixture.h2))
        try lab.start(vm)
        #expect(lab.host(of: vm) == fixture.h2)
        try lab.stop(vm)
        #expect(lab.host(of: vm) == nil)
        #expect(lab.ports(fixture.v10, fixture.h2).isEmpty)
        // What is named is not left, whatever stands in the way.
        builder.model.setStatus(ofHost: fixture.h2, .disconnected("cable"))
        refusal(vm, "zones/z1/clusters/c1/hosts/h2 is Disconnected")
        try builder.run(.unset(vm, .host))
        try builder.run(lab.linking(vm, .cluster, fixture.c1))
        builder.model.setStatus(ofHost: fixture.h1, .disconnected("cable"))
        refusal(vm, "zones/z1/clusters/c1/hosts/h1 is Disconnected; zones/z1/clusters/c1/hosts/h2 is Disconnected")
    }

    @Test func `PL-04 an L2 network that reaches no cluster`() throws {
        let l3 = try builder.l3("x", on: fixture.v11)
        try builder.range("r", in: l3, "10.1.0.0/24")
        let vm = try lab.vm("v", on: l3, lab.b)
        refusal(
            vm,
            "zones/z1/clusters/c1 is not reached by zones/z1/l2/v11; zones/z1/clusters/c2 is not reached by zones/z1/l2/nv1 and zones/z1/l2/v11"
        )
    }

    @Test func `PL-05 states that are in the way`() throws {
        let vm = try lab.vm("v", on: lab.b)
        let (c1, c2) = ("zones/z1/clusters/c1", "zones/z1/clusters/c2 is not reached by zones/z1/l2/nv1")
        try builder.set(fixture.h1, .state, "Disabled")
        try builder.set(fixture.h2, .state, "Maintenance")
        refusal(vm, "\(c1)/hosts/h1 is Disabled; \(c1)/hosts/h2 is in Maintenance; \(c2)")
        try builder.set(fixture.h2, .state, "Enabled")
        builder.model.setStatus(ofHost: fixture.h2, .disconnected("cable"))
        refusal(vm, "\(c1)/hosts/h1 is Disabled; \(c1)/hosts/h2 is Disconnected; \(c2)")
        try builder.set(fixture.c1, .state, "Disabled")
        refusal(vm, "\(c1) is Disabled; \(c2)")
        try builder.set(fixture.z1, .state, "Disabled")
        refusal(vm, "zones/z1 is Disabled")
        let far = try builder.l2("far", in: fixture.z2, "eth0")
        let l3 = try builder.l3("far", on: far)
        try builder.range("r", in: l3, "10.0.0.10-10.0.0.29/24 gateway=10.0.0.1")
        let empty = try lab.vm("v", on: l3, in: fixture.z2)
        refusal(empty, "zones/z2 has no clusters")
        _ = try builder.attach(far, try builder.cluster("c", in: fixture.z2))
        refusal(empty, "zones/z2/clusters/c has no hosts")
    }

    @Test func `a VM that has nothing anywhere waits for a host`() throws {
        let vm = try builder.create("v", in: fixture.z2, .vms)
        #expect(try lab.start(vm) == nil)
        #expect(builder.fact(vm, "status") == "Waiting")
        let far = try builder.l2("far", in: fixture.z2, "eth0")
        let l3 = try builder.l3("far", on: far)
        try builder.range("r", in: l3, "10.0.0.10-10.0.0.29/24 gateway=10.0.0.1")
        try lab.nic(vm, on: l3)
        #expect(builder.fact(vm, "status") == "Waiting")
        let cluster = try builder.cluster("c", in: fixture.z2)
        let host = try builder.host("h", in: cluster, "netns:h")
        builder.connect(host)
        _ = try builder.attach(far, cluster)
        try builder.run(.place(vm))
        #expect(lab.host(of: vm) == host && builder.fact(vm, "status") == "Running")
    }

    @Test func `a bridge has room for 1022 ports`() throws {
        let vm = try lab.vm("v", on: lab.b)
        try builder.run(lab.linking(vm, .host, fixture.h1))
        try lab.start(vm)
        let nic = try lab.nic(vm, on: nil)
        let late = try lab.vm("late", on: lab.a)
        try builder.run(lab.linking(late, .host, fixture.h1))
        let crowd = try builder.create("crowd", in: fixture.z1, .vms)
        for number in 0..<PlacementRules.mostPorts {
            let metadata = Metadata(mode: 0o755, uid: 0, gid: 0, modified: 0, changed: 0)
            var nic = ObjectRecord(
                id: builder.model.makeID(), kind: .nic, parent: crowd, collection: .nics, name: Name("n\(number)"),
                uuid: UniqueID(high: 9, low: UInt64(number)), metadata: metadata)
            nic.setPlug(NIC.Plug(network: fixture.v10, hosts: [fixture.h1]), 0)
            builder.apply([.insert(nic)])
        }
        let h1 = builder.model.path(of: fixture.h1)
        let obstacle = "\(h1) has 1022 ports of zones/z1/l2/v10, and 1022 are the most"
        expect(
            builder.refusal(of: lab.linking(nic, .l3, lab.a)), "vm.plug.full", .noSpace,
            "zones/z1/vms/v gets no more NICs there: \(obstacle).")
        refusal(late, obstacle)
    }

    @Test func `PL-07 a VM without NICs runs anywhere`() throws {
        let vm = try lab.vm("v")
        #expect(try lab.start(vm) == nil, "no host has anything to do")
        #expect(lab.host(of: vm) == fixture.h1)
        #expect(builder.fact(vm, "status") == "Running")
    }

    @Test func `a VM waits for the links of its NICs`() throws {
        let vm = try lab.vm("v", on: lab.a)
        let late = try lab.nic(vm, on: nil)
        try builder.set(late, .ip, "10.0.0.29")
        #expect(try lab.start(vm) == nil)
        #expect(builder.fact(vm, "status") == "Waiting" && lab.host(of: vm) == nil)
        // Nobody else gets what it asks for.
        let strategy = IPAllocationStrategy.random.rawValue
        try builder.set(lab.b, .allocation, strategy)
        for _ in 0..<19 {
            #expect(lab.addresses(of: try lab.vm("o\(builder.model.count)", on: lab.b)) != ["10.0.0.29"])
        }
        try builder.run(lab.linking(late, .l3, lab.b))
        #expect(builder.fact(vm, "status") == "Running")
        #expect(lab.addresses(of: vm) == ["10.0.0.10", "10.0.0.29"])
    }

    @Test func `a VM that waits loses a NIC though no host can take it`() throws {
        let vm = try lab.vm("v", on: lab.a)
        let late = try lab.nic(vm, on: nil)
        try lab.start(vm)
        for host in [fixture.h1, fixture.h2, fixture.h3] {
            builder.model.setStatus(ofHost: host, .disconnected("cable"))
        }
        // Nobody is told: links of a tree that is restored come in any order.
        try builder.run(lab.linking(late, .l3, lab.b))
        #expect(builder.fact(vm, "status") == "Waiting")
        try builder.run(.delete(late))
        #expect(builder.fact(vm, "status") == "Waiting")
        builder.connect(fixture.h3)
        try builder.run(.place(vm))
        #expect(lab.host(of: vm) == fixture.h3)
    }

    @Test func `no VM comes to an attachment that another is to take the place of`() throws {
        let vm = try lab.vm("v", on: lab.b)
        let old = try #require(builder.model.record(lab.nv1OnC1))
        let other = try builder.cluster("c3", in: fixture.z1)
        let replacing = NewObject(
            id: builder.model.makeID(), uuid: UniqueID(high: 7, low: 7), parent: fixture.nv1, collection: .attachments,
            name: old.name, ownership: ModelBuilder.ownership, text: "../../../clusters/c3", target: other,
            replaces: old.id)
        try builder.run(.create(replacing))
        expect(builder.refusal(of: lab.starting(vm)), "vm.placement.none", .busy)
        try builder.run(.progress(.withdraw(replacing.id, untouched: true)))
        try builder.run(.progress(.detached(replacing.id)))
        try lab.start(vm)
        expect(builder.refusal(of: .create(replacing)), "l2.detach.in-use", .busy)
    }

    // MARK: - Moves and plugs

    @Test func `a move is there first, and then leaves`() throws {
        let vm = try lab.vm("v", on: lab.a, lab.b)
        try lab.start(vm)
        let port = lab.nics(of: vm).map(\.portName)
        let plan = try builder.run(lab.linking(vm, .host, fixture.h2))
        guard case .ports(let work)? = plan.work else { throw Unexpected() }
        #expect(work.isMove && work.plugged.map(\.host) == [fixture.h2, fixture.h2] && work.unplugged.isEmpty)
        #expect(lab.ports(fixture.v10, fixture.h1) == [port[0]] && lab.ports(fixture.v10, fixture.h2) == [port[0]])
        #expect(builder.model.vms(onHost: fixture.h1) == [vm] && builder.model.vms(onHost: fixture.h2) == [vm])
        try builder.run(.progress(.moved(vm)))
        #expect(lab.host(of: vm) == fixture.h2)
        #expect(lab.ports(fixture.v10, fixture.h1).isEmpty && lab.ports(fixture.nv1, fixture.h2) == [port[1]])
    }

    @Test func `a move that is refused goes back, with what came meanwhile`() throws {
        let vm = try lab.vm("v", on: lab.a)
        try lab.start(vm)
        let plan = try builder.run(lab.linking(vm, .host, fixture.h2))
        guard case .ports(let work)? = plan.work else { throw Unexpected() }
        let late = try lab.nic(vm, on: lab.b)
        #expect(lab.ports(fixture.nv1, fixture.h2) == [vnic(late)], "plugged in at both ends of the way")
        try builder.run(.progress(.unplugged(work.changed)))
        #expect(lab.host(of: vm) == fixture.h1 && builder.model.record(vm)?.target == nil)
        #expect(lab.ports(fixture.v10, fixture.h2).isEmpty && lab.ports(fixture.nv1, fixture.h2).isEmpty)
        #expect(lab.ports(fixture.nv1, fixture.h1) == [vnic(late)])
    }

    @Test func `a start that is refused goes back, unless it was stopped and started since`() throws {
        let vm = try lab.vm("v", on: lab.a)
        guard case .ports(let work)? = try builder.run(lab.starting(vm)).work else { throw Unexpected() }
        try builder.set(vm, .state, "Stopped")
        try builder.run(lab.linking(vm, .host, fixture.h3))
        try builder.run(lab.starting(vm))
        try builder.run(.progress(.unplugged(work.changed)))
        #expect(lab.host(of: vm) == fixture.h3 && lab.addresses(of: vm) == ["10.0.0.10"])
        try lab.stop(vm)
        guard case .ports(let second)? = try builder.run(lab.starting(vm)).work else { throw Unexpected() }
        try builder.run(.progress(.unplugged(second.changed)))
        #expect(builder.effective(vm, .state) == "Stopped" && lab.host(of: vm) == nil)
        #expect(lab.ports(fixture.v10, fixture.h3).isEmpty)
    }

    @Test func `NICs come to a VM that runs and go from it, and it stays where it is`() throws {
        let vm = try lab.vm("v", on: lab.b)
        try lab.start(vm)
        let first = try #require(lab.nics(of: vm).first).record.id
        let hot = try lab.nic(vm, on: lab.a)
        #expect(lab.ports(fixture.v10, fixture.h1) == [vnic(hot)])
        try builder.run(.delete(hot))
        #expect(lab.ports(fixture.v10, fixture.h1).isEmpty)
        try builder.run(.unset(first, .l3))
        #expect(lab.ports(fixture.nv1, fixture.h1).isEmpty && lab.addresses(of: vm).isEmpty)
        #expect(lab.host(of: vm) == fixture.h1, "without its last port it runs on")
        #expect(builder.fact(vm, "status") == "Running")
        try builder.run(lab.linking(first, .l3, lab.b))
        #expect(lab.ports(fixture.nv1, fixture.h1) == [vnic(first)])
    }

    @Test func `the owner of a VM may open its taps, also one who becomes it`() throws {
        let vm = try lab.vm("v", on: lab.a)
        try lab.start(vm)
        try builder.run(.setMetadata(vm, facet: 0, MetadataChange(uid: 77)))
        #expect(builder.model.realization(of: fixture.v10, on: fixture.h1)?.wanted?.ports.map(\.owner) == [77])
    }

    private func vnic(_ nic: ObjectID) -> String { builder.model.record(nic).map { NIC($0).portName } ?? "" }
}

/// What a test did not look for.
struct Unexpected: Error {
}
