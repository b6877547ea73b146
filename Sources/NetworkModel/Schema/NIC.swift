/// The NIC of a VM, read from its record.
public struct NIC {
    public let record: ObjectRecord

    public init(_ record: ObjectRecord) {
        self.record = record
    }

    /// Where it is plugged in: the L2 network, and the hosts. Two while its VM moves from the first to the second.
    public struct Plug: Hashable, Sendable {
        public var network: ObjectID
        public var hosts: [ObjectID]
    }

    public var plug: Plug? {
        guard let ids = record.text(.port).flatMap(ObjectID.list), ids.count >= 2 else { return nil }
        return Plug(network: ids[0], hosts: Array(ids[1...]))
    }

    /// Its number among the NICs of its VM, from 0.
    public var number: Int { record.text(.nicNumber).flatMap { Int($0) } ?? 0 }

    /// The one that was written, else the one that it got.
    public var mac: MACAddress? {
        record.text(.mac).flatMap { try? NIC.mac($0) } ?? record.text(.allocatedMAC).flatMap { MACAddress($0) }
    }

    /// The addresses that it has.
    public var addresses: [IPAddress] {
        [AttributeID.address4, .address6].compactMap { record.text($0).flatMap { IPAddress($0) } }
    }

    public func address(_ family: IPFamily) -> IPAddress? {
        record.text(NIC.attribute(family)).flatMap { IPAddress($0) }
    }

    /// The addresses that it shall have by its file `ip`.
    public var requested: [IPAddress] { record.text(.ip).flatMap { try? NIC.addresses($0) } ?? [] }

    static func attribute(_ family: IPFamily) -> AttributeID { family == .v4 ? .address4 : .address6 }

    /// What its port on a host is called: `vnic<vm>.<n>`, with the number of the VM's object. In base 36 where Linux
    /// would not take the decimal name.
    public var portName: String {
        let name = "vnic\(record.parent.rawValue).\(number)"
        guard name.utf8.count > DeviceNames.limit else { return name }
        return "vnic\(String(record.parent.rawValue, radix: 36)).\(number)"
    }

    /// - Throws: `nic.mac.malformed` (EINVAL).
    static func mac(_ text: String) throws(Refusal) -> MACAddress {
        let word = try ValueText.single(text, of: "mac")
        guard let mac = MACAddress(word), mac.isUnicast, mac.number != 0 else {
            throw Refusal(
                "nic.mac.malformed", .invalid, "\(ValueText.quoted(word)) is not the Ethernet address of one guest.",
                remedy: "Write six bytes such as fa:00:00:12:34:56; the first one is even.")
        }
        return mac
    }

    /// At most one address of each family, between blanks or line ends.
    ///
    /// - Throws: `value.empty`, `nic.ip.malformed` or `nic.ip.several` (EINVAL).
    static func addresses(_ text: String) throws(Refusal) -> [IPAddress] {
        var addresses: [IPAddress] = []
        for line in ValueText.lines(text) {
            for word in line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "," }) {
                guard let address = IPAddress(word) else {
                    throw Refusal(
                        "nic.ip.malformed", .invalid, "\(ValueText.quoted(word)) is not an IPv4 or IPv6 address.",
                        remedy: "Write an address such as 192.168.0.20, without a prefix length.")
                }
                guard !addresses.contains(where: { $0.family == address.family }) else {
                    throw Refusal(
                        "nic.ip.several", .invalid, "A NIC has at most one \(address.family.name) address.",
                        remedy: "Write one address of each family, or make another NIC.")
                }
                addresses.append(address)
            }
        }
        guard !addresses.isEmpty else {
            throw Refusal(
                "value.empty", .invalid, "The text written to ip holds no address.",
                remedy: "Write an address, or remove the file to have one chosen.")
        }
        return addresses
    }
}

extension ObjectRecord {
    mutating func setPlug(_ plug: NIC.Plug?, _ time: Int64) {
        guard plug != NIC(self).plug else { return }
        set(.port, plug.map { ObjectID.text([$0.network] + $0.hosts) }, modified: time)
    }

    mutating func setAddress(_ family: IPFamily, _ address: IPAddress?, _ time: Int64) {
        guard address != NIC(self).address(family) else { return }
        set(NIC.attribute(family), address?.description, modified: time)
    }
}

extension KindDefinition {
    static let nic = KindDefinition(
        .nic, "nic",
        attributes: [
            .description,
            AttributeDefinition(
                .ip, "ip", summary: "The addresses that it shall have.",
                values: "an address of a range of its L3 network, at most one of each family",
                defaultValue: "one of each family of its L3 network, as its ip-allocation chooses",
                check: { (text: String) throws(Refusal) in _ = try NIC.addresses(text) },
                effective: { record, _ in
                    let addresses = NIC(record).addresses
                    return addresses.isEmpty ? nil : addresses.map(\.description).joined(separator: "\n")
                }),
            AttributeDefinition(
                .mac, "mac", summary: "Its Ethernet address, as the guest sees it.",
                values: "six bytes such as fa:00:00:12:34:56", defaultValue: "one that no other NIC has",
                changes: "while it is not plugged in",
                check: { (text: String) throws(Refusal) in _ = try NIC.mac(text) },
                effective: { record, _ in NIC(record).mac?.description }),
            AttributeDefinition(
                .l3, "l3", form: .link(.l3Network), summary: "The L3 network that it is on.",
                values: "a path to an L3 network", defaultValue: "none: it is on no network",
                changes: "while it is not plugged in; removing the link unplugs it",
                check: { (_: String) throws(Refusal) in },
                effective: { record, model in record.target.map { model.path(of: $0) } }),
        ],
        check: { (old, new, model) throws(Refusal) in try NICRules.check(old, &new, model) },
        facts: { record, model in NICRules.facts(record, model) })
}
