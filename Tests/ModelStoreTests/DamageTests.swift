import Foundation
import NetworkModel
import Testing

@testable import ModelStore

@Suite("A damaged store is explained and never ends the process")
struct DamageTests {
    /// What is done to the file, and a part of what is said about it.
    static let damages: [(sql: String, problem: String)] = [
        ("UPDATE object SET kind = 99 WHERE id = 16", "table object, id 16: kind 99 is unknown"),
        ("UPDATE object SET kind = -1 WHERE id = 16", "table object, id 16: kind -1 is out of range"),
        ("UPDATE object SET kind = 3 WHERE id = 16", "table object, id 16: a tree has no cluster in its zones"),
        ("UPDATE object SET collection = 7 WHERE id = 16", "table object, id 16: collection 7 is unknown"),
        ("UPDATE object SET phase = 9 WHERE id = 16", "table object, id 16: phase 9 is unknown"),
        ("UPDATE object SET uuid = 'x' WHERE id = 16", "table object, id 16: uuid is not 32 hexadecimal digits"),
        (
            "UPDATE object SET uuid = '+000000000000000-00000000000000g' WHERE id = 16",
            "table object, id 16: uuid is not 32 hexadecimal digits"
        ),
        ("UPDATE object SET name = CAST(x'ff' AS TEXT) WHERE id = 16", "table object, id 16: name is not UTF-8"),
        ("UPDATE object SET mode = 70000 WHERE id = 16", "table object, id 16: mode 70000 is out of range"),
        ("UPDATE object SET hidden = -1 WHERE id = 16", "table object, id 16: hidden -1 is out of range"),
        ("UPDATE object SET parent = 77 WHERE id = 18", "table object, id 18: its parent 77 does not exist"),
        ("UPDATE object SET parent = 18 WHERE id = 18", "table object, id 18: its parent 18 does not exist"),
        ("UPDATE object SET target = 77 WHERE id = 20", "table object, id 20: its target 77 does not exist"),
        ("UPDATE object SET target = -4 WHERE id = 20", "table object, id 20: target -4 is out of range"),
        ("DELETE FROM object WHERE id = 1", "table object, id 1: the root is missing"),
        (
            "UPDATE attribute SET attribute = 99 WHERE object = 16",
            "table attribute, object 16: attribute 99 is unknown"
        ),
        (
            "UPDATE attribute SET text = CAST(x'c0' AS TEXT) WHERE object = 16",
            "table attribute, object 16: text is not UTF-8"
        ),
        ("INSERT INTO attribute VALUES (17, 1, '', 0)", "table attribute, object 17: there is no such object"),
        ("INSERT INTO attribute VALUES (99, 1, '', 0)", "table attribute, object 99: there is no such object"),
        ("INSERT INTO facet VALUES (16, 300, 0, 0, 0, 0, 0)", "table facet, object 16: facet 300 is out of range"),
        ("UPDATE realization SET host = 16", "table realization, id 22: its host 16 does not exist"),
        (
            "UPDATE realization SET network = 16",
            "table realization, id 22: it is wanted, but its network 16 does not exist"
        ),
        ("UPDATE realization SET wanted_type = 'x'", "table realization, id 22: wanted_type x is unknown"),
        ("UPDATE realization SET wanted_bridge = NULL", "table realization, id 22: what is wanted has no type"),
        ("UPDATE realization SET applied_vlan = 1", "table realization, id 22: applied_network_uuid is missing"),
        ("UPDATE realization SET applied_ports = 'x'", "table realization, id 22: applied_network_uuid is missing"),
        ("UPDATE realization SET wanted_overlay = 'x'", "table realization, id 22: wanted_overlay is malformed"),
        ("UPDATE realization SET wanted_ports = ''", "table realization, id 22: wanted_ports is malformed"),
        (
            "UPDATE realization SET wanted_ports = 'vnic1.0 fa:00:00:00:00:01 - 0 tap' || char(10)",
            "table realization, id 22: wanted_ports is malformed"
        ),
        (
            "UPDATE realization SET wanted_ports = 'vnic1.0 fa:00:00:00:00 - 0 tap'",
            "table realization, id 22: wanted_ports is malformed"
        ),
        ("UPDATE realization SET id = 21", "table realization, id 21: an object has the same id"),
        ("UPDATE meta SET value = 17 WHERE key = 'next_id'", "table meta, key next_id: 17 is too low"),
        ("DELETE FROM meta WHERE key = 'revision'", "table meta, key revision: it is missing"),
    ]

    @Test("rows without a meaning", arguments: damages.indices)
    func rows(index: Int) throws {
        let damage = DamageTests.damages[index]
        let place = try StoreDirectory()
        try fill(place)
        try place.tamper(damage.sql)
        let store = try place.open()
        let refused = try #require(expectFailure(.corrupt) { _ = try store.load() })
        #expect(refused.reason.contains(damage.problem) || damage.sql.hasPrefix("DELETE"), "\(refused)")
        store.close()
        let problems = try SQLiteModelStore.check(path: place.path)
        #expect(problems.contains { $0.contains(damage.problem) }, "\(problems)")
    }

    @Test("two objects with the same uuid")
    func duplicates() throws {
        let place = try StoreDirectory()
        try fill(place)
        try place.tamper("UPDATE object SET uuid = (SELECT uuid FROM object WHERE id = 16) WHERE id = 18")
        #expect(
            try SQLiteModelStore.check(path: place.path) == [
                "The objects 16, 18 have the same uuid 00000000000000010000000000000010."
            ])
    }

    @Test("a file with pages overwritten")
    func pages() throws {
        let place = try StoreDirectory()
        try fill(place)
        var bytes = try place.bytes()
        for page in 1..<bytes.count / 4096 {
            bytes.replaceSubrange(page * 4096..<page * 4096 + 64, with: Data(repeating: 0xA5, count: 64))
        }
        try bytes.write(to: URL(fileURLWithPath: place.path))
        #expect(try !SQLiteModelStore.check(path: place.path).isEmpty)
        expectFailure(.corrupt) { _ = try place.open().load() }
    }

    @Test("fsck changes nothing, also beside the log of a daemon that was killed")
    func checkChangesNothing() throws {
        let place = try StoreDirectory()
        #expect(try StoreChild.run(place.path, killedAfter: 20).printed.count >= 20)
        let before = try place.bytes()
        let log = try Data(contentsOf: URL(fileURLWithPath: place.path + "-wal"))
        #expect(try SQLiteModelStore.check(path: place.path) == [])
        #expect(try place.bytes() == before)
        #expect(try Data(contentsOf: URL(fileURLWithPath: place.path + "-wal")) == log)
        #expect(try place.open().load().records.count > 20)
    }

    /// Zone 16 with a cluster 18, its host 19, and an L2 network 21 attached by 23; an L3 network 20 on it; the
    /// realization 22 of the network on the host.
    private func fill(_ place: StoreDirectory) throws {
        func record(_ id: UInt64, _ kind: Kind, in parent: UInt64, _ collection: CollectionID, target: UInt64? = nil)
            -> ObjectRecord
        {
            ObjectRecord(
                id: ObjectID(id), kind: kind, parent: ObjectID(parent), collection: collection, name: Name("n\(id)"),
                uuid: UniqueID(high: 1, low: id), target: target.map { ObjectID($0) }, metadata: sampleMetadata)
        }
        let store = try place.open()
        let specification = L2Specification(
            networkUUID: UniqueID(high: 0, low: 0), type: .noVlan, physicalInterface: "eth0", vlan: nil,
            bridge: "br_eth0", mtu: nil)
        let realization = RealizationRecord(
            id: ObjectID(22), network: ObjectID(21), host: ObjectID(19), wanted: specification, changed: 1)
        _ = try store.commit(
            [
                .insert(zone(16, "z", [AttributeText(id: .description, text: "x", modified: 1)])),
                .insert(record(18, .cluster, in: 16, .clusters)), .insert(record(19, .host, in: 18, .hosts)),
                .insert(record(21, .l2Network, in: 16, .l2Networks)),
                .insert(record(23, .clusterAttachment, in: 21, .attachments, target: 18)),
                .insert(record(20, .l3Network, in: 1, .l3Networks, target: 21)),
                .insertRealization(realization),
            ], nextID: ObjectID(24), after: 0)
        store.close()
    }
}
