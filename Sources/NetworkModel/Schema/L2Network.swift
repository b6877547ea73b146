/// How a broadcast domain is made (paper: the type of an L2NetworkInventory).
public enum L2NetworkType: String, CaseIterable, Sendable {
    case noVlan = "L2NoVlanNetwork"
    case vlan = "L2VlanNetwork"
    case vxlan = "L2VxlanNetwork"
    case ovsGre = "L2OvsGreNetwork"

    /// Whether it reaches the other hosts through tunnels over IP.
    public var isOverlay: Bool { self == .vxlan || self == .ovsGre }

    /// Whether it is realized on a host only while a VM there needs it (paper: `PreVmInstantiateResourceExtensionPoint`).
    public var isInstantiatedLater: Bool { self == .vxlan }
}

/// An L2 network, read from its record.
public struct L2Network {
    public let record: ObjectRecord

    /// VLAN ids that can be used; 0 and 4095 are reserved (IEEE 802.1Q §9.6).
    public static let vlans = 1...4094
    /// VXLAN network identifiers have 24 bits (RFC 7348 §5); 0 and the last are left alone (ZStack's range).
    public static let vnis = 1...16_777_214
    /// GRE keys have 32 bits (RFC 2890 §2.1); 0 cannot be told from no key by many implementations.
    public static let keys = 1...4_294_967_295
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
        declaredType
            ?? (vni != nil || leavesVNIToOwners ? .vxlan : key != nil ? .ovsGre : vlan != nil ? .vlan : .noVlan)
    }

    /// How the hosts' tunnels tell the network from others; nil where it has no tunnels, or lacks its number.
    public var tunnel: L2Overlay.Tunnel? {
        switch type {
        case .vxlan: vni.map { .vxlan(vni: $0) }
        case .ovsGre: key.map { .ovsGre(key: $0) }
        case .noVlan, .vlan: nil
        }
    }

    /// The attributes that its type needs and that are not set.
    var missing: [String] {
        switch type {
        case .noVlan: physicalInterface == nil ? ["physical-interface"] : []
        case .vlan:
            (physicalInterface == nil ? ["physical-interface"] : []) + (vlan == nil ? ["vlan"] : [])
        case .vxlan: vni == nil && !leavesVNIToOwners ? ["vni"] : []
        case .ovsGre: key == nil ? ["key"] : []
        }
    }

    /// What the hosts of a cluster have only once: an interface without VLAN (0) or with one, or the number of a tunnel. No
    /// interface has an empty name or a slash in it.
    var wire: (medium: String, number: Int)? {
        switch type {
        case .noVlan, .vlan: physicalInterface.map { ($0, vlan ?? 0) }
        case .vxlan: vni.map { ("", $0) }
        case .ovsGre: key.map { ("/gre", $0) }
        }
    }

    /// What the backend needs to implement the network: on KVM, the name of the hosts' NIC.
    public var physicalInterface: String? {
        record.text(.physicalInterface).flatMap { try? L2Network.interface($0) }
    }

    public var vlan: Int? {
        record.text(.vlan).flatMap { try? ValueText.number($0, of: "vlan", in: L2Network.vlans, rule: "l2.vlan") }
    }

    /// Whether `auto` was written for its VNI.
    var takesVNIFromPool: Bool {
        if case .automatic? = record.text(.vni).flatMap({ try? L2Network.vni($0) }) { true } else { false }
    }

    /// Whether `owner` was written for its VNI.
    public var leavesVNIToOwners: Bool {
        if case .ofOwner? = record.text(.vni).flatMap({ try? L2Network.vni($0) }) { true } else { false }
    }

    public var vni: Int? {
        switch record.text(.vni).flatMap({ try? L2Network.vni($0) }) {
        case .number(let vni): vni
        case .automatic: record.text(.allocatedVNI).flatMap { Int($0) }
        case .ofOwner, nil: nil
        }
    }

    /// What may be written to `vni`.
    enum VNI {
        case number(Int)
        /// The next free one of the zone's pool.
        case automatic
        /// One for each owner of VMs.
        case ofOwner
    }

    public var key: Int? {
        record.text(.key).flatMap { try? ValueText.number($0, of: "key", in: L2Network.keys, rule: "l2.key") }
    }

    public var mtu: Int? {
        record.text(.mtu).flatMap { try? ValueText.number($0, of: "mtu", in: L2Network.mtus, rule: "l2.mtu") }
    }

    /// The number that tells the network from others on its medium (ZStack: `virtualNetworkId`); 0 for none.
    var virtualNetworkID: Int {
        switch type {
        case .noVlan: 0
        case .vlan: vlan ?? 0
        case .vxlan: vni ?? 0
        case .ovsGre: key ?? 0
        }
    }

    static func type(_ text: String) throws(Refusal) -> L2NetworkType {
        try ValueText.keyword(
            text, of: "type", as: L2NetworkType.self, rule: "l2.type.unsupported", error: .protocolNotSupported)
    }

    static func vni(_ text: String) throws(Refusal) -> VNI {
        if ValueText.lines(text) == ["auto"] { return .automatic }
        if ValueText.lines(text) == ["owner"] { return .ofOwner }
        return .number(try ValueText.number(text, of: "vni", in: L2Network.vnis, rule: "l2.vni"))
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
                defaultValue:
                    "L2VxlanNetwork where vni is set, L2OvsGreNetwork where key is, L2VlanNetwork where vlan is, else L2NoVlanNetwork",
                changes: "while it is not attached",
                check: { (text: String) throws(Refusal) in _ = try L2Network.type(text) },
                effective: { record, _ in L2Network(record).type.rawValue }),
            AttributeDefinition(
                .physicalInterface, "physical-interface", summary: "The hosts' interface that it stands on.",
                values: "a name, such as eth0", defaultValue: "none: needed for attaching, but not for tunnels",
                changes: "while attached, only with every host Connected",
                check: { (text: String) throws(Refusal) in _ = try L2Network.interface(text) },
                effective: { record, _ in L2Network(record).physicalInterface }),
            number(
                .vlan, "vlan", in: L2Network.vlans, summary: "The VLAN id of an L2VlanNetwork.",
                defaultValue: "none: no VLAN", effective: { $0.vlan }),
            AttributeDefinition(
                .vni, "vni", summary: "The network identifier of an L2VxlanNetwork.",
                values:
                    "1-16777214, or auto: the next free one of the zone's vni-ranges, or owner: one for each owner of VMs",
                defaultValue: "none: no VXLAN", changes: "while attached, only with every host Connected",
                check: { (text: String) throws(Refusal) in _ = try L2Network.vni(text) },
                effective: { record, _ in
                    L2Network(record).leavesVNIToOwners ? "owner" : L2Network(record).vni.map(String.init)
                }),
            number(
                .key, "key", in: L2Network.keys, summary: "The GRE key of an L2OvsGreNetwork.",
                defaultValue: "none: no GRE", effective: { $0.key }),
            number(
                .mtu, "mtu", in: L2Network.mtus, summary: "The largest packet, in bytes.",
                defaultValue: "1500; on the hosts, that of the interface, less 50 (IPv6: 70) in tunnels",
                effective: { $0.mtu ?? 1500 }),
        ],
        collections: [CollectionDefinition(.attachments, "clusters", of: .clusterAttachment)],
        hiddenCollections: [CollectionDefinition(.ownerDomains, "owners", of: .ownerDomain)],
        // `rm -rf` detaches before it takes away what an attached network needs; links are restored last in any case.
        listsAttributesFirst: false,
        check: { (old, new, model) throws(Refusal) in
            try VNIPoolRules.complete(old, &new, model)
            try L2NetworkRules.check(old, new, model)
        },
        facts: { record, model in
            let attached = model.attachments(ofNetwork: record.id).compactMap { model.record($0) }
            return [
                Fact("zone-uuid", .text(model.uuidText(record.parent))),
                Fact("virtual-network-id", .number(Int64(L2Network(record).virtualNetworkID))),
                Fact(
                    "attached-cluster-uuids",
                    .list(attached.filter { $0.phase == .stable }.compactMap { $0.target.map(model.uuidText) })),
                Fact(
                    "drift",
                    .list(
                        (model.hasDrift ? model.allRealizations(ofNetwork: record.id) : []).flatMap { realization in
                            model.drift(of: realization.id).map { "\(model.path(of: realization.host)): \($0)" }
                        })),
                Fact(
                    "owner-vnis",
                    .list(
                        model.ownerDomains(of: record.id).compactMap { model.record($0) }.map {
                            "\($0.name.text) \($0.text(.vni) ?? "")"
                        })),
                Fact(
                    "candidate-clusters",
                    .list(AttachmentRules.candidates(for: record, model).map { model.path(of: $0) })),
            ]
        })

    /// A number that hosts have to do with.
    private static func number(
        _ id: AttributeID, _ name: String, in range: ClosedRange<Int>, summary: String, defaultValue: String,
        effective: @escaping @Sendable (L2Network) -> Int?
    ) -> AttributeDefinition {
        AttributeDefinition(
            id, name, summary: summary, values: "\(range.lowerBound)-\(range.upperBound)", defaultValue: defaultValue,
            changes: "while attached, only with every host Connected",
            check: { (text: String) throws(Refusal) in
                _ = try ValueText.number(text, of: name, in: range, rule: "l2." + name)
            },
            effective: { record, _ in effective(L2Network(record)).map(String.init) })
    }
}
