extension IPRange {
    /// Reads a range's text and applies the rules that need nothing but the text (ZStack: facts §2.3 steps 1, 2, 7, §2.4,
    /// §2.5).
    ///
    /// - Throws: a refusal whose rule begins with `range.`
    public init(_ text: String) throws(Refusal) {
        let words = IPRangeWords.split(text)
        guard let addresses = words.first else {
            throw Refusal(
                "range.empty", .invalid, "The text holds no range.",
                remedy: "Write START-END/PREFIX gateway=ADDRESS, or a CIDR.")
        }
        let options = try IPRangeWords.options(words.dropFirst())
        let type = options.type ?? .normal
        if addresses.utf8.contains(UInt8(ascii: "-")) {
            try self.init(startEnd: addresses, options, type)
        } else {
            try self.init(cidr: addresses, options, type)
        }
    }

    private init(startEnd text: Substring, _ options: IPRangeWords.Options, _ type: IPRangeType) throws(Refusal) {
        let slash = text.split(separator: "/", omittingEmptySubsequences: false)
        let ends = slash[0].split(separator: "-", omittingEmptySubsequences: false)
        guard slash.count <= 2, ends.count == 2 else { throw IPRangeWords.malformed(text) }
        let start = try IPRangeWords.address(ends[0])
        let end = try IPRangeWords.address(ends[1])
        guard start.family == end.family else { throw IPRangeWords.mixed(start, end) }
        let family = start.family
        try options.check(for: start)
        var prefix: Int?
        if slash.count == 2 {
            prefix = try IPRangeWords.prefix(
                slash[1], of: family, legal: family == .v4 ? 1...32 : IPRange.ipv6Prefixes)
        }
        if let netmask = options.netmask {
            let length = try IPRangeWords.prefix(netmask: netmask)
            guard prefix == nil || prefix == length else {
                throw Refusal(
                    "range.netmask", .invalid, "/\(prefix ?? 0) and netmask \(netmask) contradict each other.",
                    remedy: "Write one of the two.")
            }
            prefix = length
        }
        guard let prefix, let subnet = IPSubnet(containing: start, prefixLength: prefix) else {
            throw Refusal(
                "range.prefix-required", .invalid, "The range \(ValueText.quoted(text)) does not tell its subnet.",
                remedy: family == .v4
                    ? "Add the prefix length (\(text)/24) or netmask=MASK." : "Add the prefix length (\(text)/64).")
        }
        let mode = try IPRangeWords.addressMode(options, in: subnet)
        guard start <= end else {
            throw Refusal(
                "range.reversed", .invalid, "The range ends at \(end), before it starts at \(start).",
                remedy: "Write the lower address first.")
        }
        let gateway = type == .addressPool ? start : options.gateway
        guard let gateway else {
            throw Refusal(
                "range.gateway-required", .invalid, "A Normal range given as START-END needs a gateway.",
                remedy: "Add gateway=ADDRESS.")
        }
        self.init(
            subnet: subnet, intervals: [start.number...end.number], gateway: gateway, type: type, addressMode: mode)
    }

    private init(cidr text: Substring, _ options: IPRangeWords.Options, _ type: IPRangeType) throws(Refusal) {
        guard let subnet = IPSubnet(text) else {
            throw Refusal(
                "range.cidr-malformed", .invalid, "\(ValueText.quoted(text)) is not a range of IPv4 or IPv6.",
                remedy: "Write START-END/PREFIX or a CIDR such as 192.168.0.0/24 or 2001:db8::/64.")
        }
        try options.check(for: subnet.network)
        if let netmask = options.netmask, try IPRangeWords.prefix(netmask: netmask) != subnet.prefixLength {
            throw Refusal(
                "range.netmask", .invalid, "/\(subnet.prefixLength) and netmask \(netmask) contradict each other.",
                remedy: "Write one of the two.")
        }
        let mode = try IPRangeWords.addressMode(options, in: subnet)
        guard let hosts = subnet.hosts else {
            throw Refusal(
                "range.cidr-no-hosts", .invalid, "\(subnet) has no address that a host could use.",
                remedy: "Choose a prefix length of at most 30.")
        }
        let first = hosts.lowerBound.number
        let last = hosts.upperBound.number
        if type == .addressPool {
            self.init(
                subnet: subnet, intervals: [first...last], gateway: hosts.lowerBound, type: type, addressMode: mode)
            return
        }
        let gateway = options.gateway ?? hosts.lowerBound
        guard subnet.mayBeGateway(gateway) else { throw IPRangeRules.gatewayNotInSubnet(gateway, subnet) }
        // A /30 of IPv4 has two hosts and a /126 of IPv6 three, so at least one address remains beside the gateway.
        var free = IntervalSet<UInt128>(CollectionOfOne(first...last))
        free.remove(gateway.number...gateway.number)
        self.init(subnet: subnet, intervals: free.intervals, gateway: gateway, type: type, addressMode: mode)
    }
}

/// The words of a range's text.
enum IPRangeWords {
    struct Options {
        var gateway: IPAddress?
        var netmask: IPv4Address?
        var type: IPRangeType?
        var mode: IPv6AddressMode?

        /// Refuses options that a range with this address cannot have.
        func check(for address: IPAddress) throws(Refusal) {
            if let gateway, gateway.family != address.family { throw IPRangeWords.mixed(address, gateway) }
            switch address.family {
            case .v4:
                if mode != nil { throw only("mode=", for: .v6, remedy: "Leave it out.") }
            case .v6:
                if netmask != nil {
                    throw only("netmask=", for: .v4, remedy: "Write a prefix length, such as /64.")
                }
                if type == .addressPool {
                    throw only("type=AddressPool", for: .v4, remedy: "Leave it out, or write a pool of IPv4.")
                }
            }
        }

        private func only(_ option: String, for family: IPFamily, remedy: String) -> Refusal {
            Refusal("range.option-family", .invalid, "\(option) is for \(family.name) ranges only.", remedy: remedy)
        }
    }

    static func split(_ text: String) -> [Substring] {
        ValueText.lines(text).flatMap { $0.split { $0 == " " || $0 == "\t" } }
    }

    static func options(_ words: ArraySlice<Substring>) throws(Refusal) -> Options {
        var options = Options()
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw unknownOption(word) }
            switch parts[0] {
            case "gateway" where options.gateway == nil: options.gateway = try address(parts[1])
            case "netmask" where options.netmask == nil:
                guard case .v4(let mask) = try address(parts[1]) else { throw notANetmask(parts[1]) }
                options.netmask = mask
            case "type" where options.type == nil:
                guard let type = IPRangeType(rawValue: String(parts[1])) else {
                    throw Refusal(
                        "range.type", .invalid, "\(ValueText.quoted(parts[1])) is not a type of range.",
                        remedy: "Write type=Normal or type=AddressPool.")
                }
                options.type = type
            case "mode" where options.mode == nil:
                guard let mode = IPv6AddressMode(rawValue: String(parts[1])) else {
                    throw Refusal(
                        "range.mode", .invalid, "\(ValueText.quoted(parts[1])) is not an address mode.",
                        remedy: "Write mode=Stateful-DHCP, mode=Stateless-DHCP or mode=SLAAC.")
                }
                options.mode = mode
            default: throw unknownOption(word)
            }
        }
        return options
    }

    static func address(_ text: Substring) throws(Refusal) -> IPAddress {
        guard let address = IPAddress(text) else { throw malformed(text) }
        return address
    }

    /// - Parameter legal: what the remedy offers.
    static func prefix(
        _ text: Substring, of family: IPFamily, legal: ClosedRange<Int>
    ) throws(Refusal) -> Int {
        guard let length = family.prefixLength(text), length > 0 else {
            throw Refusal(
                "range.netmask", .invalid, "/\(text) is not a prefix length.",
                remedy: "Write /\(legal.lowerBound) to /\(legal.upperBound).")
        }
        return length
    }

    static func prefix(netmask: IPv4Address) throws(Refusal) -> Int {
        guard let length = IPSubnet.prefixLength(netmask: netmask) else { throw notANetmask(netmask.description) }
        return length
    }

    /// The address mode of a range of IPv6, nil for IPv4. Guests that make up their address fill the lower half of it
    /// (RFC 4862 §5.5.3, RFC 4291 §2.5.1), so the subnet has to leave them just that.
    static func addressMode(_ options: Options, in subnet: IPSubnet) throws(Refusal) -> IPv6AddressMode? {
        guard subnet.family == .v6 else { return nil }
        let legal = IPRange.ipv6Prefixes
        guard legal.contains(subnet.prefixLength) else {
            throw Refusal(
                "range.prefix-length", .range,
                "An IPv6 range has a prefix length from \(legal.lowerBound) to \(legal.upperBound), not \(subnet.prefixLength).",
                remedy: "Write /\(legal.lowerBound) to /\(legal.upperBound).")
        }
        let mode = options.mode ?? .statefulDHCP
        guard mode == .statefulDHCP || subnet.prefixLength == 64 else {
            throw Refusal(
                "range.mode-prefix", .invalid,
                "\(mode.rawValue) needs a prefix length of 64, not \(subnet.prefixLength).",
                remedy: "Write /64, or mode=\(IPv6AddressMode.statefulDHCP.rawValue).")
        }
        return mode
    }

    static func malformed(_ text: Substring) -> Refusal {
        Refusal(
            "range.malformed", .invalid, "\(ValueText.quoted(text)) is not an address or range of IPv4 or IPv6.",
            remedy:
                "Write START-END/PREFIX gateway=ADDRESS, or a CIDR; in IPv4 with plain decimal octets from 0 to 255."
        )
    }

    static func mixed(_ left: IPAddress, _ right: IPAddress) -> Refusal {
        Refusal(
            "range.family-mixed", .familyNotSupported,
            "\(left) is \(left.family.name), and \(right) is \(right.family.name).",
            remedy: "Write addresses of one family. An L3 network may have ranges of both.")
    }

    private static func notANetmask(_ text: some StringProtocol) -> Refusal {
        Refusal(
            "range.netmask", .invalid, "\(text) is not a netmask.",
            remedy: "Write a contiguous mask such as 255.255.255.0, or a prefix length.")
    }

    private static func unknownOption(_ word: Substring) -> Refusal {
        Refusal(
            "range.option", .invalid, "\(ValueText.quoted(word)) is not an option of a range, or is given twice.",
            remedy:
                "Options are gateway=ADDRESS, of IPv4 netmask=MASK and type=Normal|AddressPool, of IPv6 mode=MODE.")
    }
}
