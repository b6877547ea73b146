import NetworkModel
import Testing

@testable import ModelStore

@Suite("What is committed is what is loaded")
struct RoundTripTests {
    @Test("a new store holds the root and nothing else")
    func newStore() throws {
        let place = try StoreDirectory()
        let model = try place.open().load()
        #expect(model.records.map(\.id) == [.root])
        #expect(model.records.first?.metadata.mode == 0o755)
        #expect(model.realizations.isEmpty)
        #expect(model.nextID == .first)
        #expect(model.revision == 0)
    }

    @Test("random changes, and then the inverse of each", arguments: [1, 2, 3, 4] as [UInt64])
    func randomChanges(seed: UInt64) throws {
        let place = try StoreDirectory()
        var store = try place.open()
        var shadow = SampleModel(try store.load(), seed: seed)
        let beginning = shadow
        var done: [Change] = []
        var revision: Int64 = 0
        for round in 0..<60 {
            var changes: [Change] = []
            for _ in 0...shadow.random.below(8) {
                let change = shadow.change()
                shadow.apply(change)
                changes.append(change)
            }
            revision = try store.commit(changes, nextID: shadow.nextID, after: revision)
            done += changes
            if round % 15 == 0 {
                store.close()
                store = try place.open()
            }
            let loaded = try store.load()
            #expect(shadow.isEqual(to: loaded))
            #expect(loaded.nextID == shadow.nextID)
            #expect(loaded.revision == revision)
        }
        #expect(Set(done.map(\.word)).count == 6, "every kind of change occurs")
        store.close()
        #expect(try SQLiteModelStore.check(path: place.path) == [])

        store = try place.open()
        for change in done.reversed() {
            revision = try store.commit([change.inverse], nextID: shadow.nextID, after: revision)
        }
        let loaded = try store.load()
        #expect(beginning.isEqual(to: loaded))
        #expect(loaded.nextID == shadow.nextID)
    }

    @Test("texts are kept byte for byte, also where Swift takes two for equal")
    func exactTexts() throws {
        let store = try StoreDirectory().open()
        let before = zone(16, "e\u{301}", [AttributeText(id: .description, text: "e\u{301}", modified: 1)])
        var after = before
        after.name = Name("\u{e9}")
        after.set(.description, "\u{e9}", modified: 1)
        let other = zone(17, "e\u{301}", [AttributeText(id: .description, text: "a\0b", modified: 1)])
        let revision = try store.commit(
            [.insert(before), .update(from: before, to: after), .insert(other)], nextID: ObjectID(18), after: 0)
        #expect(revision == 1)
        let records = try store.load().records
        #expect(records.count == 3)
        #expect(Array((records[1].text(.description) ?? "").utf8) == Array("\u{e9}".utf8))
        #expect(Array(records[1].name.text.utf8) == Array("\u{e9}".utf8))
        #expect(Array((records[2].text(.description) ?? "").utf8) == [97, 0, 98])
    }

    @Test("the changes of a commit are made in their order: a name that becomes free can be given again")
    func order() throws {
        let store = try StoreDirectory().open()
        let first = zone(16, "a")
        var renamed = first
        renamed.name = Name("b")
        _ = try store.commit([.insert(first)], nextID: ObjectID(17), after: 0)
        _ = try store.commit(
            [.update(from: first, to: renamed), .insert(zone(17, "a")), .remove(renamed), .insert(zone(18, "b"))],
            nextID: ObjectID(19), after: 1)
        #expect(try store.load().records.map(\.name.text) == ["", "a", "b"])
    }

    @Test("the root is put, whether by an insertion or an update, and stays")
    func root() throws {
        let store = try StoreDirectory().open()
        var root = ObjectRecord(
            id: .root, kind: .root, parent: .root, collection: .zones, name: Name(""), uuid: UniqueID(high: 0, low: 0),
            metadata: sampleMetadata, facetMetadata: [FacetMetadata(facet: 128, metadata: sampleMetadata)])
        _ = try store.commit([.insert(root)], nextID: .first, after: 0)
        #expect(try store.load().records == [root])
        let former = root
        root.metadata.mode = 0o700
        root.setFacetMetadata(128, nil)
        root.setFacetMetadata(134, sampleMetadata)
        _ = try store.commit([.update(from: former, to: root), .remove(root)], nextID: .first, after: 1)
        #expect(try store.load().records == [root])
    }

    @Test("ids are never reused, also when the highest object is gone")
    func highWaterMark() throws {
        let place = try StoreDirectory()
        var store = try place.open()
        let highest = zone(500, "a")
        _ = try store.commit([.insert(highest)], nextID: ObjectID(501), after: 0)
        _ = try store.commit([.remove(highest)], nextID: ObjectID(16), after: 1)
        store.close()
        store = try place.open()
        #expect(try store.load().nextID == ObjectID(501))
        // A mark below what is inserted is mended.
        _ = try store.commit([.insert(zone(700, "b"))], nextID: ObjectID(501), after: 2)
        #expect(try store.load().nextID == ObjectID(701))
    }

    @Test("a hundred thousand objects")
    func manyObjects() throws {
        let place = try StoreDirectory()
        let store = try place.open()
        let count: UInt64 = 100_000
        let texts = [AttributeText(id: .description, text: "some text", modified: 1)]
        let changes = (16..<16 + count).map { Change.insert(zone($0, "zone-\($0)", $0 % 2 == 0 ? texts : [])) }
        _ = try store.commit(changes, nextID: ObjectID(16 + count), after: 0)
        let records = try store.load().records
        #expect(records.count == Int(count) + 1)
        #expect(records.last?.name.text == "zone-\(15 + count)")
        #expect(records.filter { $0.text(.description) == "some text" }.count == Int(count) / 2)
        store.close()
        #expect(try SQLiteModelStore.check(path: place.path) == [])
    }
}
