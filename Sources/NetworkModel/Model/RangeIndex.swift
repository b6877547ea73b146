/// The ranges of one family that share a wire, in the order of their addresses. They are disjoint, so that one binary
/// search finds a conflict.
struct RangeIndex {
    private struct Entry {
        let interval: ClosedRange<UInt128>
        let id: ObjectID
    }

    /// Ascending and disjoint.
    private var entries: [Entry] = []

    var isEmpty: Bool { entries.isEmpty }

    mutating func insert(_ interval: ClosedRange<UInt128>, _ id: ObjectID) {
        entries.insert(Entry(interval: interval, id: id), at: firstIndex(endingAtOrAfter: interval.lowerBound))
    }

    mutating func remove(_ interval: ClosedRange<UInt128>, _ id: ObjectID) {
        let index = firstIndex(endingAtOrAfter: interval.lowerBound)
        guard index < entries.count, entries[index].id == id else { return }
        entries.remove(at: index)
    }

    /// A range other than `id` that shares an address with `interval`.
    func overlap(_ interval: ClosedRange<UInt128>, except id: ObjectID) -> ObjectID? {
        var index = firstIndex(endingAtOrAfter: interval.lowerBound)
        while index < entries.count, entries[index].interval.lowerBound <= interval.upperBound {
            if entries[index].id != id { return entries[index].id }
            index += 1
        }
        return nil
    }

    private func firstIndex(endingAtOrAfter address: UInt128) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].interval.upperBound < address { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
