/// Which addresses NICs get (ZStack: `IpAllocator`, facts §4). A NIC gets its addresses when it comes to an L3 network, and
/// keeps them, stopped or running, until it leaves it, or their range does.
extension Model {
    /// Gives a NIC the addresses that it lacks, or asks for. `l3` is its L3 network as the plan leaves it, which remembers
    /// what it gave last.
    ///
    /// - Throws: `nic.ip.…`, `l3.addresses.exhausted` (ENOSPC).
    func assignAddresses(
        _ nic: inout ObjectRecord, from old: ObjectRecord?, l3: inout ObjectRecord, _ context: PlanContext
    ) throws(Refusal) {
        if old?.target != nic.target { clearAddresses(of: &nic, context) }
        let ranges = children(of: l3.id, in: .ranges).compactMap { range($0) }
        let requested = NIC(nic).requested
        for address in requested where address != NIC(nic).address(address.family) {
            try checkRequested(address, of: nic, ranges: ranges, l3: l3)
            noteGiven(address, by: &l3, ranges: ranges, context)
            nic.setAddress(address.family, address, context.now)
        }
        for family in IPFamily.allCases where !requested.contains(where: { $0.family == family }) {
            let normal = ranges.filter { $0.family == family && $0.type == .normal }
            guard let first = normal.first else {
                nic.setAddress(family, nil, context.now)
                continue
            }
            let current = NIC(nic).address(family)
            if let current, first.subnet.contains(current), !first.isSelfMade { continue }
            let address: IPAddress
            if first.isSelfMade {
                address = try selfMade(of: nic, in: first, l3: l3)
            } else {
                address = try choose(family, normal, for: nic, l3: l3, context)
                noteGiven(address, by: &l3, ranges: ranges, context)
            }
            nic.setAddress(family, address, context.now)
        }
    }

    func clearAddresses(of nic: inout ObjectRecord, _ context: PlanContext) {
        for family in IPFamily.allCases { nic.setAddress(family, nil, context.now) }
    }

    /// One question to the L3 network's addresses of a family.
    ///
    /// - Parameter own: addresses that whoever asks has claimed himself.
    func allocator(
        _ family: IPFamily, _ ranges: [IPRange], ofL3 l3: ObjectID, own: [IPAddress] = []
    ) -> AddressAllocator {
        var claimed = placements.claims[family] ?? IntervalSet()
        for address in own where address.family == family { claimed.remove(address.number...address.number) }
        return AddressAllocator(
            ranges: IntervalSet(ranges.flatMap(\.intervals)), reserved: reservedAddresses(ofL3: l3, family),
            used: usedAddresses(ofL3: l3, family), claimed: claimed)
    }

    private func choose(
        _ family: IPFamily, _ ranges: [IPRange], for nic: ObjectRecord, l3: ObjectRecord, _ context: PlanContext
    ) throws(Refusal) -> IPAddress {
        let allocator = allocator(family, ranges, ofL3: l3.id)
        // Planning is pure: chance is in the UUID, and in the time for an address that was given before.
        let chance = (UInt128(nic.uuid.high) << 64 | UInt128(nic.uuid.low)) &+ UInt128(context.now.magnitude)
        let number = allocator.next(
            by: L3Network(l3).allocation, after: L3Network(l3).cursor(family), random: chance)
        guard let number else {
            let path = path(of: l3.id)
            throw Refusal(
                "l3.addresses.exhausted", .noSpace,
                "\(path) has no free \(family.name) address: of \(allocator.total), \(allocator.usedCount) are in use and \(allocator.reservedCount) are kept back.",
                objects: [path], remedy: "Write another range to @/\(path)/ranges, or remove a NIC.")
        }
        return family.address(number)
    }

    /// The address that a guest makes for itself of its MAC address (RFC 4862).
    private func selfMade(of nic: ObjectRecord, in range: IPRange, l3: ObjectRecord) throws(Refusal) -> IPAddress {
        let identifier = UInt128(NIC(nic).mac?.interfaceIdentifier ?? 0)
        let address = IPFamily.v6.address(range.subnet.network.number | identifier)
        if let other = self.nic(ofL3: l3.id, having: address), other != nic.id {
            throw taken(address, by: other)
        }
        return address
    }

    // MARK: - Addresses that somebody asks for

    private func checkRequested(
        _ address: IPAddress, of nic: ObjectRecord, ranges: [IPRange], l3: ObjectRecord
    ) throws(Refusal) {
        let number = address.number
        let own = ranges.filter { $0.family == address.family }
        guard own.contains(where: { $0.intervals.contains { $0.contains(number) } }) else {
            let path = path(of: l3.id)
            throw Refusal(
                "nic.ip.not-in-range", .addressNotAvailable, "\(address) is in no range of \(path).", objects: [path],
                remedy: own.isEmpty
                    ? "Write a range of \(address.family.name) first, or remove the address."
                    : "Choose one of \(own.map(\.title).joined(separator: ", ")).")
        }
        let reserved = children(of: l3.id, in: .reserved).first { id in
            reservedRange(id).map { $0.family == address.family && $0.interval.contains(number) } ?? false
        }
        if let reserved {
            throw Refusal(
                "nic.ip.reserved", .addressNotAvailable, "\(address) is kept back by \(path(of: reserved)).",
                objects: [path(of: reserved)], remedy: "Choose another address, or remove the reserved range.")
        }
        if let other = self.nic(ofL3: l3.id, having: address), other != nic.id {
            throw taken(address, by: other)
        }
    }

    private func taken(_ address: IPAddress, by other: ObjectID) -> Refusal {
        Refusal(
            "nic.ip.taken", .addressInUse, "\(address) is the address of \(path(of: other)).",
            objects: [path(of: other)], remedy: "Choose another address, or remove that NIC first.")
    }

    // MARK: - What was given last

    private func noteGiven(
        _ address: IPAddress, by l3: inout ObjectRecord, ranges: [IPRange], _ context: PlanContext
    ) {
        let network = L3Network(l3)
        guard network.allocation.keepsCursor else { return }
        let family = address.family
        let normal = ranges.filter { $0.family == family && $0.type == .normal }
        let before = network.cursor(family)
        let cursor = allocator(family, normal, ofL3: l3.id, own: [address])
            .cursor(afterGiving: address.number, by: network.allocation, from: before)
        if cursor != before { l3.setCursor(family, cursor, context.now) }
    }

    // MARK: - Ranges that go or shrink

    /// What NICs may have of a range and may not when it has become another one, or is gone. Where guests make their own
    /// addresses those are of the whole subnet, as long as one range of it is left.
    func fallingOut(
        of before: IPRange, to after: IPRange? = nil, id: ObjectID, l3: ObjectID
    ) -> [ClosedRange<UInt128>] {
        func given(by range: IPRange) -> [ClosedRange<UInt128>] {
            range.isSelfMade ? [range.subnet.network.number...range.subnet.last.number] : range.intervals
        }
        let hasOther =
            firstChild(of: l3, in: .ranges) { other in
                guard other != id, let range = range(other) else { return false }
                return range.type == .normal && range.family == before.family
            } != nil
        if before.isSelfMade, hasOther { return [] }
        var gone = IntervalSet(given(by: before))
        if let after, after.family == before.family { for interval in given(by: after) { gone.remove(interval) } }
        return gone.intervals
    }

    /// NICs lose the addresses that fall out of a range: those of VMs that do not run, and that were chosen for them.
    ///
    /// An L3 network that gives addresses in turn goes on behind them.
    ///
    /// - Parameter intervals: what falls out.
    /// - Throws: `range.in-use` (EBUSY) with the NICs that need theirs.
    func releaseAddresses(
        _ intervals: [ClosedRange<UInt128>], _ family: IPFamily, ofL3 l3: ObjectRecord, range: String,
        _ context: PlanContext
    ) throws(Refusal) -> [Change] {
        let used = usedAddresses(ofL3: l3.id, family)
        let isGoing = l3.isLeaving(.l2) && l3.isBare || isBeingTakenAway(l3)
        var changes: [Change] = []
        var needed: [(nic: ObjectID, address: IPAddress)] = []
        for interval in intervals {
            for number in used.members(of: interval, limit: Model.mostReleased) {
                let address = family.address(number)
                guard let id = nic(ofL3: l3.id, having: address), let record = record(id) else { continue }
                let isNeeded = NIC(record).plug != nil || NIC(record).requested.contains(address)
                if isNeeded, !isGoing {
                    needed.append((id, address))
                } else {
                    var released = record
                    released.setAddress(family, nil, context.now)
                    changes.append(.update(from: record, to: released))
                }
            }
        }
        guard needed.isEmpty else {
            let shown = needed.prefix(10).map { "\($0.address) by \(path(of: $0.nic))" }.joined(separator: ", ")
            let more = needed.count > 10 ? " and \(needed.count - 10) more" : ""
            throw Refusal(
                "range.in-use", .busy, "Addresses of \(range) are in use: \(shown)\(more).",
                objects: needed.prefix(100).map { path(of: $0.nic) },
                remedy:
                    "Stop the VMs or remove the NICs first; an address that a NIC asks for in its file ip stays in use."
            )
        }
        if var cursor = L3Network(l3).cursor(family) {
            for interval in intervals { cursor.moveRight(of: interval) }
            if cursor != L3Network(l3).cursor(family) {
                var moved = l3
                moved.setCursor(family, cursor, context.now)
                changes.append(.update(from: l3, to: moved))
            }
        }
        return changes
    }

    /// Whether nothing is left of an L3 network but its link and what was removed a moment ago, as `rm -r` leaves it before
    /// it takes the directory.
    func isBeingTakenAway(_ l3: ObjectRecord) -> Bool {
        var rest = l3
        rest.set(.l2, nil)
        guard rest.isBare else { return false }
        return [CollectionID.ranges, .reserved].allSatisfy { collection in
            firstChild(of: l3.id, in: collection) { id in record(id)?.isLeaving(.value) == false } == nil
        }
    }

    /// As many addresses as one plan gives up.
    private static let mostReleased = 100_000
}

extension IPRange {
    /// Whether guests make their addresses of their MAC addresses (RFC 4862).
    var isSelfMade: Bool { addressMode.map { $0 != .statefulDHCP } ?? false }

    /// Whether a NIC may have the address because of this range.
    func gives(_ address: IPAddress) -> Bool {
        intervals.contains { $0.contains(address.number) } || isSelfMade && subnet.contains(address)
    }
}

extension AddressSet {
    /// Those of an interval, ascending, at most `limit`.
    func members(of interval: ClosedRange<UInt128>, limit: Int) -> [UInt128] {
        var found: [UInt128] = []
        var next = firstUsed(atOrAfter: interval.lowerBound)
        while let number = next, number <= interval.upperBound, found.count < limit {
            found.append(number)
            next = number < .max ? firstUsed(atOrAfter: number + 1) : nil
        }
        return found
    }
}
