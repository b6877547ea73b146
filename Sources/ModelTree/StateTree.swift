import FUSE
import NetworkModel

/// `state/`: the same object paths, read-only, with every effective value and what follows from it. Made up when it is
/// read, under the engine's lock.
enum StateTree {
    /// One entry of a directory under `state/`.
    struct Item {
        let name: String
        let node: TreeNode
        let isDirectory: Bool
    }

    /// What an object's directory holds.
    static func items(of id: ObjectID, _ model: Model) -> [Item]? {
        guard let record = model.record(id), record.phase != .removing else { return nil }
        var items = facts(of: record, model).map { file($0.name, id) }
        if record.kind != .root { items.append(file("inventory.json", id)) }
        for collection in KindDefinition.of(record.kind).collections {
            items.append(Item(name: collection.name, node: .state(id, entry: hash(collection.name)), isDirectory: true))
        }
        if let extra = extraDirectory(of: record.kind) {
            items.append(Item(name: extra, node: .state(id, entry: hash(extra)), isDirectory: true))
        }
        return items
    }

    /// The directory that `state/` has beside the collections: the hosts of an L2 network, the used addresses of an L3 network.
    private static func extraDirectory(of kind: Kind) -> String? {
        switch kind {
        case .l2Network: "hosts"
        case .l3Network: "used"
        default: nil
        }
    }

    private static func isExtra(_ record: ObjectRecord, _ entry: UInt16) -> Bool {
        extraDirectory(of: record.kind).map { hash($0) == entry } ?? false
    }

    /// What a collection of an object, or the directory beside them, holds; nil if `entry` is no directory.
    ///
    /// - Parameter after: the `position` of the last member that is known. Only those behind it, and not all where there are many.
    static func members(of id: ObjectID, entry: UInt16, after: UInt64, _ model: Model) -> [Item]? {
        guard let record = model.record(id) else { return nil }
        if isExtra(record, entry) {
            return record.kind == .l2Network ? hosts(of: id, model) : UsedAddresses.items(of: id, after: after, model)
        }
        guard let collection = KindDefinition.of(record.kind).collections.first(where: { hash($0.name) == entry })
        else {
            return nil
        }
        var items: [Item] = []
        model.forEachChild(of: id, in: collection.id, after: ObjectID(after)) { child in
            if let record = model.record(child), record.isInForce {
                items.append(Item(name: record.name.text, node: .state(child, entry: 0), isDirectory: true))
            }
            return items.count < pieceSize
        }
        return items
    }

    /// As many objects as one piece of a listing has at most.
    static let pieceSize = 1024

    /// What a member's cookie follows from, so that it holds while others come and go; nil for the files of an object.
    static func position(of node: TreeNode) -> UInt64? {
        switch node {
        case .state(let id, 0): id.rawValue
        case .state(let id, let entry): UsedAddresses.family(of: entry).map { UsedAddresses.position(of: id, $0) }
        case .realization(let id): id.rawValue
        default: nil
        }
    }

    /// What a name in a directory under `state/` leads to; an object is found by its name, however many there are.
    static func node(in id: ObjectID, entry: UInt16, named name: String, _ model: Model) -> TreeNode? {
        guard let record = model.record(id) else { return nil }
        if entry == 0 {
            // On the way to what is below: without making up all files of the object.
            let isDirectory =
                extraDirectory(of: record.kind) == name
                || KindDefinition.of(record.kind).collections.contains { $0.name == name }
            if isDirectory, record.phase != .removing { return .state(id, entry: hash(name)) }
            return items(of: id, model)?.first { $0.name == name }?.node
        }
        if let collection = KindDefinition.of(record.kind).collections.first(where: { hash($0.name) == entry }) {
            guard let child = model.child(of: id, in: collection.id, named: Name(name)),
                model.record(child)?.isInForce == true
            else { return nil }
            return .state(child, entry: 0)
        }
        guard isExtra(record, entry) else { return nil }
        if record.kind == .l3Network { return UsedAddresses.node(of: id, named: name, model) }
        if let found = realization(of: record, onHostNamed: name, model) { return .realization(found) }
        return hosts(of: id, model).first { $0.name == name }?.node
    }

    /// Whether an entry of an object's directory is a directory itself.
    static func isDirectory(_ id: ObjectID, entry: UInt16, _ model: Model) -> Bool {
        guard let record = model.record(id) else { return false }
        return entry == 0 || isExtra(record, entry)
            || KindDefinition.of(record.kind).collections.contains { hash($0.name) == entry }
    }

    /// The bytes of a file; nil if there is none.
    static func content(of node: TreeNode, _ model: Model) -> [UInt8]? {
        switch node {
        case .state(let id, let entry):
            guard let record = model.record(id) else { return nil }
            if let family = UsedAddresses.family(of: entry), record.kind == .nic {
                return UsedAddresses.content(of: record, family, model)
            }
            let facts = facts(of: record, model)
            if entry == hash("inventory.json"), record.kind != .root { return Array(inventory(facts).utf8) }
            guard let fact = facts.first(where: { hash($0.name) == entry }) else { return nil }
            let text = fact.value.text
            return Array((text.isEmpty ? "" : text + "\n").utf8)
        case .realization(let id):
            return model.realization(id).map { Array(status($0, model).utf8) }
        default: return nil
        }
    }

    /// Every effective value of an object: its identity, its attributes with their defaults, and what follows.
    static func facts(of record: ObjectRecord, _ model: Model) -> [Fact] {
        let definition = KindDefinition.of(record.kind)
        let attributes = definition.attributes.compactMap { attribute -> Fact? in
            attribute.effective(record, model).map { Fact(attribute.name, .text($0)) }
        }
        if record.kind == .root { return definition.facts(record, model) }
        let own = [Fact("uuid", .text(record.uuid.description)), Fact("name", .text(record.name.text))]
        let more = definition.facts(record, model).filter { fact in !attributes.contains { $0.name == fact.name } }
        return own + attributes + more
    }

    /// Sixteen bits of a file's name, never 0. Names of one kind do not collide, which a test sees to.
    static func hash(_ name: String) -> UInt16 {
        var hash: UInt32 = 0x811c_9dc5
        for byte in name.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        return max(1, UInt16(truncatingIfNeeded: hash ^ (hash >> 16)))
    }

    private static func file(_ name: String, _ id: ObjectID) -> Item {
        Item(name: name, node: .state(id, entry: hash(name)), isDirectory: false)
    }

    // MARK: - Rights

    /// Whose an entry is, and who may read it.
    static func rights(of record: ObjectRecord, entry: UInt16, isDirectory: Bool) -> Metadata {
        let definition = KindDefinition.of(record.kind)
        var own = record.metadata
        // A range is a file, and its mirror a directory.
        if definition.form == .file { own.mode |= (own.mode & 0o444) >> 2 }
        if entry == 0 { return own }
        if isDirectory {
            let collection = definition.collections.first { hash($0.name) == entry }
            return collection.flatMap { record.facetMetadata($0.id.rawValue) } ?? own
        }
        guard definition.form == .directory else { return own }
        let files = definition.attributes.filter { record.attribute($0.id) != nil }
            .map { ($0, record.facetMetadata($0.id.rawValue) ?? Model.facetDefault(of: record, facet: $0.id.rawValue)) }
        guard entry == hash("inventory.json") else {
            return files.first { hash($0.0.name) == entry }?.1 ?? own
        }
        // All values in one: for whom every file is readable.
        for (_, file) in files {
            own.mode &= file.mode
            if file.uid != own.uid || file.gid != own.gid { own.mode &= 0o004 }
        }
        return own
    }

    // MARK: - Hosts

    /// One file for each host; a name that several clusters have is told apart by the cluster.
    private static func hosts(of network: ObjectID, _ model: Model) -> [Item] {
        let records = model.allRealizations(ofNetwork: network)
        var uses: [Name: Int] = [:]
        for record in records { if let name = model.record(record.host)?.name { uses[name, default: 0] += 1 } }
        return records.compactMap { record in
            guard let host = model.record(record.host) else { return nil }
            var name = host.name.text
            if let domain = model.record(record.network), domain.kind == .ownerDomain {
                return Item(name: "\(name).\(domain.name.text)", node: .realization(record.id), isDirectory: false)
            }
            if uses[host.name] ?? 0 > 1, let cluster = model.record(host.parent) {
                name = cluster.name.text + "." + name
            }
            return Item(name: name, node: .realization(record.id), isDirectory: false)
        }
    }

    /// What a name among the hosts of a network leads to; found without looking at them all.
    private static func realization(
        of network: ObjectRecord, onHostNamed name: String, _ model: Model
    ) -> ObjectID? {
        func realizations(named name: String, in clusters: [ObjectID]) -> [ObjectID] {
            clusters.compactMap { cluster in
                model.child(of: cluster, in: .hosts, named: Name(name))
                    .flatMap { model.realization(of: network.id, on: $0)?.id }
            }
        }
        let clusters = model.children(of: network.parent, in: .clusters)
        let found = realizations(named: name, in: clusters)
        if found.count == 1 { return found.first }
        // CLUSTER.HOST, where both may have dots of their own.
        for dot in name.indices where name[dot] == "." {
            let host = String(name[name.index(after: dot)...])
            guard let cluster = model.child(of: network.parent, in: .clusters, named: Name(String(name[..<dot]))),
                let realization = realizations(named: host, in: [cluster]).first,
                realizations(named: host, in: clusters).count > 1
            else { continue }
            return realization
        }
        return nil
    }

    private static func status(_ record: RealizationRecord, _ model: Model) -> String {
        let specification = record.wanted ?? record.applied
        let host = model.status(ofHost: record.host)
        let status =
            switch (record.isConverged, record.wanted) {
            case (true, .some): "Realized"
            case (true, nil): "Released"
            case (false, .some): record.failure == nil ? "Pending" : "Failed"
            case (false, nil): "Releasing"
            }
        var lines = [
            "status \(status)", "wanted \(record.wantedGeneration)", "applied \(record.appliedGeneration)",
            "host \(model.path(of: record.host))", "host-status \(host.word)",
        ]
        lines += specification?.facts.map { "\($0.name) \($0.value.text)" } ?? []
        if record.users > 0 { lines.append("vms \(record.users)") }
        if let failure = record.failure { lines.append("error \(failure)") }
        lines += model.drift(of: record.id).map { "drift \($0)" }
        lines.append("changed \(Timestamp.text(record.changed))")
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: - inventory.json

    /// The paper's inventory: its own field names, one object.
    private static func inventory(_ facts: [Fact]) -> String {
        let fields = facts.map { "  \(quoted(Fact.inventoryName($0.name))): \(json($0))" }
        return "{\n" + fields.joined(separator: ",\n") + "\n}\n"
    }

    private static func json(_ fact: Fact) -> String {
        switch fact.value {
        case .number(let number): String(number)
        case .count(let count): String(count)
        case .flag(let flag): flag ? "true" : "false"
        case .list(let entries): "[" + entries.map(quoted).joined(separator: ", ") + "]"
        case .text(let text):
            numeric.contains(fact.name) && Int64(text) != nil || fact.name == "system" ? text : quoted(text)
        }
    }

    /// Attributes that the paper's inventories give as numbers.
    private static let numeric: Set<String> = ["vlan", "vni", "key", "mtu"]

    /// A JSON string (RFC 8259 §7).
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 32:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
