import AgentProtocol
import Glibc
import Hypervisors
import Testing

@Suite("Networks without VLAN on a host", .timeLimit(.minutes(2)))
struct NoVlanTests {
    static let spec = L2Spec(networkUUID: "aaaa-1111", kind: .noVlan, physicalInterface: "eth0", bridge: "br_eth0")

    static func spec(_ change: (inout L2Spec) -> Void) -> L2Spec {
        var spec = spec
        change(&spec)
        return spec
    }

    @Test("the bridge is made, with the interface as its port")
    func realize() async throws {
        try await TestHost.with { host in
            let outcome = try await host.realize(Self.spec)
            #expect(outcome?.steps.contains("make the bridge br_eth0") == true)
            let eth0 = try #require(try await host.link("eth0"))
            let bridge = try #require(try await host.link("br_eth0"))
            #expect(eth0.master == "br_eth0")
            #expect(eth0.isUp)
            #expect(eth0.ifalias == nil)
            #expect(bridge.isUp)
            #expect(bridge.address == eth0.address)
            #expect(bridge.ifalias == "netmodelfs:aaaa-1111")
            #expect(bridge.group == "default")
            #expect(bridge.inet6AddrGenMode == "none")
            #expect(bridge.linkinfo?.infoKind == "bridge")
            #expect(bridge.linkinfo?.infoData?.stpState == 0)
            #expect(bridge.linkinfo?.infoData?.forwardDelay == 0)
        }
    }

    @Test("KV-03: again: nothing is done, nothing is lost")
    func idempotent() async throws {
        try await TestHost.with { host in
            try await host.realize(Self.spec)
            try await host.ip("link", "add", "vm0", "master", "br_eth0", "type", "veth", "peer", "name", "vm0-in")
            let before = try await host.snapshot()
            #expect(try await host.check(Self.spec)?.steps == [])
            #expect(try await host.realize(Self.spec)?.steps == [])
            try await host.expectUnchanged(since: before)
        }
    }

    @Test("collecting takes only what carries just that mark, and no bridge with the host's addresses")
    func collect() async throws {
        try await TestHost.with { host in
            let spec = Self.spec { $0.storeUUID = "5555" }
            try await host.realize(spec)
            #expect(try await host.link("br_eth0")?.ifalias == "netmodelfs:5555:aaaa-1111")
            for (name, alias) in [
                ("old", "netmodelfs:aaaa-1111"), ("other", "netmodelfs:6666:aaaa-1111"), ("mine", "x"),
            ] {
                try await host.ip("link", "add", name, "type", "bridge")
                try await host.ip("link", "set", name, "alias", alias)
            }
            let names = ["br_eth0", "old", "other", "mine", "eth0", "gone"]
            let request = AgentRequest.collect(storeUUID: "5555", networkUUID: "aaaa-1111", links: names)
            try await host.ip("addr", "add", "10.1.1.5/24", "dev", "br_eth0")
            do throws(AgentRequestError) {
                _ = try await host.agent.request(request)
                Issue.record("the bridge with the host's addresses was collected")
            } catch {
                guard case .refused(let refusal) = error else { throw error }
                #expect(refusal.rule == "host.orphan-has-addresses")
                #expect(
                    refusal.reason
                        == "br_eth0 was left by a network that is gone, and carries the host's own addresses 10.1.1.5/24."
                )
            }
            try await host.ip("addr", "flush", "dev", "br_eth0")
            let others = AgentRequest.collect(storeUUID: "7777", networkUUID: "aaaa-1111", links: names)
            #expect(try await host.agent.request(others) == .l2(L2Outcome()))
            #expect(try await host.agent.request(request) == .l2(L2Outcome(steps: ["delete br_eth0"])))
            #expect(try await host.newNames() == ["old", "other", "mine"])
        }
    }

    @Test("a mark of before there were stores in marks gets one")
    func remarked() async throws {
        try await TestHost.with { host in
            try await host.realize(Self.spec)
            let outcome = try await host.realize(Self.spec { $0.storeUUID = "5555" })
            #expect(outcome?.steps == ["mark br_eth0"])
            #expect(try await host.link("br_eth0")?.ifalias == "netmodelfs:5555:aaaa-1111")
        }
    }

    @Test("a check changes nothing")
    func check() async throws {
        try await TestHost.with { host in
            let before = try await host.snapshot()
            #expect(try await host.check(Self.spec { $0.mtu = 9000 })?.steps == [])
            try await host.expectUnchanged(since: before)
        }
    }

    @Test("KV-08: the MTU only grows")
    func mtu() async throws {
        try await TestHost.with { host in
            try await host.realize(Self.spec { $0.mtu = 9000 })
            #expect(try await host.link("eth0")?.mtu == 9000)
            #expect(try await host.link("br_eth0")?.mtu == 9000)
            #expect(try await host.realize(Self.spec { $0.mtu = 1500 })?.steps == [])
            #expect(try await host.link("eth0")?.mtu == 9000)
            #expect(try await host.link("br_eth0")?.mtu == 9000)
        }
    }

    @Test("RE-18: iptables for the bridge go off and on")
    func iptables() async throws {
        try await TestHost.with { host in
            try await host.realize(Self.spec)
            // A kernel without bridge netfilter shows no such setting.
            guard try await host.link("br_eth0")?.linkinfo?.infoData?.nfCallIptables != nil else { return }
            #expect(try await host.link("br_eth0")?.linkinfo?.infoData?.nfCallIptables == 1)
            try await host.realize(Self.spec { $0.disableIptables = true })
            #expect(try await host.link("br_eth0")?.linkinfo?.infoData?.nfCallIptables == 0)
        }
    }

    @Test("what somebody changed is put right again")
    func converge() async throws {
        try await TestHost.with { host in
            try await host.realize(Self.spec)
            try await host.ip("link", "set", "eth0", "nomaster")
            try await host.ip("link", "set", "eth0", "down")
            try await host.ip(
                "link", "set", "br_eth0", "down", "type", "bridge", "forward_delay", "1500", "stp_state", "1")
            try await host.ip("link", "set", "br_eth0", "address", "02:00:00:00:00:01")
            #expect(
                try await host.realize(Self.spec)?.steps == [
                    "set eth0 up", "switch the spanning tree of br_eth0 off", "set the forward delay of br_eth0 to 0",
                    "give br_eth0 the MAC of eth0", "make eth0 a port of the bridge br_eth0", "set br_eth0 up",
                ])
            #expect(try await host.realize(Self.spec)?.steps == [])
        }
    }

    @Test("a bridge whose making was cut short is finished, or removed")
    func unfinished() async throws {
        try await TestHost.with { host in
            try await host.ip("link", "add", "br_eth0", "group", "\(0x6E6D_6673)", "type", "bridge")
            try await host.realize(Self.spec)
            #expect(try await host.link("br_eth0")?.ifalias == "netmodelfs:aaaa-1111")
            try await host.release(Self.spec)
            try await host.ip("link", "add", "br_eth0", "group", "\(0x6E6D_6673)", "type", "bridge")
            try await host.release(Self.spec)
            #expect(try await host.link("br_eth0") == nil)
        }
    }

    @Test("a failing step is told of, and what was done before is undone")
    func undo() async throws {
        try await TestHost.with { host in
            // A macvlan keeps its lower interface from becoming a port of a bridge.
            try await host.ip("link", "add", "mv0", "link", "eth0", "type", "macvlan")
            let before = try await host.snapshot()
            do throws(AgentRequestError) {
                try await host.realize(Self.spec { $0.mtu = 9000 })
                Issue.record("not refused")
            } catch {
                guard case .refused(let refusal) = error else { throw error }
                #expect(refusal.rule == "host.step-failed")
                #expect(refusal.errno == EBUSY)
                #expect(
                    refusal.reason == "This host could not make eth0 a port of the bridge br_eth0: the kernel says "
                        + "\"Device or resource busy\". What had been done before is undone.")
            }
            try await host.expectUnchanged(since: before)
            try await host.ip("link", "delete", "mv0")
            try await host.realize(Self.spec)
        }
    }

    @Test("a release takes everything away, but the interface stays up")
    func release() async throws {
        try await TestHost.with { host in
            try await host.realize(Self.spec)
            try await host.ip("link", "add", "vm0", "master", "br_eth0", "type", "veth", "peer", "name", "vm0-in")
            #expect(
                try await host.release(Self.spec)?.steps == [
                    "take eth0 out of the bridge br_eth0", "delete the bridge br_eth0",
                ])
            #expect(try await host.link("br_eth0") == nil)
            #expect(try await host.link("vm0") != nil)
            let eth0 = try #require(try await host.link("eth0"))
            #expect(eth0.master == nil)
            #expect(eth0.isUp)
            #expect(try await host.release(Self.spec) == L2Outcome())
        }
    }

    @Test("KV-09: a release of what is not there, even without the interface")
    func releaseNothing() async throws {
        try await TestHost.with { host in
            #expect(try await host.release(Self.spec) == L2Outcome())
            try await host.ip("link", "delete", "eth0")
            #expect(try await host.release(Self.spec) == L2Outcome())
        }
    }

    @Test("a release leaves what is not ours")
    func releaseForeign() async throws {
        try await TestHost.with { host in
            try await host.ip("link", "add", "br_eth0", "type", "bridge")
            try await host.ip("link", "set", "eth0", "master", "br_eth0")
            let note = L2Outcome(notes: ["br_eth0 was not made for this network and stays."])
            let before = try await host.snapshot()
            #expect(try await host.release(Self.spec) == note)
            try await host.expectUnchanged(since: before)
            try await host.ip("link", "set", "br_eth0", "alias", "netmodelfs:bbbb")
            #expect(try await host.release(Self.spec) == note)
            #expect(try await host.link("eth0")?.master == "br_eth0")
        }
    }

    @Test("two hosts on one cable reach each other over their bridges")
    func ping() async throws {
        try await TestHost.with { one in
            try await TestHost.with { other in
                try await one.ip("link", "delete", "eth0")
                try await other.ip("link", "delete", "eth0")
                try await one.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", other.name)
                try await one.realize(Self.spec)
                try await other.realize(Self.spec)
                try await one.ip("addr", "add", "10.9.0.1/24", "dev", "br_eth0")
                try await other.ip("addr", "add", "10.9.0.2/24", "dev", "br_eth0")
                try await Shell.run(
                    "ip", "netns", "exec", one.name, "ping", "-c", "1", "-W", "5", "10.9.0.2")
            }
        }
    }
}
