import Testing

@testable import NetworkModel

/// The rules for VMs and NICs, each with its sentence.
struct VMRuleTests {
    struct Met {
        let rule: String
        let error: ErrorNumber
        let reason: String
        let refusal: Refusal?
    }

    @Test func `each rule with its sentence`() throws {
        for met in try VMRuleTests.wrongCommands() { expect(met.refusal, met.rule, met.error, met.reason) }
    }

    /// Also for `RuleCoverageTests`.
    static func wrongCommands() throws -> [Met] {
        let lab = try VMLab()
        let (builder, fixture) = (lab.builder, lab.fixture)
        var all: [Met] = []
        func refused(_ rule: String, _ error: ErrorNumber, _ reason: String, _ command: Command) {
            all.append(Met(rule: rule, error: error, reason: reason, refusal: builder.refusal(of: command)))
        }
        let far = try builder.cluster("far", in: fixture.z2)
        let farHost = try builder.host("h9", in: far, "netns:h9")
        let vm = try lab.vm("v1", on: lab.a, lab.b)
        let nic = try #require(lab.nics(of: vm).first).record.id
        let other = try lab.vm("v2", on: lab.a)
        let vmPath = "zones/z1/vms/v1"

        refused(
            "vm.state.unknown", .invalid, "'Paused' is not a value of state.", builder.setting(vm, .state, "Paused"))
        refused("vm.guest.malformed", .invalid, "'qemu' is not a value of guest.", builder.setting(vm, .guest, "qemu"))
        refused(
            "vm.host.cross-zone", .invalid, "\(vmPath) and zones/z2/clusters/far/hosts/h9 lie in different zones.",
            lab.linking(vm, .host, farHost))
        refused(
            "vm.cluster.cross-zone", .invalid, "\(vmPath) and zones/z2/clusters/far lie in different zones.",
            lab.linking(vm, .cluster, far))
        refused(
            "vm.default-nic.unknown", .invalid, "\(vmPath) has no NIC 'eth9'.", builder.setting(vm, .defaultNIC, "eth9")
        )
        refused(
            "nic.mac.malformed", .invalid, "'01:00:00:00:00:01' is not the Ethernet address of one guest.",
            builder.setting(nic, .mac, "01:00:00:00:00:01"))
        refused(
            "nic.ip.malformed", .invalid, "'10.0.0.20/24' is not an IPv4 or IPv6 address.",
            builder.setting(nic, .ip, "10.0.0.20/24"))
        refused(
            "nic.ip.several", .invalid, "A NIC has at most one IPv4 address.",
            builder.setting(nic, .ip, "10.0.0.20 10.0.0.21"))
        refused(
            "value.empty", .invalid, "The text written to ip holds no address.", builder.setting(nic, .ip, "# none"))
        let taken = try #require(lab.nics(of: other).first?.mac)
        refused(
            "nic.mac.taken", .notUnique, "\(taken) is the MAC address of zones/z1/vms/v2/nics/nic0.",
            builder.setting(nic, .mac, "\(taken)"))
        refused(
            "nic.ip.not-in-range", .addressNotAvailable, "10.0.0.200 is in no range of l3/a.",
            builder.setting(nic, .ip, "10.0.0.200"))
        try builder.reserved("kept", in: lab.a, "10.0.0.20")
        refused(
            "nic.ip.reserved", .addressNotAvailable, "10.0.0.20 is kept back by l3/a/reserved/kept.",
            builder.setting(nic, .ip, "10.0.0.20"))
        refused(
            "nic.ip.taken", .addressInUse, "10.0.0.11 is the address of zones/z1/vms/v2/nics/nic0.",
            builder.setting(nic, .ip, "10.0.0.11"))
        refused(
            "l3.ip-allocation.unknown", .invalid, "'Best' is not a value of ip-allocation.",
            builder.setting(lab.a, .allocation, "Best"))

        // Linking a NIC.
        let third = try lab.nic(vm, on: nil)
        refused(
            "nic.l3.duplicate", .notUnique, "\(vmPath)/nics/nic0 of the same VM is on l3/a already.",
            lab.linking(third, .l3, lab.a))
        let empty = try builder.l3("empty", on: fixture.v10)
        refused(
            "nic.l3.no-ranges", .addressNotAvailable, "l3/empty has no range to take an address from.",
            lab.linking(third, .l3, empty))
        try builder.range("r", in: empty, "10.0.7.0/24")
        try builder.set(empty, .state, "Disabled")
        refused(
            "nic.l3.disabled", .busy, "l3/empty is Disabled and takes no new NICs.", lab.linking(third, .l3, empty))
        let system = try builder.l3("system", on: fixture.v10, category: "System")
        try builder.range("r", in: system, "10.0.8.0/24")
        refused(
            "nic.l3.system", .invalid, "l3/system is a System L3 network, which VMs of users cannot use.",
            lab.linking(third, .l3, system))
        let abroad = try builder.l3("abroad", on: try builder.l2("n", in: fixture.z2, "eth0"))
        try builder.range("r", in: abroad, "10.0.9.0/24")
        refused(
            "nic.l3.cross-zone", .invalid,
            "l3/abroad stands on zones/z2/l2/n, which \(vmPath)/nics/nic2 of another zone cannot reach.",
            lab.linking(third, .l3, abroad))
        let lone = try builder.l3("lone")
        try builder.range("r", in: lone, "10.0.6.10-10.0.6.10/24 gateway=10.0.6.1")
        let loner = try lab.vm("loner", on: lone)
        refused(
            "vm.l3.without-l2", .busy, "zones/z1/vms/loner/nics/nic0 is on l3/lone, which stands on no L2 network.",
            lab.starting(loner))
        refused(
            "l3.addresses.exhausted", .noSpace,
            "l3/lone has no free IPv4 address: of 1, 1 are in use and 0 are kept back.",
            lab.linking(third, .l3, lone))
        let many = try builder.create("many", in: fixture.z1, .vms)
        for _ in 0..<NICRules.most { try lab.nic(many, on: nil) }
        refused(
            "nic.too-many", .noSpace, "zones/z1/vms/many has 100 NICs, which is the most.",
            builder.creation("one-more", in: many, .nics))

        // What runs.
        try builder.run(.delete(third))
        try builder.run(lab.linking(other, .host, fixture.h3))
        try lab.start(other)
        try lab.start(vm)
        let onC1 = try #require(lab.host(of: vm))
        let hostPath = builder.model.path(of: onC1)
        refused(
            "vm.guest.in-use", .busy, "\(vmPath) is running, and its guest's ends of the ports are in use.",
            builder.setting(vm, .guest, "netns:red"))
        refused(
            "nic.l3.plugged-in", .busy, "\(vmPath)/nics/nic0 is plugged into l3/a of a running VM.",
            lab.linking(nic, .l3, lab.dual))
        refused(
            "nic.mac.plugged-in", .busy, "\(vmPath)/nics/nic0 is plugged in, and its MAC address is in use.",
            builder.setting(nic, .mac, "fa:00:00:00:00:77"))
        refused(
            "vm.plug.not-attached", .busy,
            "zones/z1/vms/v2 runs in zones/z1/clusters/c2, which is not reached by zones/z1/l2/nv1.",
            lab.linking(try lab.nic(other, on: nil), .l3, lab.b))
        refused(
            "vm.placement.none", .busy,
            "No host can take \(vmPath): zones/z1/clusters/c2 is not reached by zones/z1/l2/nv1.",
            lab.linking(vm, .host, fixture.h3))
        refused(
            "range.in-use", .busy, "Addresses of l3/b/ranges/r are in use: 10.0.0.10 by \(vmPath)/nics/nic1.",
            .delete(lab.rangeOfB))
        refused(
            "l3.l2.in-use", .busy, "NICs of running VMs are on l3/b; its L2 network cannot change under them.",
            builder.linking(lab.b, fixture.v11))
        refused(
            "l2.detach.in-use", .busy, "VMs in zones/z1/clusters/c1 use zones/z1/l2/nv1: \(vmPath).",
            .delete(lab.nv1OnC1))
        refused(
            "l2.detach.not-attached", .invalid, "\(vmPath) is not the link of an attachment.", .detachByForce(vm))
        refused("host.vms", .busy, "VMs run on \(hostPath): \(vmPath).", .delete(onC1))
        refused(
            "host.vms", .busy, "VMs run on \(hostPath): \(vmPath).", builder.setting(onC1, .state, "Maintenance"))
        try lab.stop(other)
        refused(
            "host.named-by-vms", .busy, "VMs shall run on zones/z1/clusters/c2/hosts/h3: zones/z1/vms/v2.",
            .delete(fixture.h3))
        let idle = try builder.cluster("idle", in: fixture.z1)
        try builder.run(lab.linking(other, .cluster, idle))
        refused(
            "cluster.named-by-vms", .busy, "VMs shall run on zones/z1/clusters/idle: zones/z1/vms/v2.", .delete(idle))
        let next = onC1 == fixture.h1 ? fixture.h2 : fixture.h1
        try builder.run(lab.linking(vm, .host, next))
        refused("vm.move.in-progress", .busy, "\(vmPath) is just moving to another host.", lab.linking(vm, .host, onC1))
        try builder.run(.progress(.moved(vm)))
        for id in lab.nics(of: vm).map(\.record.id) {
            try builder.run(.unset(id, .l3))
            try builder.run(.delete(id))
        }
        refused("object.not-empty", .notEmpty, "l3/b still holds 1 objects or links.", .delete(lab.b))
        try builder.run(.delete(lab.rangeOfB))
        try builder.set(lab.b, .description, "used")
        try builder.range("again", in: lab.b, "10.0.0.10-10.0.0.29/24 gateway=10.0.0.1")
        let last = try lab.vm("last", on: lab.b)
        try builder.run(.delete(try #require(builder.model.children(of: lab.b, in: .ranges).first)))
        _ = last
        refused("l3.in-use", .busy, "NICs are on l3/b.", .delete(lab.b))
        return all
    }
}
