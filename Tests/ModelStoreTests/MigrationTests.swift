import GRDB
import NetworkModel
import Testing

@testable import ModelStore

@Suite("Stores of older versions")
struct MigrationTests {
    private static let none = UniqueID(high: 0, low: 0)

    /// A store as an earlier version left it: a zone with a host's worth of objects, and what the host has.
    private func older(_ migration: String) throws -> StoreDirectory {
        let place = try StoreDirectory()
        let queue = try DatabaseQueue(path: place.path)
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA application_id = \(StoreSchema.applicationID)")
        }
        try StoreSchema.migrator.migrate(queue, upTo: migration)
        try queue.write { db in
            for (id, parent, collection, kind, name) in [
                (16, 1, CollectionID.zones, Kind.zone, "z"), (17, 16, .clusters, .cluster, "c"),
                (18, 17, .hosts, .host, "h"), (19, 16, .l2Networks, .l2Network, "n"),
            ] as [(Int, Int, CollectionID, Kind, String)] {
                try db.execute(
                    sql: "INSERT INTO object VALUES (?, ?, ?, ?, ?, ?, 0, NULL, 493, 0, 0, 5, 6, 0)",
                    arguments: [
                        id, parent, Int64(collection.rawValue), Int64(kind.rawValue), name,
                        UniqueID(high: 7, low: UInt64(id)).description,
                    ])
            }
            try db.execute(
                sql: """
                    INSERT INTO realization (id, network, host, wanted_network_uuid, wanted_type,
                        wanted_physical_interface, wanted_bridge, wanted_generation, applied_generation, changed)
                    VALUES (20, 19, 18, :uuid, 'L2NoVlanNetwork', 'eth0', 'br_eth0', 3, 2, 9);
                    """,
                arguments: ["uuid": UniqueID(high: 7, low: 19).description])
            try db.execute(sql: "UPDATE meta SET value = 21 WHERE key = 'next_id'")
        }
        try queue.close()
        return place
    }

    @Test(
        "become the present version: the store gets an identity, and all else stays",
        arguments: ["1 objects and realizations", "2 tunnels", "3 identity"])
    func migrated(_ version: String) throws {
        let place = try older(version)
        let store = try place.open()
        let identity = try #require(try store.identity())
        #expect(identity != Self.none)
        let model = try store.load()
        #expect(model.records.first { $0.id == .root }?.uuid == identity)
        #expect(
            model.records.filter { $0.id != .root }.map(\.uuid)
                == (16...19).map { UniqueID(high: 7, low: UInt64($0)) })
        let realization = try #require(model.realizations.first)
        #expect(realization.wanted?.bridge == "br_eth0" && realization.wanted?.overlay == nil)
        #expect(realization.wanted?.ports == [] && realization.applied == nil)
        #expect(realization.wantedGeneration == 3 && realization.appliedGeneration == 2 && realization.users == 0)
        #expect(model.nextID == ObjectID(21))
        store.close()
        // It is the same for good.
        let again = try place.open()
        #expect(try again.identity() == identity)
        again.close()
        #expect(try SQLiteModelStore.check(path: place.path) == [])
    }

    @Test("each gets an identity of its own, as new stores do")
    func distinct() throws {
        let places = [try older("2 tunnels"), try older("2 tunnels"), try StoreDirectory(), try StoreDirectory()]
        let identities = try places.map { try #require(try $0.open().identity()) }
        #expect(Set(identities).count == places.count)
        #expect(!identities.contains(Self.none))
    }
}
