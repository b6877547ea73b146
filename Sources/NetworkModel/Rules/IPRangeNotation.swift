extension IPRange {
    /// Reads a range's text and applies the rules that need nothing but the text (ZStack: facts §2.3 steps 1, 2, 7, §2.4).
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
        var prefix: Int?
        if slash.count == 2 {
            prefix = try IPRangeWords.prefix(slash[1])
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
        guard let prefix, let subnet = IPv4Subnet(containing: start, prefixLength: prefix) else {
            throw Refusal(
                "range.prefix-required", .invalid, "The range \(ValueText.quoted(text)) does not tell its subnet.",
                remedy: "Add the prefix length (\(text)/24) or netmask=MASK.")
        }
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
        self.init(subnet: subnet, intervals: [start.value...end.value], gateway: gateway, type: type)
    }

    private init(cidr text: Substring, _ options: IPRangeWords.Options, _ type: IPRangeType) throws(Refusal) {
        if text.utf8.contains(UInt8(ascii: ":")) { throw IPRangeWords.noIPv6(text) }
        guard let subnet = IPv4Subnet(text) else {
            throw Refusal(
                "range.cidr-malformed", .invalid, "\(ValueText.quoted(text)) is not an IPv4 range.",
                remedy: "Write START-END/PREFIX or a CIDR such as 192.168.0.0/24.")
        }
        if let netmask = options.netmask, try IPRangeWords.prefix(netmask: netmask) != subnet.prefixLength {
            throw Refusal(
                "range.netmask", .invalid, "/\(subnet.prefixLength) and netmask \(netmask) contradict each other.",
                remedy: "Write one of the two.")
        }
        guard let hosts = subnet.hosts else {
            throw Refusal(
                "range.cidr-no-hosts", .invalid, "\(subnet) has no address that a host could use.",
                remedy: "Choose a prefix length of at most 30.")
        }
        let first = hosts.lowerBound.value
        let last = hosts.upperBound.value
        if type == .addressPool {
            self.init(subnet: subnet, intervals: [first...last], gateway: hosts.lowerBound, type: type)
            return
        }
        let gateway = options.gateway ?? hosts.lowerBound
        guard hosts.contains(gateway) else { throw IPRangeRules.gatewayNotInSubnet(gateway, subnet) }
        // A /30 has two hosts, so at least one address remains beside the gateway.
        var intervals: [ClosedRange<UInt32>] = []
        if gateway.value > first { intervals.append(first...(gateway.value - 1)) }
        if gateway.value < last { intervals.append((gateway.value + 1)...last) }
        self.init(subnet: subnet, intervals: intervals, gateway: gateway, type: type)
    }
}

/// The words of a range's text.
enum IPRangeWords {
    struct Options {
        var gateway: IPv4Address?
        var netmask: IPv4Address?
        var type: IPRangeType?
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
            case "netmask" where options.netmask == nil: options.netmask = try address(parts[1])
            case "type" where options.type == nil:
                guard let type = IPRangeType(rawValue: String(parts[1])) else {
                    throw Refusal(
                        "range.type", .invalid, "\(ValueText.quoted(parts[1])) is not a type of range.",
                        remedy: "Write type=Normal or type=AddressPool.")
                }
                options.type = type
            default: throw unknownOption(word)
            }
        }
        return options
    }

    static func address(_ text: Substring) throws(Refusal) -> IPv4Address {
        if let address = IPv4Address(text) { return address }
        if IPv6Address(text) != nil { throw noIPv6(text) }
        throw malformed(text)
    }

    static func prefix(_ text: Substring) throws(Refusal) -> Int {
        guard let length = IPv4Subnet.prefixLength(text), length > 0 else {
            throw Refusal(
                "range.netmask", .invalid, "/\(text) is not a prefix length.", remedy: "Write /1 to /32.")
        }
        return length
    }

    static func prefix(netmask: IPv4Address) throws(Refusal) -> Int {
        guard let length = IPv4Subnet.prefixLength(netmask: netmask) else {
            throw Refusal(
                "range.netmask", .invalid, "\(netmask) is not a netmask.",
                remedy: "Write a contiguous mask such as 255.255.255.0, or a prefix length.")
        }
        return length
    }

    static func malformed(_ text: Substring) -> Refusal {
        Refusal(
            "range.malformed", .invalid, "\(ValueText.quoted(text)) is not an IPv4 address or range.",
            remedy: "Write START-END/PREFIX gateway=ADDRESS, or a CIDR, with plain decimal octets from 0 to 255.")
    }

    static func noIPv6(_ text: Substring) -> Refusal {
        Refusal(
            "range.ipv6", .familyNotSupported, "\(ValueText.quoted(text)) is IPv6; ranges are IPv4 so far.",
            remedy: "Write an IPv4 range.")
    }

    private static func unknownOption(_ word: Substring) -> Refusal {
        Refusal(
            "range.option", .invalid, "\(ValueText.quoted(word)) is not an option of a range, or is given twice.",
            remedy: "Options are gateway=ADDRESS, netmask=MASK and type=Normal|AddressPool.")
    }
}
