/// Who an L3 network is for.
public enum L3Category: String, CaseIterable, Sendable {
    case `private` = "Private"
    case `public` = "Public"
    case system = "System"
}

/// An L3 network, read from its record.
public struct L3Network {
    public let record: ObjectRecord

    public init(_ record: ObjectRecord) {
        self.record = record
    }

    public var declaredCategory: L3Category? {
        record.text(.category).flatMap { try? L3Network.category($0) }
    }

    /// Whether it serves the cloud itself. Follows from the category where it was not written, and the other way round.
    public var isSystem: Bool {
        declaredSystem ?? (declaredCategory == .system)
    }

    public var category: L3Category {
        declaredCategory ?? (declaredSystem == true ? .system : .private)
    }

    public var declaredSystem: Bool? {
        record.text(.system).flatMap { try? L3Network.flag($0) }
    }

    public var dns: [IPAddress] {
        record.text(.dns).flatMap { try? L3Network.dns($0) } ?? []
    }

    /// How it chooses addresses.
    public var allocation: IPAllocationStrategy {
        record.text(.allocation).flatMap { try? L3Network.allocation($0) } ?? .random
    }

    /// Where it has come to, for a strategy that goes on from there.
    func cursor(_ family: IPFamily) -> AllocationCursor? {
        record.text(L3Network.cursorAttribute(family)).flatMap { AllocationCursor($0, family) }
    }

    static func cursorAttribute(_ family: IPFamily) -> AttributeID { family == .v4 ? .cursor4 : .cursor6 }

    /// - Throws: `l3.ip-allocation.unknown` (EINVAL).
    static func allocation(_ text: String) throws(Refusal) -> IPAllocationStrategy {
        let word = try ValueText.single(text, of: "ip-allocation")
        if let strategy = IPAllocationStrategy(name: word) { return strategy }
        throw Refusal(
            "l3.ip-allocation.unknown", .invalid, "\(ValueText.quoted(word)) is not a value of ip-allocation.",
            remedy: "Write one of: \(IPAllocationStrategy.allCases.map(\.rawValue).joined(separator: ", ")).")
    }

    static func category(_ text: String) throws(Refusal) -> L3Category {
        try ValueText.keyword(text, of: "category", as: L3Category.self, rule: "l3.category.unknown")
    }

    static func flag(_ text: String) throws(Refusal) -> Bool {
        let word = try ValueText.single(text, of: "system")
        guard word == "true" || word == "false" else {
            throw Refusal(
                "l3.system.unknown", .invalid, "\(ValueText.quoted(word)) is not a value of system.",
                remedy: "Write true or false.")
        }
        return word == "true"
    }

    /// A domain of at least two labels of letters, digits and inner dashes (RFC 1123 §2.1), the last one without digits first.
    static func domain(_ text: String) throws(Refusal) -> String {
        let word = try ValueText.single(text, of: "dns-domain")
        let labels = word.split(separator: ".", omittingEmptySubsequences: false)
        func isLabel(_ label: Substring) -> Bool {
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                        true
                    default: false
                    }
                }
        }
        let topIsWord =
            labels.last.map { $0.utf8.count >= 2 && $0.utf8.first.map { !(48...57).contains($0) } == true } ?? false
        guard word.utf8.count <= 253, labels.count >= 2, topIsWord, labels.allSatisfy(isLabel) else {
            throw Refusal(
                "l3.dns-domain.malformed", .invalid, "\(ValueText.quoted(word)) is not a domain name.",
                remedy: "Write labels of letters, digits and dashes with dots between them, such as example.org.")
        }
        return String(word)
    }

    /// One address a line, in order.
    static func dns(_ text: String) throws(Refusal) -> [IPAddress] {
        var servers: [IPAddress] = []
        for line in ValueText.lines(text) {
            guard let address = IPAddress(line) else {
                throw Refusal(
                    "l3.dns.malformed", .invalid, "\(ValueText.quoted(line)) is not an IPv4 or IPv6 address.",
                    remedy: "Write one address a line.")
            }
            guard !servers.contains(address) else {
                throw Refusal(
                    "l3.dns.duplicate", .notUnique, "\(address) is listed twice.",
                    remedy: "Remove one of the two lines.")
            }
            servers.append(address)
        }
        return servers
    }

    /// `PREFIX via ADDRESS`, one a line. The next hop need not lie in the subnet (ZStack: host routes).
    static func routes(_ text: String) throws(Refusal) -> [(prefix: IPSubnet, via: IPv4Address)] {
        var routes: [(prefix: IPSubnet, via: IPv4Address)] = []
        for line in ValueText.lines(text) {
            let words = line.split { $0 == " " || $0 == "\t" }
            guard words.count == 3, words[1] == "via", let prefix = IPSubnet(words[0]), prefix.family == .v4,
                let hop = IPv4Address(words[2])
            else {
                throw Refusal(
                    "l3.routes.malformed", .invalid, "\(ValueText.quoted(line)) is not a route.",
                    remedy: "Write PREFIX via ADDRESS, such as 10.1.0.0/16 via 192.168.0.1, one a line.")
            }
            guard !routes.contains(where: { $0.prefix == prefix }) else {
                throw Refusal(
                    "l3.routes.duplicate", .notUnique, "\(prefix) has two routes.",
                    remedy: "Remove one of the two lines.")
            }
            routes.append((prefix, hop))
        }
        return routes
    }
}

extension ObjectRecord {
    mutating func setCursor(_ family: IPFamily, _ cursor: AllocationCursor?, _ time: Int64) {
        set(L3Network.cursorAttribute(family), cursor?.text(family), modified: time)
    }
}

extension KindDefinition {
    static let l3Network = KindDefinition(
        .l3Network, "l3",
        attributes: [
            AttributeDefinition(
                .l2, "l2", form: .link(.l2Network), summary: "The L2 network that it stands on.",
                values: "a path to an L2 network", defaultValue: "none",
                changes: "while its ranges do not overlap those of the other L3 networks there",
                check: { (_: String) throws(Refusal) in },
                effective: { record, model in record.target.map { model.path(of: $0) } }),
            .description,
            .enabledState(inherited: { _, _ in .enabled }),
            AttributeDefinition(
                .category, "category", summary: "Who it is for.", values: "Private, Public, System",
                defaultValue: "Private, or System where system is true",
                changes: "from Public only without address pools",
                check: { (text: String) throws(Refusal) in _ = try L3Network.category(text) },
                effective: { record, _ in L3Network(record).category.rawValue }),
            AttributeDefinition(
                .system, "system", summary: "Whether it serves the cloud itself.", values: "true, false",
                defaultValue: "true where category is System, else false",
                check: { (text: String) throws(Refusal) in _ = try L3Network.flag(text) },
                effective: { record, _ in String(L3Network(record).isSystem) }),
            AttributeDefinition(
                .dnsDomain, "dns-domain", summary: "The domain of its guests.", values: "a domain name",
                defaultValue: "none", check: { (text: String) throws(Refusal) in _ = try L3Network.domain(text) },
                effective: { record, _ in record.text(.dnsDomain).flatMap { try? L3Network.domain($0) } }),
            AttributeDefinition(
                .mtu, "mtu", summary: "The largest packet that guests are told, in bytes.", values: "68-9216",
                defaultValue: "that of its L2 network",
                check: { (text: String) throws(Refusal) in
                    _ = try ValueText.number(text, of: "mtu", in: L2Network.mtus, rule: "l3.mtu")
                },
                effective: { record, model in
                    let own = record.text(.mtu).flatMap {
                        try? ValueText.number($0, of: "mtu", in: L2Network.mtus, rule: "l3.mtu")
                    }
                    let below = record.target.flatMap { model.record($0) }.flatMap { L2Network($0).mtu }
                    return String(own ?? below ?? 1500)
                }),
            AttributeDefinition(
                .dns, "dns", summary: "Name servers of its guests, one a line.", values: "IPv4 and IPv6 addresses",
                defaultValue: "none", check: { (text: String) throws(Refusal) in _ = try L3Network.dns(text) },
                effective: { record, _ in
                    record.text(.dns) == nil ? nil : L3Network(record).dns.map(\.description).joined(separator: "\n")
                }),
            AttributeDefinition(
                .routes, "routes", summary: "Routes of its guests, one a line.", values: "PREFIX via ADDRESS",
                defaultValue: "none", check: { (text: String) throws(Refusal) in _ = try L3Network.routes(text) },
                effective: { record, _ in
                    record.text(.routes).flatMap { try? L3Network.routes($0) }?
                        .map { "\($0.prefix) via \($0.via)" }.joined(separator: "\n")
                }),
            AttributeDefinition(
                .allocation, "ip-allocation", summary: "How addresses are chosen for NICs.",
                values: "Random, FirstAvailable, AscDelayRecycle (upwards; what was released waits for its turn)",
                defaultValue: "Random", check: { (text: String) throws(Refusal) in _ = try L3Network.allocation(text) },
                effective: { record, _ in L3Network(record).allocation.rawValue }),
        ],
        collections: [
            // tar packs directories by inode number, which follows from these ids: ranges come before what is kept back
            // of them.
            CollectionDefinition(.ranges, "ranges", of: .ipRange),
            CollectionDefinition(.reserved, "reserved", of: .reservedRange),
        ],
        check: { (old, new, model) throws(Refusal) in try L3NetworkRules.check(old, &new, model) },
        facts: L3NetworkFacts.facts)
}
