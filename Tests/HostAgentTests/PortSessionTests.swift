import AgentProtocol
import Glibc
import Hypervisors
import Logging
import NetworkModel
import Realization
import Testing

/// From what is wanted to the host and back, through the plugin of KVM and a real agent.
@Suite("Ports of VMs as they are wanted", .timeLimit(.minutes(2)))
struct PortSessionTests {
    private func specification(_ ports: [VMPort], network: UniqueID = PaperLedger.networkUUID) -> L2Specification {
        L2Specification(
            networkUUID: network, type: .noVlan, physicalInterface: "eth0", vlan: nil, bridge: "br_eth0", mtu: nil,
            ports: ports)
    }

    private func port(_ vm: Int, in guest: String) -> VMPort {
        VMPort(
            name: "vnic\(vm).0", mac: MACAddress(0xFA00_0000_0000 + UInt64(vm)), mtu: nil, owner: 0,
            guest: .namespace(guest, device: "eth0"))
    }

    private func session(
        _ host: TestHost, _ ledger: PaperLedger, keepsBridges: Bool = false
    ) async throws -> HostSession {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        var options = KVMOptions(keepsBridges: keepsBridges)
        options.store = PaperLedger.store
        let session = HostSession(
            host: PaperLedger.host, connection: .namespace(host.name), hypervisor: .kvm,
            registry: .standard(agentPath: AgentProgram.path, kvm: options, logger: logger), ledger: ledger,
            timing: ReconcilerTiming(
                pingInterval: .seconds(600), inspectionPause: .milliseconds(10), searchPause: .milliseconds(10)),
            logger: logger)
        try await session.connect()
        return session
    }

    /// The number of the bridge's link, which is another after it was made anew.
    private func bridge(_ at: PortHost) async throws -> String { try await at.setting("ifindex", of: "br_eth0") }

    private func eventually(_ what: Comment, _ condition: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while try await !condition() {
            guard ContinuousClock.now < end else {
                Issue.record(what)
                return
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test("ports come and go in place, drift is repaired, and all goes with the network")
    func wanted() async throws {
        try await PortHost.with(guests: 2) { at in
            let ledger = PaperLedger()
            let session = try await session(at.host, ledger)
            ledger.want(specification([port(1, in: at.guests[0])]))
            #expect(await session.settle(PaperLedger.realization) == .settled)
            let first = try await bridge(at)
            #expect(try await at.host.link("vnic1.0")?.master == "br_eth0")
            let changed = specification([port(2, in: at.guests[1])])
            ledger.want(changed)
            #expect(await session.settle(PaperLedger.realization) == .settled)
            #expect(try await at.ports() == ["vnic2.0"])
            #expect(try await bridge(at) == first, "the bridge was not made anew")
            #expect(ledger.record.applied == changed)

            // Only the port's own name is in what the host tells.
            try await at.host.ip("link", "set", "vnic2.0", "address", "02:00:00:00:00:01")
            try await eventually("repaired") {
                try await at.host.link("vnic2.0")?.address == "fe:00:00:00:00:02" && ledger.drift.isEmpty
            }
            #expect(
                ledger.drifts.contains(
                    "The MAC of vnic2.0 is 02:00:00:00:00:01, not fe:00:00:00:00:02."))
            #expect(try await bridge(at) == first)
            ledger.want(nil)
            #expect(await session.settle(PaperLedger.realization) == .settled)
            #expect(try await at.host.newNames() == [])
            await session.end()
        }
    }

    @Test("where bridges are kept, the ports go nevertheless")
    func kept() async throws {
        try await PortHost.with(guests: 1) { at in
            let ledger = PaperLedger()
            let session = try await session(at.host, ledger, keepsBridges: true)
            ledger.want(specification([port(1, in: at.guests[0])]))
            #expect(await session.settle(PaperLedger.realization) == .settled)
            let first = try await bridge(at)
            ledger.want(nil)
            #expect(await session.settle(PaperLedger.realization) == .settled)
            #expect(try await at.host.newNames() == ["br_eth0"])
            #expect(try await bridge(at) == first)
            await session.end()
        }
    }

    @Test("ports that a newer store left are collected with their bridge, and alone")
    func orphans() async throws {
        try await PortHost.with(guests: 2) { at in
            let old = UniqueID(high: 9, low: 9)
            let spec = L2Spec(
                networkUUID: old.description, storeUUID: PaperLedger.store.description, kind: .noVlan,
                physicalInterface: "eth0", bridge: "br_eth0", ports: [at.veth(1, 0), at.veth(2, 1)])
            try await at.host.realize(spec)
            try await at.host.ip("link", "set", "vnic2.0", "nomaster")
            let ledger = PaperLedger()
            let session = try await session(at.host, ledger)
            #expect(try await at.host.newNames() == [])
            #expect(
                Set(ledger.collected) == [
                    HostMark(store: PaperLedger.store, network: old, bridge: "br_eth0", devices: ["vnic1.0"]),
                    HostMark(store: PaperLedger.store, network: old, bridge: nil, devices: ["vnic2.0"]),
                ])
            await session.end()
        }
    }
}
