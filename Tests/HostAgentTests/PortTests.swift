import AgentProtocol
import Glibc
import Hypervisors
import Testing

/// Ports of VMs that are guests in network namespaces: what taps have in common with them is tested here.
@Suite("Ports of VMs on a host", .timeLimit(.minutes(3)))
struct PortTests {
    @Test("a port is made with the bridge, and again nothing is done")
    func realize() async throws {
        try await PortHost.with(guests: 1) { at in
            let spec = PortHost.spec(at.veth(1, 0))
            #expect(try await at.host.check(spec)?.steps == [])
            #expect(try await at.ports() == [])
            let outcome = try await at.host.realize(spec)
            #expect(outcome?.steps.contains("make the port vnic1.0 with eth0 in \(at.guests[0])") == true)
            let port = try #require(try await at.host.link("vnic1.0"))
            #expect(port.linkinfo?.infoKind == "veth")
            #expect(port.master == "br_eth0" && port.isUp && port.mtu == 1500)
            #expect(port.address == "fe:00:00:00:00:01")
            #expect(port.ifalias == "netmodelfs:5555:aaaa-1111" && port.group == "default")
            #expect(port.inet6AddrGenMode == "none")
            let end = try await at.ip(guest: 0, "-o", "link", "show", "dev", "eth0")
            #expect(end.contains("fa:00:00:00:00:01") && end.contains("mtu 1500") && end.contains(",UP"))
            let before = try await at.host.snapshot()
            #expect(try await at.host.check(spec)?.steps == [])
            #expect(try await at.host.realize(spec)?.steps == [])
            #expect(try await at.host.inspect(spec)?.steps == [])
            try await at.host.expectUnchanged(since: before)
            #expect(
                try await at.host.inventory().first { $0.name == "vnic1.0" }
                    == LinkRecord(
                        name: "vnic1.0", kind: "veth", networkUUID: "aaaa-1111", storeUUID: "5555", master: "br_eth0",
                        mtu: 1500, up: true))
        }
    }

    @Test("one is added and another goes: the rest is not touched")
    func change() async throws {
        try await PortHost.with(guests: 2) { at in
            let (first, second) = (at.veth(1, 0), at.veth(2, 1))
            try await at.host.realize(PortHost.spec(first))
            // Somebody's own, which is none of ours.
            try await at.host.ip("link", "add", "vnic9.0", "master", "br_eth0", "type", "veth", "peer", "name", "mine")
            let steps = try await at.host.realize(PortHost.spec(first, second))?.steps ?? []
            #expect(
                !steps.isEmpty && steps.allSatisfy { $0.contains("vnic2.0") || $0.contains(at.guests[1]) }, "\(steps)")
            #expect(
                try await at.host.inspect(PortHost.spec(second))?.steps == [
                    "vnic1.0 is in the bridge br_eth0, but no VM has it."
                ])
            #expect(try await at.host.realize(PortHost.spec(second))?.steps == ["delete the port vnic1.0"])
            #expect(try await at.ports() == ["vnic2.0", "vnic9.0"])
            #expect(try await at.host.realize(PortHost.spec())?.steps == ["delete the port vnic2.0"])
            #expect(try await at.ports() == ["vnic9.0"])
            #expect(try await at.ip(guest: 1, "-o", "link").contains("eth0") == false)
        }
    }

    /// What somebody does to `vnic1.0` or to the guest's end `eth0`, what is told of it, and how it is repaired.
    static let drifts: [(command: [String], isGuests: Bool, told: String, steps: [String])] = [
        (
            ["link", "set", "vnic1.0", "nomaster"], false, "vnic1.0 is no port of the bridge br_eth0.",
            ["make vnic1.0 a port of the bridge br_eth0"]
        ),
        (
            ["link", "set", "vnic1.0", "master", "other"], false, "vnic1.0 is no port of the bridge br_eth0.",
            ["make vnic1.0 a port of the bridge br_eth0"]
        ),
        (["link", "set", "vnic1.0", "down"], false, "vnic1.0 is down.", ["set vnic1.0 up"]),
        (
            ["link", "set", "vnic1.0", "address", "02:00:00:00:00:01"], false,
            "The MAC of vnic1.0 is 02:00:00:00:00:01, not fe:00:00:00:00:01.",
            ["give vnic1.0 the MAC fe:00:00:00:00:01"]
        ),
        (
            ["link", "set", "vnic1.0", "mtu", "1400"], false, "The MTU of vnic1.0 is 1400, not 1500.",
            ["set the MTU of vnic1.0 to 1500"]
        ),
        (
            ["link", "set", "eth0", "address", "02:00:00:00:00:01"], true,
            "The MAC of eth0 in GUEST is 02:00:00:00:00:01, not fa:00:00:00:00:01.",
            ["give eth0 in GUEST the MAC fa:00:00:00:00:01"]
        ),
        (
            ["link", "set", "eth0", "mtu", "1400"], true, "The MTU of eth0 in GUEST is 1400, not 1500.",
            ["set the MTU of eth0 in GUEST to 1500"]
        ),
        (["link", "set", "eth0", "down"], true, "eth0 in GUEST is down.", ["set eth0 in GUEST up"]),
        (
            ["link", "set", "eth0", "name", "eth7"], true,
            "The other end of vnic1.0 is not eth0 in the network namespace GUEST.",
            ["delete the other port vnic1.0", "make the port vnic1.0 with eth0 in GUEST"]
        ),
        (
            ["link", "delete", "vnic1.0"], false, "The port vnic1.0 is missing.",
            ["make the port vnic1.0 with eth0 in GUEST"]
        ),
    ]

    @Test("what somebody changed is told in a sentence and put right again", arguments: PortTests.drifts.indices)
    func drift(_ index: Int) async throws {
        let drift = Self.drifts[index]
        try await PortHost.with(guests: 1) { at in
            let spec = PortHost.spec(at.veth(1, 0))
            try await at.host.realize(spec)
            try await at.host.ip("link", "add", "other", "type", "bridge")
            try await Shell.run(["ip", "-n", drift.isGuests ? at.guests[0] : at.host.name] + drift.command)
            let told = drift.told.replacing("GUEST", with: at.guests[0])
            #expect(try await at.host.inspect(spec)?.steps == [told])
            let steps = try await at.host.realize(spec)?.steps ?? []
            #expect(
                Array(steps.prefix(drift.steps.count)) == drift.steps.map { $0.replacing("GUEST", with: at.guests[0]) })
            #expect(try await at.host.inspect(spec)?.steps == [])
            #expect(try await at.host.realize(spec)?.steps == [])
            #expect(try await at.host.link("br_eth0")?.mtu == 1500)
        }
    }

    @Test("the guest's end in another namespace: the port is made anew")
    func movedEnd() async throws {
        try await PortHost.with(guests: 2) { at in
            let spec = PortHost.spec(at.veth(1, 0))
            try await at.host.realize(spec)
            try await at.ip(guest: 0, "link", "set", "eth0", "netns", at.guests[1])
            #expect(
                try await at.host.inspect(spec)?.steps == [
                    "The other end of vnic1.0 is not eth0 in the network namespace \(at.guests[0])."
                ])
            try await at.host.realize(spec)
            #expect(try await at.host.inspect(spec)?.steps == [])
            #expect(try await at.ip(guest: 1, "-o", "link").contains("eth0") == false)
        }
    }

    @Test("guests that change places")
    func swap() async throws {
        try await PortHost.with(guests: 2) { at in
            try await at.host.realize(PortHost.spec(at.veth(1, 0), at.veth(2, 1)))
            let swapped = PortHost.spec(at.veth(1, 1), at.veth(2, 0))
            #expect(try await at.host.check(swapped)?.steps == [])
            try await at.host.realize(swapped)
            #expect(try await at.host.inspect(swapped)?.steps == [])
            #expect(try await at.ip(guest: 0, "-o", "link").contains("fa:00:00:00:00:02"))
            // Another NIC in the place of one that goes.
            let other = PortHost.spec(at.veth(3, 0), at.veth(1, 1))
            #expect(try await at.host.check(other)?.steps == [])
            #expect(try await at.host.realize(other)?.steps.first == "delete the port vnic2.0")
            #expect(try await at.host.inspect(other)?.steps == [])
            #expect(try await at.ports() == ["vnic1.0", "vnic3.0"])
        }
    }

    @Test("a NIC that moves to another network of the store takes its port along")
    func otherNetwork() async throws {
        try await PortHost.with(guests: 1) { at in
            try await at.host.ip("link", "add", "eth1", "type", "veth", "peer", "name", "cable1")
            let old = PortHost.spec(at.veth(1, 0))
            var new = old
            new.networkUUID = "bbbb"
            new.physicalInterface = "eth1"
            new.bridge = "br_eth1"
            try await at.host.realize(old)
            let steps = try await at.host.realize(new)?.steps ?? []
            #expect(Array(steps.suffix(2)) == ["mark vnic1.0", "make vnic1.0 a port of the bridge br_eth1"])
            #expect(try await at.host.realize(PortHost.spec())?.steps == [])
            #expect(try await at.host.inspect(new)?.steps == [])
            #expect(
                try await at.host.release(PortHost.spec(at.veth(1, 0)))?.notes == [
                    "vnic1.0 was not made for this network and stays."
                ])
            #expect(try await at.ports() == ["vnic1.0"])
        }
    }

    @Test("a name that is taken on the host or in the guest, a namespace that is not there")
    func refusals() async throws {
        try await PortHost.with(guests: 1) { at in
            let spec = PortHost.spec(at.veth(1, 0))
            let taken = "The name vnic1.0, wanted for the VM port of the network, is taken on this host:"
            try await at.host.ip("link", "add", "vnic1.0", "type", "veth", "peer", "name", "mine")
            try await at.host.expectRefusal(
                spec, rule: "host.port-name-taken", errno: EBUSY,
                "\(taken) it is a veth link that was not made by netmodelfs.")
            try await at.host.ip("link", "set", "vnic1.0", "alias", "netmodelfs:6666:bbbb")
            try await at.host.expectRefusal(
                spec, rule: "host.port-name-taken", errno: EBUSY,
                "\(taken) it belongs to network bbbb of the netmodelfs store 6666.")
            try await at.host.ip("link", "delete", "vnic1.0")
            try await at.ip(guest: 0, "link", "add", "eth0", "type", "bridge")
            try await at.host.expectRefusal(
                spec, rule: "host.port-name-taken", errno: EBUSY,
                "The name eth0, wanted for the guest's end of vnic1.0, is taken in the network namespace \(at.guests[0]) "
                    + "of this host.")
            try await at.ip(guest: 0, "link", "delete", "eth0")
            try await at.host.expectRefusal(
                PortHost.spec(at.veth(1, 0), at.veth(2, 0)), rule: "host.port-name-taken", errno: EBUSY,
                "The name eth0, wanted for the guest's end of vnic2.0, is taken in the network namespace \(at.guests[0]) "
                    + "of this host.")
            var lost = spec
            lost.ports[0].guest = .namespace("\(at.guests[0])-x", device: "eth0")
            try await at.host.expectRefusal(
                lost, rule: "host.no-namespace", errno: ENODEV,
                "This host has no network namespace \(at.guests[0])-x, where the guest's end of vnic1.0 is to be.")
            // A name of a namespace that leads to none, as one that was deleted in another mount namespace.
            let file = "/run/netns/\(at.guests[0])-y"
            try await Shell.run("touch", file)
            lost.ports[0].guest = .namespace("\(at.guests[0])-y", device: "eth0")
            do {
                try await at.host.expectRefusal(
                    lost, rule: "host.no-namespace", errno: ENODEV,
                    "This host has no network namespace \(at.guests[0])-y, where the guest's end of vnic1.0 is to be.")
            } catch {
                try await Shell.run("rm", file)
                throw error
            }
            try await Shell.run("rm", file)
        }
    }

    @Test("a failure in the middle: what was done is undone, and what was to go stays")
    func undo() async throws {
        try await PortHost.with(guests: 4) { at in
            let first = at.veth(1, 0)
            try await at.host.realize(PortHost.spec(first, at.veth(2, 1), at.veth(4, 3)))
            // A macvlan keeps its lower interface from becoming a port of a bridge.
            try await at.host.ip("link", "set", "vnic2.0", "nomaster")
            try await at.host.ip("link", "add", "mv0", "link", "vnic2.0", "type", "macvlan")
            var changed = at.veth(1, 0, mtu: 1400)
            changed.mac = "fa:00:00:00:00:11"
            let end = try await at.ip(guest: 0, "-o", "link", "show", "dev", "eth0")
            let refusal = try await at.refusal(
                realizing: PortHost.spec(changed, at.veth(3, 2, mtu: 1300), at.veth(2, 1)))
            #expect(refusal?.rule == "host.step-failed" && refusal?.errno == EBUSY)
            #expect(
                refusal?.reason == "This host could not make vnic2.0 a port of the bridge br_eth0: the kernel says "
                    + "\"Device or resource busy\". What had been done before is undone.")
            #expect(try await at.ports() == ["vnic1.0", "vnic2.0", "vnic4.0"])
            #expect(try await at.ip(guest: 0, "-o", "link", "show", "dev", "eth0") == end)
            #expect(try await at.ip(guest: 2, "-o", "link").contains("eth0") == false)
            #expect(try await at.host.link("br_eth0")?.mtu == 1500)
            try await at.host.ip("link", "delete", "mv0")
            let steps = try await at.host.realize(PortHost.spec(first, at.veth(2, 1)))?.steps
            #expect(steps == ["make vnic2.0 a port of the bridge br_eth0", "delete the port vnic4.0"])
        }
    }

    @Test("a release removes the ports first, also what is not in the specification")
    func release() async throws {
        try await PortHost.with(guests: 3) { at in
            let before = try await at.host.snapshot()
            let spec = PortHost.spec(at.veth(1, 0), at.veth(2, 1), at.veth(3, 2))
            try await at.host.realize(spec)
            try await at.host.ip("link", "set", "vnic1.0", "nomaster")
            #expect(
                try await at.host.release(PortHost.spec(at.veth(1, 0)))?.steps == [
                    "delete the port vnic2.0", "delete the port vnic3.0", "delete the port vnic1.0",
                    "take eth0 out of the bridge br_eth0", "delete the bridge br_eth0",
                ])
            try await at.host.ip("link", "set", "eth0", "down")
            try await at.host.expectUnchanged(since: before)
            #expect(try await at.host.release(spec) == L2Outcome())
        }
    }

    @Test("orphans: ports are collected before their bridge, and alone")
    func collect() async throws {
        try await PortHost.with(guests: 2) { at in
            try await at.host.realize(PortHost.spec(at.veth(1, 0), at.veth(2, 1)))
            try await at.host.ip("link", "set", "vnic2.0", "nomaster")
            func collect(_ names: [String]) async throws -> AgentResult {
                try await at.host.agent.request(
                    .collect(storeUUID: "5555", networkUUID: "aaaa-1111", links: names))
            }
            #expect(try await collect(["vnic2.0"]) == .l2(L2Outcome(steps: ["delete vnic2.0"])))
            #expect(
                try await collect(["br_eth0", "vnic1.0"])
                    == .l2(L2Outcome(steps: ["delete vnic1.0", "delete br_eth0"])))
            #expect(try await at.ports() == [])
        }
    }

    @Test("the MTU of a port is its own, or the network's; the bridge's stays")
    func mtu() async throws {
        try await PortHost.with(guests: 2) { at in
            var spec = PortHost.spec(at.veth(1, 0, mtu: 1300), at.veth(2, 1))
            try await at.host.realize(spec)
            #expect(try await at.host.link("vnic1.0")?.mtu == 1300)
            #expect(try await at.host.link("vnic2.0")?.mtu == 1500)
            #expect(try await at.host.link("br_eth0")?.mtu == 1500)
            #expect(try await at.ip(guest: 0, "-o", "link", "show", "dev", "eth0").contains("mtu 1300"))
            #expect(try await at.host.inspect(spec)?.steps == [])
            spec.mtu = 2000
            try await at.host.realize(spec)
            #expect(try await at.host.link("vnic1.0")?.mtu == 1300)
            #expect(try await at.host.link("vnic2.0")?.mtu == 2000)
            #expect(try await at.host.link("br_eth0")?.mtu == 2000)
            #expect(try await at.ip(guest: 1, "-o", "link", "show", "dev", "eth0").contains("mtu 2000"))
            #expect(try await at.host.inspect(spec)?.steps == [])
        }
    }

    @Test("two guests on one bridge reach each other, also one whose MAC begins like the host's ends")
    func ping() async throws {
        try await PortHost.with(guests: 2) { at in
            var second = at.veth(2, 1)
            second.mac = "fe:00:00:00:00:02"
            try await at.host.realize(PortHost.spec(at.veth(1, 0), second))
            #expect(try await at.host.link("vnic2.0")?.address == "fa:00:00:00:00:02")
            for guest in 0..<2 { try await at.ip(guest: guest, "addr", "add", "10.7.0.\(guest + 1)/24", "dev", "eth0") }
            try await Shell.run(
                "ip", "netns", "exec", at.guests[0], "ping", "-c1", "-w20", "-s1400", "10.7.0.2")
            try await at.host.realize(PortHost.spec(at.veth(1, 0)))
            #expect(try await at.ip(guest: 1, "-o", "link").contains("eth0") == false)
        }
    }

    @Test("the ports of a VXLAN have its MTU")
    func tunnels() async throws {
        try await PortHost.with(guests: 1) { at in
            try await at.host.ip("link", "set", "eth0", "up")
            try await at.host.ip("addr", "add", "10.8.0.1/24", "dev", "eth0")
            let before = try await at.host.snapshot()
            let spec = VXLANTests.spec { $0.ports = [at.veth(1, 0)] }
            try await at.host.realize(spec)
            #expect(try await at.host.link("vnic1.0")?.mtu == 1450)
            #expect(try await at.host.link("vnic1.0")?.master == "br_vx_100")
            #expect(try await at.host.inspect(spec)?.steps == [])
            #expect(try await at.host.realize(spec)?.steps == [])
            try await at.host.ip("link", "set", "vnic1.0", "down")
            #expect(try await at.host.inspect(spec)?.steps == ["vnic1.0 is down."])
            try await at.host.release(spec)
            try await at.host.expectUnchanged(since: before)
        }
    }

    @Test("a change of ports does not move the host's addresses, and waits for no confirmation")
    func confirmed() async throws {
        try await PortHost.with(guests: 2) { at in
            try await at.host.ip("link", "set", "eth0", "up")
            try await at.host.ip("addr", "add", "10.1.1.5/24", "dev", "eth0")
            func realize(_ spec: L2Spec, _ token: String) async throws -> L2Outcome? {
                let request = AgentRequest.guarded(
                    .realizeL2(spec), by: Confirmation(token: "\(at.host.name)-\(token)", within: 60))
                guard case .l2(let outcome) = try await at.host.agent.request(request) else { return nil }
                return outcome
            }
            let token = "\(at.host.name)-11111111"
            #expect(try await realize(PortHost.spec(at.veth(1, 0)), "11111111")?.unconfirmed == token)
            #expect(try await at.host.agent.request(.confirm(token: token)) == .confirmed)
            let outcome = try await realize(PortHost.spec(at.veth(1, 0), at.veth(2, 1)), "22222222")
            #expect(outcome?.unconfirmed == nil)
            #expect(outcome?.steps.first == "make the port vnic2.0 with eth0 in \(at.guests[1])")
            #expect(try await realize(PortHost.spec(), "33333333")?.unconfirmed == nil)
            #expect(try await at.host.ip("addr", "show", "dev", "br_eth0").contains("10.1.1.5/24"))
        }
    }

    @Test("changes of a port are told")
    func events() async throws {
        try await PortHost.with(guests: 1) { at in
            try await at.host.realize(PortHost.spec(at.veth(1, 0)))
            let wanted: [AgentEvent] = [
                AgentEvent(name: "vnic1.0", what: .appeared), AgentEvent(name: "vnic1.0", what: .changed),
                AgentEvent(name: "vnic1.0", what: .gone),
            ]
            try await at.host.ip("link", "set", "vnic1.0", "nomaster")
            try await at.host.ip("link", "delete", "vnic1.0")
            var rest = wanted[...]
            for await event in at.host.agent.events {
                if event == rest.first { rest.removeFirst() }
                if rest.isEmpty { break }
            }
            #expect(rest.isEmpty)
        }
    }
}
