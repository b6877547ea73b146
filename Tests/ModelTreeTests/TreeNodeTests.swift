import FUSE
import NetworkModel
import Testing

@testable import ModelTree

struct TreeNodeTests {
    @Test("An inode number stands for one node, and back")
    func roundTrip() {
        var nodes: [TreeNode] = [.object(.root), .errors(uid: 0), .errors(uid: .max), .schema(kind: 0, attribute: 0)]
        for id in [ObjectID.first, ObjectID(17), ObjectID(1 << 40)] {
            nodes += [.object(id), .state(id, entry: 0), .state(id, entry: .max), .realization(id)]
            nodes += AttributeID.allCases.map { .attribute(id, $0) }
            nodes += CollectionID.allCases.map { .collection(id, $0) }
        }
        nodes += TreeNode.FixedFile.allCases.map { .fixed($0) }
        nodes += SchemaTree.kinds.map { .schema(kind: $0.rawValue, attribute: 3) }
        for node in nodes { #expect(TreeNode(node.inode) == node) }
        #expect(Set(nodes.map(\.inode)).count == nodes.count)
        #expect(TreeNode.object(.root).inode == .root)
    }

    @Test("Numbers that stand for nothing", arguments: [UInt64.max, 16 << 8 | 99, 15 << 60, 1 << 60] as [UInt64])
    func unknown(_ number: UInt64) {
        #expect(TreeNode(InodeNumber(rawValue: number)) == nil)
    }
}

/// Files of one directory under `state/` are told apart by sixteen bits of their names.
struct StateNamesTests {
    @Test("No two names of a kind collide", arguments: Kind.allCases, [false, true])
    func hashes(_ kind: Kind, isIPv6: Bool) throws {
        let model = Model(root: Metadata(mode: 0o755, uid: 0, gid: 0, modified: 1, changed: 1))
        let id = ObjectID(20)
        var record = ObjectRecord(
            id: id, kind: kind, parent: .root, collection: .zones, name: Name("x"), uuid: UniqueID(high: 1, low: 2),
            metadata: Metadata(mode: 0o755, uid: 0, gid: 0, modified: 1, changed: 1))
        if kind == .ipRange { record.set(.value, isIPv6 ? "2001:db8::/64" : "10.0.0.0/24") }
        if kind == .reservedRange { record.set(.value, isIPv6 ? "2001:db8::9" : "10.0.0.9") }
        model.apply(.insert(record), at: 2)
        let definition = KindDefinition.of(kind)
        // All attributes, also those that are not set and have no default.
        let names =
            Set(StateTree.facts(of: record, model).map(\.name)).union(definition.attributes.map(\.name))
            .union(definition.collections.map(\.name)).union(["inventory.json", "hosts"])
        #expect(names.count > 3)
        #expect(Set(names.map(StateTree.hash)).count == names.count, "\(names.sorted())")
    }

    @Test(
        "Names of inventories",
        arguments: [("zone-uuid", "zoneUuid"), ("uuid", "uuid"), ("attached-cluster-uuids", "attachedClusterUuids")])
    func inventory(_ name: String, _ field: String) {
        #expect(Fact.inventoryName(name) == field)
    }
}

struct PatchTests {
    @Test(
        "A write is put into the text",
        arguments: [
            ("", "10\n", 0, "10\n"), ("100\n", "20", 0, "200\n"), ("1\n", "2\n", 2, "1\n2\n"), ("abc", "X", 1, "aXc"),
        ] as [(String, String, Int64, String)])
    func patched(_ old: String, _ bytes: String, _ offset: Int64, _ text: String) throws {
        #expect(try Array(bytes.utf8).withUnsafeBytes { try ModelFileSystem.patch(old, with: $0, at: offset) } == text)
    }

    @Test(
        "What is no text is refused",
        arguments: [
            ("", [0x41, 0], 0, "value.not-text"), ("", [0xFF], 0, "value.not-text"), ("", [0x41], 5, "value.not-text"),
            ("", [0x41], 65_536, "value.too-long"), ("", [0x41], .max, "value.too-long"),
            ("", [0x41], -1, "value.too-long"),
        ] as [(String, [UInt8], Int64, String)])
    func refused(_ old: String, _ bytes: [UInt8], _ offset: Int64, _ rule: String) {
        #expect {
            try bytes.withUnsafeBytes { try ModelFileSystem.patch(old, with: $0, at: offset) }
        } throws: {
            ($0 as? Refusal)?.rule == rule
        }
    }
}

struct EventLogTests {
    @Test("It grows, and when it is full its older half goes at a line's end")
    func bounded() {
        let log = EventLog()
        var sizes: [Int] = []
        for number in 0..<30_000 {
            log.add(["created zones/a-zone-with-a-name-of-some-length-\(number)"])
            sizes.append(log.size.bytes)
        }
        #expect(sizes.allSatisfy { $0 <= 1 << 20 })
        #expect(zip(sizes, sizes.dropFirst()).count { $0 > $1 } >= 1)
        var text = ""
        log.read { text = String(decoding: $0, as: UTF8.self) }
        #expect(text.hasPrefix("20"))
        #expect(text.hasSuffix("-29999\n"))
    }
}

struct RefusalLogTests {
    private func refusal(_ number: Int) -> Refusal {
        Refusal("test.rule", .invalid, "Number \(number) in @/zones.", objects: ["zones/a b"], remedy: "See @/README.")
    }

    @Test("Each user sees its own, root sees all, and the last hundred are kept")
    func users() {
        let log = RefusalLog(mountPoint: "/net")
        let root = CallerProcess(Caller(uid: 0, gid: 0, pid: 0, umask: 0))
        let other = CallerProcess(Caller(uid: 1000, gid: 0, pid: 0, umask: 0))
        for number in 0..<150 {
            log.add(refusal(number), by: root, operation: "mkdir", path: "zones/x y", inodes: [.root])
        }
        log.add(refusal(999), by: other, operation: "write", path: "zones", inodes: [])
        let all = String(decoding: log.text(for: 0).bytes, as: UTF8.self).split(separator: "\n")
        let own = String(decoding: log.text(for: 1000).bytes, as: UTF8.self).split(separator: "\n")
        #expect(all.count == 300)
        #expect(own.count == 3)
        #expect(all[0].contains(" test.rule EINVAL mkdir path=zones/x%20y objects=zones/a%20b uid=0 "))
        #expect(own[1] == "    Number 999 in /net/zones.")
        #expect(own[2] == "    Remedy: See /net/README.")
        #expect(log.text(for: 1001).bytes.isEmpty)
        #expect(log.last(about: .root, for: 0) == "test.rule: Number 149 in /net/zones.\nRemedy: See /net/README.")
        #expect(log.last(about: .root, for: 1000) == nil)
    }
}
