import Testing

@testable import NetworkModel

/// Every rule of the model, with a command that meets it. A new rule needs a line here.
struct RuleCoverageTests {
    /// All rule ids of the sources, those that are put together from parts written out.
    static let rules: Set<String> = [
        "cluster.named-by-vms", "host.named-by-vms", "host.vms", "l2.detach.in-use", "l2.detach.not-attached",
        "l3.addresses.exhausted", "l3.in-use", "l3.ip-allocation.unknown", "l3.l2.in-use", "nic.ip.malformed",
        "nic.ip.not-in-range", "nic.ip.reserved", "nic.ip.several", "nic.ip.taken", "nic.l3.cross-zone",
        "nic.l3.disabled", "nic.l3.duplicate", "nic.l3.no-ranges", "nic.l3.plugged-in", "nic.l3.system",
        "nic.mac.malformed", "nic.mac.plugged-in", "nic.mac.taken", "nic.too-many", "range.in-use",
        "vm.cluster.cross-zone", "vm.default-nic.unknown", "vm.guest.in-use", "vm.guest.malformed",
        "vm.host.cross-zone", "vm.l3.without-l2", "vm.move.in-progress", "vm.placement.none", "vm.plug.not-attached",
        "vm.state.unknown",
        "attribute.is-file", "attribute.is-link", "attribute.unknown", "cluster.attached", "cluster.hypervisor.in-use",
        "cluster.hypervisor.unknown",
        "collection.fixed", "collection.is-directory", "description.too-long", "host.connection.hypervisor",
        "host.connection.in-use",
        "host.connection.malformed", "host.connection.taken", "host.in-progress", "host.maintain.not-connected",
        "host.on-drift.unknown",
        "host.vtep.in-use", "host.vtep.malformed", "host.vtep.needed", "host.vtep.taken", "l2.attach.key-conflict",
        "l2.attach.vni-conflict", "l2.attach.vtep-family", "l2.attach.vtep-missing", "l2.instantiate.host-in-progress",
        "l2.instantiate.host-not-ready",
        "l2.instantiate.not-attached", "l2.key.not-a-number", "l2.key.out-of-range", "l2.vni.not-a-number",
        "l2.vni.out-of-range",
        "l2.attach.cross-zone",
        "l2.attach.detaching", "l2.attach.device-name", "l2.attach.device-name-too-long", "l2.attach.duplicate",
        "l2.attach.incomplete", "l2.attach.interface-conflict", "l2.attach.in-change", "l2.attach.vlan-conflict",
        "l2.attach.wire-in-change",
        "l2.change.host-not-connected", "l2.change.in-progress", "l2.change.needed", "l2.detach.in-progress",
        "l2.in-use", "l2.mtu.not-a-number", "l2.mtu.out-of-range", "l2.physical-interface.malformed",
        "l2.type.attached", "l2.type.contradiction", "l2.type.unsupported", "l2.vlan.not-a-number",
        "l2.vlan.out-of-range", "l3.category.has-pools", "l3.category.system", "l3.category.unknown",
        "l3.dns-domain.malformed", "l3.dns.duplicate", "l3.dns.malformed", "l3.l2.overlap", "l3.mtu.not-a-number",
        "l3.mtu.out-of-range", "l3.routes.duplicate", "l3.routes.malformed", "l3.system.unknown", "link.no-access",
        "link.no-target",
        "link.outside", "link.wrong-target", "name.arriving", "name.exists", "name.leaving", "name.malformed",
        "name.temporary", "name.too-long", "object.no-such-collection",
        "object.not-empty", "object.not-found", "range.cidr-malformed", "range.cidr-mismatch", "range.cidr-no-hosts",
        "range.class-e", "range.empty", "range.end-not-in-subnet", "range.gateway-in-range", "range.gateway-mismatch",
        "range.gateway-not-in-subnet", "range.gateway-required", "range.link-local", "range.loopback",
        "l3.category.has-ipv6", "range.family-mixed", "range.ipv4-mapped", "range.ipv6-on-system", "range.mode",
        "range.mode-mismatch", "range.mode-prefix", "range.option-family", "range.prefix-length", "range.site-local",
        "range.unspecified",
        "range.malformed", "range.multicast", "range.netmask", "range.network-or-broadcast", "range.option",
        "range.overlap", "range.pool-needs-public", "range.pools-remain", "range.prefix-required", "range.reversed",
        "range.this-network", "range.type", "reserved.malformed", "reserved.no-range", "reserved.outside-subnet",
        "reserved.overlap", "reserved.reversed", "staged.not-owner", "staged.refused",
        "state.unknown", "tree.wrong-form", "value.empty", "value.not-text", "value.several-lines",
        "value.too-long", "zone.vni-ranges.ambiguous", "zone.vni-ranges.in-use", "zone.vni-ranges.malformed",
        "zone.vni-ranges.out-of-range", "zone.vni-ranges.reversed", "l2.vni.no-pool", "l2.vni.outside-pool",
        "l2.vni.pool-exhausted", "l2.vni.taken",
    ]

    @Test func `each rule refuses something`() throws {
        var met: Set<String> = []
        for command in try RuleCoverageTests.wrongCommands() {
            let refusal = try #require(command.refusal, "\(command.rule) refused nothing")
            #expect(refusal.rule == command.rule)
            #expect(refusal.error.rawValue > 0 && refusal.error.rawValue <= 511)
            #expect(refusal.error.symbol != "E\(refusal.error.rawValue)", "\(refusal.rule) has an unknown error")
            #expect(refusal.reason.hasSuffix("."), "\(refusal.reason)")
            #expect(!refusal.remedy.isEmpty, "\(refusal.rule)")
            met.insert(refusal.rule)
        }
        #expect(met == RuleCoverageTests.rules)
    }

    struct Met {
        let rule: String
        let refusal: Refusal?
    }

    /// A network that is being changed from VLAN 10 to 12 may go back to 10.
    private static func wireInChange() throws -> Met {
        let fixture = try Fixture()
        let builder = fixture.builder
        try builder.attach(fixture.v10, fixture.c1)
        for host in [fixture.h1, fixture.h2] { builder.model.setStatus(ofHost: host, .connected("")) }
        let former = try #require(builder.model.record(fixture.v10))
        try builder.set(fixture.v10, .vlan, "12")
        builder.model.holdWires(of: former, true)
        return Met(
            rule: "l2.attach.wire-in-change", refusal: builder.refusal(of: builder.attaching(fixture.v10b, fixture.c1)))
    }

    /// A network whose hosts are being asked goes to no other cluster meanwhile.
    private static func networkInChange() throws -> Met {
        let fixture = try Fixture()
        let builder = fixture.builder
        try builder.attach(fixture.v10, fixture.c1)
        builder.model.setInFlight([fixture.v10], true)
        return Met(
            rule: "l2.attach.in-change", refusal: builder.refusal(of: builder.attaching(fixture.v10, fixture.c2)))
    }

    private static func wrongCommands() throws -> [Met] {
        let fixture = try Fixture()
        let builder = fixture.builder
        builder.checksInvariants = false
        var met: [Met] = []
        func refused(_ rule: String, _ command: Command) {
            met.append(Met(rule: rule, refusal: builder.refusal(of: command)))
        }
        func create(
            _ rule: String, _ name: String, _ parent: ObjectID, _ collection: CollectionID, _ text: String? = nil
        ) {
            refused(rule, builder.creation(name, in: parent, collection, text: text))
        }
        func set(_ rule: String, _ id: ObjectID, _ attribute: AttributeID, _ text: String) {
            refused(rule, builder.setting(id, attribute, text))
        }
        let (z1, c1, h1, nv0, v10) = (fixture.z1, fixture.c1, fixture.h1, fixture.nv0, fixture.v10)

        // Names, objects, texts.
        create("name.exists", "z1", .root, .zones)
        create("name.malformed", "a/b", .root, .zones)
        create("name.temporary", "a~", .root, .zones)
        create("name.too-long", String(repeating: "n", count: 256), .root, .zones)
        create("object.no-such-collection", "x", z1, .hosts)
        refused("object.not-found", .delete(ObjectID(9_999)))
        refused("object.not-empty", .delete(z1))
        refused("collection.fixed", .rename(.root, to: Name("x")))
        set("attribute.unknown", z1, .vlan, "10")
        refused("attribute.unknown", .unset(z1, .vlan))
        set("value.empty", z1, .state, "")
        set("value.several-lines", z1, .state, "Enabled\nDisabled")
        set("value.too-long", z1, .description, String(repeating: "x", count: 65_537))
        set("description.too-long", z1, .description, String(repeating: "x", count: 2_049))
        set("state.unknown", z1, .state, "On")

        // Clusters and hosts.
        set("cluster.hypervisor.unknown", c1, .hypervisor, "Xen")
        set("cluster.hypervisor.in-use", c1, .hypervisor, "Simulator")
        set("host.connection.malformed", h1, .connection, "telnet://h1")
        set("host.connection.hypervisor", h1, .connection, "simulator:")
        set("host.connection.taken", h1, .connection, "netns:h2")
        refused(
            "host.in-progress", .delete(try builder.run(builder.setting(fixture.h3, .connection, "netns:new")).subject))
        set("host.on-drift.unknown", h1, .drift, "never")
        builder.model.setStatus(ofHost: h1, .connecting)
        set("host.maintain.not-connected", h1, .state, "Maintenance")
        builder.connect(h1)

        // L2 networks.
        set("l2.mtu.not-a-number", nv0, .mtu, "big")
        set("l2.mtu.out-of-range", nv0, .mtu, "67")
        set("l2.vlan.not-a-number", nv0, .vlan, "ten")
        set("l2.vlan.out-of-range", nv0, .vlan, "0")
        set("l2.type.unsupported", nv0, .type, "L2TunnelNetwork")
        set("l2.vni.not-a-number", nv0, .vni, "x")
        set("l2.vni.out-of-range", nv0, .vni, "16777215")
        set("l2.key.not-a-number", nv0, .key, "x")
        set("l2.key.out-of-range", nv0, .key, "0")
        met += try VNIPoolTests.wrongCommands().map { Met(rule: $0.rule, refusal: $0.refusal) }
        met += try VMRuleTests.wrongCommands().map { Met(rule: $0.rule, refusal: $0.refusal) }
        met += try OverlayTests.wrongCommands().map { Met(rule: $0.rule, refusal: $0.refusal) }
        set("l2.type.contradiction", v10, .type, "L2NoVlanNetwork")
        set("l2.physical-interface.malformed", nv0, .physicalInterface, "eth 0")
        refused("link.wrong-target", builder.creation("x", in: nv0, .attachments, text: "x", target: z1))
        refused("l2.attach.cross-zone", builder.attaching(nv0, try builder.cluster("far", in: fixture.z2)))
        refused("l2.attach.incomplete", builder.attaching(try builder.l2("bare", in: z1), c1))
        refused("l2.attach.device-name", builder.attaching(try builder.l2("alias", in: z1, "eth0:1"), c1))
        refused(
            "l2.attach.device-name-too-long", builder.attaching(try builder.l2("l", in: z1, "enp175s0f1np1xyz"), c1))
        let going = try builder.run(builder.attaching(nv0, c1)).subject
        refused("l2.detach.in-progress", .delete(going))
        set("l2.change.in-progress", nv0, .physicalInterface, "eth9")
        try builder.settle()
        try builder.run(.progress(.attached(going)))
        let attachment = try builder.attach(v10, c1)
        refused("l2.attach.duplicate", builder.attaching(nv0, c1, name: "again"))
        refused("l2.attach.interface-conflict", builder.attaching(fixture.nv0b, c1))
        refused("l2.attach.vlan-conflict", builder.attaching(fixture.v10b, c1))
        met.append(try wireInChange())
        met.append(try networkInChange())
        refused("l2.type.attached", .unset(v10, .vlan))
        refused("l2.change.needed", .unset(v10, .physicalInterface))
        builder.model.setStatus(ofHost: h1, .disconnected("cable"))
        set("l2.change.host-not-connected", v10, .vlan, "99")
        set("host.connection.in-use", h1, .connection, "netns:other")
        try builder.run(.delete(attachment))
        refused("l2.attach.detaching", builder.attaching(v10, c1, name: "again"))
        refused("name.leaving", builder.attaching(v10, c1))
        for host in [h1, fixture.h2] {
            try builder.run(.delete(host))
            try builder.run(.progress(.hostRemoved(host)))
        }
        refused("cluster.attached", .delete(c1))

        // L3 networks and ranges.
        let l3 = try builder.l3("a", on: fixture.nv1)
        refused("l2.in-use", .delete(fixture.nv1))
        set("l3.category.unknown", l3, .category, "Shared")
        set("l3.system.unknown", l3, .system, "1")
        set("l3.mtu.not-a-number", l3, .mtu, "1500.0")
        set("l3.mtu.out-of-range", l3, .mtu, "9217")
        set("l3.dns-domain.malformed", l3, .dnsDomain, "local")
        set("l3.dns.malformed", l3, .dns, "dns.google")
        set("l3.dns.duplicate", l3, .dns, "8.8.8.8\n8.8.8.8")
        set("l3.routes.malformed", l3, .routes, "default via 10.0.0.1")
        set("l3.routes.duplicate", l3, .routes, "10.0.0.0/8 via 10.0.0.1\n10.0.0.0/8 via 10.0.0.2")
        create("reserved.no-range", "x", l3, .reserved, "10.0.0.9")
        try builder.range("r", in: l3, "10.0.0.100-10.0.0.200/24 gateway=10.0.0.1")
        for (rule, text) in ranges { create(rule, "x", l3, .ranges, text) }
        try builder.reserved("kept", in: l3, "10.0.0.150-10.0.0.160")
        for (rule, text) in reserved { create(rule, "x", l3, .reserved, text) }
        let other = try builder.l3("b")
        try builder.range("r", in: other, "10.0.0.200-10.0.0.210/24 gateway=10.0.0.1")
        refused("l3.l2.overlap", builder.linking(other, fixture.nv1))
        let pub = try builder.l3("pub", category: "Public")
        set("l3.category.system", pub, .system, "true")
        let normal = try builder.range("normal", in: pub, "11.0.0.0/24")
        try builder.range("pool", in: pub, "12.0.0.0/24 type=AddressPool")
        set("l3.category.has-pools", pub, .category, "Private")
        refused("range.pools-remain", .delete(normal))
        try builder.range("v6", in: other, "2001:db8::100-2001:db8::200/64 gateway=2001:db8::1")
        for (rule, text) in ipv6Ranges { create(rule, "x", other, .ranges, text) }
        set("l3.category.has-ipv6", other, .category, "System")
        let system = try builder.l3("system", category: "System")
        create("range.ipv6-on-system", "x", system, .ranges, "2001:db8::/64")
        return try met + drafts()
    }

    /// What is wrong in directories that are renamed into place.
    private static func drafts() throws -> [Met] {
        let fixture = try Fixture()
        let builder = fixture.builder
        var generator = SplitMix64(seed: 9)
        let metadata = Metadata(mode: 0o755, uid: 5, gid: 5, modified: 1, changed: 1)
        func file(_ name: String, _ text: String?) -> Draft.File {
            Draft.File(name: name, text: text, metadata: metadata, uuid: UniqueID.random(using: &generator))
        }
        func directory(_ name: String, _ files: [Draft.File] = [], links: [Draft.File] = [], _ below: [Draft] = [])
            -> Draft
        {
            Draft(
                name: name, metadata: metadata, uuid: UniqueID.random(using: &generator), files: files, links: links,
                directories: below)
        }
        let bad = directory(
            "l2", [file("clusters", "x"), file("description", nil)], links: [file("vlan", "x")],
            [
                directory("mtu"),
                directory(
                    "clusters", [file("f", "x")], links: [file("a", "../../../clusters/c9"), file("b", "/elsewhere")]),
            ])
        func planting(_ draft: Draft, _ credentials: Credentials?) -> Command {
            .plant(
                draft, parent: fixture.z1, collection: .l2Networks, name: Name("new"),
                DraftOrigin(credentials: credentials, mountPoint: "/net"))
        }
        var met: [Met] = []
        let whole = builder.refusal(of: planting(bad, nil))
        met.append(Met(rule: "staged.refused", refusal: whole))
        for problem in whole?.problems ?? [] { met.append(Met(rule: problem.refusal.rule, refusal: problem.refusal)) }
        let l3 = Draft(
            name: "l3", metadata: metadata, uuid: UniqueID.random(using: &generator), files: [file("l2", "x")])
        let asFile = builder.refusal(
            of: .plant(
                l3, parent: .root, collection: .l3Networks, name: Name("new"),
                DraftOrigin(credentials: nil, mountPoint: "/net")))
        met.append(Met(rule: "attribute.is-link", refusal: asFile?.problems.first?.refusal))
        // Somebody who may not go to the cluster.
        try builder.run(.setMetadata(fixture.c1, facet: 0, MetadataChange(mode: 0o700)))
        let stranger = Credentials(uid: 5, groups: [5])
        let link = directory("l2", [], [directory("clusters", links: [file("a", "../../../clusters/c1")])])
        let closed = builder.refusal(of: planting(link, stranger))
        met.append(Met(rule: "link.no-access", refusal: closed?.problems.first?.refusal))
        met.append(
            Met(
                rule: "staged.not-owner",
                refusal: builder.refusal(
                    of: .equalize(
                        directory("z1"), .object(fixture.z1), DraftOrigin(credentials: stranger, mountPoint: "/net")))))
        // One that is only on its way in.
        let open = directory(
            "l2", [file("physical-interface", "eth7")],
            [directory("clusters", links: [file("a", "../../../clusters/c1")])])
        try builder.run(planting(open, nil))
        met.append(
            Met(
                rule: "name.arriving",
                refusal: builder.refusal(of: planting(directory("l2"), nil))?.problems.first?.refusal))
        return met
    }

    /// Beside 10.0.0.100-10.0.0.200/24 with gateway 10.0.0.1.
    private static let ranges = [
        ("range.empty", "#"), ("range.malformed", "10.0.0.2-x/24"),
        ("range.family-mixed", "10.0.0.0/24 gateway=2001:db8::1"),
        ("range.option", "10.0.0.0/24 10.0.0.1"), ("range.type", "10.0.0.0/24 type=Pool"),
        ("range.netmask", "10.0.0.2-10.0.0.9 netmask=255.0.255.0 gateway=10.0.0.1"),
        ("range.prefix-required", "10.0.0.2-10.0.0.9 gateway=10.0.0.1"),
        ("range.reversed", "10.0.0.9-10.0.0.2/24 gateway=10.0.0.1"), ("range.gateway-required", "10.0.0.2-10.0.0.9/24"),
        ("range.cidr-malformed", "10.0.0.0"), ("range.cidr-no-hosts", "10.0.0.0/31"),
        ("range.pool-needs-public", "10.0.1.0/24 type=AddressPool"), ("range.multicast", "224.0.0.0/24"),
        ("range.class-e", "240.0.0.0/24"), ("range.link-local", "169.254.7.0/24"), ("range.this-network", "0.0.1.0/24"),
        ("range.loopback", "127.0.0.0/8"), ("range.gateway-not-in-subnet", "10.0.0.2-10.0.0.9/24 gateway=10.0.1.1"),
        ("range.network-or-broadcast", "10.0.0.0-10.0.0.9/24 gateway=10.0.0.1"), ("range.overlap", "10.0.0.0/24"),
        ("range.cidr-mismatch", "10.0.1.0/24"), ("range.end-not-in-subnet", "10.0.0.250-10.0.1.9/24 gateway=10.0.0.1"),
        ("range.gateway-in-range", "10.0.0.1-10.0.0.9/24 gateway=10.0.0.1"),
        ("range.gateway-mismatch", "10.0.0.2-10.0.0.9/24 gateway=10.0.0.99"),
    ]

    /// Beside 2001:db8::100-2001:db8::200/64 with gateway 2001:db8::1.
    private static let ipv6Ranges = [
        ("range.mode", "2001:db8::/64 mode=DHCP"),
        ("range.mode-mismatch", "2001:db8::2-2001:db8::9/64 gateway=2001:db8::1 mode=SLAAC"),
        ("range.mode-prefix", "2001:db8::/80 mode=SLAAC"),
        ("range.option-family", "2001:db8::/64 netmask=255.255.255.0"), ("range.prefix-length", "2001:db8::/63"),
        ("range.site-local", "fec0::/64"), ("range.unspecified", "::-::9/64 gateway=::1"),
        ("range.ipv4-mapped", "::ffff:10.0.0.0/120"),
    ]

    private static let reserved = [
        ("reserved.malformed", ""), ("reserved.reversed", "10.0.0.9-10.0.0.2"), ("reserved.outside-subnet", "10.0.1.9"),
        ("reserved.overlap", "10.0.0.155"),
    ]
}
