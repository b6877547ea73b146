import Foundation
import NetworkModel
import Realization
import Synchronization
import Testing

@testable import Engine

/// What would be done on hosts: they are asked, and nothing else happens.
struct ForecastTests {
    private func forecast(_ bench: Bench, _ steps: ForecastStep...) async -> Result<HostForecast, Refusal> {
        await withCheckedContinuation { done in
            bench.engine.forecast(steps) { done.resume(returning: $0) }
        }
    }

    private func lines(_ forecast: HostForecast) -> [String] {
        forecast.lines.map { line in
            let answer =
                switch line.answer {
                case .settled: ": yes"
                case .refused(let refusal): ": \(refusal.rule): \(refusal.reason)"
                case .pending(let reason): ": \(reason)"
                case nil: ""
                }
            return "\(line.entry.action) \(line.entry.networkPath) \(line.entry.hostPath.suffix(2))\(answer)"
        }
    }

    private func twoHosts() async throws -> (bench: Bench, network: ObjectID, cluster: ObjectID, hosts: [ObjectID]) {
        let bench = try await Bench()
        let zone = try await bench.make(.root, .zones, "z1")
        let cluster = try await bench.make(zone, .clusters, "c1")
        let hosts = [try await bench.host(cluster, "h1"), try await bench.host(cluster, "h2")]
        let network = try await bench.network(zone, "v10", vlan: 10)
        bench.world.change { $0.calls = [] }
        return (bench, network, cluster, hosts)
    }

    /// What is stored, and what is not told to the store.
    private func stored(_ bench: Bench) -> String {
        bench.store.state.withLock { "\($0.revision) \($0.commits) \($0.records.count) \($0.realizations.count)" }
    }

    @Test func hostsAreAskedAndNothingElse() async throws {
        let (bench, network, cluster, hosts) = try await twoHosts()
        let before = stored(bench)
        let forecast = try await forecast(bench, .command(bench.attach(network, cluster))).get()
        #expect(lines(forecast) == ["realize zones/z1/l2/v10 h1: yes", "realize zones/z1/l2/v10 h2: yes"])
        #expect(forecast.refusals.isEmpty)
        #expect(bench.world.calls.sorted() == ["check h1 br_eth0_10", "check h2 br_eth0_10"])
        #expect(stored(bench) == before)
        #expect(bench.engine.read { $0.attachments(ofNetwork: network) }.isEmpty)
        // And so it is.
        _ = try await bench.run(bench.attach(network, cluster)).get()
        #expect(bench.world.networks.keys.sorted() == ["h1", "h2"])
        bench.world.change { $0.calls = [] }
        let attachment = try #require(bench.engine.read { $0.attachments(ofNetwork: network).first })
        let away = try await self.forecast(bench, .command(.delete(attachment))).get()
        #expect(lines(away) == ["release zones/z1/l2/v10 h1", "release zones/z1/l2/v10 h2"])
        #expect(bench.world.calls.isEmpty, "nobody is asked before a removal")
        #expect(lines(try await self.forecast(bench, .removal(hosts[0])).get()) == ["release zones/z1/l2/v10 h1"])
        bench.checkConsistent()
    }

    /// The sentence is the one that the change is refused with.
    @Test func refusalsAreThoseOfTheChange() async throws {
        let (bench, network, cluster, _) = try await twoHosts()
        bench.world.change { $0.refusals["h1 check"] = -1 }
        let attach = bench.attach(network, cluster)
        let forecast = try await forecast(bench, .command(attach)).get()
        #expect(
            lines(forecast) == [
                "realize zones/z1/l2/v10 h1: host.test: The host has no eth0.", "realize zones/z1/l2/v10 h2: yes",
            ])
        let refused = await bench.run(attach)
        #expect(throws: try #require(forecast.refusals.first)) { try refused.get() }
        #expect(forecast.refusals.count == 1)
        bench.world.change { $0.refusals = [:] }
        let wrong = bench.new(in: network, .attachments, "x", text: "x", target: network)
        let refusal = try #require(try await self.forecast(bench, .command(wrong)).get().refusals.first)
        #expect(refusal.rule == "link.wrong-target")
    }

    @Test func absentHosts() async throws {
        let (bench, network, cluster, hosts) = try await twoHosts()
        bench.world.drop("h1")
        await bench.eventually("h1 is seen to be away") {
            !bench.engine.read { $0.status(ofHost: hosts[0]) }.isConnected
        }
        let forecast = try await forecast(bench, .command(bench.attach(network, cluster))).get()
        #expect(forecast.refusals.isEmpty)
        guard case .absent = forecast.lines.first?.entry.obstacle else {
            Issue.record("h1 is away: \(lines(forecast))")
            return
        }
        #expect(forecast.lines.last?.entry.obstacle == nil)
        #expect(bench.world.calls.filter { $0.hasPrefix("check") } == ["check h2 br_eth0_10"])
    }

    /// A change of what is attached needs all hosts, also those in maintenance.
    @Test func maintenanceRefusesAnotherVLAN() async throws {
        let (bench, network, cluster, hosts) = try await twoHosts()
        _ = try await bench.run(bench.attach(network, cluster)).get()
        _ = try await bench.set(hosts[0], .state, "Maintenance").get()
        let change = Command.set(network, .vlan, text: "11", ownership: nil)
        let forecast = try await forecast(bench, .command(change)).get()
        #expect(
            lines(forecast) == [
                "update zones/z1/l2/v10 h1: host.unreachable: The host is in maintenance.",
                "update zones/z1/l2/v10 h2: yes",
            ])
        let refused = await bench.run(change)
        #expect(throws: try #require(forecast.refusals.first)) { try refused.get() }
    }

    @Test func givenUpByWhoAsked() async throws {
        let (bench, network, cluster, _) = try await twoHosts()
        bench.world.change { $0.stuck.insert("h2 check") }
        let result = await withCheckedContinuation { done in
            let operation = bench.engine.forecast([.command(bench.attach(network, cluster))]) {
                done.resume(returning: $0)
            }
            operation.cancel()
        }
        guard case .failure(let refusal) = result else {
            Issue.record("answered although a host never does")
            return
        }
        #expect(refusal.rule == "operation.interrupted" && refusal.error == .interrupted)
    }

    /// What a removed file stands in the way of, it does not when it has gone; and it is still there.
    @Test func whatHasLeftDoesNotCount() async throws {
        let bench = try await Bench(options: EngineOptions(settleTime: .seconds(3600)))
        let zone = try await bench.make(.root, .zones, "z1")
        let cluster = try await bench.make(zone, .clusters, "c1")
        let network = try await bench.network(zone, "v10", vlan: 10)
        _ = try await bench.host(cluster, "h1")
        let left: Result<ObjectID, Refusal> = await withCheckedContinuation { done in
            bench.engine.leave(network, .vlan, isFinal: false) {
                done.resume(returning: $0)
            } restored: { _ in
            }
        }
        _ = try left.get()
        let forecast = try await forecast(bench, .command(bench.attach(network, cluster))).get()
        #expect(forecast.lines.first?.entry.after?.bridge == "br_eth0", "attached without the VLAN that was removed")
        #expect(bench.engine.read { $0.record(network)?.isLeaving(.vlan) } == true)
        #expect(bench.engine.read { $0.record(network)?.text(.vlan) } == "10")
    }

    /// Whoever asks goes on at once, also while somebody else has the model; and who gives up while others are first, too.
    @Test func whoAsksDoesNotWaitForTheModel() async throws {
        let (bench, network, cluster, _) = try await twoHosts()
        let (isHeld, gate) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let isReleased = Mutex(false)
        let holder = Thread {
            bench.engine.read { _ in
                isHeld.signal()
                // The end is only reached by what this test is against.
                let result = gate.wait(timeout: .now() + 60)
                isReleased.withLock { $0 = result == .success }
            }
        }
        let attach = bench.attach(network, cluster)
        holder.start()
        await withCheckedContinuation { done in
            DispatchQueue.global().async {
                isHeld.wait()
                done.resume()
            }
        }
        let results = Mutex<[Int: Result<HostForecast, Refusal>]>([:])
        let operations = (0..<3).map { index in
            bench.engine.forecast([.command(attach)]) { result in results.withLock { $0[index] = result } }
        }
        operations[1].cancel()
        await bench.eventually("who gave up is answered") { results.withLock { $0[1] != nil } }
        #expect(results.withLock { $0.count } == 1)
        gate.signal()
        await bench.eventually("the others are answered") { results.withLock { $0.count == 3 } }
        #expect(isReleased.withLock { $0 }, "somebody waited for the model")
        let all = results.withLock { $0 }
        #expect(throws: Refusal.self) { try all[1]?.get() }
        for index in [0, 2] { #expect(try all[index]?.get().lines.count == 2) }
    }

    @Test func whatIsTooLargeIsRefused() async throws {
        var options = EngineOptions()
        options.mostForecastSteps = 7
        let bench = try await Bench(options: options)
        let zone = try await bench.make(.root, .zones, "z1")
        let cluster = try await bench.make(zone, .clusters, "c1")
        for name in ["h1", "h2", "h3"] { _ = try await bench.host(cluster, name) }
        let networks = [
            try await bench.network(zone, "v10", vlan: 10), try await bench.network(zone, "v11", vlan: 11),
        ]
        let attaches = networks.map { ForecastStep.command(bench.attach($0, cluster)) }
        // An attach to three hosts is 1 and 6.
        bench.world.change { $0.calls = [] }
        let result = await withCheckedContinuation { done in
            bench.engine.forecast(attaches) { done.resume(returning: $0) }
        }
        guard case .failure(let refusal) = result else {
            Issue.record("it was planned")
            return
        }
        #expect(refusal.rule == "plan.too-large" && refusal.error == .tooBig)
        #expect(
            refusal.reason == "This would take at least 14 steps to plan, about two for each network on each host, and "
                + "7 are the most.")
        #expect(refusal.remedy == "Plan parts of it, such as one object at a time.")
        #expect(bench.world.calls.isEmpty, "no host was asked")

        // What no host has to do with costs the same on however many hosts the network is.
        for network in networks { _ = try await bench.run(bench.attach(network, cluster)).get() }
        let descriptions = networks.map {
            ForecastStep.command(.set($0, .description, text: "x", ownership: nil))
        }
        let told = await withCheckedContinuation { done in
            bench.engine.forecast(descriptions) { done.resume(returning: $0) }
        }
        #expect(try told.get().lines.isEmpty)
        bench.checkConsistent()
    }
}
