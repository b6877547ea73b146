import AgentProtocol
import Glibc
import Hypervisors
import Testing

@Suite(
    "VLAN networks on a host", .timeLimit(.minutes(2)),
    .enabled("the kernel has no 802.1Q; run it in User-mode Linux", TestHost.has8021q))
struct VlanTests {
    static let spec = L2Spec(
        networkUUID: "cccc-1010", kind: .vlan(10), physicalInterface: "eth0", bridge: "br_eth0_10", device: "eth0.10")

    static func spec(_ change: (inout L2Spec) -> Void) -> L2Spec {
        var spec = spec
        change(&spec)
        return spec
    }

    @Test("KV-06: the device and the bridge are made; addresses of the interface stay")
    func realize() async throws {
        try await TestHost.with { host in
            try await host.ip("addr", "add", "10.1.1.5/24", "dev", "eth0")
            try await host.realize(Self.spec { $0.mtu = 2000 })
            let device = try #require(try await host.link("eth0.10"))
            let bridge = try #require(try await host.link("br_eth0_10"))
            let eth0 = try #require(try await host.link("eth0"))
            #expect(eth0.master == nil)
            #expect(eth0.isUp)
            #expect(eth0.ifalias == nil)
            #expect(eth0.mtu == 2000)
            #expect(device.link == "eth0")
            #expect(device.linkinfo?.infoData?.id == 10)
            #expect(device.isUp)
            #expect(device.master == "br_eth0_10")
            #expect(device.ifalias == "netmodelfs:cccc-1010")
            #expect(device.inet6AddrGenMode == "none")
            #expect(device.mtu == 2000)
            #expect(bridge.isUp)
            #expect(bridge.address == eth0.address)
            #expect(bridge.ifalias == "netmodelfs:cccc-1010")
            #expect(bridge.linkinfo?.infoData?.forwardDelay == 0)
            #expect(bridge.mtu == 2000)
            #expect(try await host.ip("addr", "show", "dev", "eth0").contains("10.1.1.5/24"))
            #expect(
                try await host.inventory() == [
                    LinkRecord(
                        name: "eth0.10", kind: "vlan", networkUUID: "cccc-1010", master: "br_eth0_10", vlanID: 10,
                        parent: "eth0", mtu: 2000, up: true),
                    LinkRecord(name: "br_eth0_10", kind: "bridge", networkUUID: "cccc-1010", mtu: 2000, up: true),
                ])
        }
    }

    @Test("again: nothing is done; a lost device is made again")
    func idempotent() async throws {
        try await TestHost.with { host in
            try await host.realize(Self.spec)
            let before = try await host.snapshot()
            #expect(try await host.check(Self.spec)?.steps == [])
            #expect(try await host.realize(Self.spec)?.steps == [])
            try await host.expectUnchanged(since: before)
            try await host.ip("link", "delete", "eth0.10")
            try await host.realize(Self.spec)
            #expect(try await host.link("eth0.10")?.master == "br_eth0_10")
        }
    }

    @Test("a network without VLAN and two VLANs share an interface")
    func together() async throws {
        try await TestHost.with { host in
            let other = Self.spec {
                $0.networkUUID = "dddd"
                $0.kind = .vlan(11)
                $0.bridge = "br_eth0_11"
                $0.device = "eth0.11"
            }
            for spec in [NoVlanTests.spec, Self.spec, other] { try await host.realize(spec) }
            #expect(try await host.inventory().count == 5)
            try await host.release(NoVlanTests.spec)
            try await host.release(other)
            #expect(try await host.inventory().map(\.name) == ["eth0.10", "br_eth0_10"])
            #expect(try await host.realize(Self.spec)?.steps == [])
        }
    }

    @Test("a device of ours that differs, and the VLAN under another name")
    func differs() async throws {
        try await TestHost.with { host in
            try await host.ip("link", "add", "eth0.10", "link", "eth0", "type", "vlan", "id", "12")
            try await host.ip("link", "set", "eth0.10", "alias", "netmodelfs:cccc-1010")
            try await host.expectRefusal(
                Self.spec, rule: "host.device-differs", errno: EBUSY,
                "eth0.10 has the VLAN id 12 on this host, not 10.")
            try await host.ip("link", "delete", "eth0.10")
            try await host.ip("link", "add", "eth0.10", "link", "cable0", "type", "vlan", "id", "10")
            try await host.ip("link", "set", "eth0.10", "alias", "netmodelfs:cccc-1010")
            try await host.expectRefusal(
                Self.spec, rule: "host.device-differs", errno: EBUSY,
                "eth0.10 stands on cable0 on this host, not on eth0.")
            try await host.ip("link", "delete", "eth0.10")
            try await host.ip("link", "set", "eth0", "up")
            try await host.ip("link", "add", "vlan10", "link", "eth0", "type", "vlan", "id", "10")
            try await host.expectRefusal(
                Self.spec, rule: "host.device-differs", errno: EBUSY,
                "VLAN 10 of eth0 is already the device vlan10 on this host, which was not made by netmodelfs.")
        }
    }

    @Test("a device with the whole mark of the network that differs is replaced, unless somebody else needs it")
    func replaced() async throws {
        try await TestHost.with { host in
            let spec = Self.spec { $0.storeUUID = "aaaa" }
            func makeAnew(_ parent: String, _ id: String, store: String = "aaaa") async throws {
                _ = try? await host.ip("link", "delete", "eth0.10")
                try await host.ip("link", "add", "eth0.10", "link", parent, "type", "vlan", "id", id)
                try await host.ip("link", "set", "eth0.10", "alias", "netmodelfs:\(store):cccc-1010")
            }
            try await host.realize(spec)
            try await makeAnew("eth0", "12")
            #expect(try await host.check(spec)?.steps == [])
            #expect(try await host.inspect(spec)?.steps == ["eth0.10 has the VLAN id 12 on this host, not 10."])
            let steps = try await host.realize(spec)?.steps ?? []
            #expect(
                steps.starts(with: [
                    "delete the other VLAN device eth0.10", "make the VLAN device eth0.10 with VLAN id 10 on eth0",
                ]), "\(steps)")
            #expect(try await host.inspect(spec)?.steps == [])
            #expect(try await host.link("eth0.10")?.linkinfo?.infoData?.id == 10)

            try await makeAnew("cable0", "10")
            #expect(try await host.inspect(spec)?.steps == ["eth0.10 stands on cable0 on this host, not on eth0."])
            try await host.realize(spec)
            #expect(try await host.link("eth0.10")?.link == "eth0")

            try await makeAnew("eth0", "12", store: "bbbb")
            try await host.expectRefusal(
                spec, rule: "host.device-differs", errno: EBUSY, "eth0.10 has the VLAN id 12 on this host, not 10.")
            try await makeAnew("eth0", "12")
            try await host.ip("addr", "add", "10.1.1.5/24", "dev", "eth0.10")
            try await host.expectRefusal(
                spec, rule: "host.device-differs", errno: EBUSY, "eth0.10 has the VLAN id 12 on this host, not 10.")
            try await makeAnew("eth0", "12")
            try await host.ip("link", "add", "brX", "type", "bridge")
            try await host.ip("link", "set", "eth0.10", "master", "brX")
            try await host.expectRefusal(
                spec, rule: "host.interface-occupied", errno: EBUSY,
                "eth0.10 is occupied: it is a port of the bridge brX.")
            // It goes only where ours can be made.
            try await makeAnew("eth0", "12")
            try await host.ip("link", "add", "vlan10", "link", "eth0", "type", "vlan", "id", "10")
            try await host.expectRefusal(
                spec, rule: "host.device-differs", errno: EBUSY,
                "VLAN 10 of eth0 is already the device vlan10 on this host, which was not made by netmodelfs.")
        }
    }

    @Test("a device that is not ours is not adopted")
    func nameTaken() async throws {
        try await TestHost.with { host in
            try await host.ip("link", "add", "eth0.10", "link", "eth0", "type", "vlan", "id", "10")
            try await host.expectRefusal(
                Self.spec, rule: "host.name-taken", errno: EBUSY,
                "The name eth0.10, wanted for the VLAN device of the network, is taken on this host: "
                    + "it is a vlan link that was not made by netmodelfs.")
        }
    }

    @Test("an interface or a device in a foreign bridge")
    func occupied() async throws {
        try await TestHost.with { host in
            try await host.ip("link", "add", "brX", "type", "bridge")
            try await host.ip("link", "set", "eth0", "master", "brX")
            try await host.expectRefusal(
                Self.spec, rule: "host.interface-occupied", errno: EBUSY,
                "eth0 is occupied: it is a port of the bridge brX.")
            try await host.ip("link", "set", "eth0", "nomaster")
            try await host.realize(Self.spec)
            try await host.ip("link", "set", "eth0.10", "master", "brX")
            try await host.expectRefusal(
                Self.spec, rule: "host.interface-occupied", errno: EBUSY,
                "eth0.10 is occupied: it is a port of the bridge brX.")
        }
    }

    @Test("a failing step: the device that was made goes, the bridge that was there stays")
    func undo() async throws {
        try await TestHost.with { host in
            // The interface stands on the bridge itself, so its VLAN device would close a circle.
            try await host.ip("link", "delete", "eth0")
            try await host.ip("link", "add", "br_eth0_10", "type", "bridge")
            try await host.ip("link", "set", "br_eth0_10", "up", "alias", "netmodelfs:cccc-1010")
            try await host.ip("link", "add", "eth0", "link", "br_eth0_10", "type", "macvlan")
            do throws(AgentRequestError) {
                try await host.realize(Self.spec)
                Issue.record("not refused")
            } catch {
                guard case .refused(let refusal) = error else { throw error }
                #expect(refusal.rule == "host.step-failed")
                #expect(
                    refusal.reason.hasPrefix(
                        "This host could not make eth0.10 a port of the bridge br_eth0_10: the kernel says \""))
                #expect(refusal.reason.hasSuffix("\". What had been done before is undone."))
            }
            #expect(try await host.link("eth0.10") == nil)
            #expect(try await host.link("eth0")?.isUp == false)
            #expect(try await host.link("br_eth0_10") != nil)
        }
    }

    @Test("a release takes device and bridge away and nothing else")
    func release() async throws {
        try await TestHost.with { host in
            try await host.realize(Self.spec)
            #expect(
                try await host.release(Self.spec)?.steps == [
                    "take eth0.10 out of the bridge br_eth0_10", "delete the bridge br_eth0_10",
                    "delete the VLAN device eth0.10",
                ])
            #expect(try await host.newNames() == [])
            #expect(try await host.link("eth0")?.isUp == true)
            #expect(try await host.release(Self.spec) == L2Outcome())

            try await host.realize(Self.spec)
            try await host.ip("link", "delete", "br_eth0_10")
            try await host.ip("link", "add", "br_eth0_10", "type", "bridge")
            #expect(
                try await host.release(Self.spec)
                    == L2Outcome(
                        steps: ["delete the VLAN device eth0.10"],
                        notes: ["br_eth0_10 was not made for this network and stays."]))
            try await host.ip("link", "add", "eth0.10", "link", "eth0", "type", "vlan", "id", "10")
            #expect(
                try await host.release(Self.spec)?.notes == [
                    "br_eth0_10 was not made for this network and stays.",
                    "eth0.10 was not made for this network and stays.",
                ])
        }
    }

    @Test("two hosts on one cable reach each other in the same VLAN, and not in different ones")
    func ping() async throws {
        try await TestHost.with { one in
            try await TestHost.with { other in
                try await one.ip("link", "delete", "eth0")
                try await other.ip("link", "delete", "eth0")
                try await one.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", other.name)
                try await one.realize(Self.spec)
                try await other.realize(Self.spec)
                try await one.ip("addr", "add", "10.9.0.1/24", "dev", "br_eth0_10")
                try await other.ip("addr", "add", "10.9.0.2/24", "dev", "br_eth0_10")
                let ping = ["ip", "netns", "exec", one.name, "ping", "-c", "1", "-W", "2", "10.9.0.2"]
                try await Shell.run(ping)
                try await other.release(Self.spec)
                try await other.realize(Self.spec { $0.kind = .vlan(11) })
                try await other.ip("addr", "add", "10.9.0.2/24", "dev", "br_eth0_10")
                await #expect(throws: Shell.Failure.self) { try await Shell.run(ping) }
            }
        }
    }
}
