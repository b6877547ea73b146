/// A set of integers kept as sorted, disjoint, non-adjacent closed intervals: a /8 costs what a /30 costs.
///
/// Looking up is O(log n) in the number of intervals, changing is O(n) moves of 16 or 32 bytes.
public struct IntervalSet<Element: FixedWidthInteger & Sendable>: Hashable, Sendable {
    /// Ascending; between two of them lies at least one missing element.
    public private(set) var intervals: [ClosedRange<Element>] = []

    public init() {}

    /// O(n log n): in ascending order, inserting moves nothing.
    public init(_ ranges: some Sequence<ClosedRange<Element>>) {
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) { insert(range) }
    }

    public var isEmpty: Bool { intervals.isEmpty }

    /// The number of elements. Saturates where the whole domain is in the set and its size does not fit.
    public var count: Element.Magnitude {
        var total: Element.Magnitude = 0
        for interval in intervals {
            let size = Element.Magnitude(truncatingIfNeeded: interval.upperBound &- interval.lowerBound)
            let (next, overflow) = total.addingReportingOverflow(size)
            let (final, overflowOfOne) = next.addingReportingOverflow(1)
            if overflow || overflowOfOne { return .max }
            total = final
        }
        return total
    }

    public func contains(_ element: Element) -> Bool {
        let index = firstIndex(endingAtOrAfter: element)
        return index < intervals.count && intervals[index].contains(element)
    }

    /// The first interval of the set that shares an element with `range`.
    public func firstOverlap(with range: ClosedRange<Element>) -> ClosedRange<Element>? {
        let index = firstIndex(endingAtOrAfter: range.lowerBound)
        guard index < intervals.count, intervals[index].overlaps(range) else { return nil }
        return intervals[index]
    }

    public mutating func insert(_ range: ClosedRange<Element>) {
        // Adjacent intervals are joined, so look one element to either side.
        let low = range.lowerBound == .min ? range.lowerBound : range.lowerBound - 1
        let high = range.upperBound == .max ? range.upperBound : range.upperBound + 1
        let first = firstIndex(endingAtOrAfter: low)
        var end = first
        var joined = range
        while end < intervals.count, intervals[end].lowerBound <= high {
            joined =
                min(joined.lowerBound, intervals[end].lowerBound)...max(joined.upperBound, intervals[end].upperBound)
            end += 1
        }
        intervals.replaceSubrange(first..<end, with: CollectionOfOne(joined))
    }

    public mutating func remove(_ range: ClosedRange<Element>) {
        let first = firstIndex(endingAtOrAfter: range.lowerBound)
        var end = first
        var rest: [ClosedRange<Element>] = []
        while end < intervals.count, intervals[end].lowerBound <= range.upperBound {
            let interval = intervals[end]
            if interval.lowerBound < range.lowerBound {
                rest.append(interval.lowerBound...(range.lowerBound - 1))
            }
            if interval.upperBound > range.upperBound {
                rest.append((range.upperBound + 1)...interval.upperBound)
            }
            end += 1
        }
        intervals.replaceSubrange(first..<end, with: rest)
    }

    public func intersection(_ other: IntervalSet) -> IntervalSet {
        var result = IntervalSet()
        var left = 0
        var right = 0
        while left < intervals.count, right < other.intervals.count {
            let a = intervals[left]
            let b = other.intervals[right]
            if a.overlaps(b) {
                result.intervals.append(max(a.lowerBound, b.lowerBound)...min(a.upperBound, b.upperBound))
            }
            if a.upperBound < b.upperBound { left += 1 } else { right += 1 }
        }
        return result
    }

    /// What `other` lacks. O(n + m).
    public func subtracting(_ other: IntervalSet) -> IntervalSet {
        var result = IntervalSet()
        var right = 0
        for interval in intervals {
            var low = interval.lowerBound
            while right < other.intervals.count, other.intervals[right].upperBound < low { right += 1 }
            // One that reaches into the next interval of this set is looked at again there.
            var isUsedUp = false
            while right < other.intervals.count, other.intervals[right].lowerBound <= interval.upperBound {
                let taken = other.intervals[right]
                if taken.lowerBound > low { result.intervals.append(low...(taken.lowerBound - 1)) }
                isUsedUp = taken.upperBound >= interval.upperBound
                if isUsedUp { break }
                low = taken.upperBound + 1
                right += 1
            }
            if !isUsedUp { result.intervals.append(low...interval.upperBound) }
        }
        return result
    }

    /// The lowest element that `other` lacks.
    public func first(notIn other: IntervalSet) -> Element? {
        for interval in intervals {
            let index = other.firstIndex(endingAtOrAfter: interval.lowerBound)
            guard index < other.intervals.count, other.intervals[index].contains(interval.lowerBound) else {
                return interval.lowerBound
            }
            // Intervals are not adjacent, so the one after it is missing.
            let end = other.intervals[index].upperBound
            if end < interval.upperBound { return end + 1 }
        }
        return nil
    }

    /// Index of the first interval whose end is not before `element`.
    private func firstIndex(endingAtOrAfter element: Element) -> Int {
        var low = 0
        var high = intervals.count
        while low < high {
            let middle = (low + high) / 2
            if intervals[middle].upperBound < element { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
