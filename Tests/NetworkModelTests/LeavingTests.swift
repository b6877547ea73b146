import Testing

@testable import NetworkModel

/// Files that were removed a moment ago: gone from the tree, in force until they settle.
struct LeavingTests {
    let fixture: Fixture
    var builder: ModelBuilder { fixture.builder }
    var model: Model { fixture.model }

    init() throws { fixture = try Fixture() }

    /// Removes a file, and answers when it left.
    @discardableResult
    private func leave(_ id: ObjectID, _ attribute: AttributeID) throws -> Int64 {
        try builder.run(.leave(id, attribute, isFinal: false))
        return try #require(model.record(id)?.leavingSince(attribute))
    }

    @Test func `the file is gone, the value stays in force`() throws {
        try builder.set(fixture.z1, .state, "Disabled")
        let before = try #require(model.record(fixture.z1))
        let plan = try builder.run(.leave(fixture.z1, .state, isFinal: false))
        let record = try #require(model.record(fixture.z1))
        #expect(plan.work == nil && plan.subject == fixture.z1)
        #expect(record.fileText(.state) == nil && record.isLeaving(.state))
        #expect(record.text(.state) == "Disabled")
        #expect(builder.effective(fixture.h1, .state) == "Disabled", "what inherits it sees no change either")
        #expect(record.metadata.modified == builder.now, "a name went out of the directory")
        #expect(record.leavingSince(.state) == builder.now)
        #expect(model.leavings == [Model.Leaving(object: fixture.z1, attribute: .state)])
        #expect(record.attribute(.state) == before.attribute(.state))
    }

    @Test func `what is realized on hosts stays`() throws {
        try builder.attach(fixture.v10, fixture.c1)
        let wanted = model.realizations(ofNetwork: fixture.v10).map(\.wanted)
        for attribute in [AttributeID.vlan, .physicalInterface] { try leave(fixture.v10, attribute) }
        #expect(model.realizations(ofNetwork: fixture.v10).map(\.wanted) == wanted)
        #expect(wanted.allSatisfy { $0?.vlan == 10 })
        expect(
            builder.refusal(of: builder.attaching(fixture.v10b, fixture.c1)), "l2.attach.vlan-conflict", .notUnique)
    }

    @Test func `a file that is gone cannot go again`() throws {
        try leave(fixture.v10, .vlan)
        for isFinal in [false, true] {
            expect(
                builder.refusal(of: .leave(fixture.v10, .vlan, isFinal: isFinal)), "object.not-found", .notFound,
                "The file does not exist any more.")
        }
        expect(builder.refusal(of: .leave(fixture.v10, .mtu, isFinal: false)), "object.not-found", .notFound)
        expect(builder.refusal(of: .leave(ObjectID(9_999), .vlan, isFinal: false)), "object.not-found", .notFound)
    }

    @Test func `written anew it is a change, and a new file with a new owner`() throws {
        try builder.attach(fixture.v10, fixture.c1)
        let left = try leave(fixture.v10, .vlan)
        let owner = Ownership(uid: 7, gid: 8, mode: 0o600)
        let plan = try builder.run(.set(fixture.v10, .vlan, text: "12", ownership: owner))
        guard case .reshape(fixture.v10, _, _) = plan.work else {
            Issue.record("hosts were not told of the change")
            return
        }
        let record = try #require(model.record(fixture.v10))
        #expect(record.fileText(.vlan) == "12" && record.leaving.isEmpty && record.text(.leaving) == nil)
        let file = try #require(record.facetMetadata(AttributeID.vlan.rawValue))
        #expect([file.uid, file.gid, UInt32(file.mode)] == [7, 8, 0o600])
        #expect(model.leavings.isEmpty)
        #expect(try builder.run(.settle(fixture.v10, .vlan, left: left)).changes.isEmpty)
        #expect(builder.text(fixture.v10, .vlan) == "12")
    }

    @Test func `the same text again is nothing for hosts`() throws {
        try builder.attach(fixture.v10, fixture.c1)
        try leave(fixture.v10, .vlan)
        #expect(try builder.set(fixture.v10, .vlan, "10").work == nil)
        #expect(model.record(fixture.v10)?.fileText(.vlan) == "10")
    }

    @Test func `settling with another time, or when it is back, does nothing`() throws {
        let left = try leave(fixture.v10, .vlan)
        let before = ModelSnapshot(model)
        for command in [
            Command.settle(fixture.v10, .vlan, left: left - 1), .settle(fixture.v10, .vlan, left: left + 1),
            .settle(fixture.v10, .physicalInterface, left: nil), .settle(ObjectID(9_999), .vlan, left: nil),
        ] {
            #expect(try builder.run(command).changes.isEmpty)
        }
        #expect(ModelSnapshot(model) == before)
        try builder.run(.stay(fixture.v10, .vlan))
        #expect(try builder.run(.settle(fixture.v10, .vlan, left: left)).changes.isEmpty)
        // Left once more: the first removal's timer has no say in it.
        let again = try leave(fixture.v10, .vlan)
        #expect(again > left)
        #expect(try builder.run(.settle(fixture.v10, .vlan, left: left)).changes.isEmpty)
        try builder.run(.settle(fixture.v10, .vlan, left: again))
        #expect(builder.text(fixture.v10, .vlan) == nil)
    }

    @Test func `settled it is gone for good`() throws {
        let left = try leave(fixture.v10, .vlan)
        try builder.run(.settle(fixture.v10, .vlan, left: left))
        #expect(builder.text(fixture.v10, .vlan) == nil)
        #expect(model.record(fixture.v10)?.text(.leaving) == nil && model.leavings.isEmpty)
        #expect(builder.effective(fixture.v10, .type) == "L2NoVlanNetwork")
        // Whenever it left.
        try leave(fixture.v10, .physicalInterface)
        try builder.run(.settle(fixture.v10, .physicalInterface, left: nil))
        #expect(builder.text(fixture.v10, .physicalInterface) == nil)
    }

    @Test func `what stays is as it was`() throws {
        let before = try #require(model.record(fixture.v10))
        try leave(fixture.v10, .vlan)
        try builder.run(.stay(fixture.v10, .vlan))
        let after = try #require(model.record(fixture.v10))
        #expect(after.attributes == before.attributes && after.facetMetadata == before.facetMetadata)
        #expect(after.metadata.modified == builder.now, "the name is in the directory again")
        #expect(try builder.run(.stay(fixture.v10, .vlan)).changes.isEmpty)
        #expect(try builder.run(.stay(ObjectID(9_999), .vlan)).changes.isEmpty)
    }

    @Test func `surely final is refused at once where the value is needed`() throws {
        try builder.attach(fixture.v10, fixture.c1)
        expect(
            builder.refusal(of: .leave(fixture.v10, .vlan, isFinal: true)), "l2.type.attached", .busy,
            "zones/z1/l2/v10 is attached; its type cannot change from L2VlanNetwork.")
        expect(
            builder.refusal(of: .leave(fixture.v10, .physicalInterface, isFinal: true)), "l2.change.needed", .busy,
            "zones/z1/l2/v10 is attached and needs its physical-interface.")
        #expect(model.leavings.isEmpty)
        let left = try leave(fixture.v10, .vlan)
        expect(builder.refusal(of: .settle(fixture.v10, .vlan, left: left)), "l2.type.attached", .busy)
        #expect(model.record(fixture.v10)?.isLeaving(.vlan) == true, "a refused settle leaves it to the engine")
        // Where it is not needed, final is as good as not.
        let plan = try builder.run(.leave(fixture.v11, .vlan, isFinal: true))
        #expect(plan.changes.count == 1)
        #expect(builder.text(fixture.v11, .vlan) == "11" && model.record(fixture.v11)?.fileText(.vlan) == nil)
    }

    @Test func `two files of an object leave at once`() throws {
        let first = try leave(fixture.v10, .vlan)
        let second = try leave(fixture.v10, .physicalInterface)
        var record = try #require(model.record(fixture.v10))
        #expect(record.leaving.map(\.attribute) == [.vlan, .physicalInterface])
        #expect(record.leaving.map(\.since) == [first, second])
        #expect(record.text(.leaving) == "7:\(first) 6:\(second)")
        #expect(model.leavings.count == 2)
        try builder.run(.settle(fixture.v10, .vlan, left: first))
        record = try #require(model.record(fixture.v10))
        #expect(record.text(.vlan) == nil && record.leaving.map(\.attribute) == [.physicalInterface])
        try builder.run(.stay(fixture.v10, .physicalInterface))
        #expect(model.leavings.isEmpty)
        #expect(builder.text(fixture.v10, .physicalInterface) == "eth0")
    }

    @Test func `a store keeps what left, as text`() throws {
        let l3 = try builder.l3("a")
        let range = try builder.range("r", in: l3, "10.0.0.0/24")
        try builder.set(fixture.v10, .mtu, "1400")
        let times = [try leave(fixture.v10, .vlan), try leave(fixture.v10, .mtu)]
        try leave(range, .value)
        // What a store gives back is made of nothing but texts.
        let loaded = Model(root: Metadata(mode: 0o755, uid: 0, gid: 0, modified: 0, changed: 0))
        for record in model.allRecords {
            let copy = ObjectRecord(
                id: record.id, kind: record.kind, parent: record.parent, collection: record.collection,
                name: record.name, uuid: record.uuid, phase: record.phase,
                attributes: record.attributes.map { AttributeText(id: $0.id, text: $0.text, modified: $0.modified) },
                target: record.target, metadata: record.metadata, facetMetadata: record.facetMetadata,
                hiddenCollections: record.hiddenCollections)
            loaded.apply(.insert(copy), at: 0)
        }
        for record in model.allRealizations { loaded.apply(.insertRealization(record), at: 0) }
        #expect(ModelSnapshot(loaded) == ModelSnapshot(model))
        #expect(loaded.leavings == model.leavings && loaded.leavings.count == 3)
        #expect(loaded.record(fixture.v10)?.leaving.map(\.since) == times)
        #expect(loaded.record(range)?.isVisible == false)
        #expect(ModelInvariants.broken(in: loaded).isEmpty)
    }

    /// A store that somebody edited must not bring the daemon down.
    @Test(arguments: ["", "7", "7:", ":5", "7:x", "999:5", "200:5", "7:5:6", "7:99999999999999999999"])
    func `text that says nothing is passed over`(text: String) throws {
        var record = try #require(model.record(fixture.v10))
        record.set(.leaving, text)
        #expect(record.leaving.isEmpty && record.fileText(.vlan) == "10")
        record.set(.leaving, text + " 6:5")
        #expect(record.leaving.map(\.attribute) == [.physicalInterface])
    }

    @Test func `a range that left is out of the tree, and its addresses are still taken`() throws {
        let l3 = try builder.l3("a")
        let range = try builder.range("r", in: l3, "10.0.0.0/24")
        let left = try leave(range, .value)
        let record = try #require(model.record(range))
        #expect(!record.isVisible && record.isInForce && record.fileText(.value) == nil)
        expect(
            builder.refusal(of: builder.creation("s", in: l3, .ranges, text: "10.0.0.0/25")), "range.overlap",
            .addressInUse)
        try builder.run(.settle(range, .value, left: left))
        #expect(model.record(range) == nil && model.leavings.isEmpty)
        try builder.range("s", in: l3, "10.0.0.0/25")
    }

    @Test func `a range that left and is written anew is the same object`() throws {
        let l3 = try builder.l3("a")
        let range = try builder.range("r", in: l3, "10.0.0.0/24")
        let left = try leave(range, .value)
        let owner = Ownership(uid: 7, gid: 8, mode: 0o600)
        try builder.run(.set(range, .value, text: "10.0.0.0/25", ownership: owner))
        let record = try #require(model.record(range))
        #expect(record.isVisible && record.metadata.uid == 7 && record.metadata.mode == 0o600)
        #expect(try builder.run(.settle(range, .value, left: left)).changes.isEmpty)
    }

    @Test func `the last Normal range leaves while a pool remains`() throws {
        let l3 = try builder.l3("pub", category: "Public")
        let normal = try builder.range("normal", in: l3, "11.0.0.0/24")
        let pool = try builder.range("pool", in: l3, "12.0.0.0/24 type=AddressPool")
        let sentence = "l3/pub/ranges/normal is the last Normal range of l3/pub, which still has address pools."
        expect(builder.refusal(of: .leave(normal, .value, isFinal: true)), "range.pools-remain", .busy, sentence)
        let left = try leave(normal, .value)
        expect(builder.refusal(of: .settle(normal, .value, left: left)), "range.pools-remain", .busy, sentence)
        // rm -r takes the pool away next; then both may go, the pool first.
        let poolLeft = try leave(pool, .value)
        try builder.run(.settle(pool, .value, left: poolLeft))
        try builder.run(.settle(normal, .value, left: left))
        #expect(model.children(of: l3, in: .ranges).isEmpty)
    }

    @Test func `rmdir of an L2 network of which nothing is left, while an L3 network stands on it`() throws {
        let l3 = try builder.l3("a", on: fixture.v10)
        try leave(fixture.v10, .vlan)
        expect(builder.refusal(of: .delete(fixture.v10)), "l2.in-use", .busy, "L3 networks stand on zones/z1/l2/v10.")
        try leave(fixture.v10, .physicalInterface)
        try builder.run(.delete(fixture.v10))
        #expect(model.record(fixture.v10) == nil && model.leavings.isEmpty)
        #expect(builder.fact(l3, "status") == "unbound (../../zones/z1/l2/v10 does not exist any more)")
    }

    @Test func `the link of an L3 network leaves`() throws {
        let l3 = try builder.l3("a", on: fixture.v10)
        try builder.range("r", in: l3, "10.0.0.0/24")
        let left = try leave(l3, .l2)
        #expect(model.record(l3)?.target == fixture.v10 && model.l3Networks(on: fixture.v10) == [l3])
        expect(builder.refusal(of: .delete(fixture.v10)), "l2.in-use", .busy)
        try builder.run(.settle(l3, .l2, left: left))
        #expect(model.record(l3)?.target == nil && builder.text(l3, .l2) == nil)
        // Link anew to another network: one change, and the old one is not needed.
        try builder.run(builder.linking(l3, fixture.v10))
        try leave(l3, .l2)
        try builder.run(builder.linking(l3, fixture.v11))
        #expect(model.record(l3)?.target == fixture.v11 && model.leavings.isEmpty)
    }

    @Test func `the connection of a host leaves`() throws {
        try builder.attach(fixture.v10, fixture.c1)
        let left = try leave(fixture.h1, .connection)
        let record = try #require(model.record(fixture.h1))
        #expect(record.phase == .stable && record.fileText(.connection) == nil)
        #expect(model.realization(of: fixture.v10, on: fixture.h1)?.wanted != nil)
        expect(
            builder.refusal(of: builder.setting(fixture.h3, .connection, "netns:h1")), "host.connection.taken",
            .notUnique)
        let plan = try builder.run(.settle(fixture.h1, .connection, left: left))
        #expect(plan.work == .release(fixture.h1, remove: false))
        #expect(model.realization(of: fixture.v10, on: fixture.h1)?.wanted == nil)
        try builder.answer(plan.work)
        #expect(builder.text(fixture.h1, .connection) == nil)
        #expect(model.realizations(ofHost: fixture.h1).isEmpty)
    }

    @Test func `a connection that is written anew with the same text costs nothing`() throws {
        try builder.attach(fixture.v10, fixture.c1)
        try leave(fixture.h1, .connection)
        #expect(try builder.set(fixture.h1, .connection, "netns:h1").work == nil)
        expect(
            builder.refusal(of: builder.setting(fixture.h1, .connection, "netns:h9")), "host.connection.in-use", .busy)
        #expect(model.record(fixture.h1)?.fileText(.connection) == "netns:h1")
    }

    @Test func `an object goes with what left of it`() throws {
        try builder.set(fixture.z2, .state, "Disabled")
        try leave(fixture.z2, .state)
        try builder.run(.delete(fixture.z2))
        #expect(model.leavings.isEmpty)
    }
}
