import NetworkModel
import Realization
import Synchronization
import Testing

@testable import Engine

/// VMs on hosts: their NICs' ports come and go with them.
struct VMTests {
    /// Hosts h1 and h2, with a network attached that VMs use.
    private struct Lab {
        let bench: Bench
        let zone, network, l3: ObjectID
        let hosts: [ObjectID]

        /// - Parameter vni: of a VXLAN; nil for VLAN 10 on eth0.
        init(vni: Int? = nil, extensions: [any PreVmInstantiateResourceExtensionPoint] = []) async throws {
            bench = try await Bench(extensions: extensions)
            zone = try await bench.make(.root, .zones, "z1")
            let cluster = try await bench.make(zone, .clusters, "c1")
            hosts = [try await bench.host(cluster, "h1"), try await bench.host(cluster, "h2")]
            if let vni {
                for (index, host) in hosts.enumerated() {
                    _ = try await bench.set(host, .vtep, "10.9.0.\(index + 1)").get()
                }
                network = try await bench.make(zone, .l2Networks, "n")
                _ = try await bench.set(network, .vni, "\(vni)").get()
            } else {
                network = try await bench.network(zone, "n", vlan: 10)
            }
            _ = try await bench.run(bench.attach(network, cluster)).get()
            l3 = try await bench.make(.root, .l3Networks, "a")
            _ = try await bench.run(Lab.link(l3, .l2, network)).get()
            _ = try await bench.run(bench.new(in: l3, .ranges, "r", text: "10.0.0.0/24")).get()
            bench.world.change { $0.calls = [] }
        }

        static func link(_ id: ObjectID, _ attribute: AttributeID, _ target: ObjectID) -> Command {
            .link(id, attribute, text: "there", target: target, ownership: nil)
        }

        /// A stopped VM with one NIC.
        func vm(_ name: String) async throws -> ObjectID {
            let id = try await bench.make(zone, .vms, name)
            let nic = try await bench.make(id, .nics, "eth0")
            _ = try await bench.run(Lab.link(nic, .l3, l3)).get()
            return id
        }

        func start(_ vm: ObjectID) async -> Result<ObjectID, Refusal> { await bench.set(vm, .state, "Running") }

        func stop(_ vm: ObjectID) async -> Result<ObjectID, Refusal> { await bench.set(vm, .state, "Stopped") }

        func move(_ vm: ObjectID, to host: Int) async -> Result<ObjectID, Refusal> {
            await bench.run(Lab.link(vm, .host, hosts[host]))
        }

        func host(of vm: ObjectID) -> ObjectID? {
            bench.engine.read { model in model.record(vm).flatMap { VM($0).placement?.host } }
        }

        /// How many ports each host has.
        var ports: [String: Int] { VMTests.ports(of: bench.world) }
    }

    private static func ports(of world: World) -> [String: Int] {
        world.networks.mapValues { networks in networks.reduce(0) { $0 + $1.ports.count } }.filter { $0.value > 0 }
    }

    private func refusal(_ result: Result<ObjectID, Refusal>) -> Refusal? {
        if case .failure(let refusal) = result { refusal } else { nil }
    }

    @Test("a VM starts with its ports, and they go with it")
    func startAndStop() async throws {
        let lab = try await Lab()
        let vm = try await lab.vm("v")
        #expect(lab.bench.world.calls.isEmpty)
        _ = try await lab.start(vm).get()
        #expect(lab.bench.world.calls == ["check h1 br_eth0_10", "realize h1 br_eth0_10"])
        #expect(lab.ports == ["h1": 1] && lab.host(of: vm) == lab.hosts[0])
        lab.bench.checkConsistent()
        _ = try await lab.stop(vm).get()
        #expect(lab.ports.isEmpty && lab.host(of: vm) == nil)
        lab.bench.checkConsistent()
    }

    @Test("a host that refuses leaves the VM stopped and the host as it was", arguments: ["check", "realize"])
    func refused(step: String) async throws {
        let lab = try await Lab()
        let vm = try await lab.vm("v")
        lab.bench.world.change { $0.refusals["h1 \(step)"] = 1 }
        let refusal = refusal(await lab.start(vm))
        #expect(refusal?.rule == "host.test")
        #expect(refusal?.reason == "zones/z1/clusters/c1/hosts/h1 refused: The host has no eth0.")
        #expect(lab.ports.isEmpty && lab.host(of: vm) == nil)
        #expect(lab.bench.engine.read { model in model.record(vm).map { VM($0).state } } == .stopped)
        lab.bench.checkConsistent()
        _ = try await lab.start(vm).get()
        #expect(lab.ports == ["h1": 1])
        lab.bench.checkConsistent()
    }

    @Test("a host that falls silent starts no VM, and is rid of it when it speaks again")
    func silent() async throws {
        let lab = try await Lab()
        let vm = try await lab.vm("v")
        lab.bench.world.change { $0.silent = ["h1 realize"] }
        #expect(refusal(await lab.start(vm))?.rule == "host.unreachable")
        #expect(lab.host(of: vm) == nil)
        lab.bench.world.change { $0.silent = [] }
        lab.bench.world.cut("h1")
        await lab.bench.eventually("h1 is as it was") { lab.bench.isSettled && lab.ports.isEmpty }
        lab.bench.checkConsistent()
    }

    @Test("a VM stops though its host is away, and its ports go when the host returns")
    func away() async throws {
        let lab = try await Lab()
        let vm = try await lab.vm("v")
        _ = try await lab.start(vm).get()
        lab.bench.world.drop("h1")
        await lab.bench.eventually("h1 is away") {
            !lab.bench.engine.read { $0.status(ofHost: lab.hosts[0]) }.isConnected
        }
        #expect(refusal(await lab.move(vm, to: 0)) == nil, "it is there already")
        _ = try await lab.stop(vm).get()
        #expect(lab.ports == ["h1": 1])
        let refused = refusal(await lab.start(vm))
        #expect(refused?.rule == "vm.placement.none")
        #expect(
            refused?.reason
                == "No host can take zones/z1/vms/v: zones/z1/clusters/c1/hosts/h1 is Disconnected.")
        lab.bench.world.change { $0.unreachable = [] }
        await lab.bench.eventually("the port is gone") { lab.ports.isEmpty && lab.bench.isSettled }
        lab.bench.checkConsistent()
    }

    @Test("a VM that moves is there first, and then leaves")
    func move() async throws {
        let lab = try await Lab()
        let vm = try await lab.vm("v")
        _ = try await lab.start(vm).get()
        lab.bench.world.change { $0.calls = [] }
        _ = try await lab.move(vm, to: 1).get()
        #expect(
            lab.bench.world.calls == ["check h2 br_eth0_10", "realize h2 br_eth0_10", "realize h1 br_eth0_10"])
        #expect(lab.ports == ["h2": 1] && lab.host(of: vm) == lab.hosts[1])
        lab.bench.checkConsistent()
        lab.bench.world.change { $0.refusals["h1 realize"] = 1 }
        #expect(refusal(await lab.move(vm, to: 0))?.rule == "host.test")
        #expect(lab.ports == ["h2": 1] && lab.host(of: vm) == lab.hosts[1])
        #expect(lab.bench.engine.read { $0.record(vm)?.target } == lab.hosts[1], "its link is what it was")
        lab.bench.checkConsistent()
    }

    @Test("a NIC that comes while its VM moves does not end the move, and leaves with it")
    func plugInMove() async throws {
        let lab = try await Lab()
        let vm = try await lab.vm("v")
        _ = try await lab.start(vm).get()
        let other = try await lab.bench.network(lab.zone, "m", interface: "eth1")
        let cluster = try #require(lab.bench.engine.read { $0.record(lab.hosts[0])?.parent })
        _ = try await lab.bench.run(lab.bench.attach(other, cluster)).get()
        let l3 = try await lab.bench.make(.root, .l3Networks, "b")
        _ = try await lab.bench.run(Lab.link(l3, .l2, other)).get()
        _ = try await lab.bench.run(lab.bench.new(in: l3, .ranges, "r", text: "10.1.0.0/24")).get()
        let nic = try await lab.bench.make(vm, .nics, "eth1")
        let held = Meeting(of: 2)
        lab.bench.world.change { $0.meetings["check"] = held }
        async let moved = lab.move(vm, to: 1)
        await lab.bench.eventually("h2 is asked") { held.isAwaited }
        lab.bench.world.change { $0.meetings = [:] }
        _ = try await lab.bench.run(Lab.link(nic, .l3, l3)).get()
        #expect(
            lab.bench.engine.read { model in model.record(vm).flatMap { VM($0).placement } }
                == VM.Placement(host: lab.hosts[0], next: lab.hosts[1]), "it is still on its way")
        await held.join()
        _ = try await moved.get()
        await lab.bench.eventually("all is on h2") { lab.ports == ["h2": 2] && lab.bench.isSettled }
        #expect(lab.host(of: vm) == lab.hosts[1])
        lab.bench.checkConsistent()
    }

    @Test("a VM whose daemon is killed in the middle of a move stays where it was", arguments: [false, true])
    func killedInMove(_ isNamed: Bool) async throws {
        let lab = try await Lab()
        let vm = try await lab.vm("v")
        if isNamed { _ = try await lab.bench.run(Lab.link(vm, .host, lab.hosts[0])).get() }
        _ = try await lab.start(vm).get()
        lab.bench.world.change { $0.stuck = ["h2 realize"] }
        #expect(await !lab.bench.runUntilDead(Lab.link(vm, .host, lab.hosts[1])))
        lab.bench.world.change { $0.stuck = [] }
        let next = try await Bench(world: lab.bench.world, after: lab.bench)
        await next.eventually("it is on h1 only") { VMTests.ports(of: next.world) == ["h1": 1] && next.isSettled }
        let record = try #require(next.engine.read { $0.record(vm) })
        #expect(VM(record).placement == VM.Placement(host: lab.hosts[0]))
        #expect(record.target == (isNamed ? lab.hosts[0] : nil) && (record.text(.host) != nil) == isNamed)
        #expect(record.text(.formerHost) == nil)
        next.checkConsistent()
    }

    @Test("a VM that waits is placed when a host connects")
    func waiting() async throws {
        let lab = try await Lab()
        let vm = try await lab.vm("v")
        let late = try await lab.bench.make(vm, .nics, "late")
        _ = try await lab.start(vm).get()
        for (name, host) in zip(["h1", "h2"], lab.hosts) {
            lab.bench.world.drop(name)
            await lab.bench.eventually("\(name) is away") {
                !lab.bench.engine.read { $0.status(ofHost: host) }.isConnected
            }
        }
        _ = try await lab.bench.run(.delete(late)).get()
        #expect(lab.host(of: vm) == nil)
        lab.bench.world.change { $0.unreachable = ["h1"] }
        await lab.bench.eventually("it runs on h2") { lab.ports == ["h2": 1] && lab.host(of: vm) == lab.hosts[1] }
    }

    @Test("a VXLAN comes to a host with its first VM and goes with the last")
    func overlay() async throws {
        let lab = try await Lab(vni: 100)
        let vms = [try await lab.vm("v"), try await lab.vm("w")]
        for vm in vms { _ = try await lab.bench.run(Lab.link(vm, .host, lab.hosts[0])).get() }
        _ = try await lab.start(vms[0]).get()
        _ = try await lab.start(vms[1]).get()
        #expect(lab.ports == ["h1": 2])
        _ = try await lab.move(vms[0], to: 1).get()
        await lab.bench.eventually("both know each other") {
            lab.bench.isSettled && lab.bench.world.networks.mapValues { $0.first?.peers.count } == ["h1": 1, "h2": 1]
        }
        #expect(lab.ports == ["h1": 1, "h2": 1])
        lab.bench.checkConsistent()
        _ = try await lab.stop(vms[1]).get()
        #expect(Array(lab.bench.world.networks.keys) == ["h2"], "the last one of h1")
        lab.bench.world.change { $0.refusals["h1 realize"] = 1 }
        #expect(refusal(await lab.move(vms[0], to: 0))?.rule == "host.test")
        _ = try await lab.stop(vms[0]).get()
        await lab.bench.eventually("no host has it") { lab.bench.world.networks.isEmpty && lab.bench.isSettled }
        lab.bench.checkConsistent()
    }

    // MARK: - Extensions

    @Test("extensions are called in order, and release in reverse order what is refused")
    func extensions() async throws {
        let log = Log()
        let lab = try await Lab(extensions: [Recorder("a", log), Recorder("b", log)])
        let vm = try await lab.vm("v")
        let made = ["a before", "b before", "a instantiate", "b instantiate"]
        _ = try await lab.start(vm).get()
        #expect(log.take() == made)
        _ = try await lab.stop(vm).get()
        #expect(log.take() == ["b release", "a release"])
        lab.bench.world.change { $0.refusals["h1 realize"] = 1 }
        #expect(refusal(await lab.start(vm))?.rule == "host.test")
        #expect(log.take() == made + ["b release", "a release"])
        log.refuse("b instantiate")
        #expect(refusal(await lab.start(vm))?.rule == "test")
        #expect(log.take() == made + ["a release"])
        log.refuse("b before")
        #expect(refusal(await lab.start(vm))?.rule == "test")
        #expect(log.take() == ["a before", "b before"])
        #expect(lab.ports.isEmpty && lab.host(of: vm) == nil)
        lab.bench.checkConsistent()
    }

    private final class Log: Sendable {
        private let state = Mutex((steps: [String](), refused: ""))

        func add(_ step: String) throws(Refusal) {
            let isRefused = state.withLock { state in
                state.steps.append(step)
                return state.refused == step
            }
            if isRefused { throw Refusal("test", .busy, "No.", remedy: "None.") }
        }

        func refuse(_ step: String) { state.withLock { $0.refused = step } }

        func take() -> [String] {
            state.withLock { state in
                defer { state.steps = [] }
                return state.steps
            }
        }
    }

    private final class Recorder: PreVmInstantiateResourceExtensionPoint {
        let name: String
        let log: Log

        init(_ name: String, _ log: Log) {
            self.name = name
            self.log = log
        }

        func preBeforeInstantiateVmResource(_ spec: VmInstanceSpec) throws(Refusal) { try log.add("\(name) before") }

        func preInstantiateVmResource(_ spec: VmInstanceSpec) async throws(Refusal) {
            try log.add("\(name) instantiate")
        }

        func preReleaseVmResource(_ spec: VmInstanceSpec) async { try? log.add("\(name) release") }
    }
}
