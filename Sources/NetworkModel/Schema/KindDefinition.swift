/// The table of one kind of object: its attributes, its collections and the rules for it as a whole.
public struct KindDefinition: Sendable {
    public let kind: Kind
    /// The directory's name under `schema/`.
    public let name: String
    public let form: Form
    /// In the order in which they are listed.
    public let attributes: [AttributeDefinition]
    /// In the order in which they are listed: dependants before what they depend on, so that `rm -rf` goes through.
    public let collections: [CollectionDefinition]
    /// Members that are in no directory.
    public let hiddenCollections: [CollectionDefinition]
    /// Whether its attributes are listed before its collections. What lists a directory also restores it in that order
    /// (`tar`), so what children depend on comes first; but where removing must go from below, collections do.
    public let listsAttributesFirst: Bool
    /// Refuses a new or changed object that cannot stand as a whole, and fills in what was left to it (a number from a
    /// pool). Arguments: as it was (nil for a new one), as it would be.
    public let check: @Sendable (ObjectRecord?, inout ObjectRecord, Model) throws(Refusal) -> Void
    /// Fields of `state/` that are no attributes: name and value, in order.
    public let facts: @Sendable (ObjectRecord, Model) -> [Fact]

    public enum Form: Sendable, Hashable {
        case directory
        /// A regular file whose text is the attribute `value`.
        case file
        /// A symbolic link whose text is the attribute `value`, to an object of this kind.
        case link(Kind)
    }

    public init(
        _ kind: Kind, _ name: String, form: Form = .directory, attributes: [AttributeDefinition],
        collections: [CollectionDefinition] = [], hiddenCollections: [CollectionDefinition] = [],
        listsAttributesFirst: Bool = true,
        check: @escaping @Sendable (ObjectRecord?, inout ObjectRecord, Model) throws(Refusal) -> Void = { _, _, _ in },
        facts: @escaping @Sendable (ObjectRecord, Model) -> [Fact] = { _, _ in [] }
    ) {
        self.kind = kind
        self.name = name
        self.form = form
        self.attributes = attributes
        self.collections = collections
        self.hiddenCollections = hiddenCollections
        self.listsAttributesFirst = listsAttributesFirst
        self.check = check
        self.facts = facts
    }

    public func attribute(_ id: AttributeID) -> AttributeDefinition? {
        attributes.first { $0.id == id }
    }

    public func collection(_ id: CollectionID) -> CollectionDefinition? {
        collections.first { $0.id == id }
    }

    /// The table of each kind. One line makes a kind known to the tree, to `state/` and to `schema/`.
    public static func of(_ kind: Kind) -> KindDefinition {
        switch kind {
        case .root: root
        case .zone: zone
        case .cluster: cluster
        case .host: host
        case .l2Network: l2Network
        case .l3Network: l3Network
        case .ipRange: ipRange
        case .reservedRange: reservedRange
        case .clusterAttachment: clusterAttachment
        case .vm: vm
        case .nic: nic
        case .ownerDomain: ownerDomain
        }
    }

    /// The tree's top. `l3/` comes before `zones/`, on whose L2 networks it stands.
    static let root = KindDefinition(
        .root, "root", attributes: [],
        collections: [
            CollectionDefinition(.l3Networks, "l3", of: .l3Network),
            CollectionDefinition(.zones, "zones", of: .zone),
        ],
        facts: { _, model in [Fact("next-free-subnets", .list(model.freeSubnets))] })
}

/// A directory that holds the objects of one kind.
public struct CollectionDefinition: Sendable {
    public let id: CollectionID
    public let name: String
    public let nameBytes: [UInt8]
    /// What it holds.
    public let kind: Kind

    public init(_ id: CollectionID, _ name: String, of kind: Kind) {
        self.id = id
        self.name = name
        self.nameBytes = Array(name.utf8)
        self.kind = kind
    }
}

/// One field of an object's inventory: the kebab-case name of its file in `state/`, the paper's name in
/// `inventory.json`, and the value.
public struct Fact: Sendable, Hashable {
    public let name: String
    public let value: FactValue

    public init(_ name: String, _ value: FactValue) {
        self.name = name
        self.value = value
    }

    /// `zone-uuid` → `zoneUuid`, as the paper spells its inventories.
    public static func inventoryName(_ name: String) -> String {
        let words = name.split(separator: "-")
        return words.enumerated().map { index, word in
            index == 0 ? String(word) : word.prefix(1).uppercased() + word.dropFirst()
        }.joined()
    }
}

public enum FactValue: Sendable, Hashable {
    case text(String)
    case number(Int64)
    /// How many there are of what may be more than 64 bits can count: addresses of IPv6.
    case count(UInt128)
    case flag(Bool)
    case list([String])

    /// As in a file of `state/`: a list has one entry a line.
    public var text: String {
        switch self {
        case .text(let text): text
        case .number(let number): String(number)
        case .count(let count): String(count)
        case .flag(let flag): flag ? "true" : "false"
        case .list(let entries): entries.joined(separator: "\n")
        }
    }
}
