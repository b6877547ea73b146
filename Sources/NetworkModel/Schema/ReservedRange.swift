/// Addresses of an L3 network that are kept back. They cost an interval, never a row for each address.
public struct ReservedRange: Hashable, Sendable {
    public let family: IPFamily
    /// By the numbers of its addresses.
    public let interval: ClosedRange<UInt128>

    public var start: IPAddress { family.address(interval.lowerBound) }
    public var end: IPAddress { family.address(interval.upperBound) }
    public var title: String { family.text(of: interval) }

    /// Reads `START-END`, `START-END/PREFIX`, a CIDR or a single address.
    ///
    /// - Throws: a refusal whose rule begins with `reserved.` or `range.`
    public init(_ text: String) throws(Refusal) {
        let words = IPRangeWords.split(text)
        guard let word = words.first, words.count == 1 else {
            throw Refusal(
                "reserved.malformed", .invalid, "A reserved range is one word, and \(words.count) were written.",
                remedy: "Write START-END, a CIDR or one address.")
        }
        let slash = word.split(separator: "/", omittingEmptySubsequences: false)
        let ends = slash[0].split(separator: "-", omittingEmptySubsequences: false)
        guard slash.count <= 2, ends.count <= 2 else { throw IPRangeWords.malformed(word) }
        let start = try IPRangeWords.address(ends[0])
        family = start.family
        if slash.count == 2 {
            let prefix = try IPRangeWords.prefix(slash[1], of: family, legal: 1...family.bits)
            if ends.count == 1, let subnet = IPSubnet(containing: start, prefixLength: prefix) {
                interval = subnet.network.number...subnet.last.number
                return
            }
        }
        let end = ends.count == 2 ? try IPRangeWords.address(ends[1]) : start
        guard start.family == end.family else { throw IPRangeWords.mixed(start, end) }
        guard start <= end else {
            throw Refusal(
                "reserved.reversed", .invalid, "The range ends at \(end), before it starts at \(start).",
                remedy: "Write the lower address first.")
        }
        interval = start.number...end.number
    }
}

extension KindDefinition {
    static let reservedRange = KindDefinition(
        .reservedRange, "reserved", form: .file,
        attributes: [
            AttributeDefinition(
                .value, "value", summary: "Addresses that are kept back from the L3 network's ranges.",
                values: "START-END, START-END/PREFIX, a CIDR or one address, of IPv4 or IPv6", defaultValue: "none",
                check: { (text: String) throws(Refusal) in _ = try ReservedRange(text) },
                effective: { _, _ in nil })
        ],
        check: { (old, new, model) throws(Refusal) in try ReservedRangeRules.check(new, replacing: old, model) },
        facts: { record, model in
            guard let range = model.reservedRange(record.id) else { return [] }
            let held = IntervalSet(CollectionOfOne(range.interval))
                .intersection(model.addresses(ofL3: record.parent, range.family))
            return [
                Fact("l3-network-uuid", .text(model.uuidText(record.parent))),
                Fact("start-ip", .text(range.start.description)),
                Fact("end-ip", .text(range.end.description)),
                Fact("ip-version", .number(Int64(range.family.rawValue))),
                Fact("reserved-addresses", .count(held.count)),
            ]
        })
}
