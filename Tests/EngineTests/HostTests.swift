import NetworkModel
import Testing

@testable import Engine

/// Hosts that come and go (ZStack's cases RE-12 … RE-16, ST-…).
struct HostTests {
    private func attached() async throws -> (Bench, zone: ObjectID, cluster: ObjectID) {
        let bench = try await Bench()
        let zone = try await bench.make(.root, .zones, "z1")
        let cluster = try await bench.make(zone, .clusters, "c1")
        let flat = try await bench.network(zone, "flat")
        // VLANs first, so that the order of making is not the order of realizing.
        for vlan in 10...14 {
            let network = try await bench.network(zone, "v\(vlan)", vlan: vlan)
            _ = try await bench.run(bench.attach(network, cluster)).get()
        }
        _ = try await bench.run(bench.attach(flat, cluster)).get()
        return (bench, zone, cluster)
    }

    @Test("RE-16: a new host gets all networks of its cluster, the untagged one before the VLANs")
    func newHost() async throws {
        let (bench, _, cluster) = try await attached()
        _ = try await bench.host(cluster, "h4")
        let realized = bench.world.calls.filter { $0.hasPrefix("realize") }
        #expect(realized.first == "realize h4 br_eth0")
        #expect(realized.count == 6)
        bench.checkConsistent()
    }

    @Test("RE-12, RE-13: a new host that refuses is not added", arguments: ["check", "realize"])
    func refusingHost(step: String) async throws {
        let (bench, _, cluster) = try await attached()
        bench.world.change { $0.refusals["h4 \(step)"] = -1 }
        let id = try await bench.make(cluster, .hosts, "h4")
        let refused = await bench.set(id, .connection, "netns:h4")
        #expect {
            try refused.get()
        } throws: {
            ($0 as? Refusal)?.reason == "zones/z1/clusters/c1/hosts/h4 refused: The host has no eth0. (6 hosts refused)"
                || ($0 as? Refusal)?.reason.hasPrefix("zones/z1/clusters/c1/hosts/h4 refused: The host has no eth0.")
                    == true
        }
        #expect(bench.engine.read { $0.record(id)?.text(.connection) } == nil)
        #expect(bench.engine.read { $0.allRealizations.count { _ in true } } == 0)
        bench.checkConsistent()
    }

    @Test("A host that cannot be reached is not added, and the reason is told")
    func unreachableHost() async throws {
        let (bench, _, cluster) = try await attached()
        bench.world.change { $0.unreachable = ["h4"] }
        let id = try await bench.make(cluster, .hosts, "h4")
        let refused = await bench.set(id, .connection, "netns:h4")
        #expect(
            throws: Refusal(
                "host.unreachable", .hostUnreachable,
                "zones/z1/clusters/c1/hosts/h4 cannot be reached: The host does not answer.",
                objects: ["zones/z1/clusters/c1/hosts/h4"],
                remedy:
                    "Check that the host is up and that the connection in @/zones/z1/clusters/c1/hosts/h4/connection is right."
            )
        ) { try refused.get() }
        #expect(bench.engine.read { $0.record(id)?.text(.connection) } == nil)
        bench.checkConsistent()
    }

    @Test("Removing a host takes its networks off it, and an unreachable one is given up")
    func removal() async throws {
        let (bench, _, cluster) = try await attached()
        let reachable = try await bench.host(cluster, "h1")
        let gone = try await bench.host(cluster, "h2")
        _ = try await bench.run(.delete(reachable)).get()
        #expect(bench.world.networks.keys.sorted() == ["h2"])
        bench.world.drop("h2")
        await bench.eventually("h2 is away") { !bench.engine.read { $0.status(ofHost: gone) }.isConnected }
        _ = try await bench.run(.delete(gone)).get()
        #expect(bench.engine.read { $0.allRealizations.count { _ in true } } == 0)
        #expect(bench.engine.read { $0.children(of: cluster, in: .hosts) }.isEmpty)
    }

    @Test("A connection does not change under realized networks; removing it releases them")
    func changedConnection() async throws {
        let (bench, _, cluster) = try await attached()
        let host = try await bench.host(cluster, "h1")
        let refused = await bench.set(host, .connection, "netns:h9")
        #expect { try refused.get() } throws: { ($0 as? Refusal)?.rule == "host.connection.in-use" }
        _ = try await bench.run(.unset(host, .connection)).get()
        #expect(bench.world.networks.isEmpty)
        _ = try await bench.set(host, .connection, "netns:h9").get()
        #expect(bench.world.networks.keys.sorted() == ["h9"])
        bench.checkConsistent()
    }

    @Test("ST-06: one machine is one host, also when it is added twice at once")
    func sameConnection() async throws {
        let (bench, _, cluster) = try await attached()
        let a = try await bench.make(cluster, .hosts, "a")
        let b = try await bench.make(cluster, .hosts, "b")
        async let first = bench.set(a, .connection, "netns:h1")
        async let second = bench.set(b, .connection, "netns:h1")
        let results = await [first, second]
        #expect(results.count { (try? $0.get()) != nil } == 1)
        #expect(
            results.contains {
                if case .failure(let refusal) = $0 { refusal.rule == "host.connection.taken" } else { false }
            })
    }

    @Test("CA-08: a range goes while a host is Disconnected")
    func rangeOfDisconnectedHost() async throws {
        let (bench, zone, cluster) = try await attached()
        let host = try await bench.host(cluster, "h1")
        let l3 = try await bench.make(.root, .l3Networks, "a")
        let l2 = try #require(bench.engine.read { $0.child(of: zone, in: .l2Networks, named: Name("flat")) })
        _ = try await bench.run(.link(l3, .l2, text: "../../zones/z1/l2/flat", target: l2, ownership: nil)).get()
        let range = try await bench.run(bench.new(in: l3, .ranges, "r", text: "10.0.0.0/24")).get()
        bench.world.drop("h1")
        await bench.eventually("h1 is away") { !bench.engine.read { $0.status(ofHost: host) }.isConnected }
        _ = try await bench.run(.delete(range)).get()
        #expect(bench.engine.read { $0.record(range) } == nil)
    }

    @Test("ST-03, ST-05b: only a Connected host goes into maintenance; another keeps its state")
    func maintenance() async throws {
        let (bench, _, cluster) = try await attached()
        let host = try await bench.host(cluster, "h1")
        bench.world.drop("h1")
        await bench.eventually("h1 is away") { !bench.engine.read { $0.status(ofHost: host) }.isConnected }
        let refused = await bench.set(host, .state, "Maintenance")
        #expect { try refused.get() } throws: { ($0 as? Refusal)?.rule == "host.maintain.not-connected" }
        #expect(bench.engine.read { $0.record(host)?.text(.state) } == nil)
        #expect(bench.engine.read { model in model.record(host).map { Host($0).state(in: model) } } == .enabled)
    }
}
