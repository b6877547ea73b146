/// Which addresses of one family an L3 network can give, and which one is next.
///
/// Making one is O(r), where r is the number of ranges, reserved ranges and claimed runs. A question is O(r log n) at most,
/// where n is the number of runs in `used`, and never depends on how many addresses there are.
struct AddressAllocator {
    private let ranges: IntervalSet<UInt128>
    private let reserved: IntervalSet<UInt128>
    private let claimed: IntervalSet<UInt128>
    /// What can be given where it is not used.
    private let open: IntervalSet<UInt128>
    private let used: AddressSet

    /// - Parameters:
    ///   - ranges: the addresses that it has to give.
    ///   - reserved: what is kept back. It is not given, but what is in use already stays in use, and is no longer counted as
    ///     used but as reserved when it is released.
    ///   - used: what NICs have. Addresses outside of the ranges do no harm.
    ///   - claimed: what NICs without addresses ask for by name; nobody else gets it.
    init(
        ranges: IntervalSet<UInt128>, reserved: IntervalSet<UInt128>, used: AddressSet, claimed: IntervalSet<UInt128>
    ) {
        let unreserved = ranges.subtracting(reserved)
        self.ranges = ranges
        self.reserved = ranges.intersection(reserved)
        self.claimed = unreserved.intersection(claimed)
        self.open = unreserved.subtracting(claimed)
        self.used = used
    }

    // MARK: - The next address

    /// The address that a NIC gets that asks for none by name.
    ///
    /// - Parameters:
    ///   - cursor: of the strategy that keeps one.
    ///   - random: any number, for the strategy that draws one.
    func next(by strategy: IPAllocationStrategy, after cursor: AllocationCursor?, random number: UInt128) -> UInt128? {
        switch strategy {
        case .random: random(number)
        case .firstAvailable: firstAvailable()
        case .ascendingDelayed: ascending(after: cursor?.last)
        }
    }

    /// Where the cursor stands when `address` has been given, by turn or by name. By name it moves only if it was that
    /// address's turn, else one NIC with a high address would make the turn skip all below it (ZStack: facts §4).
    ///
    /// - Returns: nil where the strategy keeps none, and at the beginning.
    func cursor(
        afterGiving address: UInt128, by strategy: IPAllocationStrategy, from cursor: AllocationCursor?
    ) -> AllocationCursor? {
        guard strategy.keepsCursor else { return nil }
        return ascending(after: cursor?.last) == address ? AllocationCursor(last: address) : cursor
    }

    /// The lowest free address.
    func firstAvailable() -> UInt128? {
        firstFree(in: 0...UInt128.max)
    }

    /// The next free address after `cursor`, or else the lowest one. Nil means: from the beginning.
    func ascending(after cursor: UInt128?) -> UInt128? {
        guard let cursor, cursor < .max else { return firstAvailable() }
        return firstFree(in: (cursor + 1)...UInt128.max) ?? firstFree(in: 0...cursor)
    }

    /// A free address; where `number` has any value with the same chance, each address has the same chance.
    func random(_ number: UInt128) -> UInt128? {
        let available = available
        guard available > 0 else { return nil }
        var index = number % available
        for interval in open.intervals {
            if let address = used.free(at: index, in: interval) { return address }
            index -= AddressAllocator.size(of: interval) - used.count(in: interval)
        }
        return nil
    }

    private func firstFree(in window: ClosedRange<UInt128>) -> UInt128? {
        for interval in open.intervals where interval.overlaps(window) {
            if let address = used.firstFree(in: interval.clamped(to: window)) { return address }
        }
        return nil
    }

    // MARK: - How many there are

    /// All addresses of the ranges: the used, the reserved, the claimed and the available ones.
    var total: UInt128 { ranges.count }

    /// How many of the ranges NICs have.
    var usedCount: UInt128 { used(in: ranges) }

    /// How many are kept back and not used.
    var reservedCount: UInt128 { reserved.count - used(in: reserved) }

    /// How many NICs ask for by name, not having them yet, of those that are not reserved.
    var claimedCount: UInt128 { claimed.count - used(in: claimed) }

    /// How many can be given to whoever asks for none by name.
    var available: UInt128 { open.count - used(in: open) }

    /// The runs of available addresses, ascending. `limit`: the most of them; below 0 it is all.
    func free(limit: Int) -> [ClosedRange<UInt128>] {
        var found: [ClosedRange<UInt128>] = []
        for interval in open.intervals {
            var rest: ClosedRange<UInt128>? = interval
            while let window = rest, found.count != max(limit, -1), let start = used.firstFree(in: window) {
                let next = used.firstUsed(atOrAfter: start).flatMap { interval.contains($0) ? $0 : nil }
                found.append(start...(next.map { $0 - 1 } ?? interval.upperBound))
                rest = next.map { $0...interval.upperBound }
            }
        }
        return found
    }

    private func used(in set: IntervalSet<UInt128>) -> UInt128 {
        set.intervals.reduce(0) { sum, interval in
            let (total, overflow) = sum.addingReportingOverflow(used.count(in: interval))
            return overflow ? .max : total
        }
    }

    /// Saturates.
    private static func size(of interval: ClosedRange<UInt128>) -> UInt128 {
        let distance = interval.upperBound - interval.lowerBound
        return distance == .max ? .max : distance + 1
    }
}
