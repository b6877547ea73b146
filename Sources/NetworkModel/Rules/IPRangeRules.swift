/// Rules for IPv4 ranges among others (ZStack: `IpRangeHelper`, facts §2.3), in ZStack's order of checks. Beyond
/// ZStack, 0.0.0.0/8 and 127.0.0.0/8 are refused (RFC 1122 §3.2.1.3: they never leave a host).
enum IPRangeRules {
    static func check(_ record: ObjectRecord, replacing old: ObjectRecord?, _ model: Model) throws(Refusal) {
        guard let text = record.text(.value), old?.text(.value) != text else { return }
        let range = try IPRange(text)
        guard let l3 = model.record(record.parent) else { return }
        let l3Path = model.path(of: l3.id)
        if range.type == .addressPool, L3Network(l3).category != .public {
            throw Refusal(
                "range.pool-needs-public", .invalid,
                "\(l3Path) is \(L3Network(l3).category.rawValue); only a Public L3 network may have address pools.",
                objects: [l3Path], remedy: "Write Public to @/\(l3Path)/category, or make it a Normal range.")
        }
        for interval in range.intervals {
            try checkSpace(IPv4Address(interval.lowerBound), IPv4Address(interval.upperBound))
        }
        try checkSubnet(range)
        try checkNeighbours(range, id: record.id, l3: l3, model)
        if range.type == .normal { try checkNormal(range, id: record.id, l3: l3, model) }
        if let old, let before = model.range(old.id), before.type == .normal, range.type != .normal {
            try checkPoolsKeepANormalRange(without: old.id, l3: l3.id, model)
        }
    }

    /// Pools stand beside a Normal range; the last one of those stays as long as there are pools.
    static func checkPoolsKeepANormalRange(without id: ObjectID, l3: ObjectID, _ model: Model) throws(Refusal) {
        guard model.range(id)?.type == .normal else { return }
        let others = model.children(of: l3, in: .ranges).filter { $0 != id }
        let pools = others.filter { model.range($0)?.type == .addressPool }
        guard !pools.isEmpty, !others.contains(where: { model.range($0)?.type == .normal }) else { return }
        throw Refusal(
            "range.pools-remain", .busy,
            "\(model.path(of: id)) is the last Normal range of \(model.path(of: l3)), which still has address pools.",
            objects: pools.map { model.path(of: $0) }, remedy: "Remove the pools first.")
    }

    static func gatewayNotInSubnet(_ gateway: IPv4Address, _ subnet: IPv4Subnet) -> Refusal {
        Refusal(
            "range.gateway-not-in-subnet", .addressNotAvailable, "The gateway \(gateway) is not a host of \(subnet).",
            remedy: subnet.hosts.map { "Choose one from \($0.lowerBound) to \($0.upperBound)." }
                ?? "Choose a subnet with a prefix length of at most 30.")
    }

    /// Blocks whose addresses no guest may have, with the name of the rule.
    private static let unusable: [(rule: String, words: String, block: ClosedRange<UInt32>)] = [
        ("multicast", "multicast (224.0.0.0/4)", 0xE000_0000...0xEFFF_FFFF),
        ("class-e", "reserved for future use (240.0.0.0/4)", 0xF000_0000...0xFFFF_FFFF),
        ("link-local", "link-local (169.254.1.0-169.254.254.255)", 0xA9FE_0100...0xA9FE_FEFF),
        ("this-network", "of this network only (0.0.0.0/8)", 0x0000_0000...0x00FF_FFFF),
        ("loopback", "loopback (127.0.0.0/8)", 0x7F00_0000...0x7FFF_FFFF),
    ]

    private static func checkSpace(_ start: IPv4Address, _ end: IPv4Address) throws(Refusal) {
        for space in unusable where space.block.overlaps(start.value...end.value) {
            throw Refusal(
                "range.\(space.rule)", .invalid, "\(start)-\(end) holds addresses that are \(space.words).",
                remedy: "Choose other addresses.")
        }
    }

    private static func checkSubnet(_ range: IPRange) throws(Refusal) {
        guard range.subnet.isHost(range.gateway) else { throw gatewayNotInSubnet(range.gateway, range.subnet) }
        guard range.start != range.subnet.network, range.end != range.subnet.broadcast else {
            throw Refusal(
                "range.network-or-broadcast", .invalid,
                "\(range.title) holds the network address \(range.subnet.network) or the broadcast address \(range.subnet.broadcast).",
                remedy: "Leave the first and the last address of the subnet out.")
        }
    }

    private static func checkNeighbours(
        _ range: IPRange, id: ObjectID, l3: ObjectRecord, _ model: Model
    ) throws(Refusal) {
        let group = l3.target ?? l3.id
        for interval in range.intervals {
            guard let other = model.rangeOverlapping(interval, on: group, except: id), let value = model.range(other)
            else { continue }
            let path = model.path(of: other)
            throw Refusal(
                "range.overlap", .addressInUse, "\(range.title) overlaps \(value.title) of \(path).", objects: [path],
                remedy: "Choose addresses outside it, or change it first (cat @/\(path)).")
        }
        guard range.type == .normal, let other = firstNormal(of: l3.id, except: id, model),
            let value = model.range(other),
            value.subnet != range.subnet
        else { return }
        let path = model.path(of: other)
        throw Refusal(
            "range.cidr-mismatch", .addressNotAvailable,
            "\(range.title) is of subnet \(range.subnet), but \(path) is of \(value.subnet); an L3 network is one subnet.",
            objects: [path], remedy: "Use \(value.subnet), or make another L3 network.")
    }

    private static func checkNormal(_ range: IPRange, id: ObjectID, l3: ObjectRecord, _ model: Model) throws(Refusal) {
        guard range.subnet.contains(range.end) else {
            throw Refusal(
                "range.end-not-in-subnet", .addressNotAvailable,
                "The range ends at \(range.end), outside \(range.subnet).",
                remedy:
                    "End it at \(range.subnet.hosts?.upperBound ?? range.subnet.network) at most, or widen the subnet.")
        }
        guard !range.intervals.contains(where: { $0.contains(range.gateway.value) }) else {
            throw Refusal(
                "range.gateway-in-range", .invalid, "The gateway \(range.gateway) lies in the range \(range.title).",
                remedy: "Leave it out of the range.")
        }
        guard let other = firstNormal(of: l3.id, except: id, model), let value = model.range(other),
            value.gateway != range.gateway
        else { return }
        let path = model.path(of: other)
        throw Refusal(
            "range.gateway-mismatch", .addressNotAvailable,
            "The gateway \(range.gateway) differs from \(value.gateway) of \(path); an L3 network has one gateway.",
            objects: [path], remedy: "Write gateway=\(value.gateway).")
    }

    /// Any Normal range of the L3 network speaks for all: they have one subnet and one gateway.
    static func firstNormal(of l3: ObjectID, except id: ObjectID?, _ model: Model) -> ObjectID? {
        model.firstChild(of: l3, in: .ranges) { $0 != id && model.range($0)?.type == .normal }
    }
}
