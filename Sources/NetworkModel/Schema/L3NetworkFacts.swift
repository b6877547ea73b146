/// What `state/` tells of an L3 network beside its attributes.
enum L3NetworkFacts {
    static func facts(_ record: ObjectRecord, _ model: Model) -> [Fact] {
        let l2 = record.target.flatMap { model.record($0) }
        let ranges = model.children(of: record.id, in: .ranges)
        let usage = usage(of: record.id, model)
        return [
            Fact("type", .text("L3BasicNetwork")),
            Fact("zone-uuid", .text(l2.map { model.uuidText($0.parent) } ?? "")),
            Fact("l2-network-uuid", .text(l2.map { $0.uuid.description } ?? "")),
            Fact("status", .text(status(record, model))),
            Fact("ip-version", .number(version(of: ranges, model))),
            Fact("ip-ranges", .list(ranges.map { model.uuidText($0) })),
        ] + usage.facts + [Fact("capacity", .list(usage.lines)), Fact("free", .list(free(of: record.id, model)))]
    }

    /// `bound`, or why it is not.
    private static func status(_ record: ObjectRecord, _ model: Model) -> String {
        if record.target != nil { return "bound" }
        guard let text = record.text(.l2) else { return "unbound (no l2)" }
        return "unbound (\(text) does not exist any more)"
    }

    /// 4 or 6 for the family of its ranges, 46 for both (ZStack's number), 0 for none.
    private static func version(of ranges: [ObjectID], _ model: Model) -> Int64 {
        let families = Set(ranges.compactMap { model.range($0)?.family })
        return IPFamily.allCases.filter(families.contains).reduce(0) { $0 * 10 + Int64($1.rawValue) }
    }

    /// What a pool or range has to give and has given, by the numbers that people ask for (ZStack: IP capacity).
    struct Usage {
        var total: UInt128 = 0
        var used: UInt128 = 0
        var reserved: UInt128 = 0
        /// Asked for by NICs that are on no network yet.
        var claimed: UInt128 = 0
        var available: UInt128 = 0

        var facts: [Fact] {
            [
                Fact("total-addresses", .count(total)), Fact("used-addresses", .count(used)),
                Fact("reserved-addresses", .count(reserved)), Fact("available-addresses", .count(available)),
            ]
        }

        var lines: [String] {
            ["total \(total)", "used \(used)", "reserved \(reserved)"]
                + (claimed > 0 ? ["claimed \(claimed)"] : []) + ["available \(available)"]
        }
    }

    /// The most runs of free addresses that are told.
    private static let freeRuns = 1000

    /// Addresses of both families in its ranges and pools. Each family has at most 2⁶⁴ of them in one subnet, so the sums fit.
    private static func usage(of l3: ObjectID, _ model: Model) -> Usage {
        var usage = Usage()
        for allocator in allocators(of: l3, model) { usage.add(allocator) }
        return usage
    }

    static func usage(of range: IPRange, l3: ObjectID, _ model: Model) -> Usage {
        var usage = Usage()
        usage.add(model.allocator(range.family, [range], ofL3: l3))
        return usage
    }

    private static func allocators(of l3: ObjectID, _ model: Model) -> [AddressAllocator] {
        let ranges = model.children(of: l3, in: .ranges).compactMap { model.range($0) }
        return IPFamily.allCases.map { family in
            model.allocator(family, ranges.filter { $0.family == family }, ofL3: l3)
        }
    }

    /// Runs of free addresses, ascending, IPv4 first.
    private static func free(of l3: ObjectID, _ model: Model) -> [String] {
        let runs = zip(IPFamily.allCases, allocators(of: l3, model)).flatMap { family, allocator in
            allocator.free(limit: freeRuns).map { run in
                run.lowerBound == run.upperBound ? "\(family.address(run.lowerBound))" : family.text(of: run)
            }
        }
        return Array(runs.prefix(freeRuns))
    }
}

extension L3NetworkFacts.Usage {
    mutating func add(_ allocator: AddressAllocator) {
        total += allocator.total
        used += allocator.usedCount
        reserved += allocator.reservedCount
        claimed += allocator.claimedCount
        available += allocator.available
    }
}
