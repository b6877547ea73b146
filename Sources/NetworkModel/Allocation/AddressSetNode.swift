/// A node of the B+-tree of an `AddressSet`: a leaf with runs of addresses, or an inner node with nodes.
///
/// Only the root may be empty. Two neighbours below one node together hold more than half of what fits in one, so the nodes
/// are more than a quarter full on average. Nodes that are shared between sets do not change: whoever calls `put` or `delete`
/// holds the only reference.
///
/// Counts of addresses are modulo 2¹²⁸. That is exact but for the set of all numbers, whose only run counts 0.
final class AddressSetNode {
    /// The most runs or nodes in a node. A leaf takes 2 KiB.
    static let capacity = 64

    struct Child {
        /// The lowest address of the node.
        var low: UInt128
        /// How many addresses it has.
        var count: UInt128
        var node: AddressSetNode

        init(_ node: AddressSetNode) {
            low = node.low
            count = node.count
            self.node = node
        }
    }

    /// Of a leaf: ascending, disjoint and not adjacent.
    private(set) var intervals: [ClosedRange<UInt128>]
    /// Of an inner node: ascending.
    private(set) var children: [Child]

    init(intervals: [ClosedRange<UInt128>] = [], children: [Child] = []) {
        self.intervals = intervals
        self.children = children
    }

    func copy() -> AddressSetNode { AddressSetNode(intervals: intervals, children: children) }

    var isLeaf: Bool { children.isEmpty }

    /// The number of runs or nodes.
    var size: Int { isLeaf ? intervals.count : children.count }

    /// 0 where it is empty.
    private var low: UInt128 { (isLeaf ? intervals.first?.lowerBound : children.first?.low) ?? 0 }

    private var count: UInt128 {
        isLeaf
            ? intervals.reduce(0) { $0 &+ AddressSetNode.count($1) }
            : children.reduce(0) { $0 &+ $1.count }
    }

    private static func count(_ interval: ClosedRange<UInt128>) -> UInt128 {
        interval.upperBound - interval.lowerBound &+ 1
    }

    // MARK: - Questions

    func lastInterval(startingAtOrBefore address: UInt128) -> ClosedRange<UInt128>? {
        if isLeaf {
            let end = endOfIntervals(startingAtOrBefore: address)
            return end == 0 ? nil : intervals[end - 1]
        }
        let end = endOfChildren(startingAtOrBefore: address)
        return end == 0 ? nil : children[end - 1].node.lastInterval(startingAtOrBefore: address)
    }

    /// The lowest start of a run above `address`.
    func firstStart(after address: UInt128) -> UInt128? {
        if isLeaf {
            let end = endOfIntervals(startingAtOrBefore: address)
            return end < intervals.count ? intervals[end].lowerBound : nil
        }
        let end = endOfChildren(startingAtOrBefore: address)
        let within = end == 0 ? nil : children[end - 1].node.firstStart(after: address)
        return within ?? (end < children.count ? children[end].low : nil)
    }

    /// How many addresses are at or below `address`.
    func count(through address: UInt128) -> UInt128 {
        if isLeaf {
            let end = endOfIntervals(startingAtOrBefore: address)
            guard end > 0 else { return 0 }
            let last = intervals[end - 1]
            return intervals[..<(end - 1)].reduce(0) { $0 &+ AddressSetNode.count($1) }
                &+ AddressSetNode.count(last.lowerBound...min(last.upperBound, address))
        }
        let end = endOfChildren(startingAtOrBefore: address)
        guard end > 0 else { return 0 }
        return children[..<(end - 1)].reduce(0) { $0 &+ $1.count } &+ children[end - 1].node.count(through: address)
    }

    /// How many addresses of the set are below that free number which has `index` free numbers below it, where `before` of
    /// them are below this node.
    ///
    /// A run is below it if the free numbers below the run are not more than `index`.
    func count(belowFree index: UInt128, with before: UInt128) -> UInt128 {
        var count = before
        if isLeaf {
            for interval in intervals {
                guard interval.lowerBound - count <= index else { break }
                count &+= AddressSetNode.count(interval)
            }
            return count
        }
        var found: (node: AddressSetNode, before: UInt128)?
        for child in children {
            guard child.low - count <= index else { break }
            found = (child.node, count)
            count &+= child.count
        }
        return found.map { $0.node.count(belowFree: index, with: $0.before) } ?? before
    }

    private func endOfIntervals(startingAtOrBefore address: UInt128) -> Int {
        var low = 0
        var high = intervals.count
        while low < high {
            let middle = (low + high) / 2
            if intervals[middle].lowerBound <= address { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func endOfChildren(startingAtOrBefore address: UInt128) -> Int {
        var low = 0
        var high = children.count
        while low < high {
            let middle = (low + high) / 2
            if children[middle].low <= address { low = middle + 1 } else { high = middle }
        }
        return low
    }

    // MARK: - Changes

    /// Adds a run that touches no other.
    ///
    /// - Returns: where this node became too large, a new one with its upper part.
    func put(_ run: ClosedRange<UInt128>) -> AddressSetNode? {
        let index: Int
        if isLeaf {
            index = endOfIntervals(startingAtOrBefore: run.lowerBound)
            intervals.insert(run, at: index)
        } else {
            let child = max(endOfChildren(startingAtOrBefore: run.lowerBound) - 1, 0)
            makeUnique(child)
            let right = children[child].node.put(run)
            if let right {
                children[child] = Child(children[child].node)
                children.insert(Child(right), at: child + 1)
            } else {
                children[child].low = min(children[child].low, run.lowerBound)
                children[child].count &+= AddressSetNode.count(run)
            }
            index = child + 1
        }
        guard size > AddressSetNode.capacity else { return nil }
        // Numbers often come in ascending order: then nodes are left full, not half full.
        return split(at: index == size - 1 ? index : size / 2)
    }

    /// Takes out a run that is there.
    func delete(_ run: ClosedRange<UInt128>) {
        if isLeaf {
            intervals.remove(at: endOfIntervals(startingAtOrBefore: run.lowerBound) - 1)
            return
        }
        let index = endOfChildren(startingAtOrBefore: run.lowerBound) - 1
        makeUnique(index)
        children[index].node.delete(run)
        guard children[index].node.size > 0 else {
            children.remove(at: index)
            return
        }
        children[index].low = children[index].node.low
        children[index].count &-= AddressSetNode.count(run)
        if index + 1 < children.count { join(index) }
        if index > 0 { join(index - 1) }
    }

    /// Both parts get arrays of their size: what was too large grew to twice as much as is needed.
    private func split(at index: Int) -> AddressSetNode {
        let right = AddressSetNode(
            intervals: Array(intervals.dropFirst(index)), children: Array(children.dropFirst(index)))
        intervals = Array(intervals.prefix(index))
        children = Array(children.prefix(index))
        return right
    }

    /// Makes one node of two neighbours that together are at most half full.
    private func join(_ index: Int) {
        let left = children[index].node
        let right = children[index + 1].node
        guard left.size + right.size <= AddressSetNode.capacity / 2 else { return }
        children[index] = Child(
            AddressSetNode(intervals: left.intervals + right.intervals, children: left.children + right.children))
        children.remove(at: index + 1)
    }

    private func makeUnique(_ index: Int) {
        if !isKnownUniquelyReferenced(&children[index].node) { children[index].node = children[index].node.copy() }
    }
}
