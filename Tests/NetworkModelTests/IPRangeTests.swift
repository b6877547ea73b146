import Testing

@testable import NetworkModel

/// Ranges as objects, beside the vectors of `IPRangeTable`. The names are rows of the behaviour cases, §7, 7b and 7c.
struct IPRangeTests {
    let builder = ModelBuilder()
    let zone, l2, a: ObjectID

    init() throws {
        zone = try builder.zone("z1")
        l2 = try builder.l2("nv0", in: zone, "eth0")
        a = try builder.l3("a", on: l2)
    }

    @Test func `IR-01 the paper's example`() throws {
        let low = try builder.range("low", in: a, "192.168.0.10-192.168.0.50/24 gateway=192.168.0.1")
        let high = try builder.range("high", in: a, "192.168.0.60-192.168.0.100/24 gateway=192.168.0.1")
        let facts = [
            "start-ip": "192.168.0.10", "end-ip": "192.168.0.50", "netmask": "255.255.255.0", "prefix-len": "24",
            "gateway": "192.168.0.1", "network-cidr": "192.168.0.0/24", "ip-range-type": "Normal",
            "total-addresses": "41", "reserved-addresses": "0", "l3-network-uuid": builder.model.uuidText(a),
        ]
        for (name, value) in facts { #expect(builder.fact(low, name) == value, "\(name)") }
        #expect(builder.fact(a, "total-addresses") == "82")
        #expect(builder.fact(a, "ip-version") == "4")
        let uuids = [low, high].map { builder.model.uuidText($0) }.joined(separator: "\n")
        #expect(builder.fact(a, "ip-ranges") == uuids)
        let bad = builder.creation("bad", in: a, .ranges, text: "192.168.0.40-192.168.0.70/24 gateway=192.168.0.1")
        let refusal = builder.refusal(of: bad)
        expect(
            refusal, "range.overlap", .addressInUse,
            "192.168.0.40-192.168.0.70 overlaps 192.168.0.10-192.168.0.50 of l3/a/ranges/low.")
        #expect(refusal?.objects == ["l3/a/ranges/low"])
    }

    @Test func `CI-06 a gateway in the middle is a hole in one range`() throws {
        let id = try builder.range("r", in: a, "192.168.0.0/24 gateway=192.168.0.100")
        #expect(builder.fact(id, "intervals") == "192.168.0.1-192.168.0.99\n192.168.0.101-192.168.0.254")
        #expect(builder.fact(id, "total-addresses") == "253")
        #expect(builder.model.range(id)?.title == "192.168.0.1-192.168.0.99 and 192.168.0.101-192.168.0.254")
        // Both halves are in the way of others, and the hole is not.
        let b = try builder.l3("b", on: l2)
        for address in ["192.168.0.99", "192.168.0.101"] {
            let text = "\(address)-\(address)/24 gateway=192.168.0.254"
            expect(
                builder.refusal(of: builder.creation("x", in: b, .ranges, text: text)), "range.overlap", .addressInUse)
        }
        try builder.range("hole", in: b, "192.168.0.100-192.168.0.100/24 gateway=192.168.0.254")
    }

    @Test func `a slash-8 costs one interval`() throws {
        try builder.range("big", in: a, "10.0.0.0/8")
        #expect(builder.fact(a, "total-addresses") == "16777213")
        #expect(builder.model.addresses(ofL3: a, .v4).intervals.count == 1)
    }

    @Test func `IR-28 a range is renamed and rewritten in place`() throws {
        let id = try builder.range("r", in: a, "192.168.0.10-192.168.0.50/24 gateway=192.168.0.1")
        try builder.run(.rename(id, to: Name("office")))
        #expect(builder.model.path(of: id) == "l3/a/ranges/office")
        let uuid = builder.model.uuidText(id)
        // The only range may take any shape; it does not stand in its own way.
        try builder.set(id, .value, "192.168.0.20-192.168.0.80/24 gateway=192.168.0.1\n")
        try builder.set(id, .value, "10.0.0.0/24")
        #expect(builder.model.uuidText(id) == uuid)
        #expect(builder.text(id, .value) == "10.0.0.0/24")
        expect(builder.refusal(of: builder.setting(id, .value, "10.0.0.0")), "range.cidr-malformed", .invalid)
        #expect(builder.fact(id, "network-cidr") == "10.0.0.0/24")
    }

    @Test func `IR-29 a range that grows into its neighbour`() throws {
        let low = try builder.range("low", in: a, "192.168.0.10-192.168.0.50/24 gateway=192.168.0.1")
        try builder.range("high", in: a, "192.168.0.60-192.168.0.100/24 gateway=192.168.0.1")
        let refusal = builder.refusal(
            of: builder.setting(low, .value, "192.168.0.20-192.168.0.60/24 gateway=192.168.0.1"))
        expect(refusal, "range.overlap", .addressInUse)
        #expect(refusal?.objects == ["l3/a/ranges/high"])
        try builder.set(low, .value, "192.168.0.20-192.168.0.59/24 gateway=192.168.0.1")
        // The second half of a range with a hole is looked at too.
        let b = try builder.l3("b", on: l2)
        expect(
            builder.refusal(of: builder.creation("x", in: b, .ranges, text: "192.168.0.0/26 gateway=192.168.0.19")),
            "range.overlap", .addressInUse)
    }

    @Test func `IR-30 the last Normal range stays as long as there are pools`() throws {
        let pub = try builder.l3("pub", category: "Public")
        let normal = try builder.range("normal", in: pub, "11.0.0.0/24")
        let pool = try builder.range("pool", in: pub, "12.0.0.0/24 type=AddressPool")
        let refusal = builder.refusal(of: .delete(normal))
        expect(
            refusal, "range.pools-remain", .busy,
            "l3/pub/ranges/normal is the last Normal range of l3/pub, which still has address pools.")
        #expect(refusal?.objects == ["l3/pub/ranges/pool"])
        expect(
            builder.refusal(of: builder.setting(normal, .value, "11.0.0.0/24 type=AddressPool")), "range.pools-remain",
            .busy)
        let second = try builder.range("second", in: builder.l3("other", on: l2), "11.1.0.0/24")
        try builder.run(.delete(second))
        try builder.run(.delete(pool))
        try builder.run(.delete(normal))
    }

    @Test func `a Public L3 network with pools stays Public`() throws {
        let pub = try builder.l3("pub", category: "Public")
        let pool = try builder.range("pool", in: pub, "12.0.0.0/24 type=AddressPool")
        for command in [builder.setting(pub, .category, "Private"), .unset(pub, .category)] {
            let refusal = builder.refusal(of: command)
            expect(
                refusal, "l3.category.has-pools", .busy,
                "l3/pub has address pools, which only a Public L3 network may have.")
            #expect(refusal?.objects == ["l3/pub/ranges/pool"])
        }
        try builder.run(.delete(pool))
        try builder.set(pub, .category, "Private")
    }

    @Test func `AP-01 the sentence`() throws {
        expect(
            builder.refusal(of: builder.creation("p", in: a, .ranges, text: "100.64.101.0/24 type=AddressPool")),
            "range.pool-needs-public", .invalid,
            "l3/a is Private; only a Public L3 network may have address pools.")
    }

    @Test func `L3 networks may be moved to a wire where they are in no one's way`() throws {
        let other = try builder.l2("nv1", in: zone, "eth1")
        let b = try builder.l3("b", on: other)
        try builder.range("r", in: a, "192.168.0.10-192.168.0.50/24 gateway=192.168.0.1")
        let moved = try builder.range("r", in: b, "192.168.0.0/24 gateway=192.168.0.30")
        let refusal = builder.refusal(of: builder.linking(b, l2))
        expect(
            refusal, "l3.l2.overlap", .addressInUse,
            "l3/b/ranges/r overlaps l3/a/ranges/r of another L3 network on zones/z1/l2/nv0.")
        #expect(refusal?.objects == ["l3/b/ranges/r", "l3/a/ranges/r"])
        try builder.set(moved, .value, "192.168.0.60-192.168.0.70/24 gateway=192.168.0.1")
        try builder.run(builder.linking(b, l2))
        #expect(builder.model.l3Networks(on: l2) == [a, b])
        // On their own again, they may overlap, and then not come back.
        try builder.run(.unset(b, .l2))
        try builder.set(moved, .value, "192.168.0.0/24")
        expect(builder.refusal(of: builder.linking(b, l2)), "l3.l2.overlap", .addressInUse)
    }

    /// Texts that are the same range.
    @Test(arguments: [
        "192.168.0.10-192.168.0.50/24 gateway=192.168.0.1", "192.168.0.10-192.168.0.50/24\tgateway=192.168.0.1 \r\n",
        "192.168.0.10-192.168.0.50 gateway=192.168.0.1 netmask=255.255.255.0",
        "# office\n192.168.0.10-192.168.0.50\nnetmask=255.255.255.0\n\ngateway=192.168.0.1\ntype=Normal\n",
        "192.168.0.10-192.168.0.50/24 netmask=255.255.255.0 gateway=192.168.0.1",
    ])
    func `one range in several spellings`(text: String) throws {
        let range = try IPRange(text)
        #expect(range.intervals == [0xC0A8_000A...0xC0A8_0032])
        #expect(range.subnet.description == "192.168.0.0/24")
        #expect(range.gateway.description == "192.168.0.1")
        #expect(range.type == .normal)
        let id = try builder.range("r", in: a, text)
        #expect(builder.text(id, .value) == text)
    }

    @Test(arguments: [
        ("", "range.empty"), ("# nothing\n", "range.empty"), ("10.0.0.1-10.0.0.9", "range.prefix-required"),
        ("10.0.0.1-10.0.0.9 gateway=10.0.0.1", "range.prefix-required"),
        ("10.0.0.2-10.0.0.9/24/24 gateway=10.0.0.1", "range.malformed"),
        ("10.0.0.2-10.0.0.9-10.0.0.11/24 gateway=10.0.0.1", "range.malformed"),
        ("10.0.0.2 - 10.0.0.9/24 gateway=10.0.0.1", "range.option"), ("-10.0.0.9/24", "range.malformed"),
        ("10.0.0.2-/24", "range.malformed"), ("10.0.0.2-9/24 gateway=10.0.0.1", "range.malformed"),
        ("10.0.0.2-10.0.0.9/0 gateway=10.0.0.1", "range.netmask"), ("10.0.0.2-10.0.0.9/33", "range.netmask"),
        ("10.0.0.2-10.0.0.9/ gateway=10.0.0.1", "range.netmask"), ("10.0.0.2-10.0.0.9/024", "range.netmask"),
        ("10.0.0.2-10.0.0.9/08 gateway=10.0.0.1", "range.netmask"),
        ("10.0.0.2-10.0.0.9/24 netmask=255.255.0.0 gateway=10.0.0.1", "range.netmask"),
        ("10.0.0.0/24 netmask=255.255.0.0", "range.netmask"), ("10.0.0.0/24 netmask=24", "range.malformed"),
        ("10.0.0.0/24 gateway=", "range.malformed"), ("10.0.0.0/24 gateway=router", "range.malformed"),
        ("10.0.0.0/24 gateway=10.0.0.1 gateway=10.0.0.2", "range.option"), ("10.0.0.0/24 mtu=1500", "range.option"),
        ("10.0.0.0/24 Gateway=10.0.0.1", "range.option"), ("10.0.0.0/24 10.0.1.0/24", "range.option"),
        ("10.0.0.0/24 type=normal", "range.type"), ("10.0.0.0/24 gateway=fe80::1", "range.family-mixed"),
        ("10.0.0.2-2001:db8::9/24", "range.family-mixed"), ("10.0.0.0/24 mode=SLAAC", "range.option-family"),
        ("10.0.0.0/24 netmask=ffff::", "range.netmask"),
        ("office", "range.cidr-malformed"), ("10.0.0.2-10.0.0.9/24\u{E9} gateway=10.0.0.1", "range.netmask"),
    ])
    func `texts that are no range`(text: String, rule: String) throws {
        let error: ErrorNumber = rule == "range.family-mixed" ? .familyNotSupported : .invalid
        expect(builder.refusal(of: builder.creation("r", in: a, .ranges, text: text)), rule, error)
    }
}
