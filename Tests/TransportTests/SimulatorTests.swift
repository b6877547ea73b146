import NetworkModel
import Realization
import Testing

@testable import Hypervisors

/// Hosts on paper that fail as they are told to.
@Suite("Simulated hosts")
struct SimulatorTests {
    /// - Parameter run: networks have other UUIDs in each run.
    private func network(_ vlan: Int, run: UInt64 = 1) -> L2Specification {
        L2Specification(
            networkUUID: UniqueID(high: run, low: UInt64(vlan)), type: .vlan, physicalInterface: "eth0", vlan: vlan,
            bridge: "br_eth0_\(vlan)", mtu: nil)
    }

    /// What came of asking for each network in turn, over as many connections as it takes.
    private func outcomes(
        _ text: String, vlans: [Int], run: UInt64 = 1
    ) async throws -> [Int: [String]] {
        let connector = SimulatorConnector()
        let backend = SimulatorL2Backend(.vlan)
        var channel: SimulatedHostChannel?
        var outcomes: [Int: [String]] = [:]
        for vlan in vlans {
            while channel == nil {
                channel = try? await connector.connect(HostConnection(text)) as? SimulatedHostChannel
            }
            guard let open = channel else { continue }
            do throws(HostFailure) {
                try await backend.realize(network(vlan, run: run), on: open)
                outcomes[vlan, default: []].append("done")
            } catch {
                outcomes[vlan, default: []].append(error.reason)
                if error.reason.contains("lost") {
                    #expect(await open.closed() == error.reason)
                    channel = nil
                }
            }
        }
        return outcomes
    }

    @Test("the same seed, the same failures: in another run, and in whatever order networks come")
    func repeated() async throws {
        let inTurn = (0..<300).map { 1 + $0 % 3 }
        let first = try await outcomes("simulator:failure=0.3,seed=7", vlans: inTurn)
        let again = try await outcomes("simulator:failure=0.3,seed=7", vlans: inTurn.sorted().reversed(), run: 2)
        #expect(first == again)
        let other = try await outcomes("simulator:failure=0.3,seed=8", vlans: inTurn)
        #expect(first != other)
        let all = first.values.flatMap { $0 }
        #expect(
            Set(all) == [
                "done", "The simulated host fails to realize this time.",
                "The simulated host does not answer this time.", "The connection to the simulated host was lost.",
            ])
        // Of 300 draws at 0.3.
        #expect((60...120).contains(all.count { $0 != "done" }))
    }

    @Test("a rate of 0 fails never, a rate of 1 always")
    func extremes() async throws {
        #expect(
            try await outcomes("simulator:failure=0,seed=7", vlans: Array(repeating: 1, count: 100))
                == [1: Array(repeating: "done", count: 100)])
        let connector = SimulatorConnector()
        for _ in 1...20 {
            await #expect(throws: HostFailure.self) {
                _ = try await connector.connect(HostConnection("simulator:failure=1"))
            }
        }
    }

    @Test("the journal tells of ports")
    func ports() async throws {
        let journal = SimulatorJournal()
        let connection = try HostConnection("simulator:")
        let channel = try await SimulatorConnector(journal: journal).connect(connection)
        var network = network(10)
        network.ports = [
            VMPort(name: "vnic1.0", mac: MACAddress(0xFA00_0000_0001), mtu: nil, owner: 0, guest: .tap)
        ]
        let host = try #require(channel as? SimulatedHostChannel)
        try await SimulatorL2Backend(.vlan).realize(network, on: host)
        #expect(journal.calls.map(\.step) == ["connect", "realize"])
        #expect(journal.calls.last?.network?.ports == network.ports)
    }

    @Test("a refusal has a rule and a remedy")
    func refusal() async throws {
        let channel = SimulatedHostChannel(
            connection: try HostConnection("simulator:failure=1"), journal: nil, faults: SimulatedFaults())
        var refusals: Set<Refusal> = []
        for vlan in 1...50 {
            do throws(HostFailure) {
                try await channel.perform("check", network(vlan))
            } catch {
                if case .refused(let refusal) = error { refusals.insert(refusal) }
            }
        }
        #expect(
            refusals == [
                Refusal(
                    "host.simulated-failure", .inputOutput, "The simulated host fails to check this time.",
                    remedy: "Try again, or remove failure= from its connection.")
            ])
    }
}
