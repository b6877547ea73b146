/// What the addresses of a range are for.
public enum IPRangeType: String, CaseIterable, Sendable {
    case normal = "Normal"
    case addressPool = "AddressPool"
}

/// An IPv4 range as it follows from its text (notation: `START-END/PREFIX` or `CIDR`, then `gateway=`, `netmask=`, `type=`).
public struct IPRange: Hashable, Sendable {
    public let subnet: IPv4Subnet
    /// One interval, or two where the gateway of a CIDR lies in the middle: one range with a hole.
    public let intervals: [ClosedRange<UInt32>]
    /// The gateway. A pool has none of its own; its first address stands in, as in ZStack.
    public let gateway: IPv4Address
    public let type: IPRangeType

    public var start: IPv4Address { IPv4Address(intervals.first?.lowerBound ?? 0) }
    public var end: IPv4Address { IPv4Address(intervals.last?.upperBound ?? 0) }

    /// The intervals in words: `192.168.0.2-192.168.0.254`.
    public var title: String {
        intervals.map { "\(IPv4Address($0.lowerBound))-\(IPv4Address($0.upperBound))" }.joined(separator: " and ")
    }

    init(subnet: IPv4Subnet, intervals: [ClosedRange<UInt32>], gateway: IPv4Address, type: IPRangeType) {
        self.subnet = subnet
        self.intervals = intervals
        self.gateway = gateway
        self.type = type
    }
}

extension KindDefinition {
    static let ipRange = KindDefinition(
        .ipRange, "range", form: .file,
        attributes: [
            AttributeDefinition(
                .value, "value", summary: "Addresses that the cloud may give to its guests.",
                values: "START-END/PREFIX or CIDR, then gateway=ADDR, netmask=MASK, type=Normal|AddressPool",
                defaultValue: "none", changes: "at any time",
                check: { (text: String) throws(Refusal) in _ = try IPRange(text) },
                effective: { _, _ in nil })
        ],
        check: { (old, new, model) throws(Refusal) in
            try IPRangeRules.check(new, replacing: old, model)
        },
        facts: { record, model in
            guard let range = model.range(record.id) else { return [] }
            let reserved = IntervalSet(range.intervals).intersection(model.reservedAddresses(ofL3: record.parent))
            return [
                Fact("l3-network-uuid", .text(model.uuidText(record.parent))),
                Fact("start-ip", .text(range.start.description)),
                Fact("end-ip", .text(range.end.description)),
                Fact(
                    "intervals",
                    .list(range.intervals.map { "\(IPv4Address($0.lowerBound))-\(IPv4Address($0.upperBound))" })),
                Fact("netmask", .text(range.subnet.netmask.description)),
                Fact("prefix-len", .number(Int64(range.subnet.prefixLength))),
                Fact("gateway", .text(range.gateway.description)),
                Fact("network-cidr", .text(range.subnet.description)),
                Fact("ip-version", .number(4)),
                Fact("ip-range-type", .text(range.type.rawValue)),
                Fact("total-addresses", .number(Int64(IntervalSet(range.intervals).count))),
                Fact("reserved-addresses", .number(Int64(reserved.count))),
            ]
        })
}
