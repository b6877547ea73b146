import AgentProtocol
import Glibc
import Hypervisors
import Testing

/// The host's own addresses and routes, between an interface and the bridge of a network without VLAN.
@Suite("Addresses move to the bridge and back", .timeLimit(.minutes(3)))
struct MovedAddressTests {
    static let spec = NoVlanTests.spec

    /// What a host may have on its `eth0`, as commands of `ip`; `eth1` and its addresses are there already.
    static let shapes: [(name: String, commands: [String])] = [
        ("an address and a default route", ["addr add 10.1.1.5/24 dev eth0", "route add default via 10.1.1.1"]),
        (
            "secondary addresses, labels, scopes, peers, broadcast",
            [
                "addr add 10.1.1.5/24 brd + dev eth0", "addr add 10.1.1.6/24 dev eth0 label eth0:web",
                "addr add 10.1.1.9/24 dev eth0 label eth0:far-too-lo", "addr add 10.1.2.5/24 dev eth0",
                "addr add 10.7.0.1/32 dev eth0 scope link", "addr add 10.8.0.1 peer 10.8.0.2 dev eth0",
            ]
        ),
        (
            "addresses with flags, metrics and a preferred lifetime",
            [
                "addr add 10.1.1.5/24 dev eth0 noprefixroute", "addr add 10.1.2.5/24 dev eth0 metric 50",
                "addr add 2001:db8::5/64 dev eth0 nodad", "addr add 2001:db8::6/64 dev eth0 nodad noprefixroute",
                "addr add 2001:db8:1::7/64 dev eth0 metric 77 nodad",
                "addr add 2001:db8::8/128 dev eth0 preferred_lft 0",
            ]
        ),
        (
            "many IPv6 addresses in their order",
            (1...9).map { "addr add 2001:db8::\($0)/64 dev eth0" } + ["-6 route add default via 2001:db8::ff dev eth0"]
        ),
        (
            "a prefix route that somebody deleted, and one that somebody made",
            [
                "addr add 10.1.1.5/24 dev eth0", "route del 10.1.1.0/24 dev eth0",
                "route add 10.1.1.0/25 dev eth0 src 10.1.1.5", "addr add 2001:db8::5/64 dev eth0 nodad",
                "-6 route del 2001:db8::/64 dev eth0",
            ]
        ),
        (
            "metrics, MTU, preferred source, onlink, other tables, TOS",
            [
                "addr add 10.1.1.5/24 dev eth0", "addr add 10.1.1.6/24 dev eth0",
                "route add 10.20.0.0/16 via 10.1.1.2 mtu lock 1400 advmss 1300 src 10.1.1.6 metric 30",
                "route add 10.20.0.0/16 via 10.1.1.3 metric 31 rto_min 5ms quickack 1",
                "route add 10.22.0.0/16 via 192.168.9.1 dev eth0 onlink table 100",
                "route add default via 10.1.1.1 table 70000", "route add 10.23.0.0/16 dev eth0 scope link tos 0x10",
                "route add 10.25.0.0/16 via 10.1.1.1 realm 5 protocol static",
                "rule add from 10.1.1.6 lookup 100 priority 1000",
            ]
        ),
        (
            "gateways of the other family, local and broadcast routes of people",
            [
                "addr add 10.1.1.5/24 dev eth0", "route add 10.24.0.0/16 via inet6 fe80::99 dev eth0",
                "route add local 10.99.0.0/16 dev eth0 table local",
                "route add broadcast 10.98.0.255 dev eth0 table local", "route add multicast 239.1.0.0/16 dev eth0",
            ]
        ),
        (
            "several ways, through this interface and others",
            [
                "addr add 10.1.1.5/24 dev eth0", "addr add 2001:db8::5/64 dev eth0 nodad",
                "route add 10.21.0.0/16 nexthop via 10.1.1.2 weight 2 nexthop via 10.2.0.2 weight 5",
                "route add 10.26.0.0/16 nexthop via 10.1.1.2 nexthop via 10.1.1.3 weight 9",
                "-6 route add 2001:db8:51::/48 nexthop via 2001:db8::2 weight 3 nexthop via 2001:db8:2::2 weight 4",
                "-6 route add 2001:db8:52::/48 nexthop via 2001:db8::2 nexthop via 2001:db8::3",
            ]
        ),
        (
            "routes to one place through two interfaces, in their order",
            [
                "addr add 10.1.1.5/24 dev eth0", "addr add 10.2.0.7/24 dev eth0", "route add default via 10.1.1.1",
                "route append default via 10.2.0.1 dev eth1", "route append default via 10.1.1.2",
                "route add 10.40.0.0/16 via 10.2.0.1 dev eth1", "route append 10.40.0.0/16 via 10.1.1.1",
            ]
        ),
        (
            "IPv6 routes through link-local gateways, with preferences",
            [
                "addr add 2001:db8::5/64 dev eth0 nodad", "-6 route add default via fe80::1 dev eth0 metric 10",
                "-6 route add 2001:db8:50::/48 via fe80::1 dev eth0 mtu 1400 metric 44 pref high",
                "-6 route add 2001:db8:60::/48 dev eth0 table 200",
                "-6 route add 2001:db8:61::/48 via 2001:db8::1 src 2001:db8::5",
            ]
        ),
        ("routes without an address", ["route add 10.50.0.0/16 dev eth0", "-6 route add 2001:db8:70::/48 dev eth0"]),
        (
            "three hundred routes",
            ["addr add 10.1.1.5/24 dev eth0"]
                + (0..<300).map { "route add 10.60.\($0 % 256).\($0 / 256)/32 via 10.1.1.1" }
        ),
    ]

    @Test("KV-02, KV-11: there and back, nothing is lost and nothing differs", arguments: shapes.indices)
    func roundTrip(_ index: Int) async throws {
        let shape = Self.shapes[index]
        try await MovedHost.with(shape.commands) { host in
            let before = try await host.dump()
            let there = try #require(try await host.realize(token: "11111111"))
            #expect(there.unconfirmed == "11111111", "\(shape.name)")
            let moved = try await host.dump()
            // The same on the bridge, but for the name.
            let renamed = before.map {
                $0.replacing("eth0:far", with: "ETH:far").replacing("eth0", with: "br_eth0").replacing(
                    "ETH:far", with: "eth0:far")
            }
            #expect(moved.filter { !renamed.contains($0) } == [], "\(shape.name)")
            #expect(renamed.filter { !moved.contains($0) } == [], "\(shape.name)")
            // The numbers of the links order the addresses.
            #expect(renamed.filter { $0.hasPrefix("br_eth0 inet") } == moved.filter { $0.hasPrefix("br_eth0 inet") })
            #expect(renamed.filter { !$0.contains(" inet") } == moved.filter { !$0.contains(" inet") }, "\(shape.name)")
            try await host.confirm("11111111")
            // Again: nothing is done.
            let again = try #require(try await host.realize(token: "22222222"))
            #expect(again == L2Outcome())
            #expect(try await host.dump() == moved)

            let back = try #require(try await host.release(token: "33333333"))
            #expect(back.unconfirmed == "33333333")
            #expect(try await host.dump() == before, "\(shape.name)")
            #expect(try await host.host.link("br_eth0") != nil)
            try await host.confirm("33333333")
            #expect(try await host.release(token: "44444444")?.steps == ["delete the bridge br_eth0"])
            #expect(try await host.dump() == before, "\(shape.name)")
            #expect(try await host.host.newNames() == ["eth1", "cable1"])
        }
    }

    @Test("KV-02: the bridge behaves as the interface did, and has its MAC")
    func settings() async throws {
        try await MovedHost.with(["addr add 10.1.1.5/24 dev eth0", "link set eth0 mtu 1400"]) { host in
            try await host.host.exec(
                "sysctl", "-qw", "net.ipv4.conf.eth0.rp_filter=2", "net.ipv4.conf.eth0.arp_ignore=1")
            try await host.host.exec("sysctl", "-qw", "net.ipv6.conf.eth0.accept_ra=0")
            try await host.realize(token: "11111111")
            #expect(
                try await host.host.exec(
                    "sysctl", "-n", "net.ipv4.conf.br_eth0.rp_filter", "net.ipv4.conf.br_eth0.arp_ignore",
                    "net.ipv6.conf.br_eth0.accept_ra") == "2\n1\n0\n")
            let links = try await host.host.links()
            #expect(links["br_eth0"]?.address == links["eth0"]?.address)
            #expect(links["br_eth0"]?.mtu == 1400)
        }
    }

    @Test("addresses that come back to the port by themselves move again")
    func drift() async throws {
        try await MovedHost.with(["addr add 10.1.1.5/24 dev eth0", "route add default via 10.1.1.1"]) { host in
            try await host.realize(token: "11111111")
            try await host.confirm("11111111")
            let moved = try await host.dump()
            try await host.host.ip("addr", "del", "10.1.1.5/24", "dev", "br_eth0")
            try await host.host.ip("addr", "add", "10.1.1.5/24", "dev", "eth0")
            try await host.host.ip("route", "add", "default", "via", "10.1.1.1")
            #expect(try await host.realize(token: "22222222")?.unconfirmed == "22222222")
            try await host.confirm("22222222")
            #expect(try await host.dump() == moved)
        }
    }

    @Test("KV-14: what something else renews or owns does not move")
    func managed() async throws {
        for (command, rule) in [
            ("addr add 10.1.1.6/24 dev eth0 valid_lft 3600 preferred_lft 1800", "host.interface-managed"),
            ("route add 10.3.0.0/16 via 10.1.1.1 proto dhcp", "host.interface-managed"),
            ("-6 route add 2001:db8:9::/48 dev eth0 expires 600", "host.interface-managed"),
            ("route add 10.3.0.0/16 nhid 7", "host.nexthop-object"),
        ] {
            try await MovedHost.with(
                ["addr add 10.1.1.5/24 dev eth0", "nexthop add id 7 via 10.1.1.1 dev eth0", command]
            ) { host in
                let before = try await host.dump()
                for request in [AgentRequest.checkL2(Self.spec), .realizeL2(Self.spec)] {
                    let refusal = try await host.refusal(.guarded(request, by: Confirmation(token: "11111111")))
                    #expect(refusal?.rule == rule, "\(command)")
                }
                #expect(try await host.dump() == before)
                #expect(try await host.host.newNames() == ["eth1", "cable1"])
            }
        }
    }

    @Test("a step that fails leaves all as it was")
    func undo() async throws {
        try await MovedHost.with(["addr add 10.1.1.5/24 dev eth0", "route add default via 10.1.1.1"]) { host in
            try await host.host.ip("link", "add", "mv0", "link", "eth0", "type", "macvlan")
            let before = try await host.dump()
            let refusal = try await host.refusal(.guarded(.realizeL2(Self.spec), by: Confirmation(token: "11111111")))
            #expect(refusal?.rule == "host.step-failed")
            #expect(try await host.dump() == before)
            #expect(try await host.host.newNames() == ["eth1", "cable1", "mv0"])
            #expect(try await host.refusal(.confirm(token: host.token("11111111")))?.rule == "host.confirm-unknown")
        }
    }
}
