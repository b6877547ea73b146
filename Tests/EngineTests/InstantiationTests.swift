import NetworkModel
import Realization
import Synchronization
import Testing

@testable import Engine

/// Networks that hosts have while a VM needs them.
struct InstantiationTests {
    private struct Lab {
        let bench: Bench
        let network: ObjectID
        let clusters: [ObjectID]
        /// In two clusters, with the ends 10.9.0.1 to 10.9.0.3.
        let hosts: [ObjectID]
        let attachments: [ObjectID]

        init(key: String? = nil) async throws {
            bench = try await Bench()
            let zone = try await bench.make(.root, .zones, "z1")
            let c1 = try await bench.make(zone, .clusters, "c1")
            let c2 = try await bench.make(zone, .clusters, "c2")
            clusters = [c1, c2]
            hosts = [
                try await bench.host(c1, "h1"), try await bench.host(c1, "h2"), try await bench.host(c2, "h3"),
            ]
            for (index, host) in hosts.enumerated() {
                _ = try await bench.set(host, .vtep, "10.9.0.\(index + 1)").get()
            }
            network = try await bench.make(zone, .l2Networks, "n")
            _ = try await bench.set(network, key == nil ? .vni : .key, key ?? "100").get()
            bench.world.change { $0.calls = [] }
            attachments = [
                try await bench.run(bench.attach(network, c1, as: "c1")).get(),
                try await bench.run(bench.attach(network, c2, as: "c2")).get(),
            ]
        }

        /// What each host of the world has, as `host: peers`.
        var peers: [String: [String]] { InstantiationTests.peers(bench.world) }
    }

    private static func peers(_ world: World) -> [String: [String]] {
        world.networks.mapValues { specifications in
            // The newest: a realize in place does not take the old one off these simple hosts.
            specifications.count == 1 ? specifications.first?.peers.map(\.description) ?? [] : ["several"]
        }
    }

    @Test("VX-13 attaching makes nothing; the first VM does, and the last takes it away")
    func counted() async throws {
        let lab = try await Lab()
        #expect(lab.bench.world.calls.isEmpty)
        try await lab.bench.engine.instantiate(lab.network, host: lab.hosts[0])
        #expect(lab.bench.world.calls == ["check h1 br_vx_100", "realize h1 br_vx_100"])
        try await lab.bench.engine.instantiate(lab.network, host: lab.hosts[0])
        try await lab.bench.engine.release(lab.network, host: lab.hosts[0])
        #expect(lab.peers == ["h1": []])
        try await lab.bench.engine.release(lab.network, host: lab.hosts[0])
        #expect(lab.peers.isEmpty)
        try await lab.bench.engine.release(lab.network, host: lab.hosts[0])
        lab.bench.checkConsistent()
    }

    @Test("hosts that have it learn of each other, in the background")
    func peers() async throws {
        let lab = try await Lab()
        for host in lab.hosts { try await lab.bench.engine.instantiate(lab.network, host: host) }
        await lab.bench.eventually("all know all") {
            Self.peers(lab.bench.world) == [
                "h1": ["10.9.0.2", "10.9.0.3"], "h2": ["10.9.0.1", "10.9.0.3"], "h3": ["10.9.0.1", "10.9.0.2"],
            ] && lab.bench.isSettled
        }
        try await lab.bench.engine.release(lab.network, host: lab.hosts[1])
        await lab.bench.eventually("h2 is forgotten") {
            Self.peers(lab.bench.world) == ["h1": ["10.9.0.3"], "h3": ["10.9.0.1"]] && lab.bench.isSettled
        }
        lab.bench.checkConsistent()
        _ = try await lab.bench.run(.delete(lab.attachments[1])).get()
        await lab.bench.eventually("h1 is alone") {
            Self.peers(lab.bench.world) == ["h1": []] && lab.bench.isSettled
        }
        lab.bench.checkConsistent()
    }

    @Test("a host that was away learns of its peers when it returns")
    func returning() async throws {
        let lab = try await Lab()
        try await lab.bench.engine.instantiate(lab.network, host: lab.hosts[0])
        lab.bench.world.drop("h1")
        await lab.bench.eventually("h1 is seen to be away") {
            !lab.bench.engine.read { $0.status(ofHost: lab.hosts[0]) }.isConnected
        }
        try await lab.bench.engine.instantiate(lab.network, host: lab.hosts[2])
        #expect(lab.peers == ["h1": [], "h3": ["10.9.0.1"]])
        await #expect(throws: Refusal.self) {
            try await lab.bench.engine.instantiate(lab.network, host: lab.hosts[0])
        }
        lab.bench.world.change { $0.unreachable = [] }
        await lab.bench.eventually("h1 knows h3") {
            Self.peers(lab.bench.world) == ["h1": ["10.9.0.3"], "h3": ["10.9.0.1"]] && lab.bench.isSettled
        }
        lab.bench.checkConsistent()
    }

    @Test("a host that refuses has nothing, is counted for nothing and is nobody's peer")
    func refusal() async throws {
        let lab = try await Lab()
        try await lab.bench.engine.instantiate(lab.network, host: lab.hosts[0])
        for step in ["check", "realize"] {
            lab.bench.world.change { $0.refusals["h3 \(step)"] = 1 }
            await #expect(throws: Refusal.self) {
                try await lab.bench.engine.instantiate(lab.network, host: lab.hosts[2])
            }
            await lab.bench.eventually("h1 is alone") {
                Self.peers(lab.bench.world) == ["h1": []] && lab.bench.isSettled
            }
            lab.bench.checkConsistent()
        }
        try await lab.bench.engine.instantiate(lab.network, host: lab.hosts[2])
    }

    @Test("detached while the host was asked: the VM is not told that it has the network")
    func withdrawn() async throws {
        let lab = try await Lab()
        lab.bench.world.change { $0.stuck = ["h1 check"] }
        async let instantiated: Refusal? = {
            do throws(Refusal) {
                try await lab.bench.engine.instantiate(lab.network, host: lab.hosts[0])
                return nil
            } catch {
                return error
            }
        }()
        await lab.bench.eventually("the host was asked") { lab.bench.world.calls.contains("check h1 br_vx_100") }
        _ = try await lab.bench.run(.delete(lab.attachments[0])).get()
        lab.bench.world.change { $0.stuck = [] }
        let refusal = await instantiated
        #expect(
            refusal
                == Refusal(
                    "l2.instantiate.withdrawn", .busy,
                    "zones/z1/l2/n was taken off zones/z1/clusters/c1/hosts/h1 while it was being realized there.",
                    objects: ["zones/z1/l2/n", "zones/z1/clusters/c1/hosts/h1"],
                    remedy: "Attach it again, or place the VM elsewhere."))
        #expect(lab.peers.isEmpty)
        lab.bench.checkConsistent()
    }

    @Test("after a restart of the daemon the count holds, and hosts get what changed meanwhile")
    func restart() async throws {
        let lab = try await Lab()
        for _ in 0..<2 { try await lab.bench.engine.instantiate(lab.network, host: lab.hosts[0]) }
        try await lab.bench.engine.instantiate(lab.network, host: lab.hosts[2])
        await lab.bench.eventually("both know each other") { lab.bench.isSettled }
        lab.bench.life.end(after: 0)
        let next = try await Bench(world: lab.bench.world, after: lab.bench)
        await next.eventually("all are connected") {
            next.engine.read { model in lab.hosts.allSatisfy { model.status(ofHost: $0).isConnected } }
        }
        try await next.engine.release(lab.network, host: lab.hosts[0])
        #expect(Self.peers(next.world)["h1"] == ["10.9.0.3"])
        try await next.engine.release(lab.network, host: lab.hosts[0])
        await next.eventually("h3 is alone") { Self.peers(next.world) == ["h3": []] && next.isSettled }
        next.checkConsistent()
    }

    @Test("a daemon killed at any step of telling peers: its successor finishes it", arguments: 0..<8)
    func killed(steps: Int) async throws {
        let lab = try await Lab()
        try await lab.bench.engine.instantiate(lab.network, host: lab.hosts[0])
        lab.bench.life.end(after: steps)
        _ = await lab.bench.runUntilDead(.instantiate(lab.network, host: lab.hosts[2]))
        let next = try await Bench(world: lab.bench.world, after: lab.bench)
        await next.eventually("hosts have what is wanted") {
            next.isSettled
                && next.engine.read { model in lab.hosts.allSatisfy { model.status(ofHost: $0).isConnected } }
        }
        next.checkConsistent("after \(steps) steps")
    }

    @Test("a GRE network is there since it was attached, and its hosts learn of those that come and go")
    func mesh() async throws {
        let lab = try await Lab(key: "7")
        await lab.bench.eventually("all know all") {
            Self.peers(lab.bench.world)["h1"] == ["10.9.0.2", "10.9.0.3"] && lab.bench.isSettled
        }
        lab.bench.checkConsistent()
        _ = try await lab.bench.run(.delete(lab.hosts[1])).get()
        await lab.bench.eventually("h2 is forgotten") {
            Self.peers(lab.bench.world) == ["h1": ["10.9.0.3"], "h3": ["10.9.0.1"]] && lab.bench.isSettled
        }
        // Nothing more to do for a VM.
        try await lab.bench.engine.instantiate(lab.network, host: lab.hosts[0])
        lab.bench.checkConsistent()
    }

    @Test("the three steps for a VM; what fails is taken back, the last first")
    func extensionPoint() async throws {
        let lab = try await Lab()
        let bench = lab.bench
        let vm = VmInstanceSpec(
            vm: UniqueID(high: 1, low: 2), host: lab.hosts[0], l2Networks: [lab.network, lab.network])
        try await bench.engine.preInstantiate(vm)
        #expect(bench.engine.read { $0.realization(of: lab.network, on: lab.hosts[0])?.users } == 2)
        await bench.engine.preRelease(vm)
        #expect(lab.peers.isEmpty)

        var registry = bench.world.registry(bench.life)
        let recorder = Recorder()
        registry.register(recorder)
        let other = try Engine(
            store: MemoryStore(life: bench.life), registry: registry, logger: bench.engine.logger)
        let bare = VmInstanceSpec(vm: UniqueID(high: 1, low: 2), host: ObjectID(99), l2Networks: [])
        recorder.refuses.withLock { $0 = true }
        await #expect(throws: Refusal.self) { try await other.preInstantiate(bare) }
        recorder.refuses.withLock { $0 = false }
        try await other.preInstantiate(bare)
        await other.preRelease(bare)
        #expect(recorder.steps.withLock { $0 } == ["before", "instantiate", "before", "instantiate", "release"])
    }

    private final class Recorder: PreVmInstantiateResourceExtensionPoint {
        let steps = Mutex<[String]>([])
        let refuses = Mutex(false)

        func preBeforeInstantiateVmResource(_ spec: VmInstanceSpec) throws(Refusal) { add("before") }

        func preInstantiateVmResource(_ spec: VmInstanceSpec) async throws(Refusal) {
            add("instantiate")
            if refuses.withLock({ $0 }) { throw Refusal("test", .busy, "No.", remedy: "None.") }
        }

        func preReleaseVmResource(_ spec: VmInstanceSpec) async { add("release") }

        private func add(_ step: String) { steps.withLock { $0.append(step) } }
    }
}
