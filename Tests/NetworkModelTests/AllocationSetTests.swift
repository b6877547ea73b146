import Testing

@testable import NetworkModel

/// `AddressSet` against sets that are too simple to be wrong.
struct AllocationSetTests {
    /// 256 numbers at either end of the domain and in the middle, against a plain set of numbers.
    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func `like a set of numbers`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let base = random.pick([0, 10 << 24, UInt128.max - 255])
        let domain = base...(base + 255)
        var set = AddressSet()
        var numbers: Set<UInt128> = []
        for step in 0..<60 {
            let range = AllocationSetTests.range(in: domain, &random)
            switch random.pick([0, 0, 1, 1, 2, 3]) {
            case 0:
                set.insert(range)
                numbers.formUnion(range)
            case 1:
                set.remove(range)
                numbers.subtract(range)
            case 2:
                set.insert(range.lowerBound)
                numbers.insert(range.lowerBound)
            default:
                set.remove(range.lowerBound)
                numbers.remove(range.lowerBound)
            }
            let window = AllocationSetTests.range(in: domain, &random)
            let free = window.filter { !numbers.contains($0) }
            let holds =
                set.intervals.flatMap { Array($0) } == numbers.sorted()
                && domain.allSatisfy { set.contains($0) == numbers.contains($0) }
                && set.count == UInt128(numbers.count) && set.isEmpty == numbers.isEmpty
                && set.count(in: window) == UInt128(window.count - free.count)
                && set.firstFree(in: window) == free.first
                && free.indices.allSatisfy { set.free(at: UInt128($0), in: window) == free[$0] }
                && set.free(at: UInt128(free.count), in: window) == nil && set.free(at: .max, in: window) == nil
                && set.firstUsed(atOrAfter: window.lowerBound)
                    == numbers.filter { $0 >= window.lowerBound }.min()
            #expect(holds, "seed \(seed), step \(step): \(Array(set.intervals))")
            if !holds { return }
        }
    }

    /// Thousands of runs, so that nodes are split and joined on three levels: filled, thinned out and emptied, in order and
    /// at random. Copies that are kept on the way do not change.
    @Test(arguments: 1...2 as ClosedRange<UInt64>)
    func `many runs, and copies`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var set = AddressSet()
        var model = IntervalSet<UInt128>()
        var copies: [(AddressSet, IntervalSet<UInt128>)] = []
        let slots = 8_000
        var deepest = 0
        for phase in 0..<4 {
            var order = Array(0..<slots)
            if random.chance(60) { order.shuffle(using: &random) } else if random.chance(50) { order.reverse() }
            for (step, slot) in order.enumerated() {
                // The last phase takes everything out.
                let isRemoval = phase == 3 || phase % 2 == 1 && random.chance(90)
                let start = UInt128(slot * 4)
                let range = start...(start + UInt128(random.pick([0, 1, 2, 2, 3, 9])))
                if isRemoval {
                    set.remove(range)
                    model.remove(range)
                } else {
                    set.insert(range)
                    model.insert(range)
                }
                if step % 2_500 == 0 { copies.append((set, model)) }
            }
            deepest = max(deepest, AllocationSetTests.depth(of: set))
            #expect(AllocationSetTests.defect(of: set, model) == nil, "seed \(seed), phase \(phase)")
        }
        #expect(deepest >= 3)
        set.remove(0...UInt128.max)
        #expect(set.isEmpty && set.root.isLeaf && Array(set.intervals).isEmpty)
        for (copy, model) in copies { #expect(AllocationSetTests.defect(of: copy, model) == nil, "seed \(seed)") }
    }

    @Test func `all numbers there are`() {
        let all = 0...UInt128.max
        var set = AddressSet()
        #expect(set.isEmpty && set.count == 0 && set.count(in: all) == 0)
        #expect(set.firstFree(in: all) == 0 && set.free(at: .max, in: all) == .max)
        #expect(set.firstUsed(atOrAfter: 0) == nil)
        set.insert(all)
        #expect(!set.isEmpty && set.count == .max && set.count(in: 1...UInt128.max) == .max)
        #expect(set.count(in: 1...9) == 9)
        #expect(set.firstFree(in: all) == nil && set.free(at: 0, in: all) == nil)
        set.remove(1 << 100)
        #expect(set.count == .max && set.firstFree(in: all) == 1 << 100 && set.free(at: 0, in: all) == 1 << 100)
        #expect(set.free(at: 1, in: all) == nil)
        set.remove(.max)
        #expect(set.count == .max - 1 && set.free(at: 1, in: all) == .max)
        set.remove(0)
        #expect(set.free(at: 0, in: all) == 0 && set.free(at: 2, in: all) == .max)
    }

    @Test func `neighbours are one run`() {
        var set = AddressSet()
        for number in stride(from: 0, to: 20_000, by: 2) { set.insert(UInt128(number)) }
        #expect(Array(set.intervals).count == 10_000)
        for number in stride(from: 1, to: 20_000, by: 2) { set.insert(UInt128(number)) }
        #expect(Array(set.intervals) == [0...19_999])
        #expect(set.root.isLeaf)
    }

    /// The runs cost 32 bytes each where they come in ascending order, as they do when a store is read.
    @Test func `in ascending order, nodes are full`() {
        var set = AddressSet()
        let leaves = 100
        for number in 0..<(leaves * AddressSetNode.capacity) { set.insert(UInt128(number * 2)) }
        #expect(AllocationSetTests.leaves(of: set.root) <= leaves + 2)
    }

    // MARK: - Tools

    private static func range(in domain: ClosedRange<UInt128>, _ random: inout SplitMix64) -> ClosedRange<UInt128> {
        let ends = [
            UInt128.random(in: domain, using: &random), UInt128.random(in: domain, using: &random), domain.lowerBound,
            domain.upperBound,
        ]
        let start = random.pick(ends)
        let end =
            random.chance(60) ? min(domain.upperBound - start, random.pick([0, 1, 2, 9])) + start : random.pick(ends)
        return min(start, end)...max(start, end)
    }

    private static func depth(of set: AddressSet) -> Int {
        var depth = 1
        var node = set.root
        while let child = node.children.first {
            node = child.node
            depth += 1
        }
        return depth
    }

    private static func leaves(of node: AddressSetNode) -> Int {
        node.isLeaf ? 1 : node.children.reduce(0) { $0 + leaves(of: $1.node) }
    }

    /// What is wrong with a set that ought to be `model`: its runs, its answers, or its nodes.
    private static func defect(of set: AddressSet, _ model: IntervalSet<UInt128>) -> String? {
        guard set.intervals.elementsEqual(model.intervals) else { return "other runs" }
        guard set.count == model.count else { return "\(set.count) addresses instead of \(model.count)" }
        if let defect = defect(of: set.root, isRoot: true) { return defect }
        var free: UInt128 = 0
        for (run, next) in zip(model.intervals, model.intervals.dropFirst()) {
            let all = (model.intervals.first?.lowerBound ?? 0)...UInt128.max
            guard set.firstFree(in: run.lowerBound...next.upperBound) == run.upperBound + 1,
                set.free(at: free, in: all) == run.upperBound + 1,
                set.count(in: all.lowerBound...run.upperBound) == run.upperBound - all.lowerBound + 1 - free
            else { return "wrong answers at \(run)" }
            free += next.lowerBound - run.upperBound - 1
        }
        return nil
    }

    private static func defect(of node: AddressSetNode, isRoot: Bool) -> String? {
        guard node.size <= AddressSetNode.capacity else { return "\(node.size) entries in a node" }
        guard node.size > 0 || isRoot else { return "an empty node" }
        guard node.isLeaf || node.intervals.isEmpty else { return "a node with runs and nodes" }
        guard !isRoot || node.children.count != 1 else { return "a root that is not needed" }
        for (left, right) in zip(node.children, node.children.dropFirst())
        where left.node.size + right.node.size <= AddressSetNode.capacity / 2 {
            return "two small neighbours: \(left.node.size) and \(right.node.size) entries"
        }
        for child in node.children {
            let truth = AddressSetNode.Child(child.node)
            guard child.low == truth.low, child.count == truth.count else { return "wrong sums" }
            guard child.node.isLeaf == node.children[0].node.isLeaf else { return "leaves at different depths" }
            if let defect = defect(of: child.node, isRoot: false) { return defect }
        }
        return nil
    }
}
