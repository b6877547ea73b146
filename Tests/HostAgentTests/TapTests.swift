import AgentProtocol
import Glibc
import Hypervisors
import Testing

/// Ports of VMs whose guests are virtual machines.
@Suite("Taps of VMs on a host", .timeLimit(.minutes(2)), .enabled("the kernel has no taps", PortHost.hasTaps))
struct TapTests {
    /// `IFF_TAP`, `IFF_PERSIST`, `IFF_NO_PI` and `IFF_VNET_HDR` (linux/if_tun.h).
    private static let flags = "0x5802"

    @Test("a tap is made: persistent, its owner's, in the bridge; again nothing is done")
    func realize() async throws {
        try await PortHost.with { at in
            let spec = PortHost.spec(PortHost.tap(1, owner: 1234), PortHost.tap(2, mtu: 1400, owner: 4_000_000_000))
            #expect(try await at.host.check(spec)?.steps == [])
            #expect(try await at.ports() == [])
            #expect(try await at.host.realize(spec)?.steps.contains("make the tap vnic1.0 of uid 1234") == true)
            let port = try #require(try await at.host.link("vnic1.0"))
            #expect(port.linkinfo?.infoKind == "tun")
            #expect(port.master == "br_eth0" && port.isUp && port.mtu == 1500)
            #expect(port.address == "fe:00:00:00:00:01")
            #expect(port.ifalias == "netmodelfs:5555:aaaa-1111" && port.inet6AddrGenMode == "none")
            #expect(try await at.setting("owner", of: "vnic1.0") == "1234")
            #expect(try await at.setting("tun_flags", of: "vnic1.0") == Self.flags)
            #expect(UInt32(try await at.setting("owner", of: "vnic2.0")) == 4_000_000_000)
            #expect(try await at.host.link("vnic2.0")?.mtu == 1400)
            #expect(try await at.host.link("br_eth0")?.mtu == 1500)
            let before = try await at.host.snapshot()
            #expect(try await at.host.realize(spec)?.steps == [])
            #expect(try await at.host.inspect(spec)?.steps == [])
            try await at.host.expectUnchanged(since: before)
            #expect(try await at.host.release(spec)?.steps.first == "delete the port vnic1.0")
            #expect(try await at.ports() == [])
        }
    }

    @Test("another owner, and what somebody changed, is put right")
    func drift() async throws {
        try await PortHost.with { at in
            try await at.host.realize(PortHost.spec(PortHost.tap(1, owner: 1000)))
            let spec = PortHost.spec(PortHost.tap(1, owner: 2000))
            #expect(try await at.host.inspect(spec)?.steps == ["vnic1.0 belongs to uid 1000, not to uid 2000."])
            #expect(try await at.host.realize(spec)?.steps == ["give vnic1.0 to uid 2000"])
            #expect(try await at.setting("owner", of: "vnic1.0") == "2000")
            try await at.host.ip("link", "set", "vnic1.0", "nomaster", "down", "address", "02:00:00:00:00:01")
            #expect(
                try await at.host.inspect(spec)?.steps == [
                    "vnic1.0 is no port of the bridge br_eth0.", "vnic1.0 is down.",
                    "The MAC of vnic1.0 is 02:00:00:00:00:01, not fe:00:00:00:00:01.",
                ])
            #expect(
                try await at.host.realize(spec)?.steps == [
                    "give vnic1.0 the MAC fe:00:00:00:00:01", "make vnic1.0 a port of the bridge br_eth0",
                    "set vnic1.0 up",
                ])
            #expect(try await at.host.inspect(spec)?.steps == [])
        }
    }

    @Test("a tap that is open keeps its owner until it is closed; all else goes on")
    func open() async throws {
        try await PortHost.with { at in
            try await at.host.realize(PortHost.spec(PortHost.tap(1, owner: 1000)))
            let spec = PortHost.spec(PortHost.tap(1, owner: 2000), PortHost.tap(2))
            let monitor = try await Monitor.start("vnic1.0", on: at.host)
            let outcome = try await at.host.realize(spec)
            #expect(
                outcome?.notes == ["vnic1.0 is open, so it goes to uid 2000 only when it has been closed."])
            #expect(try await at.setting("owner", of: "vnic1.0") == "1000")
            #expect(try await at.ports() == ["vnic1.0", "vnic2.0"])
            #expect(try await at.host.inspect(spec)?.steps == ["vnic1.0 belongs to uid 1000, not to uid 2000."])
            try await monitor.stop()
            #expect(try await at.host.realize(spec)?.steps == ["give vnic1.0 to uid 2000"])
            #expect(try await at.ports() == ["vnic1.0", "vnic2.0"])
        }
    }

    @Test("a failure in the middle leaves nothing behind")
    func undo() async throws {
        try await PortHost.with { at in
            try await at.host.realize(PortHost.spec(PortHost.tap(1)))
            // A tap has room for 14 bytes less: its Ethernet header counts.
            let broken = PortHost.spec(PortHost.tap(2), PortHost.tap(3, mtu: 65535))
            let refusal = try await at.refusal(realizing: broken)
            #expect(refusal?.rule == "host.step-failed" && refusal?.errno == EINVAL)
            #expect(
                refusal?.reason.hasPrefix("This host could not set the MTU of vnic3.0 to 65535: the kernel says ")
                    == true)
            #expect(refusal?.reason.hasSuffix("What had been done before is undone.") == true)
            #expect(try await at.ports() == ["vnic1.0"])
        }
    }

    @Test("a guest that becomes a virtual machine: its port is made anew")
    func otherKind() async throws {
        try await PortHost.with(guests: 1) { at in
            try await at.host.realize(PortHost.spec(at.veth(1, 0)))
            let spec = PortHost.spec(PortHost.tap(1))
            #expect(try await at.host.inspect(spec)?.steps == ["vnic1.0 is no tap."])
            #expect(
                Array(try await at.host.realize(spec)?.steps.prefix(2) ?? []) == [
                    "delete the other port vnic1.0", "make the tap vnic1.0 of uid 0",
                ])
            let back = PortHost.spec(at.veth(1, 0))
            try await at.host.realize(back)
            #expect(try await at.host.inspect(back)?.steps == [])
        }
    }

    /// What holds a tap open as a virtual machine monitor does.
    private struct Monitor {
        let process: pid_t
        let host: TestHost
        let tap: String

        static func start(_ tap: String, on host: TestHost) async throws -> Monitor {
            // TUNSETIFF with IFF_TAP, IFF_NO_PI and IFF_VNET_HDR.
            let script = """
                open F, "+<", "/dev/net/tun" or die; my $request = pack("a16 s x22", "\(tap)", 0x5002);
                ioctl F, 0x400454ca, $request or die; close STDOUT; sleep 600
                """
            let output = try await Shell.run(
                "sh", "-c", "ip netns exec \(host.name) perl -e '\(script)' </dev/null 2>/dev/null & echo $!")
            let process = try #require(pid_t(output.prefix { $0.isNumber }))
            try #require(try await host.link(tap)?.flags.contains("LOWER_UP") == true)
            return Monitor(process: process, host: host, tap: tap)
        }

        func stop() async throws {
            #expect(kill(process, SIGKILL) == 0)
            let view = { try await host.link(tap) }
            while try await view()?.flags.contains("LOWER_UP") == true { try await Task.sleep(for: .milliseconds(20)) }
        }
    }
}
