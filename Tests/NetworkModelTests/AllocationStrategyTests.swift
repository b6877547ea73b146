import Testing

@testable import NetworkModel

/// An L3 network that gives addresses, with nothing else around it.
struct AllocationDesk {
    var ranges = IntervalSet<UInt128>()
    var reserved = IntervalSet<UInt128>()
    var claimed = IntervalSet<UInt128>()
    var used = AddressSet()
    var strategy: IPAllocationStrategy
    var cursor: AllocationCursor?
    var random = SplitMix64(seed: 8)

    /// - Parameter ranges: the last numbers of addresses.
    init(_ strategy: IPAllocationStrategy, _ ranges: ClosedRange<UInt128>...) {
        self.strategy = strategy
        self.ranges = IntervalSet(ranges)
    }

    var allocator: AddressAllocator {
        AddressAllocator(ranges: ranges, reserved: reserved, used: used, claimed: claimed)
    }

    /// Gives one by the strategy, or the one with this name.
    mutating func give(_ name: UInt128? = nil) -> UInt128? {
        let number = UInt128.random(in: 0..<UInt128.max, using: &random)
        guard let address = name ?? allocator.next(by: strategy, after: cursor, random: number) else { return nil }
        cursor = allocator.cursor(afterGiving: address, by: strategy, from: cursor)
        used.insert(address)
        return address
    }

    mutating func give(times: Int) -> [UInt128?] { (0..<times).map { _ in give() } }

    mutating func deleteRange(_ range: ClosedRange<UInt128>) {
        ranges.remove(range)
        used.remove(range)
        cursor?.moveRight(of: range)
    }
}

/// The names are rows of the behaviour cases, §8.
struct AllocationStrategyTests {
    @Test func `AL-02 and AL-03 first available`() {
        var desk = AllocationDesk(.firstAvailable, 10...14)
        for address in [10, 11, 12, 14] as [UInt128] { desk.used.insert(address) }
        #expect(desk.give() == 13)
        for strategy in IPAllocationStrategy.allCases {
            desk.strategy = strategy
            #expect(desk.give() == nil, "\(strategy)")
        }
        desk.used.remove(11)
        desk.used.remove(13)
        #expect(desk.give(times: 3) == [11, 13, nil])
    }

    @Test(arguments: [(10...20, 11), (20...1020, 1001), (1...255, 255)] as [(ClosedRange<UInt128>, Int)])
    func `AL-06, AL-08 and AL-09 random gives each address once`(range: ClosedRange<UInt128>, count: Int) {
        var desk = AllocationDesk(.random, range)
        let given = desk.give(times: count).compactMap { $0 }
        #expect(given.count == count && Set(given) == Set(range))
        #expect(given != given.sorted())
        #expect(desk.give() == nil)
    }

    @Test func `AL-08 ten thousand draws`() {
        var desk = AllocationDesk(.random, 20...100)
        var drawn: [UInt128: Int] = [:]
        for _ in 0..<10_000 {
            guard let address = desk.give() else { break }
            drawn[address, default: 0] += 1
            desk.used.remove(address)
        }
        #expect(drawn.values.reduce(0, +) == 10_000 && Set(drawn.keys) == Set(20...100))
        // 123 each on average; the generator's seed is fixed.
        #expect(drawn.values.allSatisfy { (60...200).contains($0) })
    }

    @Test func `random reaches each free address, in all ranges`() {
        var desk = AllocationDesk(.random, 10...20, 50...60, 70...70)
        desk.reserved.insert(14...16)
        desk.claimed.insert(52...52)
        for address in [10, 20, 51, 70, 99] as [UInt128] { desk.used.insert(address) }
        let free = desk.allocator.free(limit: -1).flatMap { Array($0) }
        #expect(free == [11, 12, 13, 17, 18, 19, 50] + Array(53...60))
        #expect((0..<15).map { desk.allocator.random($0) } == free)
        #expect(desk.allocator.random(15) == 11 && desk.allocator.random(.max) == free[Int(UInt128.max % 15)])
    }

    @Test func `AL-12 a released address waits`() {
        var desk = AllocationDesk(.ascendingDelayed, 2...11)
        desk.used.insert(2)
        #expect(desk.give(times: 4) == [3, 4, 5, 6])
        desk.used.remove(6)
        #expect(desk.give() == 7)
        desk.used.remove(4)
        desk.used.remove(5)
        #expect(desk.give() == 8)
        #expect(desk.give(10) == 10)
        #expect(desk.give(times: 6) == [9, 11, 4, 5, 6, nil])
    }

    @Test func `AL-14, AL-15 and AL-17 around all ranges`() {
        // Added in another order than that of addresses.
        var desk = AllocationDesk(.ascendingDelayed, 5...11, 65...80, 35...50)
        desk.used.insert(5)
        #expect(desk.give(times: 2) == [6, 7])
        #expect(desk.give(10) == 10)
        #expect(desk.give() == 8)
        #expect(desk.give(37) == 37)
        #expect(desk.give(times: 2) == [9, 11])
        desk.used.remove(7)
        #expect(desk.give(times: 3) == [35, 36, 38])
        desk.deleteRange(35...50)
        #expect(desk.give() == 65)
        desk.deleteRange(65...80)
        #expect(desk.give() == 7)
        #expect(desk.give() == nil && desk.cursor == AllocationCursor(last: 7))

        desk.used.remove(6...9)
        #expect(desk.give() == 8)
        desk.strategy = .random
        #expect(desk.give() != nil && desk.cursor == nil)
        desk.strategy = .ascendingDelayed
        desk.used.remove(6...9)
        #expect(desk.give() == 6 && desk.cursor == AllocationCursor(last: 6))
        desk.strategy = .firstAvailable
        #expect(desk.give() == 7 && desk.cursor == nil)
    }

    @Test func `AL-14 by name, the cursor moves only if it was that address's turn`() {
        var desk = AllocationDesk(.ascendingDelayed, 5...11)
        #expect(desk.give(7) == 7 && desk.cursor == nil)
        #expect(desk.give(5) == 5 && desk.cursor == AllocationCursor(last: 5))
        desk.used.remove(5)
        #expect(desk.give(6) == 6 && desk.cursor == AllocationCursor(last: 6))
        // 7 is used, so it is the turn of 8.
        #expect(desk.give(9) == 9 && desk.cursor == AllocationCursor(last: 6))
        #expect(desk.give(8) == 8 && desk.cursor == AllocationCursor(last: 8))
        #expect(desk.give(times: 3) == [10, 11, 5])
        // An address outside the ranges is nobody's turn.
        #expect(desk.give(99) == 99 && desk.cursor == AllocationCursor(last: 5))
    }

    @Test func `AL-15 what comes back under the cursor waits`() {
        var desk = AllocationDesk(.ascendingDelayed, 5...11, 35...50, 65...80)
        _ = desk.give(times: 9)
        #expect(desk.cursor == AllocationCursor(last: 36))
        desk.deleteRange(35...50)
        #expect(desk.cursor == AllocationCursor(last: 50))
        desk.deleteRange(5...8)
        #expect(desk.cursor == AllocationCursor(last: 50))
        desk.ranges.insert(35...50)
        #expect(desk.give() == 65)
    }

    @Test func `the turn at the ends of the domain`() {
        var desk = AllocationDesk(.ascendingDelayed, 0...1, (UInt128.max - 1)...UInt128.max)
        #expect(desk.give(times: 5) == [0, 1, .max - 1, .max, nil])
        desk.used.remove(.max)
        #expect(desk.give() == .max)
        desk.used.remove(0)
        #expect(desk.give() == 0)
    }

    @Test func `cursors as text`() {
        let cursor = AllocationCursor(last: 0x0A00_0007)
        #expect(cursor.text(.v4) == "10.0.0.7" && AllocationCursor("10.0.0.7", .v4) == cursor)
        #expect(AllocationCursor("10.0.0.7", .v6) == nil && AllocationCursor("", .v4) == nil)
        let v6 = AllocationCursor("2001:db8::7", .v6)
        #expect(v6?.text(.v6) == "2001:db8::7" && v6?.last == 0x2001_0DB8 << 96 + 7)
        #expect(AllocationCursor("10.0.0.7 ", .v4) == nil)
    }

    @Test func `names of strategies`() {
        #expect(IPAllocationStrategy(name: "Random") == .random)
        #expect(IPAllocationStrategy(name: "FirstAvailableIpAllocatorStrategy") == .firstAvailable)
        #expect(IPAllocationStrategy(name: "AscDelayRecycleIpAllocatorStrategy") == .ascendingDelayed)
        for name in ["", "random", "IpAllocatorStrategy", "RandomIpAllocatorStrategyX", "Random "] {
            #expect(IPAllocationStrategy(name: name) == nil, "\(name)")
        }
        for strategy in IPAllocationStrategy.allCases {
            #expect(IPAllocationStrategy(name: strategy.longName) == strategy)
        }
    }
}
