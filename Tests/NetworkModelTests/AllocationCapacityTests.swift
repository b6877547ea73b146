import Testing

@testable import NetworkModel

/// What an L3 network has to give, and what it has given. The names are rows of the behaviour cases, §7d and §8.
struct AllocationCapacityTests {
    /// total, used, reserved, available
    private func figures(_ desk: AllocationDesk) -> [UInt128] {
        let allocator = desk.allocator
        return [allocator.total, allocator.usedCount, allocator.reservedCount, allocator.available]
    }

    @Test func `RS-02 and RS-04 all is kept back`() {
        var desk = AllocationDesk(.firstAvailable, 2...254)
        desk.reserved.insert(2...1023)
        #expect(figures(desk) == [253, 0, 253, 0])
        #expect(desk.give() == nil && desk.allocator.random(5) == nil && desk.allocator.free(limit: -1) == [])
        desk.reserved = IntervalSet()
        #expect(figures(desk) == [253, 0, 0, 253])
        #expect(desk.give() == 2)
    }

    @Test func `RS-05 to RS-08 ranges come and go`() {
        var desk = AllocationDesk(.firstAvailable, 2...254)
        desk.reserved = IntervalSet([100...200, 256...266])
        #expect(figures(desk) == [253, 0, 101, 152])
        desk.ranges.insert(256...356)
        #expect(figures(desk) == [354, 0, 112, 242])
        desk.deleteRange(2...254)
        #expect(figures(desk) == [101, 0, 11, 90])
        #expect(desk.give() == 267)
    }

    @Test func `RS-10 and RS-11 what is in use stays, and is kept back when it is released`() {
        var v4 = AllocationDesk(.firstAvailable, 256...356)
        var v6 = AllocationDesk(.firstAvailable, 0x30...0x40)
        #expect(v4.give(times: 2) == [256, 257])
        #expect(v6.give(times: 2) == [0x30, 0x31])
        v4.reserved.insert(256...265)
        v6.reserved.insert(0x30...0x33)
        #expect(figures(v4) == [101, 2, 8, 91])
        #expect(figures(v6) == [17, 2, 2, 13])
        v4.used.remove(256...257)
        v6.used.remove(0x30...0x31)
        #expect(figures(v4) == [101, 0, 10, 91])
        #expect(figures(v6) == [17, 0, 4, 13])
        #expect(v4.give() == 266 && v6.give() == 0x34)
    }

    @Test func `AL-20 and AL-21 free addresses`() {
        var desk = AllocationDesk(.firstAvailable, 10...20)
        _ = desk.give(times: 4)
        #expect(figures(desk) == [11, 4, 0, 7])
        #expect(desk.allocator.free(limit: 100) == [14...20])
        desk = AllocationDesk(.firstAvailable, 10...20, 50...60)
        #expect(desk.allocator.available == 22)
        #expect(desk.allocator.free(limit: 100) == [10...20, 50...60])
    }

    @Test func `AL-23 limits of free addresses`() {
        var desk = AllocationDesk(.firstAvailable, 10...20, 50...60)
        for address in [10, 12, 20, 55, 60, 61] as [UInt128] { desk.used.insert(address) }
        let all: [ClosedRange<UInt128>] = [11...11, 13...19, 50...54, 56...59]
        #expect(desk.allocator.free(limit: -1) == all && desk.allocator.free(limit: Int.min) == all)
        for limit in 0...5 { #expect(desk.allocator.free(limit: limit) == Array(all.prefix(limit))) }
    }

    @Test func `AL-26 capacity of a range, and of several`() {
        var desk = AllocationDesk(.firstAvailable, 100...200)
        _ = desk.give(times: 30)
        #expect(figures(desk) == [101, 30, 0, 71])
        desk.ranges.insert(300...309)
        #expect(figures(desk) == [111, 30, 0, 81])
    }

    @Test func `what others ask for by name is left to them`() {
        var desk = AllocationDesk(.firstAvailable, 10...20)
        desk.claimed = IntervalSet([10...12, 18...25])
        desk.reserved.insert(20...30)
        desk.used.insert(11)
        let allocator = desk.allocator
        #expect(figures(desk) == [11, 1, 1, 5])
        #expect(allocator.claimedCount == 4)
        #expect(allocator.firstAvailable() == 13 && allocator.ascending(after: 17) == 13)
        #expect(allocator.free(limit: -1) == [13...17])
    }

    @Test func `a whole /64 of IPv6 costs nothing`() {
        let subnet = UInt128(0x2001_0DB8) << 96
        var desk = AllocationDesk(.random, (subnet + 2)...(subnet + UInt128(UInt64.max)))
        let given = desk.give(times: 200).compactMap { $0 }
        #expect(Set(given).count == 200 && given.allSatisfy { desk.ranges.contains($0) })
        let size = UInt128(UInt64.max) - 1
        #expect(figures(desk) == [size, 200, 0, size - 200])
        #expect(given.contains { $0 - subnet > 1 << 62 })
        desk.strategy = .firstAvailable
        #expect(desk.give() == subnet + 2)
    }

    /// Against a plain list of numbers.
    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func `like a list of numbers`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for step in 0..<20 {
            func intervals(_ count: Int) -> IntervalSet<UInt128> {
                IntervalSet(
                    (0..<Int.random(in: 0...count, using: &random)).map { _ in
                        let start = UInt128.random(in: 0...200, using: &random)
                        return start...(start + UInt128.random(in: 0...40, using: &random))
                    })
            }
            let (ranges, reserved, claimed) = (intervals(4), intervals(3), intervals(2))
            var used = AddressSet()
            for run in intervals(9).intervals { used.insert(run) }
            for run in intervals(9).intervals { used.remove(run) }
            let allocator = AddressAllocator(ranges: ranges, reserved: reserved, used: used, claimed: claimed)

            let all = ranges.intervals.flatMap { Array($0) }
            let unused = all.filter { !used.contains($0) }
            let unreserved = unused.filter { !reserved.contains($0) }
            let free = unreserved.filter { !claimed.contains($0) }
            let cursor = UInt128.random(in: 0...250, using: &random)
            let holds =
                allocator.total == UInt128(all.count) && allocator.usedCount == UInt128(all.count - unused.count)
                && allocator.reservedCount == UInt128(unused.count - unreserved.count)
                && allocator.claimedCount == UInt128(unreserved.count - free.count)
                && allocator.available == UInt128(free.count) && allocator.firstAvailable() == free.first
                && allocator.ascending(after: nil) == free.first
                && allocator.ascending(after: cursor) == (free.first { $0 > cursor } ?? free.first)
                && free.indices.allSatisfy { allocator.random(UInt128($0)) == free[$0] }
                && allocator.random(cursor) == (free.isEmpty ? nil : free[Int(cursor) % free.count])
                && allocator.free(limit: -1).flatMap { Array($0) } == free
            #expect(holds, "seed \(seed), step \(step)")
            if !holds { return }
        }
    }

    /// 10.0.0.0/8 with one free address in 16: a million runs.
    @Test func `a nearly full /8`() {
        let first: UInt128 = 10 << 24
        let last = first + (1 << 24 - 1)
        let subnet = first...last
        var desk = AllocationDesk(.ascendingDelayed, subnet)
        desk.used.insert(first...(first + 6))
        for hole in stride(from: first + 7, through: last, by: 16) {
            desk.used.insert((hole + 1)...min(hole + 15, last))
        }
        #expect(figures(desk) == [1 << 24, 15 << 20, 0, 1 << 20])
        #expect(desk.allocator.random(1 << 19) == first + 1 << 23 + 7)
        #expect(desk.allocator.random(1 << 20 - 1) == last - 8)
        #expect(desk.allocator.free(limit: 2) == [(first + 7)...(first + 7), (first + 23)...(first + 23)])
        desk.cursor = AllocationCursor(last: first + 1 << 23)
        #expect(desk.give(times: 2) == [first + 1 << 23 + 7, first + 1 << 23 + 23])
        desk.used.remove(first + 1 << 23 + 8)
        desk.cursor = AllocationCursor(last: last - 8)
        #expect(desk.give() == first + 7)
        desk.strategy = .random
        let given = desk.give(times: 1000).compactMap { $0 }
        #expect(Set(given).count == 1000 && given.allSatisfy { ($0 - first) % 16 == 7 || $0 == first + 1 << 23 + 8 })
        #expect(desk.allocator.available == 1 << 20 - 1002)
        desk.reserved.insert(first...(last - 32))
        desk.strategy = .firstAvailable
        desk.used.insert((last - 24)...last)
        desk.used.remove(last - 20)
        #expect(desk.allocator.available == 1 && desk.give() == last - 20 && desk.give() == nil)
    }
}
