import Testing

@testable import NetworkModel

/// Ranges of IPv6, alone and beside those of IPv4. The names are rows of the behaviour cases, §7d and §7e.
struct IPv6RangeTests {
    let builder = ModelBuilder()
    let zone, l2, a: ObjectID

    init() throws {
        zone = try builder.zone("z1")
        l2 = try builder.l2("nv0", in: zone, "eth0")
        a = try builder.l3("a", on: l2)
    }

    private func refusal(_ text: String, in l3: ObjectID? = nil) -> Refusal? {
        builder.refusal(of: builder.creation("x", in: l3 ?? a, .ranges, text: text))
    }

    /// What the text means: `START-END@GATEWAY MODE`, with `,` between two intervals.
    @Test(arguments: [
        ("V6-02", "2002:2001::/64", "2002:2001::2-2002:2001::ffff:ffff:ffff:ffff@2002:2001::1 Stateful-DHCP"),
        (
            "V6-02 of any host", "2002:2001::77/64 mode=SLAAC",
            "2002:2001::2-2002:2001::ffff:ffff:ffff:ffff@2002:2001::1 SLAAC"
        ),
        (
            "V6-07", "2002:2002::2-2002:2002::ff/120 gateway=2002:2002::1",
            "2002:2002::2-2002:2002::ff@2002:2002::1 Stateful-DHCP"
        ),
        ("V6-14", "2002:2001::/124", "2002:2001::2-2002:2001::f@2002:2001::1 Stateful-DHCP"),
        ("the smallest subnet", "2002:2001::/126", "2002:2001::2-2002:2001::3@2002:2001::1 Stateful-DHCP"),
        (
            "V6-13", "2002:2001::9-2002:2001::a/126 gateway=2002:2001::b",
            "2002:2001::9-2002:2001::a@2002:2001::b Stateful-DHCP"
        ),
        ("the last is the gateway", "2002::/124 gateway=2002::f", "2002::1-2002::e@2002::f Stateful-DHCP"),
        ("the first is the gateway", "2002::/124 gateway=2002::", "2002::1-2002::f@2002:: Stateful-DHCP"),
        (
            "a gateway in the middle", "2002::/124 gateway=2002::7",
            "2002::1-2002::6,2002::8-2002::f@2002::7 Stateful-DHCP"
        ),
        (
            "in several spellings",
            "# v6\n2002:0:0::A-2002::00FF/64\n\tgateway=2002::0001 type=Normal\nmode=Stateless-DHCP",
            "2002::a-2002::ff@2002::1 Stateless-DHCP"
        ),
        ("private", "fd00::/64", "fd00::2-fd00::ffff:ffff:ffff:ffff@fd00::1 Stateful-DHCP"),
        ("beside ::1", "::2-::9/64 gateway=::a", "::2-::9@::a Stateful-DHCP"),
        ("before link-local", "fe7f::/64", "fe7f::2-fe7f::ffff:ffff:ffff:ffff@fe7f::1 Stateful-DHCP"),
        (
            "behind IPv4 in IPv6 form", "::1:0:0:2-::1:0:0:9/64 gateway=::1:0:0:1",
            "::1:0:0:2-::1:0:0:9@::1:0:0:1 Stateful-DHCP"
        ),
    ])
    func ranges(id: String, text: String, result: String) throws {
        let name = try builder.range("r", in: a, text)
        #expect(builder.text(name, .value) == text)
        let range = try #require(builder.model.range(name))
        let intervals = range.intervals.map { range.family.text(of: $0) }.joined(separator: ",")
        #expect("\(intervals)@\(range.gateway) \(range.addressMode?.rawValue ?? "none")" == result)
    }

    /// Errors that are not EINVAL.
    private static let errors: [String: ErrorNumber] = [
        "prefix-length": .range, "gateway-not-in-subnet": .addressNotAvailable, "family-mixed": .familyNotSupported,
        "end-not-in-subnet": .addressNotAvailable,
    ]

    @Test(arguments: [
        ("V6-01", "2002:2001::/63", "prefix-length", "An IPv6 range has a prefix length from 64 to 126, not 63."),
        ("V6-01", "2002:2001::2-2002:2001::9/63 gateway=2002:2001::1", "prefix-length", ""),
        ("V6-04", "2002:2001::/127", "prefix-length", "An IPv6 range has a prefix length from 64 to 126, not 127."),
        ("V6-04", "2002:2001::/128", "prefix-length", ""), ("V6-04", "::/0", "prefix-length", ""),
        (
            "V6-05", "2002::fe-2002::2/64 gateway=2002::1", "reversed",
            "The range ends at 2002::2, before it starts at 2002::fe."
        ),
        // As text the end would come first.
        ("ZSvirt#30", "2002::a0-2002::b/64 gateway=2002::1", "reversed", ""),
        ("V6-07", "2002::2-2002::fe/120 gateway=2002::fe", "gateway-in-range", ""),
        ("V6-11", "2002::/80 mode=SLAAC", "mode-prefix", "SLAAC needs a prefix length of 64, not 80."),
        ("V6-11", "2002::2-2002::9/65 gateway=2002::1 mode=Stateless-DHCP", "mode-prefix", ""),
        ("mode", "2002::/64 mode=slaac", "mode", "'slaac' is not an address mode."),
        ("mode", "2002::/64 mode=", "mode", ""),
        ("mode twice", "2002::/64 mode=SLAAC mode=SLAAC", "option", ""),
        ("gateway", "2002::2-2002::9/64", "gateway-required", ""),
        (
            "gateway", "2002::/64 gateway=2002:0:0:1::1", "gateway-not-in-subnet",
            "The gateway 2002:0:0:1::1 is not a host of 2002::/64."
        ),
        ("gateway", "2002::2-2002::9/64 gateway=fe80::1", "gateway-not-in-subnet", ""),
        ("gateway", "2002::2-2002::9/64 gateway=10.0.0.1", "family-mixed", "2002::2 is IPv6, and 10.0.0.1 is IPv4."),
        ("ends", "2002::2-10.0.0.1/64 gateway=2002::1", "family-mixed", ""),
        ("end", "2002::2-2002:0:0:1::9/64 gateway=2002::1", "end-not-in-subnet", ""),
        (
            "first", "2002::-2002::9/64 gateway=2002::f", "network-or-broadcast",
            "2002::-2002::9 holds 2002::, the address of all routers of the subnet."
        ),
        ("prefix", "2002::2-2002::9 gateway=2002::1", "prefix-required", ""),
        ("prefix", "2002::2-2002::9/129 gateway=2002::1", "netmask", "/129 is not a prefix length."),
        ("prefix", "2002::2-2002::9/064 gateway=2002::1", "netmask", ""),
        ("prefix", "2002::/129", "cidr-malformed", ""),
        ("prefix", "2002::", "cidr-malformed", "'2002::' is not a range of IPv4 or IPv6."),
        (
            "netmask", "2002::/64 netmask=255.255.255.0", "option-family", "netmask= is for IPv4 ranges only."
        ),
        ("pool", "2002::/64 type=AddressPool", "option-family", "type=AddressPool is for IPv4 ranges only."),
        ("zone index", "2002::2%eth0-2002::9/64 gateway=2002::1", "malformed", ""),
        (
            "multicast", "ff02::/64", "multicast",
            "ff02::2-ff02::ffff:ffff:ffff:ffff holds addresses that are multicast (ff00::/8)."
        ),
        ("link-local", "fe80::/64", "link-local", ""), ("link-local", "febf:ffff::/64", "link-local", ""),
        ("site-local", "fec0::/64", "site-local", ""), ("site-local", "feff:ffff:ffff:ffff::/64", "site-local", ""),
        ("loopback", "::1-::9/64 gateway=::a", "loopback", ""),
        ("unspecified", "::-::9/64 gateway=::a", "unspecified", ""),
        ("IPv4 in IPv6 form", "::ffff:10.0.0.0/120", "ipv4-mapped", ""),
        ("IPv4 in IPv6 form", "::2-::1:0:0:0/64 gateway=::1:0:0:1", "ipv4-mapped", ""),
    ])
    func refusals(id: String, text: String, rule: String, sentence: String) {
        expect(
            refusal(text), "range." + rule, IPv6RangeTests.errors[rule] ?? .invalid, sentence.isEmpty ? nil : sentence)
    }

    @Test func `V6-02 and V6-14 what state tells`() throws {
        let id = try builder.range("r", in: a, "2002:2001::/124")
        let facts = [
            "start-ip": "2002:2001::2", "end-ip": "2002:2001::f", "gateway": "2002:2001::1", "ip-version": "6",
            "network-cidr": "2002:2001::/124", "prefix-len": "124", "address-mode": "Stateful-DHCP",
            "netmask": "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0", "ip-range-type": "Normal", "total-addresses": "14",
            "intervals": "2002:2001::2-2002:2001::f",
        ]
        for (name, value) in facts { #expect(builder.fact(id, name) == value, "\(name)") }
        #expect(builder.fact(a, "ip-version") == "6")
        try builder.set(id, .value, "2002:2001::/64")
        #expect(builder.fact(a, "total-addresses") == "18446744073709551614", "2^64 without gateway and first address")
        #expect(builder.model.addresses(ofL3: a, .v6).intervals.count == 1)
        let ipv4 = try builder.range("v4", in: a, "10.0.0.0/24")
        #expect(builder.fact(ipv4, "address-mode") == nil)
        #expect(builder.fact(a, "ip-version") == "46")
        #expect(builder.fact(a, "total-addresses") == "18446744073709551867", "more than 64 bits hold")
        try builder.run(.delete(id))
        #expect(builder.fact(a, "ip-version") == "4")
    }

    @Test func `V6-07 overlaps are seen by number`() throws {
        try builder.range("r", in: a, "2002:2002::2-2002:2002::ff/120 gateway=2002:2002::1")
        let overlap = refusal("2002:2002::2-2002:2002::fe/120 gateway=2002:2002::fe")
        expect(
            overlap, "range.overlap", .addressInUse,
            "2002:2002::2-2002:2002::fe overlaps 2002:2002::2-2002:2002::ff of l3/a/ranges/r.")
        #expect(overlap?.objects == ["l3/a/ranges/r"])
        // Between ::2 and ::ff as numbers, and behind both as text.
        let b = try builder.l3("b", on: l2)
        expect(refusal("2002:2002::30-2002:2002::30/120 gateway=2002:2002::31", in: b), "range.overlap", .addressInUse)
        try builder.range("r", in: try builder.l3("elsewhere"), "2002:2002::30-2002:2002::30/120 gateway=2002:2002::31")
    }

    @Test func `V6-08 another prefix length on the same L2 network`() throws {
        try builder.range("r", in: a, "2002:2001::/64")
        let b = try builder.l3("b", on: l2)
        expect(refusal("2002:2001::/65", in: b), "range.overlap", .addressInUse)
        expect(refusal("2002:2001::/63", in: b), "range.prefix-length", .range)
        try builder.range("r", in: b, "2002:2001:0:1::/64")
    }

    @Test func `V6-10 one subnet, gateway and address mode of each family`() throws {
        try builder.range("r", in: a, "2002::10-2002::1f/64 gateway=2002::1 mode=SLAAC")
        let refusals: [(text: String, rule: String, error: ErrorNumber, sentence: String)] = [
            (
                "2002::20-2002::2f/64 gateway=2002::1", "mode-mismatch", .invalid,
                "The address mode Stateful-DHCP differs from SLAAC of l3/a/ranges/r; an L3 network has one."
            ),
            (
                "2002::20-2002::2f/64 gateway=2002::2 mode=SLAAC", "gateway-mismatch", .addressNotAvailable,
                "The gateway 2002::2 differs from 2002::1 of l3/a/ranges/r; an L3 network has one gateway."
            ),
            (
                "2002:0:0:1::/64 mode=SLAAC", "cidr-mismatch", .addressNotAvailable,
                "2002:0:0:1::2-2002::1:ffff:ffff:ffff:ffff is of subnet 2002:0:0:1::/64, but l3/a/ranges/r is of "
                    + "2002::/64; an L3 network is one subnet."
            ),
        ]
        for row in refusals {
            let refusal = refusal(row.text)
            expect(refusal, "range." + row.rule, row.error, row.sentence)
            #expect(refusal?.objects == ["l3/a/ranges/r"])
        }
        // Those of IPv4 are a matter of their own, whichever came first.
        try builder.range("v4", in: a, "10.0.0.10-10.0.0.20/24 gateway=10.0.0.1")
        try builder.range("v6", in: a, "2002::20-2002::2f/64 gateway=2002::1 mode=SLAAC")
        expect(refusal("10.0.0.30-10.0.0.40/24 gateway=10.0.0.2"), "range.gateway-mismatch", .addressNotAvailable)
        try builder.range("v4 too", in: a, "10.0.0.30-10.0.0.40/24 gateway=10.0.0.1")
    }

    /// IPv4 addresses have numbers that are also those of IPv6 addresses.
    @Test func `families on a wire are in no one's way`() throws {
        try builder.range("v4", in: a, "10.0.0.0/24")
        let same = "::a00:2-::a00:fe/64 gateway=::1:0:0:1"
        try builder.range("v6", in: a, same)
        let b = try builder.l3("b")
        try builder.range("v6", in: b, "::a00:9-::a00:9/64 gateway=::1:0:0:1")
        expect(builder.refusal(of: builder.linking(b, l2)), "l3.l2.overlap", .addressInUse)
        let c = try builder.l3("c")
        try builder.range("v6", in: c, "::b00:9-::b00:9/64 gateway=::1:0:0:1")
        try builder.run(builder.linking(c, l2))
    }

    @Test func `a range changes its family`() throws {
        let id = try builder.range("r", in: a, "10.0.0.0/24")
        try builder.set(id, .value, "2002::/64")
        #expect(builder.fact(a, "ip-version") == "6")
        // Its old place is free, the new one is taken.
        let b = try builder.l3("b", on: l2)
        try builder.range("r", in: b, "10.0.0.0/24")
        expect(refusal("2002::/64", in: b), "range.overlap", .addressInUse)
        expect(builder.refusal(of: builder.setting(id, .value, "10.0.0.0/24")), "range.overlap", .addressInUse)
    }

    @Test func `V6-16 the IPv6 range of a dual stack goes alone`() throws {
        try builder.range("v4", in: a, "10.0.0.0/24")
        let id = try builder.range("v6", in: a, "2002::/64")
        try builder.run(.delete(id))
        #expect(builder.fact(a, "total-addresses") == "253")
        #expect(builder.fact(a, "ip-version") == "4")
    }

    @Test func `pools stand beside a range of IPv4`() throws {
        let pub = try builder.l3("pub", category: "Public")
        let ipv4 = try builder.range("v4", in: pub, "11.0.0.0/24")
        let ipv6 = try builder.range("v6", in: pub, "2002::/64")
        let pool = try builder.range("pool", in: pub, "12.0.0.0/24 type=AddressPool")
        expect(
            builder.refusal(of: .delete(ipv4)), "range.pools-remain", .busy,
            "l3/pub/ranges/v4 is the last Normal range of l3/pub, which still has address pools.")
        expect(
            builder.refusal(of: builder.setting(ipv4, .value, "2002::2-2002::3/64 gateway=2002::1")), "range.overlap",
            .addressInUse)
        try builder.run(.delete(ipv6))
        expect(builder.refusal(of: builder.setting(ipv4, .value, "2002::/64")), "range.pools-remain", .busy)
        try builder.run(.delete(pool))
        try builder.set(ipv4, .value, "2002::/64")
    }

    @Test func `a System L3 network is IPv4`() throws {
        let system = try builder.l3("system", category: "System")
        expect(
            refusal("2002::/64", in: system), "range.ipv6-on-system", .invalid,
            "l3/system is System; such an L3 network has no IPv6 ranges.")
        try builder.range("v4", in: system, "11.0.0.0/24")
        try builder.range("v6", in: a, "2002::/64")
        for (attribute, text) in [(AttributeID.category, "System"), (.system, "true")] {
            let refusal = builder.refusal(of: builder.setting(a, attribute, text))
            expect(
                refusal, "l3.category.has-ipv6", .busy,
                "l3/a has IPv6 ranges, which a System L3 network may not have.")
            #expect(refusal?.objects == ["l3/a/ranges/v6"])
        }
        try builder.set(a, .category, "Public")
    }

    // MARK: - §7d

    @Test func `RS-10 addresses of both families are kept back`() throws {
        let ipv4 = try builder.range("v4", in: a, "10.0.1.0-10.0.1.100/8 gateway=10.0.0.1")
        let ipv6 = try builder.range("v6", in: a, "2002::30-2002::40/64 gateway=2002::1")
        try builder.reserved("v4", in: a, "10.0.1.0-10.0.1.9")
        let id = try builder.reserved("v6", in: a, "2002::30-2002::33")
        #expect(builder.fact(a, "reserved-addresses") == "14")
        #expect(builder.fact(a, "available-addresses") == "104")
        #expect(builder.fact(ipv4, "reserved-addresses") == "10" && builder.fact(ipv6, "reserved-addresses") == "4")
        for (name, value) in [
            "start-ip": "2002::30", "end-ip": "2002::33", "ip-version": "6", "reserved-addresses": "4",
        ] {
            #expect(builder.fact(id, name) == value, "\(name)")
        }
        try builder.run(.delete(ipv6))
        #expect(builder.fact(a, "reserved-addresses") == "10")
    }

    @Test(arguments: [
        ("2002::33", "2002::33-2002::33"), ("2002::33/128", "2002::33-2002::33"), ("2002::33/124", "2002::30-2002::3f"),
        ("2002::/64", "2002::-2002::ffff:ffff:ffff:ffff"), ("2002::9-2002::A/64\n", "2002::9-2002::a"),
    ])
    func `reserved ranges`(text: String, title: String) throws {
        try builder.range("v6", in: a, "2002::/64")
        let id = try builder.reserved("x", in: a, text)
        #expect(builder.model.reservedRange(id)?.title == title)
    }

    @Test func `reserved ranges that are refused`() throws {
        try builder.range("v4", in: a, "10.0.0.0/24")
        try builder.range("v6", in: a, "2002::100-2002::200/64 gateway=2002::1")
        try builder.reserved("kept", in: a, "2002::110-2002::11f")
        let rows: [(text: String, rule: String, error: ErrorNumber, sentence: String?)] = [
            (
                "2002::118/127", "reserved.overlap", .addressInUse,
                "2002::118-2002::119 overlaps 2002::110-2002::11f of l3/a/reserved/kept."
            ),
            (
                "2003::1", "reserved.outside-subnet", .addressNotAvailable,
                "2003::1-2003::1 does not lie in 2002::/64, the subnet of l3/a/ranges/v6."
            ),
            ("2002::/63", "reserved.outside-subnet", .addressNotAvailable, nil),
            (
                "2002::9-2002::2", "reserved.reversed", .invalid,
                "The range ends at 2002::2, before it starts at 2002::9."
            ),
            ("2002::9-10.0.0.9", "range.family-mixed", .familyNotSupported, nil),
            ("2002::9/129", "range.netmask", .invalid, "/129 is not a prefix length."),
            ("2002::9/0", "range.netmask", .invalid, nil), ("2002::9::", "range.malformed", .invalid, nil),
        ]
        for row in rows {
            expect(
                builder.refusal(of: builder.creation("x", in: a, .reserved, text: row.text)), row.rule, row.error,
                row.sentence)
        }
        // The numbers of 10.0.0.9 and ::a00:9 are the same.
        try builder.reserved("v4", in: a, "10.0.0.9")
        let b = try builder.l3("b")
        try builder.range("v4", in: b, "10.0.0.0/24")
        expect(
            builder.refusal(of: builder.creation("x", in: b, .reserved, text: "::a00:9")), "reserved.no-range",
            .addressNotAvailable, "l3/b has no IPv6 range that addresses could be kept back from.")
    }

    // MARK: - Directories

    @Test func `a directory with both families becomes an L3 network, and another one`() throws {
        let maker = DraftMaker()
        func draft(_ low: String, _ high: String) -> Draft {
            maker.directory(
                "x", links: [("l2", "../../zones/z1/l2/nv0")],
                [
                    maker.directory("reserved", files: [("six", "2002::150"), ("four", "10.0.0.9")]),
                    maker.directory(
                        "ranges", files: [("low", low), ("high", high), ("v4", "10.0.0.0/24")]),
                ])
        }
        let (first, second) = (
            "2002::2-2002::ff/64 gateway=2002::1", "2002::100-2002::1ff/64 gateway=2002::1"
        )
        let id = try builder.run(builder.planting(draft(first, second), in: .root, .l3Networks, as: "new")).subject
        #expect(builder.fact(id, "ip-version") == "46" && builder.fact(id, "reserved-addresses") == "2")
        // They change places.
        try builder.run(builder.equalizing(draft(second, first), .object(id)))
        let low = try #require(builder.model.child(of: id, in: .ranges, named: Name("low")))
        #expect(builder.text(low, .value) == second)
        let wrong = builder.refusal(
            of: builder.planting(
                draft("2003::/127", "2002::150-2002::150/64 gateway=2002::1"), in: .root, .l3Networks, as: "other"))
        let problems = Set((wrong?.problems ?? []).map { "\($0.path) \($0.refusal.rule)" })
        #expect(
            problems.isSuperset(of: [
                "ranges/low range.prefix-length", "ranges/high range.overlap", "ranges/v4 range.overlap",
            ]))
    }
}
