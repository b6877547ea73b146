import NetworkModel
import Testing

@testable import Engine

/// Staged directories and replaced links, for benches.
extension Bench {
    static let origin = DraftOrigin(credentials: nil, mountPoint: "/net")

    static func directory(
        _ name: String, files: [(String, String)] = [], links: [(String, String)] = [], _ directories: [Draft] = []
    ) -> Draft {
        var generator = SystemRandomNumberGenerator()
        let metadata = Metadata(mode: 0o755, uid: 0, gid: 0, modified: 1, changed: 1)
        func file(_ entry: (String, String)) -> Draft.File {
            Draft.File(name: entry.0, text: entry.1, metadata: metadata, uuid: .random(using: &generator))
        }
        return Draft(
            name: name, metadata: metadata, uuid: .random(using: &generator), files: files.map(file),
            links: links.map(file), directories: directories)
    }

    /// VLAN networks on eth0, each with links to clusters.
    static func network(_ name: String, vlan: Int, on clusters: [String]) -> Draft {
        directory(
            name, files: [("physical-interface", "eth0"), ("vlan", "\(vlan)")],
            [directory("clusters", links: clusters.map { ($0, "../../../clusters/\($0)") })])
    }

    static func cluster(_ name: String, hosts: [String]) -> Draft {
        directory(
            name,
            [directory("hosts", hosts.map { directory($0, files: [("connection", "netns:\($0)")]) })])
    }

    /// Zone {cluster c1 {h1, h2}, VLAN 10 and VLAN 11 on c1}.
    static let zone = directory(
        ".new",
        [
            directory("clusters", [cluster("c1", hosts: ["h1", "h2"])]),
            directory("l2", [network("v10", vlan: 10, on: ["c1"]), network("v11", vlan: 11, on: ["c1"])]),
        ])

    static func plant(_ draft: Draft, in parent: ObjectID, _ collection: CollectionID, as name: String) -> Command {
        .plant(draft, parent: parent, collection: collection, name: Name(name), origin)
    }

    static func equalize(_ draft: Draft, _ place: DraftPlace) -> Command { .equalize(draft, place, origin) }

    /// A link over one that is there, as `ln -sfn` makes it.
    func replace(_ old: ObjectID, with cluster: ObjectID) throws -> Command {
        let record = try #require(engine.read { $0.record(old) })
        var generator = SystemRandomNumberGenerator()
        return .create(
            NewObject(
                id: engine.makeID(), uuid: .random(using: &generator), parent: record.parent,
                collection: .attachments, name: record.name, ownership: Ownership(uid: 0, gid: 0, mode: 0o777),
                text: "../../../clusters/c2", target: cluster, replaces: old))
    }

    /// Names, texts and targets: what people want, whatever numbers it has.
    var intent: [String] {
        engine.read { model in
            model.allRecords.map { record in
                let texts = record.attributes.map { "\($0.id)=\($0.text)" }.joined(separator: " ")
                let target = record.target.map { model.path(of: $0) } ?? ""
                return "\(model.path(of: record.id)) \(target) \(texts)"
            }.sorted()
        }
    }

    func id(_ path: String) -> ObjectID? {
        engine.read { model in model.allRecords.first { model.path(of: $0.id) == path }?.id }
    }

    var isArriving: Bool { engine.read { model in model.allRecords.contains(where: \.isArriving) } }

    /// What is stored, apart from the root.
    var storedObjects: Int { store.state.withLock { state in state.records.keys.count { $0 != .root } } }
}
