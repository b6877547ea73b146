import NetworkModel
import Testing

@testable import Engine

/// SIGKILL between any two steps of what is renamed into place. Afterwards there is either nothing of it or all of it;
/// a directory over what is there may have come as far as its first part. Store and hosts agree in any case.
struct ArrivalKillTests {
    enum Scenario: String, CaseIterable, Sendable {
        case plant, refusedPlant, plantNetwork, replace, refusedReplace, equalize, empty

        /// Whether it is one transaction on hosts too.
        var isWhole: Bool { self != .equalize && self != .empty }
    }

    private func prepare(_ scenario: Scenario, world: World) async throws -> (Bench, Command) {
        let bench = try await Bench(world: world)
        switch scenario {
        case .plant, .refusedPlant:
            if scenario == .refusedPlant { world.change { $0.refusals["h2 realize"] = 1 } }
            return (bench, Bench.plant(Bench.zone, in: .root, .zones, as: "z1"))
        default: break
        }
        let zone = try await bench.make(.root, .zones, "z1")
        let first = try await bench.make(zone, .clusters, "c1")
        let second = try await bench.make(zone, .clusters, "c2")
        for (cluster, name) in [(first, "h1"), (second, "h2")] { _ = try await bench.host(cluster, name) }
        let network = try await bench.network(zone, "v10", vlan: 10)
        let attachment = try await bench.run(bench.attach(network, first, as: "c1")).get()
        switch scenario {
        case .plantNetwork:
            let draft = Bench.network("x", vlan: 20, on: ["c1", "c2"])
            return (bench, Bench.plant(draft, in: zone, .l2Networks, as: "v20"))
        case .replace: return (bench, try bench.replace(attachment, with: second))
        case .refusedReplace:
            world.change { $0.refusals["h2 realize"] = 1 }
            return (bench, try bench.replace(attachment, with: second))
        case .equalize:
            let l2 = Bench.directory(
                "l2", [Bench.network("v10", vlan: 30, on: ["c2"]), Bench.network("v11", vlan: 10, on: ["c1"])])
            return (bench, Bench.equalize(l2, .collection(zone, .l2Networks)))
        case .empty, .plant, .refusedPlant:
            return (bench, Bench.equalize(Bench.directory("x"), .object(.root)))
        }
    }

    @Test(arguments: Scenario.allCases)
    func killedAtEveryStep(_ scenario: Scenario) async throws {
        // How many steps the whole command takes, and what comes of it.
        let (undisturbed, command) = try await prepare(scenario, world: World())
        let before = undisturbed.intent
        let first = undisturbed.life.steps
        let succeeds = (try? await undisturbed.run(command).get()) != nil
        await undisturbed.eventually("settled") { undisturbed.isSettled }
        let steps = undisturbed.life.steps - first
        let after = undisturbed.intent
        #expect(steps >= 3)
        #expect(succeeds == (scenario != .refusedPlant && scenario != .refusedReplace))
        #expect(succeeds ? before != after : before == after)
        undisturbed.checkConsistent("undisturbed")

        for step in 0..<steps {
            let place = "\(scenario) killed after step \(step) of \(steps)"
            let world = World()
            let (bench, command) = try await prepare(scenario, world: world)
            bench.life.end(after: step)
            let wasAnswered = await bench.runUntilDead(command, limit: .milliseconds(150))

            world.change { $0.refusals = [:] }
            let next = try await Bench(world: world, after: bench)
            await next.eventually("\(place): all is settled") {
                next.isSettled && !next.isArriving && next.allHostsConnected
            }
            await next.eventually("\(place): hosts agree") { next.hostsAgree }
            next.checkConsistent("\(place)")
            let now = next.intent
            if wasAnswered { #expect(now == after, "\(place): what was answered holds") }
            if scenario.isWhole { #expect(now == before || now == after, "\(place): all or nothing") }
            // What shows in memory is on disk a moment later.
            await next.eventually("\(place): nothing is on its way in the store") {
                next.store.state.withLock { state in state.records.values.allSatisfy { !$0.isArriving } }
            }
            // Names that only the daemon knows are gone.
            #expect(!now.contains { $0.contains("/.repl") }, "\(place)")
            // And the command can be given anew, or is there.
            if scenario == .plant, now == before {
                _ = try await next.run(Bench.plant(Bench.zone, in: .root, .zones, as: "z1")).get()
                #expect(next.intent == after, "\(place): the next time")
                next.checkConsistent("\(place): the next time")
            }
            if !scenario.isWhole {
                _ = try await next.run(try again(scenario, next)).get()
                #expect(next.intent == after, "\(place): given again")
                next.checkConsistent("\(place): given again")
            }
        }
    }

    /// What is made equal can be made equal again, however far it came.
    private func again(_ scenario: Scenario, _ bench: Bench) throws -> Command {
        guard scenario == .equalize else { return Bench.equalize(Bench.directory("x"), .object(.root)) }
        let zone = try #require(bench.id("zones/z1"))
        let l2 = Bench.directory(
            "l2", [Bench.network("v10", vlan: 30, on: ["c2"]), Bench.network("v11", vlan: 10, on: ["c1"])])
        return Bench.equalize(l2, .collection(zone, .l2Networks))
    }
}
