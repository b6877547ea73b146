/// How a broadcast domain is made (paper: the type of an L2NetworkInventory).
public enum L2NetworkType: String, CaseIterable, Sendable {
    case noVlan = "L2NoVlanNetwork"
    case vlan = "L2VlanNetwork"
}

/// An L2 network, read from its record.
public struct L2Network {
    public let record: ObjectRecord

    /// VLAN ids that can be used; 0 and 4095 are reserved (IEEE 802.1Q §9.6).
    public static let vlans = 1...4094
    /// 68 is IPv4's minimum (RFC 791), 9216 the usual jumbo limit of switches (ZStack's range).
    public static let mtus = 68...9216

    public init(_ record: ObjectRecord) {
        self.record = record
    }

    /// The type that was written, nil if none was.
    public var declaredType: L2NetworkType? {
        record.text(.type).flatMap { try? L2Network.type($0) }
    }

    /// The type in force: what was written, else what follows from the attributes that are set.
    public var type: L2NetworkType {
        declaredType ?? (vlan == nil ? .noVlan : .vlan)
    }

    /// What the backend needs to implement the network: on KVM, the name of the hosts' NIC.
    public var physicalInterface: String? {
        record.text(.physicalInterface).flatMap { try? L2Network.interface($0) }
    }

    public var vlan: Int? {
        record.text(.vlan).flatMap { try? ValueText.number($0, of: "vlan", in: L2Network.vlans, rule: "l2.vlan") }
    }

    public var mtu: Int? {
        record.text(.mtu).flatMap { try? ValueText.number($0, of: "mtu", in: L2Network.mtus, rule: "l2.mtu") }
    }

    static func type(_ text: String) throws(Refusal) -> L2NetworkType {
        try ValueText.keyword(
            text, of: "type", as: L2NetworkType.self, rule: "l2.type.unsupported", error: .protocolNotSupported)
    }

    static func interface(_ text: String) throws(Refusal) -> String {
        let word = try ValueText.single(text, of: "physical-interface")
        guard word.utf8.count <= 1024, word.utf8.allSatisfy({ $0 > 32 && $0 != 127 && $0 != UInt8(ascii: "/") }) else {
            throw Refusal(
                "l2.physical-interface.malformed", .invalid,
                "\(ValueText.quoted(word)) cannot be the name of an interface.",
                remedy: "Write a name of at most 1024 bytes without blanks and slashes, such as eth0.")
        }
        return String(word)
    }
}

extension KindDefinition {
    static let l2Network = KindDefinition(
        .l2Network, "l2",
        attributes: [
            .description,
            AttributeDefinition(
                .type, "type", summary: "How the broadcast domain is made.",
                values: L2NetworkType.allCases.map(\.rawValue).joined(separator: ", "),
                defaultValue: "L2VlanNetwork where vlan is set, else L2NoVlanNetwork",
                changes: "while it is not attached",
                check: { (text: String) throws(Refusal) in _ = try L2Network.type(text) },
                effective: { record, _ in L2Network(record).type.rawValue }),
            AttributeDefinition(
                .physicalInterface, "physical-interface", summary: "The hosts' interface that it stands on.",
                values: "a name, such as eth0", defaultValue: "none: needed for attaching",
                changes: "while attached, only with every host Connected",
                check: { (text: String) throws(Refusal) in _ = try L2Network.interface(text) },
                effective: { record, _ in L2Network(record).physicalInterface }),
            AttributeDefinition(
                .vlan, "vlan", summary: "The VLAN id of an L2VlanNetwork.", values: "1-4094",
                defaultValue: "none: no VLAN", changes: "while attached, only with every host Connected",
                check: { (text: String) throws(Refusal) in
                    _ = try ValueText.number(text, of: "vlan", in: L2Network.vlans, rule: "l2.vlan")
                },
                effective: { record, _ in L2Network(record).vlan.map(String.init) }),
            AttributeDefinition(
                .mtu, "mtu", summary: "The largest packet, in bytes.", values: "68-9216",
                defaultValue: "1500; on the hosts, that of the interface",
                changes: "while attached, only with every host Connected",
                check: { (text: String) throws(Refusal) in
                    _ = try ValueText.number(text, of: "mtu", in: L2Network.mtus, rule: "l2.mtu")
                },
                effective: { record, _ in String(L2Network(record).mtu ?? 1500) }),
        ],
        collections: [CollectionDefinition(.attachments, "clusters", of: .clusterAttachment)],
        // `rm -rf` detaches before it takes away what an attached network needs; links are restored last in any case.
        listsAttributesFirst: false,
        check: { (old, new, model) throws(Refusal) in try L2NetworkRules.check(old, new, model) },
        facts: { record, model in
            let attached = model.attachments(ofNetwork: record.id).compactMap { model.record($0) }
            return [
                Fact("zone-uuid", .text(model.uuidText(record.parent))),
                Fact("virtual-network-id", .number(Int64(L2Network(record).vlan ?? 0))),
                Fact(
                    "attached-cluster-uuids",
                    .list(attached.filter { $0.phase == .stable }.compactMap { $0.target.map(model.uuidText) })),
                Fact(
                    "drift",
                    .list(
                        model.realizations(ofNetwork: record.id).flatMap { realization in
                            model.drift(of: realization.id).map { "\(model.path(of: realization.host)): \($0)" }
                        })),
                Fact(
                    "candidate-clusters",
                    .list(AttachmentRules.candidates(for: record, model).map { model.path(of: $0) })),
            ]
        })
}
