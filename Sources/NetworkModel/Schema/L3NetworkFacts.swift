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
            Fact("total-addresses", .count(usage.total)),
            Fact("reserved-addresses", .count(usage.reserved)),
            Fact("available-addresses", .count(usage.total - usage.reserved)),
        ]
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

    /// Addresses of both families in its Normal ranges and pools, and how many of those are kept back. Each family has at
    /// most 2⁶⁴ of them in one subnet, so the sums fit.
    private static func usage(of l3: ObjectID, _ model: Model) -> (total: UInt128, reserved: UInt128) {
        var usage: (total: UInt128, reserved: UInt128) = (0, 0)
        for family in IPFamily.allCases {
            let all = model.addresses(ofL3: l3, family)
            usage.total += all.count
            usage.reserved += all.intersection(model.reservedAddresses(ofL3: l3, family)).count
        }
        return usage
    }
}
