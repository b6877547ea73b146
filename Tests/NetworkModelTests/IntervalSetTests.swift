import Testing

@testable import NetworkModel

struct IntervalSetTests {
    /// Against plain sets of all 256 numbers, with intervals that like the ends of the domain.
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `like a set of numbers`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var set = IntervalSet<UInt8>()
        var numbers: Set<UInt8> = []
        var other = IntervalSet<UInt8>()
        var otherNumbers: Set<UInt8> = []
        for step in 0..<60 {
            let range = IntervalSetTests.interval(&random)
            switch random.pick([0, 0, 1, 1, 2]) {
            case 0:
                set.insert(range)
                numbers.formUnion(range)
            case 1:
                set.remove(range)
                numbers.subtract(range)
            default:
                other.insert(range)
                otherNumbers.formUnion(range)
            }
            let probe = IntervalSetTests.interval(&random)
            let overlap = set.firstOverlap(with: probe)
            let first = probe.first { numbers.contains($0) }
            let holds =
                IntervalSetTests.numbers(of: set) == numbers.sorted() && IntervalSetTests.isCanonical(set)
                && (0...255).allSatisfy { set.contains($0) == numbers.contains($0) }
                && (numbers.count == 256 ? set.count == 255 : Int(set.count) == numbers.count)
                && set.isEmpty == numbers.isEmpty
                && IntervalSetTests.numbers(of: set.intersection(other)) == numbers.intersection(otherNumbers).sorted()
                && IntervalSetTests.isCanonical(set.intersection(other))
                && set.intersection(other) == other.intersection(set)
                && IntervalSetTests.numbers(of: set.subtracting(other)) == numbers.subtracting(otherNumbers).sorted()
                && IntervalSetTests.isCanonical(set.subtracting(other))
                && (first.map { number in overlap?.contains(number) == true } ?? (overlap == nil))
            #expect(holds, "seed \(seed), step \(step): \(set.intervals)")
            if !holds { return }
        }
    }

    private static func interval(_ random: inout SplitMix64) -> ClosedRange<UInt8> {
        let ends = [
            UInt8.random(in: 0...255, using: &random), random.pick([0, 1, 127, 128, 254, 255]), random.pick([0, 255]),
        ]
        let start = random.pick(ends)
        let end = random.chance(40) ? UInt8(min(255, Int(start) + random.pick([0, 1, 2, 9]))) : random.pick(ends)
        return min(start, end)...max(start, end)
    }

    private static func numbers(of set: IntervalSet<UInt8>) -> [UInt8] { set.intervals.flatMap { Array($0) } }

    /// Ascending, and at least one number is missing between two intervals.
    private static func isCanonical(_ set: IntervalSet<UInt8>) -> Bool {
        zip(set.intervals, set.intervals.dropFirst()).allSatisfy { Int($0.upperBound) + 1 < Int($1.lowerBound) }
    }

    @Test func `signed numbers`() {
        #expect(IntervalSet<Int8>(CollectionOfOne(-100...100)).count == 201)
        #expect(IntervalSet<Int8>(CollectionOfOne(-128...127)).count == .max)
        #expect(IntervalSet<Int8>([-128...0, 2...127]).count == 255)
    }

    @Test func `the whole of IPv4 saturates`() {
        #expect(IntervalSet<UInt32>(CollectionOfOne(0...UInt32.max)).count == .max)
        #expect(IntervalSet<UInt32>(CollectionOfOne(1...UInt32.max)).count == .max)
        #expect(IntervalSet<UInt32>(CollectionOfOne(2...UInt32.max)).count == UInt32.max - 1)
    }

    @Test func `the ends of IPv6`() {
        let end = UInt128.max
        #expect(IntervalSet<UInt128>(CollectionOfOne(0...end)).count == .max)
        var set = IntervalSet<UInt128>([0...1, (end - 1)...end])
        #expect(set.count == 4 && set.contains(end) && !set.contains(end - 2))
        set.insert(2...(end - 2))
        #expect(set.intervals == [0...end])
        set.remove((1 << 64)...(end - 9))
        #expect(set.intervals == [0...((1 << 64) - 1), (end - 8)...end])
        #expect(set.count == UInt128(1) << 64 + 9)
    }

    @Test func `the order of insertions does not matter`() {
        let ranges: [ClosedRange<UInt8>] = [5...9, 20...30, 10...12, 0...1, 31...31, 255...255]
        let wanted = IntervalSet<UInt8>([0...1, 5...12, 20...31, 255...255])
        for rotation in 0..<ranges.count {
            let rotated = ranges[rotation...] + ranges[..<rotation]
            #expect(IntervalSet(rotated) == wanted)
            var set = IntervalSet<UInt8>()
            for range in rotated { set.insert(range) }
            #expect(set == wanted)
        }
        #expect(wanted.intervals.count == 4)
    }
}
