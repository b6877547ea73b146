import AgentProtocol
import Glibc
import Hypervisors
import Testing

/// Networks in VXLAN tunnels, between hosts that are network namespaces with a cable between them.
@Suite("VXLAN on hosts", .timeLimit(.minutes(2)))
struct VXLANTests {
    static func spec(
        _ local: String = "10.8.0.1", peers: [String] = [], _ change: (inout L2Spec) -> Void = { _ in }
    ) -> L2Spec {
        var spec = L2Spec(
            networkUUID: "aaaa-1111", kind: .vxlan(L2Spec.VXLAN(vni: 100, local: local, peers: peers)),
            physicalInterface: "", bridge: "br_vx_100", device: "vxlan100")
        change(&spec)
        return spec
    }

    /// A host whose `eth0` has the address 10.8.0.1/24 and fd08::1/64.
    private func withHost(_ body: (TestHost) async throws -> Void) async throws {
        try await TestHost.with { host in
            try await host.ip("link", "set", "eth0", "up")
            try await host.ip("addr", "add", "10.8.0.1/24", "dev", "eth0")
            try await host.ip("addr", "add", "fd08::1/64", "dev", "eth0", "nodad")
            try await body(host)
        }
    }

    /// Two hosts with `under0` between them, 10.8.0.1 and .2, fd08::1 and ::2.
    private func withTwoHosts(_ body: (TestHost, TestHost) async throws -> Void) async throws {
        try await TestHost.with { first in
            try await TestHost.with { second in
                try await first.ip(
                    "link", "add", "under0", "type", "veth", "peer", "name", "under0", "netns", second.name)
                for (host, number) in [(first, 1), (second, 2)] {
                    try await host.ip("addr", "add", "10.8.0.\(number)/24", "dev", "under0")
                    try await host.ip("addr", "add", "fd08::\(number)/64", "dev", "under0", "nodad")
                    try await host.ip("link", "set", "under0", "up")
                }
                try await body(first, second)
            }
        }
    }

    /// The peers that what is for all goes to, as `bridge fdb` shows them.
    private func flooded(_ host: TestHost) async throws -> [String] {
        try await Shell.run("bridge", "-n", host.name, "fdb", "show", "dev", "vxlan100").split(separator: "\n")
            .filter { $0.hasPrefix("00:00:00:00:00:00 ") }
            .compactMap { line in
                let words = line.split(separator: " ")
                return words.firstIndex(of: "dst").map { String(words[$0 + 1]) }
            }.sorted()
    }

    private func pings(_ host: TestHost, _ address: String) async -> Bool {
        (try? await Shell.run("ip", "netns", "exec", host.name, "ping", "-c1", "-W2", address)) != nil
    }

    @Test("the device and the bridge are made, with the packets' room for the tunnel")
    func realize() async throws {
        try await withHost { host in
            let outcome = try await host.realize(Self.spec(peers: ["10.8.0.2", "10.8.0.3"]))
            #expect(
                outcome?.steps.first == "make the VXLAN device vxlan100 with VNI 100 from 10.8.0.1")
            let device = try #require(try await host.link("vxlan100"))
            let bridge = try #require(try await host.link("br_vx_100"))
            #expect(device.linkinfo?.infoKind == "vxlan" && device.linkinfo?.infoData?.id == 100)
            #expect(device.mtu == 1450 && bridge.mtu == 1450)
            #expect(device.master == "br_vx_100" && device.isUp && bridge.isUp)
            #expect(device.ifalias == "netmodelfs:aaaa-1111" && bridge.ifalias == "netmodelfs:aaaa-1111")
            #expect(device.group == "default" && device.inet6AddrGenMode == "none")
            #expect(bridge.address == device.address)
            #expect(try await flooded(host) == ["10.8.0.2", "10.8.0.3"])
            #expect(try await host.inventory().map(\.name).sorted() == ["br_vx_100", "vxlan100"])
        }
    }

    @Test("again: nothing is done; other peers: only their entries change")
    func peers() async throws {
        try await withHost { host in
            let spec = Self.spec(peers: ["10.8.0.2", "10.8.0.3"])
            try await host.realize(spec)
            let before = try await host.snapshot()
            #expect(try await host.check(spec)?.steps == [])
            #expect(try await host.realize(spec)?.steps == [])
            #expect(
                try await host.realize(Self.spec(peers: ["10.8.0.3", "10.8.0.4"]))?.steps == [
                    "flood from vxlan100 to 10.8.0.4", "flood no more from vxlan100 to 10.8.0.2",
                ])
            #expect(try await flooded(host) == ["10.8.0.3", "10.8.0.4"])
            #expect(try await host.realize(Self.spec())?.steps.count == 2)
            #expect(try await flooded(host) == [])
            try await host.expectUnchanged(since: before)
        }
    }

    @Test("a thousand peers")
    func manyPeers() async throws {
        try await withHost { host in
            let all = (0..<1000).map { "10.8.\($0 / 250 + 1).\($0 % 250 + 1)" }
            try await host.realize(Self.spec(peers: all))
            #expect(Set(try await flooded(host)) == Set(all))
            #expect(try await host.realize(Self.spec(peers: all))?.steps == [])
        }
    }

    @Test("an MTU that was set is taken exactly; one that does not fit is told of")
    func mtu() async throws {
        try await withHost { host in
            #expect(try await host.realize(Self.spec { $0.mtu = 1400 })?.notes == [])
            #expect(try await host.link("vxlan100")?.mtu == 1400)
            #expect(
                try await host.realize(Self.spec { $0.mtu = 1500 })?.notes == [
                    "The MTU 1500 of the network does not fit into the packets of eth0, which leave room for 1450 bytes."
                ])
            #expect(try await host.link("vxlan100")?.mtu == 1500)
            try await host.realize(Self.spec())
            #expect(try await host.link("vxlan100")?.mtu == 1450)
            try await host.release(Self.spec())
            try await host.realize(Self.spec("fd08::1"))
            #expect(try await host.link("vxlan100")?.mtu == 1430)
        }
    }

    @Test("another VNI or end: the device is made anew")
    func otherSettings() async throws {
        try await withHost { host in
            try await host.ip("addr", "add", "10.8.0.9/24", "dev", "eth0")
            try await host.realize(Self.spec(peers: ["10.8.0.2"]))
            let steps = try await host.realize(Self.spec("10.8.0.9", peers: ["10.8.0.2"]))?.steps
            #expect(steps?.first == "delete the VXLAN device vxlan100, which has other settings")
            #expect(try await flooded(host) == ["10.8.0.2"])
        }
    }

    @Test("a release takes everything away; what is not ours stays")
    func release() async throws {
        try await withHost { host in
            let before = try await host.snapshot()
            try await host.realize(Self.spec(peers: ["10.8.0.2"]))
            #expect(
                try await host.release(Self.spec())?.steps == [
                    "take vxlan100 out of the bridge br_vx_100", "delete the bridge br_vx_100",
                    "delete the VXLAN device vxlan100",
                ])
            try await host.expectUnchanged(since: before)
            #expect(try await host.release(Self.spec()) == L2Outcome())
            try await host.ip("link", "add", "vxlan100", "type", "vxlan", "id", "100", "dstport", "4789")
            #expect(
                try await host.release(Self.spec())?.notes == ["vxlan100 was not made for this network and stays."])
            #expect(try await host.link("vxlan100") != nil)
        }
    }

    @Test("what stands in the way is told of, and nothing is changed")
    func refusals() async throws {
        try await withHost { host in
            try await host.expectRefusal(
                Self.spec("10.8.0.7"), rule: "host.vtep-missing", errno: EADDRNOTAVAIL,
                "No interface of this host has the address 10.8.0.7, where its tunnels are to end.")
            try await host.ip("link", "add", "other", "type", "vxlan", "id", "100", "dstport", "4789")
            try await host.expectRefusal(
                Self.spec(), rule: "host.vni-taken", errno: EBUSY,
                "VNI 100 is already the device other on this host, which was not made by netmodelfs.")
            try await host.ip("link", "delete", "other")
            try await host.ip("link", "add", "vxlan100", "type", "vxlan", "id", "7", "dstport", "4789")
            try await host.expectRefusal(
                Self.spec(), rule: "host.name-taken", errno: EBUSY,
                "The name vxlan100, wanted for the VXLAN device of the network, is taken on this host: it is a vxlan link "
                    + "that was not made by netmodelfs.")
        }
    }

    @Test("two hosts ping each other through the tunnel, and do not when one has no entry for the other")
    func ping() async throws {
        try await withTwoHosts { first, second in
            for (prefix, network) in [("10.8.0.", "10.7.0."), ("fd08::", "10.7.1.")] {
                for (host, number) in [(first, 1), (second, 2)] {
                    try await host.realize(Self.spec("\(prefix)\(number)", peers: ["\(prefix)\(3 - number)"]))
                    try await host.ip("addr", "add", "\(network)\(number)/24", "dev", "br_vx_100")
                }
                #expect(await pings(first, "\(network)2"))
                try await first.realize(Self.spec("\(prefix)1"))
                try await second.realize(Self.spec("\(prefix)2"))
                try await Shell.run("bridge", "-n", first.name, "fdb", "flush", "dev", "vxlan100")
                try await first.ip("neigh", "flush", "all")
                #expect(await !pings(first, "\(network)2"))
                for host in [first, second] { try await host.release(Self.spec("\(prefix)1")) }
            }
        }
    }
}
