import Testing

@testable import NetworkModel

/// Addresses that are kept back. The names are rows of the behaviour cases, §7d.
struct ReservedRangeTests {
    let builder = ModelBuilder()
    let l3, range: ObjectID

    init() throws {
        l3 = try builder.l3("a")
        range = try builder.range("r", in: l3, "10.0.0.2-10.0.0.254/8 gateway=10.0.0.1")
    }

    private func refusal(_ text: String) -> Refusal? {
        builder.refusal(of: builder.creation("x", in: l3, .reserved, text: text))
    }

    private var reserved: String? { builder.fact(l3, "reserved-addresses") }

    @Test func `RS-01 outside the subnet`() {
        let outside = refusal("193.0.0.2-193.0.3.255")
        expect(
            outside, "reserved.outside-subnet", .addressNotAvailable,
            "193.0.0.2-193.0.3.255 does not lie in 10.0.0.0/8, the subnet of l3/a/ranges/r.")
        #expect(outside?.objects == ["l3/a/ranges/r"])
        expect(refusal("10.255.255.250-11.0.0.1"), "reserved.outside-subnet", .addressNotAvailable)
        expect(refusal("9.255.255.255-10.0.0.9"), "reserved.outside-subnet", .addressNotAvailable)
    }

    @Test func `RS-02 and RS-04 only addresses of ranges count`() throws {
        let id = try builder.reserved("x", in: l3, "10.0.0.2-10.0.3.255")
        #expect(reserved == "253")
        #expect(builder.fact(id, "reserved-addresses") == "253")
        #expect(builder.fact(range, "reserved-addresses") == "253")
        #expect(builder.fact(l3, "available-addresses") == "0")
        try builder.run(.delete(id))
        #expect(reserved == "0")
    }

    @Test func `RS-05 overlaps of reserved ranges`() throws {
        try builder.reserved("first", in: l3, "10.0.0.100-10.0.0.200")
        for text in ["10.0.0.100-10.0.0.150", "10.0.0.2-10.0.3.0", "10.0.0.200", "10.0.0.128/30"] {
            let overlap = refusal(text)
            expect(overlap, "reserved.overlap", .addressInUse)
            #expect(overlap?.objects == ["l3/a/reserved/first"])
        }
        expect(
            refusal("10.0.0.200"), "reserved.overlap", .addressInUse,
            "10.0.0.200-10.0.0.200 overlaps 10.0.0.100-10.0.0.200 of l3/a/reserved/first.")
    }

    @Test func `RS-06 to RS-08 ranges come and go under what is kept back`() throws {
        try builder.reserved("first", in: l3, "10.0.0.100-10.0.0.200")
        try builder.reserved("second", in: l3, "10.0.1.0-10.0.1.10")
        #expect(reserved == "101")
        try builder.range("r2", in: l3, "10.0.1.0-10.0.1.100/8 gateway=10.0.0.1")
        #expect(reserved == "112")
        try builder.run(.delete(range))
        #expect(reserved == "11")
    }

    @Test func `a reserved range is rewritten in place`() throws {
        let id = try builder.reserved("x", in: l3, "10.0.0.10-10.0.0.20")
        try builder.set(id, .value, "10.0.0.15-10.0.0.30/8\n")
        #expect(builder.fact(id, "start-ip") == "10.0.0.15")
        #expect(builder.fact(id, "end-ip") == "10.0.0.30")
        #expect(reserved == "16")
    }

    @Test func `nothing to keep back from`() throws {
        let empty = try builder.l3("empty")
        expect(
            builder.refusal(of: builder.creation("x", in: empty, .reserved, text: "10.0.0.1")), "reserved.no-range",
            .addressNotAvailable, "l3/empty has no range that addresses could be kept back from.")
        // A range that was made but not written yet is none, and hides none.
        try builder.run(builder.creation("unwritten", in: empty, .ranges))
        expect(
            builder.refusal(of: builder.creation("x", in: empty, .reserved, text: "10.0.0.1")), "reserved.no-range",
            .addressNotAvailable)
        try builder.range("r", in: empty, "10.0.0.0/24")
        try builder.reserved("x", in: empty, "10.0.0.9")
    }

    @Test(
        arguments: [
            ("10.0.0.5", 0x0A00_0005, 0x0A00_0005), ("10.0.0.5/32", 0x0A00_0005, 0x0A00_0005),
            ("10.0.0.5-10.0.0.5", 0x0A00_0005, 0x0A00_0005), ("10.0.0.5/30", 0x0A00_0004, 0x0A00_0007),
            ("10.0.0.5-10.0.0.9/24\n", 0x0A00_0005, 0x0A00_0009), ("# x\n10.0.0.0/9", 0x0A00_0000, 0x0A7F_FFFF),
        ] as [(String, UInt128, UInt128)])
    func spellings(text: String, start: UInt128, end: UInt128) throws {
        let range = try ReservedRange(text)
        #expect(range.interval == start...end)
        #expect(range.family == .v4)
    }

    @Test(arguments: [
        ("", "reserved.malformed"), ("10.0.0.5 10.0.0.6", "reserved.malformed"),
        ("10.0.0.9-10.0.0.5", "reserved.reversed"),
        ("10.0.0.5-", "range.malformed"), ("10.0.0.5-10.0.0.6-10.0.0.7", "range.malformed"), ("x", "range.malformed"),
        ("10.0.0.0/24/24", "range.malformed"), ("10.0.0.0/33", "range.netmask"), ("10.0.0.0/0", "range.netmask"),
    ])
    func `texts that are no reserved range`(text: String, rule: String) throws {
        expect(refusal(text), rule, .invalid)
    }

    @Test func `IPv6 is kept back from IPv6 only`() {
        expect(
            refusal("2001:db8::1"), "reserved.no-range", .addressNotAvailable,
            "l3/a has no IPv6 range that addresses could be kept back from.")
        expect(
            refusal("10.0.0.5-2001:db8::9"), "range.family-mixed", .familyNotSupported,
            "10.0.0.5 is IPv4, and 2001:db8::9 is IPv6.")
    }
}
