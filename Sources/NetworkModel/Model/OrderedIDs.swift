/// The members of a collection, ascending by id. Removing leaves a gap that is closed later, so that emptying a large
/// directory costs what filling it did; the order, and with it a directory's offsets, never changes.
struct OrderedIDs {
    /// Ascending by the lower 63 bits; the top bit marks a removed member.
    private var slots: [UInt64] = []
    private(set) var count = 0

    private static let removed: UInt64 = 1 << 63

    mutating func insert(_ id: ObjectID) {
        guard let last = slots.last, last & ~OrderedIDs.removed >= id.rawValue else {
            slots.append(id.rawValue)
            count += 1
            return
        }
        let index = firstIndex(atOrAfter: id.rawValue)
        guard slots[index] != id.rawValue else { return }
        count += 1
        if slots[index] & ~OrderedIDs.removed == id.rawValue {
            slots[index] = id.rawValue
        } else {
            slots.insert(id.rawValue, at: index)
        }
    }

    mutating func remove(_ id: ObjectID) {
        let index = firstIndex(atOrAfter: id.rawValue)
        guard index < slots.count, slots[index] == id.rawValue else { return }
        slots[index] |= OrderedIDs.removed
        count -= 1
        if slots.count > 16, count < slots.count / 2 {
            slots.removeAll { $0 & OrderedIDs.removed != 0 }
        }
    }

    /// Calls `body` with each member after `id`, ascending, until it answers false.
    func forEach(after id: ObjectID?, _ body: (ObjectID) -> Bool) {
        var index = id.map { firstIndex(atOrAfter: $0.rawValue + 1) } ?? 0
        while index < slots.count {
            if slots[index] & OrderedIDs.removed == 0, !body(ObjectID(slots[index])) { return }
            index += 1
        }
    }

    var all: [ObjectID] {
        slots.compactMap { $0 & OrderedIDs.removed == 0 ? ObjectID($0) : nil }
    }

    private func firstIndex(atOrAfter value: UInt64) -> Int {
        var low = 0
        var high = slots.count
        while low < high {
            let middle = (low + high) / 2
            if slots[middle] & ~OrderedIDs.removed < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
