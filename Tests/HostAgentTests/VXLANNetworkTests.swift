import Engine
import Foundation
import Glibc
import Hypervisors
import Logging
import ModelStore
import NetworkModel
import Realization
import Testing

/// VXLAN from the model to the wire: the engine, its store, agents, and namespaces as hosts with an underlay network.
@Suite("VXLAN between clusters", .timeLimit(.minutes(2)))
struct VXLANNetworkTests {
    /// Four hosts with `eth0` at 10.8.0.1 to .4, and a VM (a namespace) for each.
    private struct Underlay {
        let prefix: String
        var hosts: [String] { (1...4).map { "\(prefix)-h\($0)" } }

        init() async throws {
            prefix = "nmv" + UUID().uuidString.prefix(5).lowercased()
            try await Shell.run("ip", "netns", "add", "\(prefix)-sw")
            try await Shell.run("ip", "-n", "\(prefix)-sw", "link", "add", "switch", "up", "type", "bridge")
            for (index, host) in hosts.enumerated() {
                try await Shell.run("ip", "netns", "add", host)
                try await Shell.run(
                    "ip", "-n", host, "link", "add", "eth0", "up", "type", "veth", "peer", "name", "p\(index)", "netns",
                    "\(prefix)-sw")
                try await Shell.run(
                    "ip", "-n", "\(prefix)-sw", "link", "set", "p\(index)", "master", "switch", "up")
                try await Shell.run("ip", "-n", host, "addr", "add", "10.8.0.\(index + 1)/24", "dev", "eth0")
            }
        }

        /// Puts a VM with 10.7.0.(index + 1) on the bridge of the network.
        func startVM(_ index: Int) async throws {
            let vm = "\(prefix)-v\(index)"
            try await Shell.run("ip", "netns", "add", vm)
            try await Shell.run(
                "ip", "-n", vm, "link", "add", "eth0", "mtu", "1450", "up", "type", "veth", "peer", "name", "vnic0",
                "netns", hosts[index])
            try await Shell.run("ip", "-n", hosts[index], "link", "set", "vnic0", "master", "br_vx_100", "up")
            try await Shell.run("ip", "-n", vm, "addr", "add", "10.7.0.\(index + 1)/24", "dev", "eth0")
        }

        func stopVM(_ index: Int) async throws { try await Shell.run("ip", "netns", "delete", "\(prefix)-v\(index)") }

        func pings(_ from: Int, _ to: Int, seconds: Int = 5) async -> Bool {
            (try? await Shell.run(
                "ip", "netns", "exec", "\(prefix)-v\(from)", "ping", "-c1", "-w\(seconds)", "-s1400", "10.7.0.\(to + 1)"
            ))
                != nil
        }

        func remove() async {
            let all = (try? await Shell.run("ip", "netns", "list")) ?? ""
            for line in all.split(separator: "\n") where line.hasPrefix(prefix) {
                _ = try? await Shell.run("ip", "netns", "delete", String(line.prefix { $0 != " " }))
            }
        }
    }

    private final class Daemon: Sendable {
        let engine: Engine

        init(_ store: String) async throws {
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            engine = try Engine(
                store: SQLiteModelStore(path: store),
                registry: .standard(agentPath: AgentProgram.path, logger: logger), logger: logger)
            await engine.start()
        }

        @discardableResult
        func run(_ command: Command) async throws -> ObjectID {
            try await withCheckedContinuation { done in
                engine.submit(command) { done.resume(returning: $0) }
            }.get()
        }

        @discardableResult
        func make(
            _ parent: ObjectID, _ collection: CollectionID, _ name: String, target: ObjectID? = nil,
            _ values: [(AttributeID, String)] = []
        ) async throws -> ObjectID {
            var generator = SystemRandomNumberGenerator()
            let id = try await run(
                .create(
                    NewObject(
                        id: engine.makeID(), uuid: .random(using: &generator), parent: parent, collection: collection,
                        name: Name(name), ownership: Ownership(uid: 0, gid: 0, mode: 0o755),
                        text: target == nil ? nil : "../../../clusters/\(name)", target: target)))
            for (attribute, text) in values { try await run(.set(id, attribute, text: text, ownership: nil)) }
            return id
        }
    }

    @Test("VMs of two clusters ping each other while they are there; the last VM takes the network off its host")
    func twoClusters() async throws {
        let underlay = try await Underlay()
        let store = NSTemporaryDirectory() + "/\(underlay.prefix).db"
        do {
            try await tour(underlay, store)
        } catch {
            await underlay.remove()
            throw error
        }
        await underlay.remove()
        for ending in ["", "-wal", "-shm"] { unlink(store + ending) }
    }

    private func links(_ host: String) async throws -> [String] {
        try await Shell.run("ip", "-n", host, "-br", "link").split(separator: "\n")
            .map { String($0.prefix { $0 != " " && $0 != "@" }) }.filter { $0.contains("vx") }.sorted()
    }

    private func tour(_ underlay: Underlay, _ store: String) async throws {
        var daemon = try await Daemon(store)
        let zone = try await daemon.make(.root, .zones, "z")
        let network = try await daemon.make(zone, .l2Networks, "n", [(.vni, "100")])
        var hosts: [ObjectID] = []
        var attachments: [ObjectID] = []
        for name in ["c1", "c2"] {
            let cluster = try await daemon.make(zone, .clusters, name)
            for _ in 0..<2 {
                let index = hosts.count
                hosts.append(
                    try await daemon.make(
                        cluster, .hosts, "h\(index)",
                        [(.vtep, "10.8.0.\(index + 1)"), (.connection, "netns:\(underlay.hosts[index])")]))
            }
            attachments.append(try await daemon.make(network, .attachments, name, target: cluster))
        }
        for host in underlay.hosts { #expect(try await links(host) == [], "attached, but nobody needs it") }

        for index in [0, 1, 2] {
            try await daemon.engine.instantiate(network, host: hosts[index])
            try await underlay.startVM(index)
        }
        #expect(await underlay.pings(0, 1), "in a cluster")
        #expect(await underlay.pings(0, 2), "between clusters")
        #expect(await underlay.pings(2, 1), "between clusters")
        #expect(try await links(underlay.hosts[0]) == ["br_vx_100", "vxlan100"])
        #expect(try await links(underlay.hosts[3]) == [], "no VM needs it there")

        // A restart in between: what was there goes on, and the fourth host comes in.
        await daemon.engine.stop()
        daemon = try await Daemon(store)
        for _ in 0..<200 {
            if daemon.engine.read({ model in hosts.allSatisfy { model.status(ofHost: $0).isConnected } }) { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        try await daemon.engine.instantiate(network, host: hosts[3])
        try await underlay.startVM(3)
        for index in 0..<3 { #expect(await underlay.pings(3, index), "3 to \(index)") }

        try await underlay.stopVM(1)
        try await daemon.engine.release(network, host: hosts[1])
        #expect(try await links(underlay.hosts[1]) == [])
        #expect(await underlay.pings(0, 3), "the others go on")

        try await daemon.run(.delete(attachments[1]))
        for index in [2, 3] { #expect(try await links(underlay.hosts[index]) == [], "detached") }
        #expect(await !underlay.pings(0, 2, seconds: 2), "detached")
        #expect(try await links(underlay.hosts[0]) == ["br_vx_100", "vxlan100"])
        await daemon.engine.stop()
    }
}
