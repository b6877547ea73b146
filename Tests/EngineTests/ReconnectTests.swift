import NetworkModel
import Realization
import Testing

@testable import Engine

/// Hosts that go away and come back (ZStack's cases RE-10, RE-16, ST-07).
struct ReconnectTests {
    private func options(firstPause: Duration, pingInterval: Duration) -> EngineOptions {
        EngineOptions(
            timing: ReconcilerTiming(firstPause: firstPause, longestPause: firstPause, pingInterval: pingInterval))
    }

    /// Zone z1 {c1 {h1, h2}, flat on c1}.
    private func attached(
        firstPause: Duration = .milliseconds(5), pingInterval: Duration = .seconds(60)
    ) async throws -> (Bench, zone: ObjectID, cluster: ObjectID, host: ObjectID) {
        let bench = try await Bench(options: options(firstPause: firstPause, pingInterval: pingInterval))
        let zone = try await bench.make(.root, .zones, "z1")
        let cluster = try await bench.make(zone, .clusters, "c1")
        let host = try await bench.host(cluster, "h1")
        _ = try await bench.host(cluster, "h2")
        _ = try await bench.run(bench.attach(try await bench.network(zone, "flat"), cluster)).get()
        bench.world.change { $0.calls = [] }
        return (bench, zone, cluster, host)
    }

    private func isConnected(_ bench: Bench, _ host: ObjectID) -> Bool {
        bench.engine.read { $0.status(ofHost: host) }.isConnected
    }

    @Test("ST-07, RE-10: a host that does not answer pings is Disconnected, and realized anew when it answers again")
    func pings() async throws {
        let (bench, _, _, host) = try await attached(pingInterval: .milliseconds(10))
        bench.world.change { $0.unreachable = ["h1"] }
        await bench.eventually("h1 is Disconnected") { !isConnected(bench, host) }
        let detail = bench.engine.read { $0.status(ofHost: host) }
        #expect(detail.word != "Connected" && bench.world.networks["h1"]?.count == 1)
        bench.world.change {
            $0.calls = []
            $0.unreachable = []
        }
        await bench.eventually("h1 is Connected") { isConnected(bench, host) }
        await bench.eventually("h1 was told again") { bench.world.calls.contains("realize h1 br_eth0") }
        bench.checkConsistent()
    }

    enum Absence: CaseIterable {
        case away, reboot
    }

    @Test(
        "RE-09, RE-16: a host that was away, or starts anew, gets all networks, untagged ones before VLANs",
        arguments: Absence.allCases)
    func order(_ absence: Absence) async throws {
        let (bench, zone, cluster, host) = try await attached()
        // In an order that is not that of realizing.
        for vlan in 10...14 {
            _ = try await bench.run(bench.attach(try await bench.network(zone, "v\(vlan)", vlan: vlan), cluster)).get()
        }
        let attachLast = {
            let last = try await bench.network(zone, "flat1", interface: "eth1")
            _ = try await bench.run(bench.attach(last, cluster)).get()
        }
        if absence == .reboot { try await attachLast() }
        bench.world.change { $0.calls = [] }
        switch absence {
        case .away:
            bench.world.drop("h1")
            await bench.eventually("h1 is away") { !isConnected(bench, host) }
            // It blocks nobody.
            try await attachLast()
            bench.world.change { $0.unreachable = [] }
        case .reboot: bench.world.reboot("h1")
        }
        await bench.eventually("h1 has all, and was told of all") {
            bench.world.networks["h1"]?.count == 7 && bench.isSettled
                && bench.world.calls.count { $0.hasPrefix("realize h1") } >= 7
        }
        let realized = bench.world.calls.filter { $0.hasPrefix("realize h1") }
        try #require(realized.count == 7)
        #expect(Set(realized[..<2]) == ["realize h1 br_eth0", "realize h1 br_eth1"])
        #expect(Set(realized[2...]) == Set((10...14).map { "realize h1 br_eth0_\($0)" }))
        bench.checkConsistent()
    }

    @Test("A host that is lost with the first thing it is asked is not connected again and again without a pause")
    func pause() async throws {
        let (bench, zone, cluster, host) = try await attached(firstPause: .seconds(3600))
        bench.world.change { $0.silent = ["h1 realize"] }
        bench.world.cut("h1")
        // The connection that was lost had been good, so one attempt follows at once.
        await bench.eventually("h1 was asked") { bench.world.calls.contains("realize h1 br_eth0") }
        await bench.eventually("h1 is Disconnected") { !isConnected(bench, host) }
        // There is no second one, whatever else goes on.
        for vlan in 1...20 {
            let link = bench.attach(try await bench.network(zone, "v\(vlan)", vlan: vlan), cluster)
            _ = try await bench.run(.delete(try await bench.run(link).get())).get()
        }
        #expect(bench.world.calls.count { $0 == "connect h1" } == 1)
        #expect(!isConnected(bench, host))
    }

    @Test("A connection that was good for something is followed by another one at once")
    func noPause() async throws {
        let (bench, _, _, host) = try await attached(firstPause: .seconds(3600), pingInterval: .milliseconds(5))
        for round in 1...5 {
            bench.world.cut("h1")
            await bench.eventually("h1 is back") {
                bench.world.calls.count { $0 == "connect h1" } == round && isConnected(bench, host)
            }
            let pings = bench.world.state.withLock { $0.pings["h1"] ?? 0 }
            // The second ping follows when what the first has proved is noted.
            await bench.eventually("it answered") { bench.world.state.withLock { $0.pings["h1"] ?? 0 } >= pings + 2 }
        }
        #expect(bench.world.calls.count { $0 == "realize h1 br_eth0" } == 5)
    }

    @Test("Simulated hosts that fail now and then come to have what they shall have, and to lose it")
    func failing() async throws {
        let bench = try await Bench(
            options: options(firstPause: .milliseconds(1), pingInterval: .milliseconds(10)))
        let zone = try await bench.make(.root, .zones, "z1")
        let cluster = try await bench.make(zone, .clusters, "c1")
        _ = try await bench.set(cluster, .hypervisor, "Simulator").get()
        /// As a person does it who is refused.
        func insist(_ command: @autoclosure () -> Command) async throws -> ObjectID {
            for _ in 1...500 { if case .success(let id) = await bench.run(command()) { return id } }
            return try await bench.run(command()).get()
        }
        for host in 1...8 {
            let id = try await bench.make(cluster, .hosts, "h\(host)")
            _ = try await insist(
                .set(id, .connection, text: "simulator:failure=0.1,seed=\(host)", ownership: nil))
        }
        var links: [ObjectID] = []
        for vlan in 1...5 {
            let network = try await bench.network(zone, "v\(vlan)", vlan: vlan)
            links.append(try await insist(bench.attach(network, cluster)))
        }
        await bench.eventually("all is realized") {
            bench.isSettled && bench.engine.read { $0.allRealizations.count { _ in true } } == 40
        }
        for link in links { _ = try await bench.run(.delete(link)).get() }
        await bench.eventually("all is released") { bench.engine.read { $0.allRealizations.count { _ in true } } == 0 }
    }
}
