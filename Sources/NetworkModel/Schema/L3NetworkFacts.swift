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
            Fact("ip-version", .number(ranges.isEmpty ? 0 : 4)),
            Fact("ip-ranges", .list(ranges.map { model.uuidText($0) })),
            Fact("total-addresses", .number(usage.total)),
            Fact("reserved-addresses", .number(usage.reserved)),
            Fact("available-addresses", .number(usage.total - usage.reserved)),
        ]
    }

    /// `bound`, or why it is not.
    private static func status(_ record: ObjectRecord, _ model: Model) -> String {
        if record.target != nil { return "bound" }
        guard let text = record.text(.l2) else { return "unbound (no l2)" }
        return "unbound (\(text) does not exist any more)"
    }

    /// Addresses in its Normal ranges and pools, and how many of those are kept back.
    static func usage(of l3: ObjectID, _ model: Model) -> (total: Int64, reserved: Int64) {
        let all = model.addresses(ofL3: l3)
        let reserved = all.intersection(model.reservedAddresses(ofL3: l3))
        return (Int64(all.count), Int64(reserved.count))
    }
}
