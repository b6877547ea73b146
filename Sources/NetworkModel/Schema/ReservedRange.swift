/// Addresses of an L3 network that are kept back. They cost an interval, never a row for each address.
public struct ReservedRange: Hashable, Sendable {
    public let interval: ClosedRange<UInt32>

    public var title: String {
        "\(IPv4Address(interval.lowerBound))-\(IPv4Address(interval.upperBound))"
    }

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
        if slash.count == 2 {
            let prefix = try IPRangeWords.prefix(slash[1])
            if ends.count == 1, let subnet = IPv4Subnet(containing: start, prefixLength: prefix) {
                interval = subnet.network.value...subnet.broadcast.value
                return
            }
        }
        let end = ends.count == 2 ? try IPRangeWords.address(ends[1]) : start
        guard start <= end else {
            throw Refusal(
                "reserved.reversed", .invalid, "The range ends at \(end), before it starts at \(start).",
                remedy: "Write the lower address first.")
        }
        interval = start.value...end.value
    }
}

extension KindDefinition {
    static let reservedRange = KindDefinition(
        .reservedRange, "reserved", form: .file,
        attributes: [
            AttributeDefinition(
                .value, "value", summary: "Addresses that are kept back from the L3 network's ranges.",
                values: "START-END, START-END/PREFIX, a CIDR or one address", defaultValue: "none",
                check: { (text: String) throws(Refusal) in _ = try ReservedRange(text) },
                effective: { _, _ in nil })
        ],
        check: { (old, new, model) throws(Refusal) in try ReservedRangeRules.check(new, replacing: old, model) },
        facts: { record, model in
            guard let range = model.reservedRange(record.id) else { return [] }
            let held = IntervalSet(CollectionOfOne(range.interval)).intersection(model.addresses(ofL3: record.parent))
            return [
                Fact("l3-network-uuid", .text(model.uuidText(record.parent))),
                Fact("start-ip", .text(IPv4Address(range.interval.lowerBound).description)),
                Fact("end-ip", .text(IPv4Address(range.interval.upperBound).description)),
                Fact("ip-version", .number(4)),
                Fact("reserved-addresses", .number(Int64(held.count))),
            ]
        })
}
