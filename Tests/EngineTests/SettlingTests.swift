import NetworkModel
import Realization
import Synchronization
import Testing

@testable import Engine

/// Files that are removed: their values stay in force for the settle time.
struct SettlingTests {
    private static func options(settling time: Duration) -> EngineOptions {
        EngineOptions(
            timing: ReconcilerTiming(
                firstPause: .milliseconds(5), longestPause: .milliseconds(20), pingInterval: .seconds(60)),
            settleTime: time)
    }

    private static let soon = Duration.milliseconds(50)

    /// Zone z1 {c1 {h1}, v10 on it with MTU 1400}.
    private func attached(settling time: Duration = SettlingTests.soon) async throws -> (Bench, network: ObjectID) {
        let bench = try await Bench(options: SettlingTests.options(settling: time))
        let zone = try await bench.make(.root, .zones, "z1")
        let cluster = try await bench.make(zone, .clusters, "c1")
        _ = try await bench.host(cluster, "h1")
        let network = try await bench.network(zone, "v10", vlan: 10)
        _ = try await bench.set(network, .mtu, "1400").get()
        _ = try await bench.run(bench.attach(network, cluster, as: "c1")).get()
        bench.world.change { $0.calls = [] }
        return (bench, network)
    }

    /// What came back because it was needed.
    private final class Returned: Sendable {
        private let state = Mutex<[Refusal]>([])
        var refusals: [Refusal] { state.withLock { $0 } }
        func add(_ refusal: Refusal) { state.withLock { $0.append(refusal) } }
    }

    private func leave(
        _ bench: Bench, _ id: ObjectID, _ attribute: AttributeID, isFinal: Bool = false,
        returned: Returned = Returned()
    ) async -> Result<ObjectID, Refusal> {
        await withCheckedContinuation { done in
            bench.engine.leave(id, attribute, isFinal: isFinal) {
                done.resume(returning: $0)
            } restored: {
                returned.add($0)
            }
        }
    }

    private func file(_ bench: Bench, _ id: ObjectID, _ attribute: AttributeID) -> String? {
        bench.engine.read { $0.record(id)?.fileText(attribute) }
    }

    private func value(_ bench: Bench, _ id: ObjectID, _ attribute: AttributeID) -> String? {
        bench.engine.read { $0.record(id)?.text(attribute) }
    }

    @Test("Removed and not written anew: the value goes when the time is over, also on hosts")
    func settles() async throws {
        let (bench, network) = try await attached()
        let returned = Returned()
        _ = try await leave(bench, network, .mtu, returned: returned).get()
        #expect(file(bench, network, .mtu) == nil)
        await bench.eventually("the value is gone") { value(bench, network, .mtu) == nil }
        // Another MTU is changed in place, which test hosts do not do: they note it as one more network.
        await bench.eventually("the host knows") {
            bench.engine.read { model in
                model.realizations(ofNetwork: network).allSatisfy { $0.isConverged && $0.applied?.mtu == nil }
            }
        }
        #expect(bench.world.calls.count { $0.hasPrefix("realize") } == 1)
        #expect(bench.engine.read { $0.leavings.isEmpty } && returned.refusals.isEmpty)
    }

    @Test("Removed and written anew in time: one change, and hosts never do without")
    func rewritten() async throws {
        let (bench, network) = try await attached(settling: .milliseconds(300))
        _ = try await leave(bench, network, .vlan).get()
        #expect(value(bench, network, .vlan) == "10" && bench.world.calls.isEmpty)
        _ = try await bench.set(network, .vlan, "20").get()
        #expect(file(bench, network, .vlan) == "20")
        let calls = bench.world.calls
        #expect(calls.count { $0.hasPrefix("realize") } == 1)
        // The first removal's time passes.
        try await Task.sleep(for: .milliseconds(500))
        #expect(file(bench, network, .vlan) == "20" && bench.world.calls == calls)
        #expect(bench.world.networks["h1"]?.map(\.vlan) == [20])
        bench.checkConsistent()
    }

    @Test("Removed twice: the time of the second removal counts")
    func removedAgain() async throws {
        let (bench, network) = try await attached(settling: .milliseconds(400))
        _ = try await leave(bench, network, .mtu).get()
        try await Task.sleep(for: .milliseconds(250))
        _ = try await bench.set(network, .mtu, "1400").get()
        _ = try await leave(bench, network, .mtu).get()
        try await Task.sleep(for: .milliseconds(250))
        #expect(value(bench, network, .mtu) == "1400", "the first removal is forgotten")
        await bench.eventually("the second is not") { value(bench, network, .mtu) == nil }
    }

    @Test("A value that turns out to be needed is back, and the reason is told")
    func returns() async throws {
        let (bench, network) = try await attached()
        let returned = Returned()
        _ = try await leave(bench, network, .vlan, returned: returned).get()
        #expect(file(bench, network, .vlan) == nil)
        await bench.eventually("it is told") { !returned.refusals.isEmpty }
        #expect(file(bench, network, .vlan) == "10")
        #expect(returned.refusals.map(\.rule) == ["l2.type.attached"] && returned.refusals.first?.error == .busy)
        #expect(bench.engine.read { $0.leavings.isEmpty } && bench.world.calls.isEmpty)
        bench.checkConsistent()
    }

    @Test("What is surely final is refused at once")
    func final() async throws {
        let (bench, network) = try await attached()
        let result = await leave(bench, network, .vlan, isFinal: true)
        #expect { try result.get() } throws: { ($0 as? Refusal)?.rule == "l2.type.attached" }
        #expect(file(bench, network, .vlan) == "10")
        let missing = await leave(bench, network, .description)
        #expect { try missing.get() } throws: { ($0 as? Refusal)?.rule == "object.not-found" }
    }

    @Test("A refused new text brings the old file back when the caller says so")
    func stays() async throws {
        let (bench, network) = try await attached(settling: .seconds(60))
        _ = try await leave(bench, network, .vlan).get()
        let refused = await bench.set(network, .vlan, "5000")
        #expect(throws: Refusal.self) { try refused.get() }
        #expect(file(bench, network, .vlan) == nil)
        await withCheckedContinuation { done in bench.engine.stay(network, .vlan) { done.resume() } }
        #expect(file(bench, network, .vlan) == "10" && bench.engine.read { $0.leavings.isEmpty })
        // Where nothing left, it is done at once.
        await withCheckedContinuation { done in bench.engine.stay(network, .vlan) { done.resume() } }
    }

    @Test("A refused change of hosts keeps what was written before the file was removed")
    func refusedByHost() async throws {
        let (bench, network) = try await attached(settling: .seconds(60))
        _ = try await leave(bench, network, .vlan).get()
        bench.world.change { $0.refusals["h1 realize"] = 1 }
        let refused = await bench.set(network, .vlan, "20")
        #expect(throws: Refusal.self) { try refused.get() }
        #expect(file(bench, network, .vlan) == "10" && bench.engine.read { $0.leavings.isEmpty })
        bench.checkConsistent()
    }

    @Test("What left stands in nobody's way: a command that needs its place settles it first")
    func flushed() async throws {
        let bench = try await Bench(options: SettlingTests.options(settling: .seconds(60)))
        let l3 = try await bench.make(.root, .l3Networks, "a")
        _ = try await bench.set(l3, .category, "Public").get()
        let normal = try await bench.run(bench.new(in: l3, .ranges, "r", text: "10.0.0.0/24")).get()
        let pool = try await bench.run(bench.new(in: l3, .ranges, "p", text: "12.0.0.0/24 type=AddressPool")).get()
        // In the order in which they cannot go: the Normal range only after the pool.
        for range in [normal, pool] { _ = try await leave(bench, range, .value).get() }
        let other = try await bench.run(bench.new(in: l3, .ranges, "s", text: "10.0.0.0/25")).get()
        #expect(bench.engine.read { $0.record(normal) } == nil && bench.engine.read { $0.record(pool) } == nil)
        #expect(bench.engine.read { $0.children(of: l3, in: .ranges) } == [other])
        #expect(bench.engine.read { $0.leavings.isEmpty })
        // A command that is refused in any case settles what can go, and is refused.
        _ = try await leave(bench, other, .value).get()
        let refused = await bench.run(bench.new(in: l3, .ranges, "t", text: "nonsense"))
        #expect(throws: Refusal.self) { try refused.get() }
    }

    @Test("A command that nothing stands in the way of leaves what left alone")
    func notFlushed() async throws {
        let (bench, network) = try await attached(settling: .seconds(60))
        _ = try await leave(bench, network, .mtu).get()
        _ = try await bench.set(network, .description, "x").get()
        #expect(value(bench, network, .mtu) == "1400" && file(bench, network, .mtu) == nil)
    }

    @Test("A daemon that is killed while something leaves: it is gone when the next one runs")
    func killed() async throws {
        let (bench, network) = try await attached(settling: .seconds(60))
        for attribute in [AttributeID.mtu, .vlan] { _ = try await leave(bench, network, attribute).get() }
        bench.life.end(after: 0)
        let next = try await Bench(
            world: bench.world, after: bench, options: SettlingTests.options(settling: SettlingTests.soon))
        // Both wait until the host is Connected. Then the MTU goes, and the VLAN is needed and comes back.
        await next.eventually("nothing leaves any more") { next.engine.read { $0.leavings.isEmpty } }
        await next.eventually("hosts are back") { next.allHostsConnected && next.isSettled }
        #expect(file(next, network, .vlan) == "10")
        #expect(value(next, network, .mtu) == nil)
    }

    @Test("A description that left when the daemon was killed is gone")
    func killedPlain() async throws {
        let bench = try await Bench(options: SettlingTests.options(settling: .seconds(60)))
        let zone = try await bench.make(.root, .zones, "z1")
        _ = try await bench.set(zone, .description, "x").get()
        _ = try await leave(bench, zone, .description).get()
        bench.life.end(after: 0)
        let next = try await Bench(world: bench.world, after: bench)
        await next.eventually("it is gone") { value(next, zone, .description) == nil }
        #expect(next.engine.read { $0.leavings.isEmpty && $0.record(zone) != nil })
    }
}
