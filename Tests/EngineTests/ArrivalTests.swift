import NetworkModel
import Realization
import Testing

@testable import Engine

/// Staged directories with hosts and attachments, and links that are replaced: all of it, or nothing.
struct ArrivalTests {
    /// Zone z1 {c1 {h1, h2}, c2 {h3}, v10 attached to c1 as `c1`}.
    private func attached() async throws -> (Bench, zone: ObjectID, network: ObjectID, attachment: ObjectID) {
        let bench = try await Bench()
        let zone = try await bench.make(.root, .zones, "z1")
        let first = try await bench.make(zone, .clusters, "c1")
        let second = try await bench.make(zone, .clusters, "c2")
        for (cluster, name) in [(first, "h1"), (first, "h2"), (second, "h3")] {
            _ = try await bench.host(cluster, name)
        }
        let network = try await bench.network(zone, "v10", vlan: 10)
        let attachment = try await bench.run(bench.attach(network, first, as: "c1")).get()
        bench.world.change { $0.calls = [] }
        return (bench, zone, network, attachment)
    }

    @Test("A zone with hosts and networks: everything is on the hosts when the rename is answered")
    func planted() async throws {
        let bench = try await Bench()
        let top = try await bench.run(Bench.plant(Bench.zone, in: .root, .zones, as: "z1")).get()
        #expect(bench.world.networks.keys.sorted() == ["h1", "h2"])
        #expect(bench.world.networks.values.allSatisfy { $0.compactMap(\.vlan).sorted() == [10, 11] })
        #expect(bench.engine.read { $0.record(top)?.isVisible } == true)
        #expect(!bench.isArriving && bench.allHostsConnected)
        #expect(bench.store.state.withLock { state in state.records.values.allSatisfy { !$0.isArriving } })
        #expect(bench.engine.sessions.withLock { $0.count } == 2)
        bench.checkConsistent()
        let intent = bench.intent
        let next = try await Bench(world: bench.world, after: bench)
        await next.eventually("hosts are back") { next.allHostsConnected }
        #expect(next.intent == intent)
        next.checkConsistent("after a restart")
    }

    @Test("Nobody sees what arrives before the hosts have it")
    func hidden() async throws {
        let bench = try await Bench()
        bench.world.change { $0.stuck = ["h2 realize"] }
        bench.engine.submit(Bench.plant(Bench.zone, in: .root, .zones, as: "z1")) { _ in }
        await bench.eventually("h1 has something") { bench.world.networks["h1"] != nil }
        let top = try #require(bench.id("zones/z1"))
        #expect(bench.engine.read { $0.record(top)?.isVisible } == false)
        #expect(bench.engine.read { $0.record(top)?.isInForce } == false)
        let taken = await bench.run(bench.new(in: .root, .zones, "z1"))
        #expect(throws: Refusal.self) { try taken.get() }
    }

    @Test(
        "Hosts that refuse: nothing is left of it anywhere, and each refusal is told",
        arguments: ["check", "realize", "connect"])
    func refused(step: String) async throws {
        let bench = try await Bench()
        bench.world.change {
            if step == "connect" {
                $0.unreachable = ["h1", "h2"]
            } else {
                for host in ["h1", "h2"] { $0.refusals["\(host) \(step)"] = -1 }
            }
        }
        let result = await bench.run(Bench.plant(Bench.zone, in: .root, .zones, as: "z1"))
        guard case .failure(let refusal) = result else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.rule == "staged.host-refused")
        #expect(refusal.error == (step == "connect" ? .hostUnreachable : .inputOutput))
        #expect(refusal.reason.hasPrefix("The directory was not put in its place: 2 refusals. "))
        #expect(refusal.problems.count == 2 && !refusal.remedy.isEmpty)
        for host in ["h1", "h2"] {
            let path = "zones/z1/clusters/c1/hosts/\(host)"
            #expect(refusal.reason.contains(path) && refusal.objects.contains(path))
        }
        #expect(bench.engine.read { $0.allRecords.map(\.id) } == [.root])
        #expect(bench.engine.read { $0.allRealizations.count { _ in true } } == 0)
        #expect(bench.storedObjects == 0 && bench.store.state.withLock { $0.realizations.isEmpty })
        #expect(bench.world.networks.isEmpty)
        #expect(bench.engine.sessions.withLock { $0.isEmpty })

        // The next try goes through.
        bench.world.change {
            $0.refusals = [:]
            $0.unreachable = []
        }
        _ = try await bench.run(Bench.plant(Bench.zone, in: .root, .zones, as: "z1")).get()
        #expect(bench.world.networks.keys.sorted() == ["h1", "h2"])
        bench.checkConsistent("the second time")
    }

    @Test("One host that refuses is told as it refused, and takes the others with it")
    func oneRefusal() async throws {
        let (bench, zone, _, _) = try await attached()
        let before = bench.intent
        bench.world.change { $0.refusals["h3 realize"] = 1 }
        let draft = Bench.network("x", vlan: 20, on: ["c1", "c2"])
        let result = await bench.run(Bench.plant(draft, in: zone, .l2Networks, as: "v20"))
        #expect(
            throws: Refusal(
                "host.test", .inputOutput, "zones/z1/clusters/c2/hosts/h3 refused: The host has no eth0.",
                objects: ["zones/z1/clusters/c2/hosts/h3"], remedy: "Add one.")
        ) { try result.get() }
        #expect(bench.intent == before)
        #expect(bench.world.networks.values.allSatisfy { $0.map(\.vlan) == [10] })
        bench.checkConsistent()
    }

    @Test("A plan that is refused by a rule touches no host")
    func refusedByRule() async throws {
        let (bench, zone, _, _) = try await attached()
        let before = bench.intent
        let draft = Bench.network("x", vlan: 10, on: ["c1", "c2"])
        let result = await bench.run(Bench.plant(draft, in: zone, .l2Networks, as: "v10b"))
        guard case .failure(let refusal) = result else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.rule == "staged.refused")
        #expect(refusal.problems.map(\.refusal.rule) == ["l2.attach.vlan-conflict"])
        #expect(bench.world.calls.isEmpty && bench.intent == before)
    }

    // MARK: - Links that are replaced

    @Test("ln -sfn: the new cluster has the network, then the old one has it no more")
    func replaced() async throws {
        let (bench, _, network, old) = try await attached()
        let second = try #require(bench.id("zones/z1/clusters/c2"))
        let new = try await bench.run(bench.replace(old, with: second)).get()
        #expect(bench.world.networks.keys.sorted() == ["h3"])
        #expect(bench.engine.read { $0.attachments(ofNetwork: network) } == [new])
        #expect(bench.engine.read { $0.record(new)?.name } == Name("c1"))
        let realized = try #require(bench.world.calls.firstIndex(of: "realize h3 br_eth0_10"))
        let released = try #require(bench.world.calls.firstIndex { $0.hasPrefix("release") })
        #expect(realized < released, "the old one stays until the new one is there")
        bench.checkConsistent()
    }

    @Test("ln -sfn that a host refuses: the old link stays attached", arguments: ["check", "realize"])
    func refusedReplacement(step: String) async throws {
        let (bench, _, network, old) = try await attached()
        let before = bench.intent
        let second = try #require(bench.id("zones/z1/clusters/c2"))
        bench.world.change { $0.refusals["h3 \(step)"] = 1 }
        let result = await bench.run(try bench.replace(old, with: second))
        #expect { try result.get() } throws: { ($0 as? Refusal)?.rule == "host.test" }
        #expect(bench.intent == before)
        #expect(bench.engine.read { $0.attachments(ofNetwork: network) } == [old])
        #expect(bench.world.networks.keys.sorted() == ["h1", "h2"])
        #expect(!bench.world.calls.contains { $0.hasPrefix("release h1") || $0.hasPrefix("release h2") })
        bench.checkConsistent()
    }

    // MARK: - Equalize

    @Test("A directory over what is there: what goes is released, then what comes is realized, in one command")
    func equalized() async throws {
        let (bench, zone, network, _) = try await attached()
        let l2 = Bench.directory(
            "l2", [Bench.network("v10", vlan: 30, on: ["c2"]), Bench.network("v11", vlan: 10, on: ["c1"])])
        _ = try await bench.run(Bench.equalize(l2, .collection(zone, .l2Networks))).get()
        #expect(bench.world.networks["h1"]?.map(\.bridge) == ["br_eth0_10"])
        #expect(bench.world.networks["h3"]?.map(\.bridge) == ["br_eth0_30"])
        #expect(bench.id("zones/z1/l2/v10") == network)
        bench.checkConsistent()
        // Once more, nothing is left to be done.
        bench.world.change { $0.calls = [] }
        _ = try await bench.run(Bench.equalize(l2, .collection(zone, .l2Networks))).get()
        #expect(bench.world.calls.isEmpty)
    }

    @Test("The whole tree goes, with its hosts")
    func emptied() async throws {
        let (bench, _, _, _) = try await attached()
        _ = try await bench.run(Bench.equalize(Bench.directory("x"), .object(.root))).get()
        #expect(bench.engine.read { $0.allRecords.map(\.id) } == [.root])
        #expect(bench.world.networks.isEmpty && bench.storedObjects == 0)
        #expect(bench.engine.sessions.withLock { $0.isEmpty })
    }

    @Test("An attachment that a host refuses is undone and told; the rest is done")
    func refusedEqualize() async throws {
        let (bench, zone, network, _) = try await attached()
        bench.world.change { $0.refusals["h3 realize"] = 1 }
        let l2 = Bench.directory(
            "l2", [Bench.network("v10", vlan: 10, on: ["c1"]), Bench.network("v11", vlan: 11, on: ["c1", "c2"])])
        let result = await bench.run(Bench.equalize(l2, .collection(zone, .l2Networks)))
        #expect { try result.get() } throws: { ($0 as? Refusal)?.rule == "host.test" }
        #expect(bench.engine.read { $0.attachments(ofNetwork: network) }.count == 1)
        #expect(bench.id("zones/z1/l2/v11/clusters/c1") != nil && bench.id("zones/z1/l2/v11/clusters/c2") == nil)
        bench.checkConsistent()
    }
}
