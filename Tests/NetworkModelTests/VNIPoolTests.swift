import Testing

@testable import NetworkModel

/// A zone's pool of VNIs (behaviour cases VX-01 to VX-09).
struct VNIPoolTests {
    /// A zone with the pool 10-11 and 20.
    private struct Pool {
        let builder = ModelBuilder()
        let zone: ObjectID

        init(_ text: String? = "10-11 20") throws {
            zone = try builder.zone("z")
            if let text { try builder.set(zone, .vniRanges, text) }
        }

        @discardableResult
        func network(_ name: String, _ vni: String? = nil) throws -> ObjectID {
            try builder.create(name, in: zone, .l2Networks, vni.map { [.vni: $0] } ?? [:])
        }

        func vni(_ network: ObjectID) -> String? { builder.effective(network, .vni) }

        func fact(_ name: String) -> String? { builder.fact(zone, name) }
    }

    /// A command for each rule about pools, and its refusal.
    static func wrongCommands() throws -> [(rule: String, refusal: Refusal?)] {
        var met: [(rule: String, refusal: Refusal?)] = []
        let none = try Pool(nil)
        let (a, b) = (try none.network("a", "7"), try none.network("b", "7"))
        func refused(_ rule: String, _ command: Command, _ builder: ModelBuilder) {
            met.append((rule, builder.refusal(of: command)))
        }
        func range(_ rule: String, _ text: String) {
            refused(rule, none.builder.setting(none.zone, .vniRanges, text), none.builder)
        }
        range("zone.vni-ranges.malformed", "ten")
        range("zone.vni-ranges.reversed", "1000-100")
        range("zone.vni-ranges.out-of-range", "16777215")
        range("zone.vni-ranges.ambiguous", "1-10")
        refused("l2.vni.no-pool", none.builder.setting(a, .vni, "auto"), none.builder)
        try none.builder.set(b, .vni, "8")
        range("zone.vni-ranges.in-use", "8-10")

        let pool = try Pool("10")
        let (c, d) = (try pool.network("c", "auto"), try pool.network("d"))
        refused("l2.vni.taken", pool.builder.setting(d, .vni, "10"), pool.builder)
        refused("l2.vni.outside-pool", pool.builder.setting(c, .vni, "11"), pool.builder)
        refused("l2.vni.pool-exhausted", pool.builder.setting(d, .vni, "auto"), pool.builder)
        return met
    }

    @Test(arguments: [
        ("100-10000", "100-10000"), ("1-16777214\n", "1-16777214"), ("5", "5"), ("5-5", "5"),
        ("# old\n1-2, 3\n\n9 7-8", "1-3 7-9"), ("10-20 15-30", "10-30"),
    ])
    func `ranges are read between blanks, commas and lines`(text: String, effective: String) throws {
        let pool = try Pool(text)
        #expect(pool.builder.effective(pool.zone, .vniRanges) == effective)
    }

    @Test(arguments: [
        ("zone.vni-ranges.malformed", "10-"), ("zone.vni-ranges.malformed", "-10"),
        ("zone.vni-ranges.malformed", "1-2-3"),
        ("zone.vni-ranges.malformed", "0x10"), ("zone.vni-ranges.malformed", "01-5"),
        ("zone.vni-ranges.malformed", "99999999999999999999"), ("zone.vni-ranges.malformed", "0"),
        ("zone.vni-ranges.out-of-range", "1-16777215"), ("zone.vni-ranges.reversed", "1000-100"),
        ("value.empty", "# 5"),
    ])
    func `what is no range is refused`(rule: String, text: String) throws {
        let pool = try Pool(nil)
        let refusal = pool.builder.refusal(of: pool.builder.setting(pool.zone, .vniRanges, text))
        #expect(refusal?.rule == rule)
    }

    @Test func `auto takes the lowest that is free, until there is none`() throws {
        let pool = try Pool()
        let fixed = try pool.network("fixed", "11")
        let (a, b) = (try pool.network("a", "auto"), try pool.network("b", "auto\n"))
        #expect([a, b, fixed].map(pool.vni) == ["10", "20", "11"])
        #expect(pool.builder.effective(a, .type) == "L2VxlanNetwork")
        #expect(pool.builder.model.record(a)?.text(.vni) == "auto", "what was written is what is read")
        #expect(pool.fact("total-vnis") == "3" && pool.fact("available-vnis") == "0" && pool.fact("next-vni") == "")
        let c = try pool.network("c")
        expect(
            pool.builder.refusal(of: pool.builder.setting(c, .vni, "auto")), "l2.vni.pool-exhausted", .noSpace,
            "All 3 VNIs of zones/z are taken.")
        try pool.builder.run(.delete(a))
        #expect(pool.fact("available-vnis") == "1" && pool.fact("next-vni") == "10")
        try pool.builder.set(c, .vni, "auto")
        #expect(pool.vni(c) == "10")
        try pool.builder.run(.unset(fixed, .vni))
        #expect(pool.fact("next-vni") == "11", "a number that is given up can be given again")
    }

    @Test func `a number that was chosen is from the pool and nobody else's`() throws {
        let pool = try Pool("100-10000")
        try pool.network("first", "1001")
        let second = try pool.network("second")
        expect(
            pool.builder.refusal(of: pool.builder.setting(second, .vni, "1001")), "l2.vni.taken", .addressInUse,
            "VNI 1001 is already that of zones/z/l2/first.")
        expect(
            pool.builder.refusal(of: pool.builder.setting(second, .vni, "10001")), "l2.vni.outside-pool", .range,
            "VNI 10001 is not among those of zones/z: 100-10000.")
        // Another zone's pool is its own.
        let other = try pool.builder.zone("other")
        try pool.builder.create("first", in: other, .l2Networks, [.vni: "1001"])
    }

    @Test func `auto keeps the number that the network has, and a number ends it`() throws {
        let pool = try Pool()
        let network = try pool.network("n", "20")
        try pool.builder.set(network, .vni, "auto")
        #expect(pool.vni(network) == "20")
        try pool.builder.set(network, .vni, "# mine\nauto")
        #expect(pool.vni(network) == "20")
        try pool.builder.set(network, .vni, "11")
        #expect(pool.vni(network) == "11" && pool.fact("available-vnis") == "2")
        #expect(pool.builder.model.record(network)?.attribute(.allocatedVNI) == nil)
    }

    @Test func `a number that a network may go back to is not given to another`() throws {
        let pool = try Pool("10-12")
        let network = try pool.network("n", "10")
        let former = try #require(pool.builder.model.record(network))
        pool.builder.model.holdWires(of: former, true)
        try pool.builder.set(network, .vni, "11")
        let other = try pool.network("other", "auto")
        #expect(pool.vni(other) == "12")
        expect(
            pool.builder.refusal(of: pool.builder.setting(other, .vni, "10")), "l2.vni.taken", .addressInUse,
            "VNI 10 is already that of zones/z/l2/n.")
        try pool.builder.set(network, .vni, "10")
        pool.builder.model.holdWires(of: former, false)
        try pool.builder.set(other, .vni, "11")
    }

    @Test func `a pool holds what was given from it`() throws {
        let pool = try Pool()
        let network = try pool.network("n", "auto")
        expect(
            pool.builder.refusal(of: pool.builder.setting(pool.zone, .vniRanges, "11-30")), "zone.vni-ranges.in-use",
            .busy, "zones/z/l2/n has VNI 10, which would not be in the pool.")
        try pool.builder.set(pool.zone, .vniRanges, "10")
        // Without a pool it keeps its number, and a new pool must hold it.
        try pool.builder.run(.unset(pool.zone, .vniRanges))
        #expect(pool.vni(network) == "10" && pool.fact("total-vnis") == nil)
        try pool.network("twin", "10")
        expect(
            pool.builder.refusal(of: pool.builder.setting(pool.zone, .vniRanges, "1-100")), "zone.vni-ranges.ambiguous",
            .busy, "zones/z/l2/n and zones/z/l2/twin have the same VNI 10, which a pool gives only once.")
    }

    @Test func `a full pool of many ranges gives its last number`() throws {
        let pool = try Pool("1-400 402-800")
        pool.builder.checksInvariants = false
        var given: [Int] = []
        for index in 0..<799 { given.append(Int(try #require(pool.vni(pool.network("n\(index)", "auto")))) ?? 0) }
        #expect(given == Array(1...400) + Array(402...800))
        #expect(pool.fact("available-vnis") == "0")
        #expect(ModelInvariants.broken(in: pool.builder.model).isEmpty)
    }
}
