import Testing

@testable import NetworkModel

struct OrderedIDsTests {
    /// Against a plain sorted array, with double insertions and removals of what is not there.
    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func `like a sorted array`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var ids = OrderedIDs()
        var array: [UInt64] = []
        let limit = random.pick([6, 60, 600] as [UInt64])
        var next: UInt64 = 1
        for step in 0..<400 {
            // Phases of filling and of emptying, so that gaps are closed.
            let number = random.chance(60) ? UInt64.random(in: 1...limit, using: &random) : next
            if random.chance(step / 100 % 2 == 0 ? 75 : 20) {
                next = max(next, number) + 1
                ids.insert(ObjectID(number))
                if !array.contains(number) { array = (array + [number]).sorted() }
            } else {
                let gone = random.chance(80) ? array.randomElement(using: &random) ?? number : number
                ids.remove(ObjectID(gone))
                array.removeAll { $0 == gone }
            }
            let after = UInt64.random(in: 0...limit + 1, using: &random)
            var seen: [UInt64] = []
            ids.forEach(after: ObjectID(after)) { id in
                seen.append(id.rawValue)
                return seen.count < 5
            }
            let holds =
                ids.all.map(\.rawValue) == array && ids.count == array.count
                && seen == Array(array.filter { $0 > after }.prefix(5))
            #expect(holds, "seed \(seed), step \(step)")
            if !holds { return }
        }
    }

    @Test func `members come back in the order of their numbers`() {
        var ids = OrderedIDs()
        for number in [5, 9, 7, 7, 1] as [UInt64] { ids.insert(ObjectID(number)) }
        ids.remove(ObjectID(9))
        ids.remove(ObjectID(9))
        ids.insert(ObjectID(9))
        #expect(ids.all.map(\.rawValue) == [1, 5, 7, 9])
        #expect(ids.count == 4)
        var first: [ObjectID] = []
        ids.forEach(after: nil) { id in
            first.append(id)
            return false
        }
        #expect(first == [ObjectID(1)])
    }

    @Test func `a walk survives the removal of where it stands`() {
        var ids = OrderedIDs()
        for number in 1...100 as ClosedRange<UInt64> { ids.insert(ObjectID(number)) }
        for number in 1...90 as ClosedRange<UInt64> { ids.remove(ObjectID(number)) }
        var rest: [UInt64] = []
        ids.forEach(after: ObjectID(50)) { id in
            rest.append(id.rawValue)
            return true
        }
        #expect(rest == Array(91...100))
    }
}
