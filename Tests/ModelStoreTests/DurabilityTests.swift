import Foundation
import GRDB
import NetworkModel
import Testing

@testable import ModelStore

@Suite("A commit is on the disk when it returns")
struct DurabilityTests {
    @Test("the connection really is in WAL mode with synchronous=FULL, and exclusive")
    func pragmas() throws {
        let store = try StoreDirectory().open()
        func pragma(_ name: String) throws -> String? {
            try store.queue.writeWithoutTransaction { try String.fetchOne($0, sql: "PRAGMA \(name)") }
        }
        #expect(try pragma("journal_mode") == "wal")
        #expect(try pragma("synchronous") == "2")
        #expect(try pragma("locking_mode") == "exclusive")
        #expect(try pragma("foreign_keys") == "1")
        #expect(try pragma("wal_autocheckpoint") == "\(StoreConnection.logPages)")
        #expect(try pragma("cache_size") == "-2000")
    }

    @Test("the log has its full size from the start, and commits overwrite it")
    func grownLog() throws {
        let place = try StoreDirectory()
        let store = try place.open()
        let log = place.path + "-wal"
        let size = try FileManager.default.attributesOfItem(atPath: log)[.size] as? Int ?? 0
        #expect(size > StoreConnection.logPages * 4096)
        var revision: Int64 = 0
        for id in UInt64(16)..<1016 {
            revision = try store.commit([.insert(zone(id, "z\(id)"))], nextID: ObjectID(id + 1), after: revision)
        }
        #expect(try FileManager.default.attributesOfItem(atPath: log)[.size] as? Int == size)
        #expect(try store.load().records.count == 1001)
    }

    @Test("only the owner may read the files, and a closed store is one file")
    func files() throws {
        let place = try StoreDirectory()
        let store = try place.open()
        for file in [place.path, place.path + "-wal"] {
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
        #expect(!FileManager.default.fileExists(atPath: place.path + "-shm"))
        store.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.directory) == ["store.db"])
    }

    @Test("no search of a whole table stands behind a removal")
    func referencesHaveIndexes() throws {
        let store = try StoreDirectory().open()
        try store.queue.writeWithoutTransaction { db in
            for question in [
                "SELECT 1 FROM object WHERE parent = 5", "SELECT 1 FROM object WHERE target = 5",
                "SELECT 1 FROM attribute WHERE object = 5", "SELECT 1 FROM facet WHERE object = 5",
                "SELECT 1 FROM realization WHERE host = 5",
            ] {
                let plan = try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + question).map {
                    $0["detail"] as String? ?? ""
                }
                #expect(plan.allSatisfy { $0.hasPrefix("SEARCH") }, "\(question): \(plan)")
            }
        }
    }

    @Test("the legend explains every number")
    func legend() throws {
        let place = try StoreDirectory()
        try place.open().close()
        try place.tamper("DELETE FROM legend WHERE value = 2; INSERT INTO legend VALUES ('object.kind', 99, 'gone')")
        let store = try place.open()
        let kinds = try store.queue.read { db in
            try String.fetchAll(db, sql: "SELECT meaning FROM legend WHERE \"column\" = 'object.kind' ORDER BY value")
        }
        #expect(kinds == Kind.allCases.map(\.title))
    }
}
