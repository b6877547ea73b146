import NetworkModel
import Testing

@testable import Engine

/// SIGKILL between any two steps: every commit and every call of a host is a step, and after each one the daemon is
/// killed and started again once. Afterwards store and hosts must agree, and what was answered must hold.
struct KillTests {
    enum Scenario: String, CaseIterable, Sendable {
        case attach, refusedAttach, detach, addHost, refusedHost, removeHost, changeVLAN, refusedChange
    }

    /// A daemon with two hosts, and VLAN 10 attached where the scenario needs it; then the scenario's command.
    private func prepare(_ scenario: Scenario, world: World) async throws -> (Bench, Command) {
        let bench = try await Bench(world: world)
        let zone = try await bench.make(.root, .zones, "z1")
        let cluster = try await bench.make(zone, .clusters, "c1")
        let first = try await bench.host(cluster, "h1")
        _ = try await bench.host(cluster, "h2")
        let network = try await bench.network(zone, "v10", vlan: 10)
        switch scenario {
        case .attach: return (bench, bench.attach(network, cluster))
        case .refusedAttach:
            world.change { $0.refusals["h2 realize"] = 1 }
            return (bench, bench.attach(network, cluster))
        default: break
        }
        let attachment = try await bench.run(bench.attach(network, cluster)).get()
        switch scenario {
        case .detach: return (bench, .delete(attachment))
        case .addHost, .refusedHost:
            let host = try await bench.make(cluster, .hosts, "h3")
            if scenario == .refusedHost { world.change { $0.refusals["h3 realize"] = 1 } }
            return (bench, .set(host, .connection, text: "netns:h3", ownership: nil))
        case .removeHost: return (bench, .delete(first))
        case .changeVLAN: return (bench, .set(network, .vlan, text: "20", ownership: nil))
        case .refusedChange:
            world.change { $0.refusals["h2 realize"] = 1 }
            return (bench, .set(network, .vlan, text: "20", ownership: nil))
        case .attach, .refusedAttach: return (bench, .delete(attachment))
        }
    }

    @Test(arguments: Scenario.allCases)
    func killedAtEveryStep(_ scenario: Scenario) async throws {
        // How many steps the whole command takes.
        let rehearsal = World()
        let (undisturbed, command) = try await prepare(scenario, world: rehearsal)
        let before = undisturbed.life.steps
        let succeeds = (try? await undisturbed.run(command).get()) != nil
        await undisturbed.eventually("settled") { undisturbed.isSettled }
        let steps = undisturbed.life.steps - before
        #expect(steps >= 3)
        undisturbed.checkConsistent("undisturbed")

        for step in 0..<steps {
            let world = World()
            let (bench, command) = try await prepare(scenario, world: world)
            let objects = bench.engine.read { $0.allRecords.count }
            bench.life.end(after: step)
            let wasAnswered = await bench.runUntilDead(command, limit: .milliseconds(150))
            // On a loaded machine it may not have come that far.
            bench.life.end(after: 0)
            #expect(!wasAnswered || step >= steps - 2, "answered after step \(step) of \(steps)")

            world.change { $0.refusals = [:] }
            let next = try await Bench(world: world, after: bench)
            await next.eventually("\(scenario) killed after step \(step): all is settled") {
                next.isSettled && next.allHostsConnected
            }
            await next.eventually("\(scenario) killed after step \(step): hosts agree") { next.hostsAgree }
            next.checkConsistent("\(scenario) killed after step \(step)")
            if wasAnswered {
                #expect(succeeds)
                #expect(next.engine.read { $0.allRecords.count } == undisturbed.engine.read { $0.allRecords.count })
            } else {
                let now = next.engine.read { $0.allRecords.count }
                #expect(abs(now - objects) <= 1, "nothing but the command in flight may differ")
            }
        }
    }

    @Test("A full store refuses with the reason, loses nothing, and goes on when there is room")
    func fullStore() async throws {
        let bench = try await Bench()
        let zone = try await bench.make(.root, .zones, "z1")
        bench.store.state.withLock { $0.isFull = true }
        let refused = await bench.run(bench.new(in: zone, .clusters, "c1"))
        #expect(throws: Refusal("store.full", .noSpace, "The store is full.", remedy: "Make room.")) {
            try refused.get()
        }
        #expect(bench.engine.read { $0.children(of: zone, in: .clusters) }.isEmpty)
        bench.store.state.withLock { $0.isFull = false }
        _ = try await bench.make(zone, .clusters, "c1")
        #expect(bench.engine.read { $0.children(of: zone, in: .clusters) }.count == 1)
    }

    @Test("A store that is full in the middle of an attach: the outcome is written when there is room")
    func fullDuringAttach() async throws {
        let bench = try await Bench()
        let zone = try await bench.make(.root, .zones, "z1")
        let cluster = try await bench.make(zone, .clusters, "c1")
        _ = try await bench.host(cluster, "h1")
        let network = try await bench.network(zone, "nv0")
        bench.world.change { $0.refusals["h1 realize"] = 0 }
        let command = bench.attach(network, cluster)
        async let result = bench.run(command)
        await bench.eventually("the host was asked") { bench.world.calls.contains("check h1 br_eth0") }
        bench.store.state.withLock { $0.isFull = true }
        try await Task.sleep(for: .milliseconds(50))
        bench.store.state.withLock { $0.isFull = false }
        _ = try await result.get()
        bench.checkConsistent()
    }
}

extension Bench {
    var allHostsConnected: Bool {
        engine.read { model in
            model.allRecords.allSatisfy {
                $0.kind != .host || $0.text(.connection) == nil || model.status(ofHost: $0.id).isConnected
            }
        }
    }

    var hostsAgree: Bool {
        engine.read { model in
            var wanted: [String: Set<L2Specification>] = [:]
            for record in model.allRecords {
                guard record.kind == .host, case .namespace(let name)? = Host(record).connection else { continue }
                let networks = Set(model.wantedNetworks(ofHost: record.id).map(\.wanted))
                if !networks.isEmpty { wanted[name] = networks }
            }
            return wanted == self.world.networks
        }
    }
}
