import NetworkModel
import Testing

@testable import Engine

/// Attaching and detaching on hosts (ZStack's cases RE-…).
struct AttachTests {
    private func twoHosts() async throws -> (Bench, zone: ObjectID, cluster: ObjectID, hosts: [ObjectID]) {
        let bench = try await Bench()
        let zone = try await bench.make(.root, .zones, "z1")
        let cluster = try await bench.make(zone, .clusters, "c1")
        let hosts = [try await bench.host(cluster, "h1"), try await bench.host(cluster, "h2")]
        bench.world.change { $0.calls = [] }
        return (bench, zone, cluster, hosts)
    }

    @Test("RE-01, RE-15: all hosts are checked before any is told to realize, and only then the link is there")
    func order() async throws {
        let (bench, zone, cluster, _) = try await twoHosts()
        let network = try await bench.network(zone, "nv0")
        let id = try await bench.run(bench.attach(network, cluster)).get()
        let calls = bench.world.calls
        #expect(Set(calls[..<2]) == ["check h1 br_eth0", "check h2 br_eth0"])
        #expect(Set(calls[2...]) == ["realize h1 br_eth0", "realize h2 br_eth0"])
        #expect(bench.engine.read { $0.record(id)?.phase } == .stable)
        bench.checkConsistent()
    }

    @Test("RE-03, RE-04: a host that refuses undoes the others, and the next try goes through")
    func refusal() async throws {
        let (bench, zone, cluster, _) = try await twoHosts()
        let network = try await bench.network(zone, "nv0")
        bench.world.change { $0.refusals["h2 realize"] = 1 }
        let refused = await bench.run(bench.attach(network, cluster))
        #expect(
            throws: Refusal(
                "host.test", .inputOutput, "zones/z1/clusters/c1/hosts/h2 refused: The host has no eth0.",
                objects: ["zones/z1/clusters/c1/hosts/h2"], remedy: "Add one.")
        ) { try refused.get() }
        #expect(bench.world.networks.isEmpty)
        #expect(bench.engine.read { $0.attachments(ofNetwork: network) }.isEmpty)
        bench.checkConsistent()
        _ = try await bench.run(bench.attach(network, cluster)).get()
        bench.checkConsistent()
    }

    @Test("A refused check touches no host")
    func refusedCheck() async throws {
        let (bench, zone, cluster, _) = try await twoHosts()
        let network = try await bench.network(zone, "v10", vlan: 10)
        bench.world.change { $0.refusals["h1 check"] = -1 }
        let refused = await bench.run(bench.attach(network, cluster))
        #expect(throws: Refusal.self) { try refused.get() }
        #expect(bench.world.calls.allSatisfy { $0.hasPrefix("check") })
        #expect(bench.engine.read { $0.allRealizations.count { _ in true } } == 0)
        bench.checkConsistent()
    }

    @Test("RE-07, RE-10: a host that is away does not block, and is brought up to date when it returns")
    func disconnectedHost() async throws {
        let (bench, zone, cluster, hosts) = try await twoHosts()
        let network = try await bench.network(zone, "nv0")
        bench.world.drop("h1")
        await bench.eventually("h1 is seen to be away") {
            !bench.engine.read { $0.status(ofHost: hosts[0]) }.isConnected
        }
        _ = try await bench.run(bench.attach(network, cluster)).get()
        #expect(bench.world.networks.keys.sorted() == ["h2"])
        bench.world.change { $0.unreachable = [] }
        await bench.eventually("h1 has the network") {
            bench.world.networks.keys.sorted() == ["h1", "h2"] && bench.isSettled
        }
        bench.checkConsistent()
    }

    @Test("RE-09: a host that reconnects gets each network once more")
    func reconnect() async throws {
        let (bench, zone, cluster, hosts) = try await twoHosts()
        let network = try await bench.network(zone, "v10", vlan: 10)
        _ = try await bench.run(bench.attach(network, cluster)).get()
        bench.world.drop("h1")
        await bench.eventually("h1 is away") { !bench.engine.read { $0.status(ofHost: hosts[0]) }.isConnected }
        bench.world.change {
            $0.calls = []
            $0.unreachable = []
        }
        await bench.eventually("h1 is back") { bench.world.calls.contains("realize h1 br_eth0_10") }
        #expect(bench.world.calls.count { $0 == "realize h1 br_eth0_10" } == 1)
        bench.checkConsistent()
    }

    @Test("RE-06: a host in maintenance gets nothing until it is enabled, then each network once")
    func maintenance() async throws {
        let (bench, zone, cluster, hosts) = try await twoHosts()
        let network = try await bench.network(zone, "nv0")
        _ = try await bench.set(hosts[0], .state, "Maintenance").get()
        _ = try await bench.run(bench.attach(network, cluster)).get()
        #expect(bench.world.networks.keys.sorted() == ["h2"])
        bench.world.change { $0.calls = [] }
        _ = try await bench.set(hosts[0], .state, "Enabled").get()
        await bench.eventually("h1 has the network") {
            bench.world.networks.keys.sorted() == ["h1", "h2"] && bench.isSettled
        }
        #expect(bench.world.calls.count { $0 == "realize h1 br_eth0" } == 1)
        bench.checkConsistent()
    }

    @Test("RE-24: detaching releases the network on each host")
    func detach() async throws {
        let (bench, zone, cluster, _) = try await twoHosts()
        let network = try await bench.network(zone, "nv0")
        let id = try await bench.run(bench.attach(network, cluster)).get()
        bench.world.change { $0.calls = [] }
        _ = try await bench.run(.delete(id)).get()
        #expect(bench.world.calls.sorted() == ["release h1 br_eth0", "release h2 br_eth0"])
        #expect(bench.world.networks.isEmpty)
        #expect(bench.engine.read { $0.allRealizations.count { _ in true } } == 0)
    }

    @Test("RE-25: a network that is removed, with its links, goes off each host")
    func removedNetwork() async throws {
        let (bench, zone, cluster, _) = try await twoHosts()
        let network = try await bench.network(zone, "nv0")
        _ = try await bench.run(bench.attach(network, cluster)).get()
        bench.world.change { $0.calls = [] }
        // As `rm -r` walks.
        for id in bench.engine.read({ $0.attachments(ofNetwork: network) }) + [network] {
            _ = try await bench.run(.delete(id)).get()
        }
        #expect(bench.world.calls.sorted() == ["release h1 br_eth0", "release h2 br_eth0"])
        #expect(bench.engine.read { $0.record(network) } == nil)
        bench.checkConsistent()
    }

    @Test("All hosts are asked at once, however many there are", .timeLimit(.minutes(1)))
    func allAtOnce() async throws {
        let bench = try await Bench()
        let zone = try await bench.make(.root, .zones, "z1")
        let names = (1...300).map { "h\($0)" }
        let cluster = Bench.cluster("c", hosts: names)
        _ = try await bench.run(Bench.plant(cluster, in: zone, .clusters, as: "c")).get()
        let id = try #require(bench.engine.read { $0.child(of: zone, in: .clusters, named: Name("c")) })
        let network = try await bench.network(zone, "nv0")
        // None answers before all were asked: fewer at once would wait for ever.
        bench.world.change { world in
            for step in ["check", "realize", "release"] { world.meetings[step] = Meeting(of: names.count) }
        }
        let link = try await bench.run(bench.attach(network, id)).get()
        #expect(bench.world.networks.count == names.count)
        bench.checkConsistent()
        _ = try await bench.run(.delete(link)).get()
        #expect(bench.world.networks.isEmpty)
    }

    @Test("RE-21: a network on two clusters leaves one and stays on the other")
    func twoClusters() async throws {
        let (bench, zone, cluster, _) = try await twoHosts()
        let second = try await bench.make(zone, .clusters, "c2")
        _ = try await bench.host(second, "h3")
        let network = try await bench.network(zone, "nv0")
        let first = try await bench.run(bench.attach(network, cluster, as: "c1")).get()
        _ = try await bench.run(bench.attach(network, second, as: "c2")).get()
        bench.world.change { $0.calls = [] }
        _ = try await bench.run(.delete(first)).get()
        #expect(bench.world.calls.count { $0.hasPrefix("release") } == 2)
        #expect(bench.world.networks.keys.sorted() == ["h3"])
        bench.checkConsistent()
    }

    @Test("RE-28: a detach does not fail because of hosts, and remains are collected when the host returns")
    func remains() async throws {
        let (bench, zone, cluster, hosts) = try await twoHosts()
        let network = try await bench.network(zone, "nv0")
        let id = try await bench.run(bench.attach(network, cluster)).get()
        bench.world.drop("h1")
        await bench.eventually("h1 is away") { !bench.engine.read { $0.status(ofHost: hosts[0]) }.isConnected }
        _ = try await bench.run(.delete(id)).get()
        _ = try await bench.run(.delete(network)).get()
        #expect(bench.world.networks.keys.sorted() == ["h1"])
        bench.world.change { $0.unreachable = [] }
        await bench.eventually("h1 is clean") { bench.world.networks.isEmpty && bench.isSettled }
        #expect(bench.engine.read { $0.allRealizations.count { _ in true } } == 0)
    }

    @Test("A release that a host refuses is kept and shown, and the link is gone all the same")
    func refusedRelease() async throws {
        let (bench, zone, cluster, _) = try await twoHosts()
        let network = try await bench.network(zone, "nv0")
        let id = try await bench.run(bench.attach(network, cluster)).get()
        bench.world.change { $0.refusals["h1 release"] = 1 }
        _ = try await bench.run(.delete(id)).get()
        let left = bench.engine.read { Array($0.allRealizations) }
        #expect(left.map(\.failure) == ["The host has no eth0."])
        bench.world.drop("h1")
        bench.world.change { $0.unreachable = [] }
        await bench.eventually("h1 is clean") { bench.world.networks.isEmpty }
    }

    @Test("Ctrl-C on an attach undoes it, also while a host hangs")
    func interruption() async throws {
        let (bench, zone, cluster, _) = try await twoHosts()
        let network = try await bench.network(zone, "nv0")
        bench.world.change { $0.stuck = ["h2 realize"] }
        let command = bench.attach(network, cluster)
        let result: Result<ObjectID, Refusal> = await withCheckedContinuation { done in
            let operation = bench.engine.submit(command) { done.resume(returning: $0) }
            Task {
                await bench.eventually("h1 has the network") { bench.world.networks["h1"] != nil }
                operation.cancel()
            }
        }
        #expect {
            try result.get()
        } throws: {
            ($0 as? Refusal)?.rule == "operation.interrupted" && ($0 as? Refusal)?.error == .interrupted
        }
        await bench.eventually("h1 is clean") { bench.world.networks["h1"] == nil }
        let phases = bench.engine.read { model in model.attachments(ofNetwork: network).map { model.record($0)?.phase }
        }
        #expect(phases.allSatisfy { $0 == .removing })
    }

    @Test("Two conflicting attaches at once: one wins")
    func race() async throws {
        let (bench, zone, cluster, _) = try await twoHosts()
        for round in 1...20 {
            let a = try await bench.network(zone, "a\(round)", vlan: round)
            let b = try await bench.network(zone, "b\(round)", vlan: round)
            async let first = bench.run(bench.attach(a, cluster))
            async let second = bench.run(bench.attach(b, cluster))
            let results = await [first, second]
            #expect(results.count { (try? $0.get()) != nil } == 1)
            #expect(
                results.contains {
                    if case .failure(let refusal) = $0 { refusal.rule == "l2.attach.vlan-conflict" } else { false }
                })
        }
        bench.checkConsistent()
    }

    @Test("RE-38, RE-39, RE-42: changing the VLAN of an attached network changes all hosts, or none")
    func reshape() async throws {
        let (bench, zone, cluster, _) = try await twoHosts()
        let network = try await bench.network(zone, "v10", vlan: 10)
        _ = try await bench.run(bench.attach(network, cluster)).get()
        bench.world.change { $0.refusals["h2 realize"] = 1 }
        let refused = await bench.set(network, .vlan, "20")
        #expect(throws: Refusal.self) { try refused.get() }
        #expect(bench.engine.read { $0.record(network)?.text(.vlan) } == "10")
        bench.checkConsistent("after the refusal")
        bench.world.change { $0.calls = [] }
        _ = try await bench.set(network, .vlan, "10\n").get()
        #expect(bench.world.calls.isEmpty)
        _ = try await bench.set(network, .vlan, "20").get()
        #expect(bench.world.networks.values.allSatisfy { $0.map(\.bridge) == ["br_eth0_20"] })
        bench.checkConsistent("after the change")
    }
}
