/// The addresses of one family that an L3 network has given away, by their numbers.
///
/// A run of neighbours costs one entry of 32 bytes, so the set costs what its holes cost. Every operation is O(log n) in the
/// number of runs, taking one out of the middle too; `IntervalSet` moves O(n) memory there, which is too slow for a /8 with
/// a million holes. A B+-tree; copies share what neither of them has changed, so a copy costs nothing.
struct AddressSet {
    private(set) var root = AddressSetNode()

    init() {}

    var isEmpty: Bool { root.size == 0 }

    /// Saturates where the set is all 2¹²⁸ numbers.
    var count: UInt128 { isEmpty ? 0 : count(in: 0...UInt128.max) }

    /// The runs, ascending; between two of them lies at least one missing address.
    var intervals: some Sequence<ClosedRange<UInt128>> { AddressSetIntervals(root) }

    func contains(_ address: UInt128) -> Bool {
        root.lastInterval(startingAtOrBefore: address)?.contains(address) == true
    }

    /// How many addresses of `range` are in the set. Saturates where they are all 2¹²⁸ numbers.
    func count(in range: ClosedRange<UInt128>) -> UInt128 {
        let count = count(through: range.upperBound) &- count(below: range.lowerBound)
        // 2¹²⁸ is the only number of addresses that is 0 in 128 bits and not none.
        return count == 0 && contains(range.lowerBound) ? .max : count
    }

    /// The lowest address of `range` that is not in the set.
    func firstFree(in range: ClosedRange<UInt128>) -> UInt128? {
        guard let run = root.lastInterval(startingAtOrBefore: range.lowerBound), run.contains(range.lowerBound) else {
            return range.lowerBound
        }
        // Runs are not adjacent, so the address after one is missing.
        return run.upperBound < range.upperBound ? run.upperBound + 1 : nil
    }

    /// The address of `range` that is not in the set and has `offset` such addresses of `range` before it.
    func free(at offset: UInt128, in range: ClosedRange<UInt128>) -> UInt128? {
        guard firstFree(in: range) != nil else { return nil }
        let used = count(in: range)
        guard offset <= range.upperBound - range.lowerBound - used else { return nil }
        let index = range.lowerBound - count(below: range.lowerBound) + offset
        return index + root.count(belowFree: index, with: 0)
    }

    /// The lowest address in the set that is not below `address`.
    func firstUsed(atOrAfter address: UInt128) -> UInt128? {
        contains(address) ? address : root.firstStart(after: address)
    }

    mutating func insert(_ address: UInt128) { insert(address...address) }

    /// O(log n) for each run that touches `range`. They become one.
    mutating func insert(_ range: ClosedRange<UInt128>) {
        // Adjacent runs are joined, so look one address to either side.
        let low = range.lowerBound == .min ? range.lowerBound : range.lowerBound - 1
        let high = range.upperBound == .max ? range.upperBound : range.upperBound + 1
        var joined = range
        while let run = root.lastInterval(startingAtOrBefore: high), run.upperBound >= low {
            if run.lowerBound <= range.lowerBound, run.upperBound >= range.upperBound { return }
            joined = min(run.lowerBound, joined.lowerBound)...max(run.upperBound, joined.upperBound)
            delete(run)
        }
        put(joined)
    }

    mutating func remove(_ address: UInt128) { remove(address...address) }

    /// O(log n) for each run that shares an address with `range`.
    mutating func remove(_ range: ClosedRange<UInt128>) {
        while let run = root.lastInterval(startingAtOrBefore: range.upperBound), run.upperBound >= range.lowerBound {
            delete(run)
            if run.lowerBound < range.lowerBound { put(run.lowerBound...(range.lowerBound - 1)) }
            if run.upperBound > range.upperBound { put((range.upperBound + 1)...run.upperBound) }
        }
    }

    /// Modulo 2¹²⁸, like all counts of the nodes.
    private func count(through address: UInt128) -> UInt128 { root.count(through: address) }

    private func count(below address: UInt128) -> UInt128 { address == 0 ? 0 : root.count(through: address - 1) }

    private mutating func put(_ run: ClosedRange<UInt128>) {
        makeRootUnique()
        if let right = root.put(run) { root = AddressSetNode(children: [.init(root), .init(right)]) }
    }

    private mutating func delete(_ run: ClosedRange<UInt128>) {
        makeRootUnique()
        root.delete(run)
        while root.children.count == 1 { root = root.children[0].node }
    }

    private mutating func makeRootUnique() {
        if !isKnownUniquelyReferenced(&root) { root = root.copy() }
    }
}

/// The runs of a tree as it was when the iteration began.
private struct AddressSetIntervals: Sequence, IteratorProtocol {
    /// From the root down: a node, and which of its entries is next.
    private var path: [(node: AddressSetNode, next: Int)]

    init(_ root: AddressSetNode) {
        path = [(root, 0)]
    }

    mutating func next() -> ClosedRange<UInt128>? {
        while let (node, index) = path.last {
            guard index < node.size else {
                path.removeLast()
                continue
            }
            path[path.count - 1].next += 1
            if node.isLeaf { return node.intervals[index] }
            path.append((node.children[index].node, 0))
        }
        return nil
    }
}
