import Foundation
import GRDB
import NetworkModel
import Testing

@testable import ModelStore

@Suite("What a store refuses, and in which words")
struct RefusalTests {
    @Test("a second opener, until the first closes")
    func locked() throws {
        let place = try StoreDirectory()
        let store = try place.open()
        let refused = try #require(expectFailure(.locked) { _ = try place.open() })
        #expect(refused.reason == "Another process uses the store \(place.path).")
        expectFailure(.locked) { _ = try SQLiteModelStore.check(path: place.path) }
        #expect(try StoreChild.run(place.path).failure.hasPrefix("locked: Another process uses"))
        // The attempts took nothing from the holder.
        _ = try store.commit([.insert(zone(16, "a"))], nextID: ObjectID(17), after: 0)
        #expect(try StoreChild.run(place.path).failure.hasPrefix("locked: "))
        store.close()
        #expect(try place.open().load().records.count == 2)
    }

    @Test("any use after it was closed")
    func closed() throws {
        let store = try StoreDirectory().open()
        store.close()
        store.close()
        expectFailure(.inputOutput) { _ = try store.load() }
        expectFailure(.inputOutput) { _ = try store.commit([], nextID: .first, after: 0) }
    }

    @Test("a store of a newer version, which stays as it is")
    func newerSchema() throws {
        let place = try StoreDirectory()
        try place.open().close()
        try place.tamper("INSERT INTO grdb_migrations VALUES ('2 something else')")
        let before = try place.bytes()
        let refused = try #require(expectFailure(.newerSchema) { _ = try place.open() })
        #expect(refused.description.contains("newer version of netmodelfs"))
        expectFailure(.newerSchema) { _ = try SQLiteModelStore.check(path: place.path) }
        #expect(try place.bytes() == before)
    }

    @Test("files of other kinds, which stay as they are")
    func notAStore() throws {
        let text = try StoreDirectory()
        try Data(repeating: 65, count: 5000).write(to: URL(fileURLWithPath: text.path))
        let database = try StoreDirectory()
        try database.tamper("CREATE TABLE bookmarks (url TEXT)")
        for place in [text, database] {
            let before = try place.bytes()
            let refused = try #require(expectFailure(.notAStore) { _ = try place.open() })
            #expect(refused.reason.hasPrefix("\(place.path) is no store of netmodelfs: "))
            expectFailure(.notAStore) { _ = try SQLiteModelStore.check(path: place.path) }
            #expect(try place.bytes() == before)
            #expect(try FileManager.default.contentsOfDirectory(atPath: place.directory) == ["store.db"])
        }
        expectFailure(.notAStore) { _ = try SQLiteModelStore(path: text.directory) }
        expectFailure(.notAStore) { _ = try SQLiteModelStore.check(path: text.directory) }
    }

    @Test("a path that leads nowhere")
    func missing() throws {
        let place = try StoreDirectory()
        let refused = expectFailure(.inputOutput) { _ = try SQLiteModelStore(path: place.directory + "/no/store.db") }
        #expect(refused?.reason.hasPrefix("The directory for the store") == true)
        expectFailure(.inputOutput) { _ = try SQLiteModelStore.check(path: place.path) }
        #expect(!FileManager.default.fileExists(atPath: place.path))
    }

    @Test("an empty file becomes a store, as does one whose making was cut short")
    func unfinished() throws {
        let place = try StoreDirectory()
        try Data().write(to: URL(fileURLWithPath: place.path))
        try place.open().close()
        let other = try StoreDirectory()
        try other.tamper("PRAGMA application_id = \(StoreSchema.applicationID)")
        #expect(try other.open().load().records.count == 1)
    }

    @Test(
        "names that SQLite could take for something else", arguments: ["file:a?mode=memory", "a %20#?.db", ":memory:"])
    func oddNames(name: String) throws {
        let place = try StoreDirectory()
        let path = place.directory + "/" + name
        let store = try SQLiteModelStore(path: path)
        _ = try store.commit([.insert(zone(16, "a"))], nextID: ObjectID(17), after: 0)
        store.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.directory) == [name])
        #expect(try SQLiteModelStore.check(path: path) == [])
        #expect(try SQLiteModelStore(path: path).load().records.count == 2)
    }

    @Test("a commit for another revision")
    func revisionConflict() throws {
        let store = try StoreDirectory().open()
        _ = try store.commit([.insert(zone(16, "a"))], nextID: ObjectID(17), after: 0)
        let refused = expectFailure(.conflict) {
            _ = try store.commit([.insert(zone(17, "b"))], nextID: ObjectID(18), after: 0)
        }
        #expect(refused?.reason.hasSuffix("is at revision 1, and the change was made for revision 0.") == true)
        #expect(try store.load().records.count == 2)
        #expect(try store.load().nextID == ObjectID(17))
    }

    @Test("changes that do not fit, and nothing of such a commit is stored")
    func misfits() throws {
        let store = try StoreDirectory().open()
        let present = zone(16, "a")
        _ = try store.commit([.insert(present)], nextID: ObjectID(17), after: 0)
        var renamed = zone(40, "z")
        renamed.name = Name("y")
        var described = zone(40, "z")
        described.set(.description, "x")
        let orphan = ObjectRecord(
            id: ObjectID(50), kind: .cluster, parent: ObjectID(49), collection: .clusters, name: Name("c"),
            uuid: UniqueID(high: 0, low: 0), metadata: sampleMetadata)
        let realization = RealizationRecord(
            id: ObjectID(60), network: ObjectID(16), host: ObjectID(61), wanted: nil, changed: 0)
        let misfits: [Change] = [
            .insert(zone(16, "other name")), .insert(zone(30, "a")), .remove(zone(40, "z")),
            .update(from: zone(40, "z"), to: renamed), .update(from: zone(40, "z"), to: described),
            .update(from: described, to: zone(40, "z")), .update(from: present, to: zone(30, "a")), .insert(orphan),
            .insertRealization(realization), .removeRealization(realization),
            .updateRealization(from: realization, to: realization),
        ]
        for misfit in misfits {
            expectFailure(.conflict, "\(misfit)") {
                _ = try store.commit([.insert(zone(20, "b")), misfit], nextID: ObjectID(21), after: 1)
            }
        }
        let model = try store.load()
        #expect(model.records.map(\.id.rawValue) == [1, 16])
        #expect(model.revision == 1)
        #expect(try store.commit([.insert(zone(20, "b"))], nextID: ObjectID(21), after: 1) == 2)
    }
}
