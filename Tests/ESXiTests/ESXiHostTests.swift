import Foundation
import NetworkModel
import Realization
import TestKit
import Testing

@testable import Hypervisors

/// Against VMware's own simulator.
@Suite("ESXi hosts", .serialized, .enabled(if: ESXiSimulator.isAvailable))
struct ESXiHostTests {
    private static let vlan = VMwareRealizeL2VlanNetworkBackend()

    private func connect(
        _ simulator: ESXiSimulator, _ connector: ESXiConnector? = nil, timeout: Int = 20_000
    ) async throws(HostFailure) -> ESXiHostChannel {
        let connector =
            connector
            ?? ESXiConnector(options: ESXiOptions(credentialsDirectory: simulator.credentials, callTimeout: timeout))
        let channel = try await connector.connect(.https(host: "127.0.0.1", port: UInt16(simulator.port)))
        guard let channel = channel as? ESXiHostChannel else { throw .unreachable("another channel") }
        return channel
    }

    private func failure(_ body: () async throws(HostFailure) -> Void) async -> String {
        do throws(HostFailure) {
            try await body()
            return "none"
        } catch {
            switch error {
            case .refused(let refusal), .unconnected(let refusal): return refusal.rule
            case .unreachable(let reason): return reason
            }
        }
    }

    @Test func `a port group comes and goes, twice each`() async throws {
        let simulator = try ESXiSimulator()
        try simulator.writeCredentials()
        let before = try simulator.network()
        let channel = try await connect(simulator)
        #expect(channel.detail.hasPrefix("VMware ESXi"))
        for _ in 0..<2 {
            try await Self.vlan.check(Samples.network(mtu: 9000), on: channel)
            try await Self.vlan.realize(Samples.network(mtu: 9000), on: channel)
        }
        #expect(try simulator.ours() == [Samples.group: 10])
        #expect(try simulator.network().Switches["netmodelfs-vmnic1"] == ["vmnic1"])
        #expect(try simulator.network().MTU["netmodelfs-vmnic1"] == 9000)
        // A second network shares the vSwitch.
        let flat = Samples.network(vlan: nil)
        try await VMwareRealizeL2NoVlanNetworkBackend().realize(flat, on: channel)
        for _ in 0..<2 { try await Self.vlan.release(Samples.network(), on: channel) }
        #expect(try simulator.ours().map(\.value) == [0])
        try await VMwareRealizeL2NoVlanNetworkBackend().release(flat, on: channel)
        #expect(try simulator.network() == before)
        await channel.close()
        #expect(simulator.command("calls").hasSuffix("Logout"))
        #expect(await channel.closed() == "The connection was closed.")
        #expect(await failure { () throws(HostFailure) in try await channel.ping() }.contains("closed"))
    }

    @Test func `drift is reported by check and mended by realize`() async throws {
        let simulator = try ESXiSimulator()
        try simulator.writeCredentials()
        let channel = try await connect(simulator)
        try await Self.vlan.realize(Samples.network(), on: channel)
        simulator.command("vlan \(Samples.group) 77")
        let found = await failure { () throws(HostFailure) in try await Self.vlan.check(Samples.network(), on: channel)
        }
        #expect(found == "esxi.drift")
        #expect(try await channel.drift(of: Samples.network()).count == 1)
        try await Self.vlan.realize(Samples.network(), on: channel)
        #expect(try simulator.ours() == [Samples.group: 10])
        #expect(try await channel.drift(of: Samples.network()).isEmpty)
        await channel.close()
    }

    @Test func `an orphan of this store is collected, and stays while virtual machines use it`() async throws {
        let simulator = try ESXiSimulator()
        try simulator.writeCredentials()
        let before = try simulator.network()
        func options(_ store: UInt64?) -> ESXiOptions {
            var options = ESXiOptions(credentialsDirectory: simulator.credentials, callTimeout: 20_000)
            options.store = store.map { UniqueID(high: $0, low: 1) }
            return options
        }
        // Of this store, of another one, and of an earlier version.
        for (store, vlan) in [(1, 10), (2, 11), (nil, 12)] as [(UInt64?, Int)] {
            let options = options(store)
            let channel = try await connect(simulator, ESXiConnector(options: options))
            try await VMwareRealizeL2VlanNetworkBackend(options: options).realize(
                Samples.network(vlan: vlan), on: channel)
            await channel.close()
        }
        let channel = try await connect(simulator, ESXiConnector(options: options(1)))
        let ours = HostMark(
            store: UniqueID(high: 1, low: 1), network: Samples.uuid, bridge: "br_vmnic1_10", devices: [])
        let earlier = HostMark(store: nil, network: Samples.uuid, bridge: "br_vmnic1_12", devices: [])
        #expect(Set(try await channel.marks()) == [ours, earlier])
        let group = try #require(try simulator.ours().first { $0.value == 10 }?.key)
        simulator.command("busy \(group)")
        let found = await failure { () throws(HostFailure) in try await channel.collect(ours) }
        #expect(found == "esxi.in-use")
        simulator.command("free \(group)")
        for _ in 0..<2 { try await channel.collect(ours) }
        #expect(try simulator.ours().map(\.value).sorted() == [11, 12])
        #expect(try simulator.network().Switches["netmodelfs-vmnic1"] == ["vmnic1"], "others are on it")
        // What is of an earlier version is known again by the network.
        let backend = VMwareRealizeL2VlanNetworkBackend(options: options(1))
        try await backend.realize(Samples.network(vlan: 12), on: channel)
        #expect(try simulator.ours().count == 2)
        try await backend.release(Samples.network(vlan: 12), on: channel)
        await channel.close()
        let other = try await connect(simulator, ESXiConnector(options: options(2)))
        try await other.collect(try #require(try await other.marks().first))
        #expect(try simulator.network() == before, "the vSwitch went with the last")
        await other.close()
    }

    @Test func `sessions that expire are renewed, at any call`() async throws {
        let simulator = try ESXiSimulator()
        try simulator.writeCredentials()
        let channel = try await connect(simulator)
        simulator.command("expire")
        try await channel.ping()
        simulator.command("fault AddPortGroup NotAuthenticated")
        try await Self.vlan.realize(Samples.network(), on: channel)
        simulator.command("expire")
        try await Self.vlan.release(Samples.network(), on: channel)
        #expect(try simulator.ours().isEmpty)
        #expect(simulator.command("calls").split(separator: " ").count { $0 == "Login" } == 4)
        await channel.close()
    }

    @Test func `a wrong password is tried once, and a new one at once`() async throws {
        let simulator = try ESXiSimulator()
        try simulator.writeCredentials(password: "falsch")
        let connector = ESXiConnector(options: ESXiOptions(credentialsDirectory: simulator.credentials))
        for _ in 0..<3 {
            let found = await failure { () throws(HostFailure) in _ = try await connect(simulator, connector) }
            #expect(found == "esxi.login.refused")
        }
        #expect(simulator.command("calls").split(separator: " ").count { $0 == "Login" } == 1)
        try simulator.writeCredentials()
        await (try connect(simulator, connector)).close()
    }

    @Test func `a password that was changed meanwhile does not lock the account`() async throws {
        let simulator = try ESXiSimulator()
        try simulator.writeCredentials()
        let channel = try await connect(simulator)
        simulator.command("expire")
        simulator.command("fault Login InvalidLogin")
        for _ in 0..<3 {
            let found = await failure { () throws(HostFailure) in
                try await Self.vlan.realize(Samples.network(), on: channel)
            }
            #expect(found == "esxi.login.refused")
        }
        #expect(simulator.command("calls").split(separator: " ").count { $0 == "Login" } == 2)
        await channel.close()
    }

    @Test func `certificates`() async throws {
        let simulator = try ESXiSimulator()
        let expired = try ESXiSimulator(["-expired"])
        let zeros = String(repeating: "00", count: 32)
        let cases: [(ESXiSimulator, String, String)] = [
            (simulator, "fingerprint=\(simulator.fingerprint)", "none"),
            (simulator, "ca-file=\(simulator.certificate)", "none"),
            (simulator, "", "is not trusted"), (simulator, "fingerprint=\(zeros)", "is not the one whose fingerprint"),
            (simulator, "ca-file=\(expired.certificate)", "is not trusted"),
            (simulator, "ca-file=/none", "cannot be asked"),
            (expired, "ca-file=\(expired.certificate)", "expired"),
            (expired, "fingerprint=\(expired.fingerprint)", "none"),
        ]
        for (host, trust, expected) in cases {
            try host.writeCredentials(trust: trust)
            let calls = host.command("calls")
            let found = await failure { () throws(HostFailure) in await (try connect(host)).close() }
            #expect(found.contains(expected), "\(trust)")
            // Not one call, least of all the login, reaches a host that is not the right one.
            if expected != "none" { #expect(host.command("calls") == calls, "\(trust)") }
        }
    }

    @Test(arguments: [
        ("html", "HTTP 503, text/html"), ("hang", "does not answer in time"), ("cut", "cannot be asked"),
        ("flood", "answered"),
    ])
    func `a host in trouble is unreachable, and comes back`(mode: String, expected: String) async throws {
        let simulator = try ESXiSimulator()
        try simulator.writeCredentials()
        let channel = try await connect(simulator, timeout: mode == "flood" ? 20_000 : 5000)
        simulator.command("answer \(mode)")
        let found = await failure { () throws(HostFailure) in
            try await Self.vlan.realize(Samples.network(), on: channel)
        }
        #expect(found.contains(expected), "\(found)")
        await channel.close()
        #expect(await channel.closed() == found)
        let again = await failure { () throws(HostFailure) in _ = try await connect(simulator, timeout: 5000) }
        #expect(again.contains(mode == "flood" ? "127.0.0.1" : expected), "\(again)")
        simulator.command("answer api")
        let next = try await connect(simulator)
        try await Self.vlan.realize(Samples.network(), on: next)
        #expect(try simulator.ours() == [Samples.group: 10])
        await next.close()
    }

    @Test func `a close does not wait for a host that hangs`() async throws {
        let simulator = try ESXiSimulator()
        try simulator.writeCredentials()
        let channel = try await connect(simulator)
        simulator.command("answer hang")
        async let found = failure { () throws(HostFailure) in try await channel.ping() }
        try await Task.sleep(for: .milliseconds(300))
        let start = ContinuousClock.now
        await channel.close()
        #expect(await found.contains("closed"))
        #expect(ContinuousClock.now - start < .seconds(8))
    }

    @Test func `a host that reboots`() async throws {
        let simulator = try ESXiSimulator()
        try simulator.writeCredentials()
        let channel = try await connect(simulator)
        simulator.stop()
        let found = await failure { () throws(HostFailure) in try await channel.ping() }
        #expect(found.contains("cannot be asked"))
        let again = try ESXiSimulator(port: simulator.port)
        try again.writeCredentials()
        let next = try await connect(again)
        try await Self.vlan.realize(Samples.network(), on: next)
        #expect(try again.ours().count == 1)
        await next.close()
        await channel.close()
    }

    @Test func `faults`() async throws {
        let simulator = try ESXiSimulator()
        try simulator.writeCredentials()
        let channel = try await connect(simulator)
        // Somebody was faster; the host is looked at again.
        for fault in ["AddVirtualSwitch AlreadyExists", "AddPortGroup AlreadyExists", "AddPortGroup NotFound"] {
            simulator.command("fault \(fault)")
            try await Self.vlan.realize(Samples.network(), on: channel)
            #expect(try simulator.ours() == [Samples.group: 10], "\(fault)")
            simulator.command("fault RemovePortGroup NotFound")
            simulator.command("fault RemoveVirtualSwitch NotFound")
            try await Self.vlan.release(Samples.network(), on: channel)
            #expect(try simulator.ours().isEmpty, "\(fault)")
        }
        for (fault, rule) in [
            ("NoPermission", "esxi.not-permitted"), ("HostConfigFault", "esxi.fault"), ("ResourceInUse", "esxi.in-use"),
        ] {
            simulator.command("fault AddPortGroup \(fault)")
            let found = await failure { () throws(HostFailure) in
                try await Self.vlan.realize(Samples.network(), on: channel)
            }
            #expect(found == rule)
            try await Self.vlan.release(Samples.network(), on: channel)
        }
        try await Self.vlan.realize(Samples.network(), on: channel)
        simulator.command("busy \(Samples.group)")
        let found = await failure { () throws(HostFailure) in
            try await Self.vlan.release(Samples.network(), on: channel)
        }
        #expect(found == "esxi.in-use")
        simulator.command("free \(Samples.group)")
        simulator.command("fault RemoveVirtualSwitch ResourceInUse")
        try await Self.vlan.release(Samples.network(), on: channel)
        #expect(try simulator.ours().isEmpty)
        await channel.close()
    }

    @Test func `a vCenter is no host`() async throws {
        let simulator = try ESXiSimulator(["-vcenter"])
        try simulator.writeCredentials()
        let found = await failure { () throws(HostFailure) in _ = try await connect(simulator) }
        #expect(found == "esxi.not-a-host")
    }

    @Test func `many at once on one host`() async throws {
        let simulator = try ESXiSimulator()
        try simulator.writeCredentials()
        let channel = try await connect(simulator)
        let networks = (1...40).map { index in
            L2Specification(
                networkUUID: UniqueID(high: UInt64(index), low: 1), type: .vlan, physicalInterface: "vmnic1",
                vlan: index,
                bridge: "br_vmnic1_\(index)", mtu: nil)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for network in networks { group.addTask { try await Self.vlan.realize(network, on: channel) } }
            try await group.waitForAll()
        }
        #expect(try simulator.ours().count == 40)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for network in networks { group.addTask { try await Self.vlan.release(network, on: channel) } }
            try await group.waitForAll()
        }
        #expect(try simulator.network().Switches.keys.sorted() == ["vSwitch0"])
        await channel.close()
    }
}
