/// What the addresses of a range are for.
public enum IPRangeType: String, CaseIterable, Sendable {
    case normal = "Normal"
    case addressPool = "AddressPool"
}

/// How guests come to their IPv6 addresses (ZStack's `addressMode`).
public enum IPv6AddressMode: String, CaseIterable, Sendable {
    /// DHCPv6 gives them the address and all else (RFC 8415).
    case statefulDHCP = "Stateful-DHCP"
    /// They make the address up themselves, and DHCPv6 tells them the rest.
    case statelessDHCP = "Stateless-DHCP"
    /// They make the address up themselves (RFC 4862).
    case slaac = "SLAAC"
}

/// A range as it follows from its text (notation: `START-END/PREFIX` or `CIDR`, then `gateway=`, and `netmask=` and
/// `type=` of IPv4 or `mode=` of IPv6).
public struct IPRange: Hashable, Sendable {
    /// The smallest and the largest subnet of IPv6, as prefix lengths (ZStack: facts §2.5, with DHCP).
    static let ipv6Prefixes = 64...126

    public let subnet: IPSubnet
    /// By the numbers of the addresses. One interval, or two where the gateway of a CIDR lies in the middle: one range
    /// with a hole.
    public let intervals: [ClosedRange<UInt128>]
    /// The gateway. A pool has none of its own; its first address stands in, as in ZStack.
    public let gateway: IPAddress
    public let type: IPRangeType
    /// Nil for IPv4.
    public let addressMode: IPv6AddressMode?

    public var family: IPFamily { subnet.family }
    public var start: IPAddress { family.address(intervals.first?.lowerBound ?? 0) }
    public var end: IPAddress { family.address(intervals.last?.upperBound ?? 0) }

    /// Whether address pools, which are IPv4, can stand beside it.
    public var carriesPools: Bool { type == .normal && family == .v4 }

    /// The intervals in words: `192.168.0.2-192.168.0.254`.
    public var title: String {
        intervals.map { family.text(of: $0) }.joined(separator: " and ")
    }

    init(
        subnet: IPSubnet, intervals: [ClosedRange<UInt128>], gateway: IPAddress, type: IPRangeType,
        addressMode: IPv6AddressMode?
    ) {
        self.subnet = subnet
        self.intervals = intervals
        self.gateway = gateway
        self.type = type
        self.addressMode = addressMode
    }
}

extension KindDefinition {
    static let ipRange = KindDefinition(
        .ipRange, "range", form: .file,
        attributes: [
            AttributeDefinition(
                .value, "value", summary: "Addresses that the cloud may give to its guests.",
                values: "START-END/PREFIX or CIDR, then gateway=ADDR, netmask=MASK, type=Normal|AddressPool; "
                    + "of IPv6 gateway=ADDR, mode=Stateful-DHCP|Stateless-DHCP|SLAAC",
                defaultValue: "none", changes: "at any time",
                check: { (text: String) throws(Refusal) in _ = try IPRange(text) },
                effective: { _, _ in nil })
        ],
        check: { (old, new, model) throws(Refusal) in
            try IPRangeRules.check(new, replacing: old, model)
        },
        facts: { record, model in
            guard let range = model.range(record.id) else { return [] }
            let usage = L3NetworkFacts.usage(of: range, l3: record.parent, model)
            let facts = [
                Fact("l3-network-uuid", .text(model.uuidText(record.parent))),
                Fact("start-ip", .text(range.start.description)),
                Fact("end-ip", .text(range.end.description)),
                Fact("intervals", .list(range.intervals.map { range.family.text(of: $0) })),
                Fact("netmask", .text(range.subnet.netmask.description)),
                Fact("prefix-len", .number(Int64(range.subnet.prefixLength))),
                Fact("gateway", .text(range.gateway.description)),
                Fact("network-cidr", .text(range.subnet.description)),
                Fact("ip-version", .number(Int64(range.family.rawValue))),
                Fact("ip-range-type", .text(range.type.rawValue)),
            ]
            return facts + usage.facts + (range.addressMode.map { [Fact("address-mode", .text($0.rawValue))] } ?? [])
        })
}
