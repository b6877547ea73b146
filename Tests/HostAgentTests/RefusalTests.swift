import AgentProtocol
import Glibc
import Testing

@testable import HostAgent

@Suite("What a host refuses, and how it says so", .timeLimit(.minutes(2)))
struct RefusalTests {
    static let spec = NoVlanTests.spec

    @Test("an interface that is missing")
    func missing() async throws {
        try await TestHost.with { host in
            try await host.expectRefusal(
                NoVlanTests.spec { $0.physicalInterface = "eth7" }, rule: "host.interface-missing", errno: ENODEV,
                "This host has no interface eth7.")
        }
    }

    @Test("the loopback interface")
    func loopback() async throws {
        try await TestHost.with { host in
            try await host.expectRefusal(
                NoVlanTests.spec { $0.physicalInterface = "lo" }, rule: "host.interface-is-loopback", errno: EINVAL,
                "lo is the loopback interface and leads nowhere.")
        }
    }

    @Test("an interface that is a bridge")
    func bridge() async throws {
        try await TestHost.with { host in
            try await host.ip("link", "add", "brX", "type", "bridge")
            try await host.expectRefusal(
                NoVlanTests.spec { $0.physicalInterface = "brX" }, rule: "host.interface-is-bridge", errno: EINVAL,
                "brX is itself a bridge; a bridge cannot be a port of a bridge.")
        }
    }

    @Test("an interface that is no Ethernet", .enabled(if: access("/dev/net/tun", F_OK) == 0))
    func notEthernet() async throws {
        try await TestHost.with { host in
            try await host.ip("tuntap", "add", "dev", "tun0", "mode", "tun")
            try await host.expectRefusal(
                NoVlanTests.spec { $0.physicalInterface = "tun0" }, rule: "host.interface-not-ethernet", errno: EINVAL,
                "tun0 is no Ethernet interface (hardware type 65534), so it cannot be in a bridge.")
        }
    }

    @Test("KV-05: an interface in another bridge, foreign or of another network")
    func occupied() async throws {
        try await TestHost.with { host in
            try await host.ip("link", "add", "brX", "type", "bridge")
            try await host.ip("link", "set", "eth0", "master", "brX")
            try await host.expectRefusal(
                Self.spec, rule: "host.interface-occupied", errno: EBUSY,
                "eth0 is occupied: it is a port of the bridge brX.")
            try await host.ip("link", "set", "brX", "alias", "netmodelfs:bbbb")
            try await host.expectRefusal(
                Self.spec, rule: "host.interface-occupied", errno: EBUSY,
                "eth0 is occupied: it is a port of the bridge brX of network bbbb.")
        }
    }

    @Test("an interface with the host's addresses; link-local ones do not count, nor those of a port")
    func addresses() async throws {
        try await TestHost.with { host in
            try await host.ip("link", "set", "eth0", "up")
            try await host.ip("addr", "add", "10.1.1.5/24", "dev", "eth0")
            try await host.ip("addr", "add", "2001:db8::5/64", "dev", "eth0", "nodad")
            try await host.expectRefusal(
                Self.spec, rule: "host.interface-has-addresses", errno: EBUSY,
                "eth0 carries the host's own addresses 10.1.1.5/24, 2001:db8::5/64, which a port of a bridge cannot use."
            )
            try await host.ip("addr", "flush", "dev", "eth0", "scope", "global")
            try await host.ip("addr", "add", "fe80::5/64", "dev", "eth0", "nodad")
            try await host.realize(Self.spec)
            try await host.ip("addr", "add", "10.1.1.5/24", "dev", "eth0")
            #expect(try await host.realize(Self.spec)?.steps == [])
        }
    }

    @Test("a name that is taken by a foreign link, a foreign bridge, the bridge of another network")
    func nameTaken() async throws {
        try await TestHost.with { host in
            let taken = "The name br_eth0, wanted for the bridge of the network, is taken on this host:"
            try await host.ip("link", "add", "br_eth0", "type", "veth", "peer", "name", "peer0")
            try await host.expectRefusal(
                Self.spec, rule: "host.name-taken", errno: EBUSY,
                "\(taken) it is a veth link that was not made by netmodelfs.")
            try await host.ip("link", "delete", "br_eth0")
            try await host.ip("link", "add", "br_eth0", "type", "bridge")
            try await host.expectRefusal(
                Self.spec, rule: "host.name-taken", errno: EBUSY,
                "\(taken) it is a bridge link that was not made by netmodelfs.")
            try await host.ip("link", "set", "eth0", "master", "br_eth0")
            try await host.ip("link", "set", "br_eth0", "alias", "netmodelfs:bbbb")
            try await host.expectRefusal(
                Self.spec, rule: "host.name-taken", errno: EBUSY, "\(taken) it belongs to network bbbb.")
            try await host.ip("link", "set", "br_eth0", "alias", "netmodelfs:5555:bbbb")
            try await host.expectRefusal(
                Self.spec, rule: "host.name-taken", errno: EBUSY,
                "\(taken) it belongs to network bbbb of the netmodelfs store 5555.")
        }
    }

    @Test("a specification that makes no sense")
    func invalid() async throws {
        try await TestHost.with { host in
            try await host.expectRefusal(
                NoVlanTests.spec { $0.bridge = "br_0123456789abc" }, rule: "spec.invalid", errno: EINVAL,
                "The request makes no sense: bridge \"br_0123456789abc\" is longer than 15 bytes.")
        }
    }

    @Test("a VLAN on a kernel without 802.1Q", .enabled("the kernel has 802.1Q", TestHost.lacks8021q))
    func no8021q() async throws {
        try await TestHost.with { host in
            try await host.expectRefusal(
                VlanTests.spec, rule: "host.no-8021q", errno: EPROTONOSUPPORT,
                "The kernel \(host.agent.hello.kernelRelease) of this host has no 802.1Q VLAN support "
                    + "(module 8021q).")
        }
    }

    @Test("the words for what cannot be set up here")
    func words() {
        #expect(
            AgentRefusal.mtuTooLarge("eth0", wanted: 9000, maximum: 1500).reason
                == "eth0 cannot have an MTU of 9000 bytes; its driver takes at most 1500.")
        let failure = AgentRefusal.stepFailed(
            "set eth0 up", NetlinkError(errno: EPERM, message: "No."), notUndone: ["make the bridge b (x)"])
        #expect(
            failure.reason == "This host could not set eth0 up: the kernel says \"Operation not permitted: No.\". "
                + "Not undone: make the bridge b (x).")
    }
}
