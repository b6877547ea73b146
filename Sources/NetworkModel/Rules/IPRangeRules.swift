/// Rules for ranges among others (ZStack: `IpRangeHelper`, facts §2.3 and §2.5), in ZStack's order of checks. Ranges of
/// IPv4 and IPv6 do not meet: each family has its own subnet, gateway and addresses. Beyond ZStack, 0.0.0.0/8 and
/// 127.0.0.0/8 are refused (RFC 1122 §3.2.1.3: they never leave a host), and so are ::, ::1 and IPv4 addresses in IPv6 form
/// (RFC 4291 §2.5).
enum IPRangeRules {
    static func check(_ record: ObjectRecord, replacing old: ObjectRecord?, _ model: Model) throws(Refusal) {
        guard let text = record.text(.value), old?.text(.value) != text else { return }
        let range = try IPRange(text)
        guard let l3 = model.record(record.parent) else { return }
        try checkCategory(range, l3, model)
        for interval in range.intervals { try checkSpace(interval, range.family) }
        try checkSubnet(range)
        try checkOverlap(range, id: record.id, l3: l3, model)
        if range.type == .normal { try checkNormal(range, id: record.id, l3: l3, model) }
        if let old, let before = model.range(old.id), before.carriesPools, !range.carriesPools {
            try checkPoolsKeepANormalRange(without: old.id, l3: l3.id, model)
        }
    }

    /// Pools stand beside a Normal range of IPv4; the last one of those stays as long as there are pools.
    static func checkPoolsKeepANormalRange(without id: ObjectID, l3: ObjectID, _ model: Model) throws(Refusal) {
        guard model.range(id)?.carriesPools == true else { return }
        let others = model.children(of: l3, in: .ranges).filter { $0 != id }
        let pools = others.filter { model.range($0)?.type == .addressPool }
        guard !pools.isEmpty, !others.contains(where: { model.range($0)?.carriesPools == true }) else { return }
        throw Refusal(
            "range.pools-remain", .busy,
            "\(model.path(of: id)) is the last Normal range of \(model.path(of: l3)), which still has address pools.",
            objects: pools.map { model.path(of: $0) }, remedy: "Remove the pools first.")
    }

    static func gatewayNotInSubnet(_ gateway: IPAddress, _ subnet: IPSubnet) -> Refusal {
        Refusal(
            "range.gateway-not-in-subnet", .addressNotAvailable, "The gateway \(gateway) is not a host of \(subnet).",
            remedy: subnet.hosts.map { "Choose one from \($0.lowerBound) to \($0.upperBound)." }
                ?? "Choose a subnet with a prefix length of at most 30.")
    }

    private static func checkCategory(_ range: IPRange, _ l3: ObjectRecord, _ model: Model) throws(Refusal) {
        let category = L3Network(l3).category
        let path = model.path(of: l3.id)
        if range.type == .addressPool, category != .public {
            throw Refusal(
                "range.pool-needs-public", .invalid,
                "\(path) is \(category.rawValue); only a Public L3 network may have address pools.",
                objects: [path], remedy: "Write Public to @/\(path)/category, or make it a Normal range.")
        }
        if range.family == .v6, category == .system {
            throw Refusal(
                "range.ipv6-on-system", .invalid, "\(path) is System; such an L3 network has no IPv6 ranges.",
                objects: [path], remedy: "Write an IPv4 range, or give the L3 network another category.")
        }
    }

    /// Blocks whose addresses no guest may have, with the name of the rule.
    private static let unusable: [(family: IPFamily, rule: String, words: String, block: ClosedRange<UInt128>)] = [
        (.v4, "multicast", "multicast (224.0.0.0/4)", 0xE000_0000...0xEFFF_FFFF),
        (.v4, "class-e", "reserved for future use (240.0.0.0/4)", 0xF000_0000...0xFFFF_FFFF),
        (.v4, "link-local", "link-local (169.254.1.0-169.254.254.255)", 0xA9FE_0100...0xA9FE_FEFF),
        (.v4, "this-network", "of this network only (0.0.0.0/8)", 0x0000_0000...0x00FF_FFFF),
        (.v4, "loopback", "loopback (127.0.0.0/8)", 0x7F00_0000...0x7FFF_FFFF),
        (.v6, "multicast", "multicast (ff00::/8)", block(0xFF00, 0xFFFF)),
        (.v6, "link-local", "link-local (fe80::/10)", block(0xFE80, 0xFEBF)),
        (.v6, "site-local", "site-local (fec0::/10)", block(0xFEC0, 0xFEFF)),
        (.v6, "unspecified", "unspecified (::)", 0...0),
        (.v6, "loopback", "loopback (::1)", 1...1),
        (
            .v6, "ipv4-mapped", "IPv4 addresses in IPv6 form (::ffff:0:0/96)",
            0xFFFF_0000_0000...0xFFFF_FFFF_FFFF
        ),
    ]

    /// The IPv6 addresses whose first sixteen bits are from `first` to `last`.
    private static func block(_ first: UInt128, _ last: UInt128) -> ClosedRange<UInt128> {
        first << 112...(((last + 1) << 112) &- 1)
    }

    private static func checkSpace(_ interval: ClosedRange<UInt128>, _ family: IPFamily) throws(Refusal) {
        for space in unusable where space.family == family && space.block.overlaps(interval) {
            throw Refusal(
                "range.\(space.rule)", .invalid,
                "\(family.text(of: interval)) holds addresses that are \(space.words).",
                remedy: "Choose other addresses.")
        }
    }

    private static func checkSubnet(_ range: IPRange) throws(Refusal) {
        let subnet = range.subnet
        guard subnet.mayBeGateway(range.gateway) else { throw gatewayNotInSubnet(range.gateway, subnet) }
        switch range.family {
        case .v4:
            guard range.start != subnet.network, range.end != subnet.last else {
                throw Refusal(
                    "range.network-or-broadcast", .invalid,
                    "\(range.title) holds the network address \(subnet.network) or the broadcast address \(subnet.last).",
                    remedy: "Leave the first and the last address of the subnet out.")
            }
        case .v6:
            guard range.start != subnet.network else {
                throw Refusal(
                    "range.network-or-broadcast", .invalid,
                    "\(range.title) holds \(subnet.network), the address of all routers of the subnet.",
                    remedy: "Leave the first address of the subnet out.")
            }
        }
    }

    private static func checkOverlap(_ range: IPRange, id: ObjectID, l3: ObjectRecord, _ model: Model) throws(Refusal) {
        guard let other = model.rangeOverlapping(range, on: l3.target ?? l3.id, except: id),
            let value = model.range(other)
        else { return }
        let path = model.path(of: other)
        throw Refusal(
            "range.overlap", .addressInUse, "\(range.title) overlaps \(value.title) of \(path).", objects: [path],
            remedy: "Choose addresses outside it, or change it first (cat @/\(path)).")
    }

    /// What a Normal range shall be by itself, and in common with another one: any Normal range of the L3 network speaks
    /// for all of its family, which have one subnet, one gateway and one address mode.
    private static func checkNormal(_ range: IPRange, id: ObjectID, l3: ObjectRecord, _ model: Model) throws(Refusal) {
        let other = model.firstChild(of: l3.id, in: .ranges) { other in
            guard other != id, let value = model.range(other) else { return false }
            return value.type == .normal && value.family == range.family
        }
        let path = other.map { model.path(of: $0) } ?? ""
        let value = other.flatMap { model.range($0) }
        if let value, value.subnet != range.subnet {
            throw Refusal(
                "range.cidr-mismatch", .addressNotAvailable,
                "\(range.title) is of subnet \(range.subnet), but \(path) is of \(value.subnet); an L3 network is one subnet.",
                objects: [path], remedy: "Use \(value.subnet), or make another L3 network.")
        }
        guard range.subnet.contains(range.end) else {
            throw Refusal(
                "range.end-not-in-subnet", .addressNotAvailable,
                "The range ends at \(range.end), outside \(range.subnet).",
                remedy:
                    "End it at \(range.subnet.hosts?.upperBound ?? range.subnet.network) at most, or widen the subnet.")
        }
        guard !range.intervals.contains(where: { $0.contains(range.gateway.number) }) else {
            throw Refusal(
                "range.gateway-in-range", .invalid, "The gateway \(range.gateway) lies in the range \(range.title).",
                remedy: "Leave it out of the range.")
        }
        if let value, value.gateway != range.gateway {
            throw Refusal(
                "range.gateway-mismatch", .addressNotAvailable,
                "The gateway \(range.gateway) differs from \(value.gateway) of \(path); an L3 network has one gateway.",
                objects: [path], remedy: "Write gateway=\(value.gateway).")
        }
        if let mode = range.addressMode, let common = value?.addressMode, mode != common {
            throw Refusal(
                "range.mode-mismatch", .invalid,
                "The address mode \(mode.rawValue) differs from \(common.rawValue) of \(path); an L3 network has one.",
                objects: [path], remedy: "Write mode=\(common.rawValue).")
        }
    }
}
