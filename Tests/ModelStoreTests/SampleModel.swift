import NetworkModel

@testable import ModelStore

let sampleMetadata = Metadata(
    mode: 0o755, uid: 1000, gid: 4_294_967_294, modified: 1_700_000_000_123_456_789, changed: -1)

func zone(_ id: UInt64, _ name: String, _ attributes: [AttributeText] = []) -> ObjectRecord {
    ObjectRecord(
        id: ObjectID(id), kind: .zone, parent: .root, collection: .zones, name: Name(name),
        uuid: UniqueID(high: 1, low: id), attributes: attributes, metadata: sampleMetadata)
}

extension Change {
    /// Which of the six it is.
    var word: Substring { "\(self)".prefix { $0 != "(" } }
}

/// A model beside the store, changed by the same changes with a few dictionary operations; the source of random
/// changes.
struct SampleModel {
    var records: [ObjectID: ObjectRecord] = [:]
    var realizations: [ObjectID: RealizationRecord] = [:]
    var nextID = ObjectID.first
    var random: SplitMix

    init(_ loaded: StoredModel, seed: UInt64) {
        for record in loaded.records { records[record.id] = record }
        random = SplitMix(state: seed)
    }

    mutating func apply(_ change: Change) {
        switch change {
        case .insert(let record): records[record.id] = record
        case .remove(let record): records[record.id] = nil
        case .update(_, let new): records[new.id] = new
        case .insertRealization(let record): realizations[record.id] = record
        case .removeRealization(let record): realizations[record.id] = nil
        case .updateRealization(_, let new): realizations[new.id] = new
        }
    }

    func isEqual(to stored: StoredModel) -> Bool {
        stored.records == records.values.sorted { $0.id < $1.id }
            && stored.realizations == realizations.values.sorted { $0.id < $1.id }
    }

    // MARK: - Random changes

    mutating func change() -> Change {
        while true {
            let made: Change? =
                switch random.below(12) {
                case 0...3: insertion()
                case 4...6: update()
                case 7: removal()
                case 8...9: realizationInsertion()
                case 10: realizationUpdate()
                default:
                    realizations.values.sorted { $0.id < $1.id }.randomElement(using: &random).map {
                        .removeRealization($0)
                    }
                }
            if let made { return made }
        }
    }

    private mutating func makeID() -> ObjectID {
        defer { nextID = ObjectID(nextID.rawValue + 1) }
        return nextID
    }

    private mutating func one(_ kinds: Kind...) -> ObjectRecord? {
        records.values.filter { kinds.contains($0.kind) }.sorted { $0.id < $1.id }.randomElement(using: &random)
    }

    private mutating func insertion() -> Change? {
        guard let parent = one(.root, .zone, .cluster, .l2Network, .l3Network),
            let collection = KindDefinition.of(parent.kind).collections.randomElement(using: &random)
        else { return nil }
        var target: ObjectID?
        if collection.kind == .clusterAttachment {
            target = one(.cluster)?.id
        } else if collection.kind == .l3Network, random.below(2) == 0 {
            target = one(.l2Network)?.id
        }
        let id = makeID()
        var record = ObjectRecord(
            id: id, kind: collection.kind, parent: parent.id, collection: collection.id,
            name: Name("n\(id.rawValue) é"),
            uuid: UniqueID.random(using: &random), target: target, metadata: sampleMetadata)
        for _ in 0..<random.below(4) { mutate(&record) }
        return .insert(record)
    }

    private mutating func update() -> Change? {
        guard let old = records.values.sorted(by: { $0.id < $1.id }).randomElement(using: &random) else { return nil }
        var new = old
        for _ in 0...random.below(3) { mutate(&new) }
        if old.kind != .root, random.below(4) == 0 { new.name = Name("r\(random.next())") }
        if old.kind == .l3Network { new.target = random.below(2) == 0 ? nil : one(.l2Network)?.id }
        return .update(from: old, to: new)
    }

    private mutating func mutate(_ record: inout ObjectRecord) {
        let texts = ["", "10", "zero\0byte", "line\nline\n", "naïve 🐘", String(repeating: "x", count: 5000)]
        switch random.below(6) {
        case 0...1:
            guard let id = AttributeID.allCases.randomElement(using: &random) else { return }
            record.set(
                id, random.below(4) == 0 ? nil : texts.randomElement(using: &random), modified: Int64(random.below(99)))
        case 2:
            var metadata = sampleMetadata
            metadata.mode = UInt16(random.below(0o10000))
            metadata.modified = Int64(bitPattern: random.next())
            record.setFacetMetadata(UInt8(1 + random.below(3)), random.below(3) == 0 ? nil : metadata)
        case 3: record.metadata.changed = Int64(bitPattern: random.next())
        case 4: record.hiddenCollections = UInt32(truncatingIfNeeded: random.next())
        default: record.phase = [.stable, .attaching, .removing].randomElement(using: &random) ?? .stable
        }
    }

    private mutating func removal() -> Change? {
        guard let record = records.values.sorted(by: { $0.id < $1.id }).randomElement(using: &random),
            record.kind != .root
        else { return nil }
        let used =
            records.values.contains { $0.parent == record.id || $0.target == record.id }
            || realizations.values.contains { $0.host == record.id || $0.network == record.id && $0.wanted != nil }
        return used ? nil : .remove(record)
    }

    private mutating func realizationInsertion() -> Change? {
        guard let host = one(.host), let network = one(.l2Network),
            !realizations.values.contains(where: { $0.host == host.id && $0.network == network.id })
        else { return nil }
        return .insertRealization(
            RealizationRecord(id: makeID(), network: network.id, host: host.id, wanted: specification(), changed: 1))
    }

    private mutating func realizationUpdate() -> Change? {
        guard let old = realizations.values.sorted(by: { $0.id < $1.id }).randomElement(using: &random) else {
            return nil
        }
        var new = old
        if records[old.network] != nil { new.wanted = specification() }
        new.applied = specification()
        new.wantedGeneration += 1
        new.users = Int64(random.below(3))
        new.appliedGeneration = Int64(random.below(9))
        new.failure = random.below(2) == 0 ? nil : "no \0 carrier"
        return .updateRealization(from: old, to: new)
    }

    private mutating func specification() -> L2Specification? {
        guard random.below(4) > 0 else { return nil }
        if random.below(3) == 0 {
            let peers = [IPAddress.v4(IPv4Address(0x0A00_0002)), .v6(IPv6Address(UInt128(1) << 120))]
            return L2Specification(
                networkUUID: UniqueID.random(using: &random), type: .vxlan, physicalInterface: "", vlan: nil,
                bridge: "br_vx_1", mtu: nil,
                overlay: L2Overlay(
                    .vxlan(vni: 1 + random.below(1000)), local: .v4(IPv4Address(0x0A00_0001)),
                    peers: Array(peers.prefix(random.below(3)))), ports: ports())
        }
        let vlan = random.below(2) == 0 ? nil : 1 + random.below(4094)
        return L2Specification(
            networkUUID: UniqueID.random(using: &random), type: vlan == nil ? .noVlan : .vlan,
            physicalInterface: "eth0",
            vlan: vlan, bridge: "br_eth0", mtu: random.below(2) == 0 ? nil : 9000, ports: ports())
    }

    private mutating func ports() -> [VMPort] {
        (0..<random.below(4)).map { number in
            VMPort(
                name: "vnic\(random.below(100_000)).\(number)", mac: MACAddress(random.next()),
                mtu: random.below(2) == 0 ? nil : 1450, owner: UInt32(truncatingIfNeeded: random.next()),
                guest: random.below(2) == 0 ? .tap : .namespace("red", device: "eth\(number)"))
        }
    }
}

/// A generator that gives the same numbers in each run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
}
