import Logging
import NetworkModel
import Testing

@testable import Engine
@testable import Realization

/// What is on hosts for networks that they shall not have there.
@Suite("Orphans", .timeLimit(.minutes(2))) struct OrphanTests {
    private static let store = UniqueID(high: 5, low: 5)
    private static let other = UniqueID(high: 6, low: 6)

    private func bench(inspectionPause: Duration = .milliseconds(1), searchPause: Duration) async throws -> Bench {
        let world = World()
        world.change { $0.store = Self.store }
        var state = MemoryStore.State()
        state.records[.root] = ObjectRecord(
            id: .root, kind: .root, parent: .root, collection: .zones, name: Name(""), uuid: Self.store,
            metadata: Metadata(mode: 0o755, uid: 0, gid: 0, modified: 1, changed: 1))
        let timing = ReconcilerTiming(
            firstPause: .milliseconds(5), longestPause: .milliseconds(20), pingInterval: .seconds(3600),
            inspectionPause: inspectionPause, searchPause: searchPause)
        return try await Bench(world: world, options: EngineOptions(timing: timing), initial: state)
    }

    /// Zone z1 {c1 {h1}, c2, flat on c1}.
    private struct Scene {
        let bench: Bench
        let zone, c1, c2, h1, flat, attachment: ObjectID

        func session(of host: ObjectID) throws -> HostSession { try #require(bench.engine.session(of: host)) }

        func count(of call: String) -> Int { bench.world.calls.count { $0 == call } }

        func orphans(of host: ObjectID) -> [String] {
            bench.engine.read { model in model.orphans(ofHost: host).map { model.text(of: $0) } }
        }

        /// What is left of `flat`.
        var mark: HostMark {
            let uuid = bench.engine.read { $0.record(flat)?.uuid } ?? OrphanTests.other
            return HostMark(store: OrphanTests.store, network: uuid, bridge: "br_eth0", devices: [])
        }
    }

    private func scene(searchPause: Duration = .milliseconds(1)) async throws -> Scene {
        let bench = try await bench(searchPause: searchPause)
        let zone = try await bench.make(.root, .zones, "z1")
        let c1 = try await bench.make(zone, .clusters, "c1")
        let c2 = try await bench.make(zone, .clusters, "c2")
        let h1 = try await bench.host(c1, "h1")
        let flat = try await bench.network(zone, "flat")
        let attachment = try await bench.run(bench.attach(flat, c1)).get()
        return Scene(bench: bench, zone: zone, c1: c1, c2: c2, h1: h1, flat: flat, attachment: attachment)
    }

    @Test("a machine that is two hosts: what one of them has is listed for the other, and stays")
    func secondHost() async throws {
        let scene = try await scene()
        let bench = scene.bench
        bench.world.change { $0.aliases["h1b"] = "h1" }
        let second = try await bench.host(scene.c2, "h1b")
        await bench.eventually("it is listed") { !scene.orphans(of: second).isEmpty }
        let text = scene.orphans(of: second).joined()
        let path = "zones/z1/clusters/c1/hosts/h1"
        #expect(text.hasPrefix("bridge br_eth0 network "))
        #expect(text.contains(" (\(path) has it: is that the same machine?) since 20"), "\(text)")
        let before = scene.count(of: "marks h1b")
        bench.world.cut("h1b")
        await bench.eventually("it is connected anew") {
            scene.count(of: "marks h1b") > before && bench.engine.read { $0.status(ofHost: second) }.isConnected
        }
        #expect(scene.count(of: "collect h1b") == 0)
        #expect(bench.world.networks["h1"]?.count == 1)
        _ = try await bench.run(.delete(scene.attachment)).get()
        try await scene.session(of: second).collectOrphans()
        #expect(scene.orphans(of: second) == [])
    }

    @Test("a machine that says which one it is cannot be two hosts")
    func sameMachine() async throws {
        let scene = try await scene()
        let bench = scene.bench
        bench.world.change {
            $0.aliases["h1b"] = "h1"
            $0.machines = ["h1": "m", "h1b": "m"]
        }
        bench.world.cut("h1")
        let engine = bench.engine
        await bench.eventually("h1 has said so") { engine.read { $0.machine(ofHost: scene.h1) } == "m" }
        let second = try await bench.make(scene.c2, .hosts, "h1b")
        let refused = await bench.set(second, .connection, "netns:h1b")
        let (path, otherPath) = ("zones/z1/clusters/c2/hosts/h1b", "zones/z1/clusters/c1/hosts/h1")
        #expect(
            throws: Refusal(
                "host.connection.same-machine", .notUnique,
                "\(path) cannot be reached: It is the same machine, and the same network namespace of it, as \(otherPath).",
                objects: [path],
                remedy: "Keep one host for each machine: remove the connection of this one, or of \(otherPath).")
        ) { try refused.get() }
        #expect(scene.count(of: "marks h1b") == 0 && bench.world.networks["h1"]?.count == 1)
        _ = try await bench.run(.unset(scene.h1, .connection)).get()
        _ = try await bench.set(second, .connection, "netns:h1b").get()
    }

    @Test("what is left on another machine is collected, also while its network is elsewhere")
    func otherMachine() async throws {
        let scene = try await scene()
        let bench = scene.bench
        let mark = scene.mark
        bench.world.change {
            $0.machines = ["h1": "a", "h2": "b"]
            $0.strays["h2"] = [mark]
        }
        bench.world.cut("h1")
        let engine = bench.engine
        await bench.eventually("h1 has said so") { engine.read { $0.machine(ofHost: scene.h1) } == "a" }
        let second = try await bench.host(scene.c2, "h2")
        await bench.eventually("it is collected") { bench.world.marks(of: "h2").isEmpty }
        try await scene.session(of: second).collectOrphans()
        #expect(scene.orphans(of: second) == [])
        #expect(bench.world.networks["h1"]?.count == 1 && scene.count(of: "collect h1") == 0)
    }

    @Test("what is left of a network that is gone is not collected while it is on record for another host")
    func goneNetwork() async throws {
        let scene = try await scene()
        let (bench, mark) = (scene.bench, scene.mark)
        let second = try await bench.host(scene.c2, "h2")
        bench.world.drop("h1")
        await bench.eventually("h1 is away") { !bench.engine.read { $0.status(ofHost: scene.h1) }.isConnected }
        _ = try await bench.run(.delete(scene.attachment)).get()
        _ = try await bench.run(.delete(scene.flat)).get()
        let held = bench.engine.read { $0.stray(mark, onHost: second) }
        #expect(held == HostStray(mark, isOurs: true, otherHost: scene.h1))
        // Of another bridge of the network, h1 has nothing.
        let renamed = HostMark(store: Self.store, network: mark.network, bridge: "br_eth1", devices: [])
        #expect(bench.engine.read { $0.stray(renamed, onHost: second) }?.isCollectable == true)
        bench.world.change { $0.unreachable = [] }
        await bench.eventually("h1 is rid of it") { bench.engine.read { !$0.allRealizations.contains { _ in true } } }
        #expect(bench.engine.read { $0.stray(mark, onHost: second) }?.isCollectable == true)
        let nobodys = HostMark(store: nil, network: mark.network, bridge: "br_eth0", devices: [])
        #expect(bench.engine.read { $0.stray(nobodys, onHost: second) } == nil)
    }

    @Test("a host that is only being tried is not searched; once it is accepted, it is")
    func triedHost() async throws {
        let scene = try await scene()
        let bench = scene.bench
        let vlan = try await bench.network(scene.zone, "v10", vlan: 10)
        _ = try await bench.run(bench.attach(vlan, scene.c2, as: "c2")).get()
        let orphan = HostMark(store: Self.store, network: Self.other, bridge: "br_eth9", devices: [])
        bench.world.change {
            $0.strays["h2"] = [orphan]
            $0.refusals["h2 realize"] = 1
        }
        let host = try await bench.make(scene.c2, .hosts, "h2")
        let refused = await bench.set(host, .connection, "netns:h2")
        #expect { try refused.get() } throws: { ($0 as? Refusal)?.rule == "host.test" }
        #expect(scene.count(of: "marks h2") == 0 && bench.world.marks(of: "h2") == [orphan])
        _ = try await bench.set(host, .connection, "netns:h2").get()
        await bench.eventually("it is collected") { scene.count(of: "collect h2") == 1 }
        let calls = bench.world.calls
        let realized = try #require(calls.lastIndex(of: "realize h2 br_eth0_10"))
        #expect(try #require(calls.firstIndex(of: "marks h2")) > realized)
    }

    @Test("many searches asked for at once are one more, after what waits to be realized")
    func coalesced() async throws {
        let scene = try await scene(searchPause: .seconds(3600))
        let bench = scene.bench
        let session = try scene.session(of: scene.h1)
        await session.collectOrphans()
        let vlan = try await bench.network(scene.zone, "v10", vlan: 10)
        bench.world.change {
            $0.stuck = ["h1 marks"]
            $0.calls = []
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await session.collectOrphans() }
            await bench.eventually("the search is under way") { scene.count(of: "marks h1") == 1 }
            for _ in 1...5 { group.addTask { await session.collectOrphans() } }
            group.addTask { _ = await bench.run(bench.attach(vlan, scene.c1)) }
            while await session.searches.askers.count < 5 { await Task.yield() }
            while await session.searches.held.isEmpty { await Task.yield() }
            #expect(scene.count(of: "realize h1 br_eth0_10") == 0)
            bench.world.change { $0.stuck = [] }
        }
        // What is stuck is counted again when it goes on.
        let calls = bench.world.calls.filter { !$0.hasPrefix("check") }
        #expect(calls == ["marks h1", "marks h1", "realize h1 br_eth0_10", "marks h1"])
    }

    @Test("changes of links start no search while the host is brought up to date, and one after it")
    func catchingUp() async throws {
        let scene = try await scene()
        let bench = scene.bench
        let session = try scene.session(of: scene.h1)
        bench.world.change {
            $0.stuck = ["h1 realize"]
            $0.calls = []
        }
        bench.world.cut("h1")
        await bench.eventually("it is brought up to date") { scene.count(of: "realize h1 br_eth0") == 1 }
        #expect(scene.count(of: "marks h1") == 1)
        for _ in 1...3 { bench.world.tell("h1", "other0") }
        while await !session.searches.isDue { await Task.yield() }
        await session.collectOrphansUnlessCatchingUp()
        #expect(scene.count(of: "marks h1") == 1)
        bench.world.change { $0.stuck = [] }
        await bench.eventually("it is searched") { scene.count(of: "marks h1") == 2 }
    }

    @Test("a search that a change of a link starts waits a while after the last one")
    func searchPause() async throws {
        let scene = try await scene(searchPause: .seconds(3600))
        let session = try scene.session(of: scene.h1)
        await session.collectOrphans()
        let before = scene.count(of: "marks h1")
        scene.bench.world.tell("h1", "other0")
        while await !session.searches.isDue { await Task.yield() }
        #expect(await session.searcher != nil)
        #expect(scene.count(of: "marks h1") == before)
        await session.collectOrphans()
        #expect(scene.count(of: "marks h1") == before + 1)
        #expect(await !session.searches.isDue)
    }

    @Test("who connects is told why the connection was lost meanwhile")
    func lost() async throws {
        let scene = try await scene()
        let bench = scene.bench
        let session = HostSession(
            host: scene.h1, connection: .namespace("h1"), hypervisor: .kvm, registry: bench.world.registry(bench.life),
            ledger: bench.engine, timing: ReconcilerTiming(firstPause: .seconds(3600)), logger: Logger(label: "test"))
        bench.world.change {
            $0.stuck = ["h1 marks"]
            $0.calls = []
        }
        let attempt = Task { () -> HostFailure? in
            do throws(HostFailure) { try await session.connect() } catch { return error }
            return nil
        }
        await bench.eventually("it is searched") { scene.count(of: "marks h1") == 1 }
        bench.world.cut("h1")
        while await session.isConnected { await Task.yield() }
        bench.world.change { $0.stuck = [] }
        #expect(await attempt.value == .unreachable("The connection was lost: The host is gone."))
        await session.end()
    }
}
