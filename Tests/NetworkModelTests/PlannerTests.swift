import Testing

@testable import NetworkModel

/// What every kind of object has in common: texts kept as they are, times, owners, collections, schema.
struct PlannerTests {
    let builder = ModelBuilder()
    let zone: ObjectID

    init() throws { zone = try builder.zone("z") }

    private var record: ObjectRecord? { builder.model.record(zone) }

    @Test func `a refused command changes nothing, a planned one neither before it is applied`() throws {
        let before = ModelSnapshot(builder.model)
        #expect(builder.refusal(of: builder.creation("z", in: .root, .zones)) != nil)
        _ = try builder.plan(builder.creation("y", in: .root, .zones))
        #expect(ModelSnapshot(builder.model) == before)
    }

    @Test func `texts are kept byte for byte`() throws {
        for text in ["Enabled", "Enabled\n", " # on\r\nEnabled \n\n"] {
            try builder.set(zone, .state, text)
            #expect(builder.text(zone, .state).map { Array($0.utf8) } == Array(text.utf8))
            #expect(builder.effective(zone, .state) == "Enabled")
        }
    }

    @Test func `two writes in one tick of the clock differ in time`() throws {
        let first = try builder.model.plan(builder.setting(zone, .description, "a"), PlanContext(now: 500_000))
        builder.apply(first.changes)
        let second = try builder.model.plan(builder.setting(zone, .description, "b"), PlanContext(now: 500_000))
        builder.apply(second.changes)
        #expect(record?.attribute(.description)?.modified == 500_001)
    }

    @Test func `an attribute that was removed is back at its default`() throws {
        try builder.set(zone, .state, "Disabled")
        try builder.run(.setMetadata(zone, facet: AttributeID.state.rawValue, MetadataChange(mode: 0o600)))
        try builder.run(.unset(zone, .state))
        #expect(builder.text(zone, .state) == nil)
        #expect(record?.facetMetadata == [])
        #expect(builder.effective(zone, .state) == "Enabled")
    }

    @Test func `owners and permissions`() throws {
        try builder.set(zone, .description, "x")
        #expect(record?.facetMetadata.first?.metadata.mode == 0o755)
        let standard = Ownership(uid: 1000, gid: 100, mode: 0o644)
        try builder.run(.set(zone, .state, text: "Enabled", ownership: standard))
        #expect(record?.facetMetadata(AttributeID.state.rawValue) == nil)
        // Writing again does not make the file somebody else's.
        try builder.run(.set(zone, .state, text: "Disabled", ownership: Ownership(uid: 0, gid: 0, mode: 0o600)))
        #expect(record?.facetMetadata(AttributeID.state.rawValue) == nil)
        try builder.run(.setMetadata(zone, facet: 0, MetadataChange(mode: 0o170_700, uid: 7, gid: 8, modified: 9)))
        #expect(record?.metadata == Metadata(mode: 0o700, uid: 7, gid: 8, modified: 9, changed: builder.now))
        #expect(Model.facetDefault(of: try #require(record), facet: AttributeID.state.rawValue).mode == 0o600)
    }

    @Test func `a write moves the times that utimensat set`() throws {
        try builder.set(zone, .state, "Enabled")
        try builder.run(.setMetadata(zone, facet: AttributeID.state.rawValue, MetadataChange(modified: 5)))
        #expect(record?.facetMetadata(AttributeID.state.rawValue)?.modified == 5)
        try builder.set(zone, .state, "Disabled")
        #expect(record?.facetMetadata(AttributeID.state.rawValue)?.modified == builder.now)
        let l3 = try builder.l3("a")
        let range = try builder.range("r", in: l3, "10.0.0.0/24")
        try builder.run(.setMetadata(range, facet: 0, MetadataChange(modified: 5)))
        try builder.set(range, .value, "10.0.0.0/25")
        #expect(builder.model.record(range)?.metadata.modified == builder.now)
    }

    @Test func `collections that were removed`() throws {
        try builder.run(.hideCollection(zone, .clusters, true))
        #expect(record?.isHidden(.clusters) == true)
        #expect(record?.isHidden(.l2Networks) == false)
        expect(
            builder.refusal(of: .hideCollection(zone, .clusters, true)), "object.not-found", .notFound,
            "zones/z/clusters does not exist.")
        expect(builder.refusal(of: builder.creation("c", in: zone, .clusters)), "object.not-found", .notFound)
        try builder.run(.hideCollection(zone, .clusters, false))
        expect(builder.refusal(of: .hideCollection(zone, .clusters, false)), "name.exists", .exists)
        let cluster = try builder.cluster("c", in: zone)
        let refusal = builder.refusal(of: .hideCollection(zone, .clusters, true))
        expect(refusal, "object.not-empty", .notEmpty, "zones/z/clusters is not empty.")
        #expect(refusal?.objects == ["zones/z/clusters/c"])
        try builder.run(.delete(cluster))
        try builder.run(.hideCollection(zone, .clusters, true))
    }

    @Test func `a directory's time follows its children`() throws {
        #expect(builder.model.lastTouched(zone, .clusters) == nil)
        let cluster = try builder.cluster("c", in: zone)
        let made = try #require(builder.model.lastTouched(zone, .clusters))
        try builder.run(.rename(cluster, to: Name("d")))
        let renamed = try #require(builder.model.lastTouched(zone, .clusters))
        try builder.set(cluster, .description, "x")
        #expect(builder.model.lastTouched(zone, .clusters) == renamed)
        try builder.run(.delete(cluster))
        let removed = try #require(builder.model.lastTouched(zone, .clusters))
        #expect(made < renamed && renamed < removed)
    }

    @Test func `ids are never given twice`() throws {
        var seen: Set<ObjectID> = []
        for round in 0..<20 {
            let id = try builder.cluster("c\(round)", in: zone)
            #expect(seen.insert(id).inserted)
            try builder.run(.delete(id))
        }
        // A record that comes from the store moves the counter past itself.
        let far = ObjectRecord(
            id: ObjectID(1_000), kind: .zone, parent: .root, collection: .zones, name: Name("far"),
            uuid: UniqueID(high: 1, low: 2), metadata: Metadata(mode: 0, uid: 0, gid: 0, modified: 0, changed: 0))
        builder.model.apply(.insert(far), at: 0)
        #expect(builder.model.makeID() == ObjectID(1_001))
    }

    @Test func `text and target of a directory are nobody's`() throws {
        let id = try builder.run(builder.creation("c", in: zone, .clusters, text: "KVM", target: zone)).subject
        #expect(builder.model.record(id)?.attributes == [])
        #expect(builder.model.record(id)?.target == nil)
    }

    /// Raw values are stored: these numbers may never change.
    @Test func `stored numbers`() {
        #expect(Kind.allCases.map(\.rawValue) == Array(1...12))
        #expect(AttributeID.allCases.map(\.rawValue) == Array(1...44))
        #expect(CollectionID.allCases.map(\.rawValue) == Array(128...138))
        #expect(Kind.clusterAttachment.rawValue == 9 && AttributeID.previousConnection.rawValue == 17)
        #expect(AttributeID.vlan.rawValue == 7 && CollectionID.reserved.rawValue == 135)
    }

    @Test func `every kind has a table, and names in it are unique`() {
        for kind in Kind.allCases {
            let definition = KindDefinition.of(kind)
            #expect(definition.kind == kind)
            let names = definition.attributes.map(\.name) + definition.collections.map(\.name)
            #expect(Set(names).count == names.count, "\(kind.title)")
            #expect(definition.attributes.allSatisfy { $0.nameBytes == Array($0.name.utf8) })
            #expect(kind.titleWithArticle.hasSuffix(" " + kind.title))
        }
        #expect(Fact.inventoryName("attached-cluster-uuids") == "attachedClusterUuids")
        #expect(Fact.inventoryName("gateway") == "gateway")
    }

    @Test func `UUIDs`() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<200 {
            let id = UniqueID.random(using: &random)
            let text = id.description
            #expect(text.utf8.count == 32 && UniqueID(text) == id)
            #expect(Array(text)[12] == "4" && "89ab".contains(Array(text)[16]))
        }
        #expect(UniqueID("0123456789abcdef0123456789ABCDEF")?.low == 0x0123_4567_89AB_CDEF)
        for text in [
            "", String(repeating: "0", count: 31), String(repeating: "0", count: 33),
            "+123456789abcdef0123456789abcdef", "0123456789abcdef-000000000000000", String(repeating: "g", count: 32),
        ] {
            #expect(UniqueID(text) == nil, "\(text)")
        }
    }

    @Test func `errors have their symbols`() {
        #expect(ErrorNumber.notUnique.symbol == "ENOTUNIQ" && ErrorNumber.notUnique.rawValue == 76)
        #expect(ErrorNumber.addressInUse.symbol == "EADDRINUSE" && ErrorNumber.addressInUse.rawValue == 98)
        #expect(ErrorNumber(rawValue: 511).symbol == "E511")
    }
}
