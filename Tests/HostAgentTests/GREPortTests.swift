import AgentProtocol
import FoundationEssentials
import Glibc
import Testing

/// Ports of VMs in bridges of Open vSwitch, as they run in the lab's kernel.
@Suite(
    "Ports of VMs in GRE tunnels", .timeLimit(.minutes(3)),
    .enabled(if: ProcessInfo.processInfo.environment["NETMODELFS_LAB"] == "1"))
struct GREPortTests {
    private func spec(_ ports: L2Spec.Port...) -> L2Spec {
        L2Spec(
            networkUUID: "aaaa-1111", storeUUID: "5555",
            kind: .ovsGre(L2Spec.GRE(key: 7, local: "10.8.0.1", peers: ["10.8.0.2"])), physicalInterface: "",
            bridge: "br_gre_7", ports: ports)
    }

    /// `ovs-vsctl` of the host's own switch.
    @discardableResult
    private func vsctl(_ at: PortHost, _ words: String...) async throws -> String {
        try await Shell.run(["ovs-vsctl", "--db=unix:/run/openvswitch-\(at.host.name)/db.sock"] + words)
    }

    /// A host with an Open vSwitch of its own, where the agent of a namespace looks for it, and with two guests.
    private func withSwitch(_ body: (PortHost) async throws -> Void) async throws {
        try await Self.tenSeconds()
        try await PortHost.with(guests: 2) { at in
            let name = at.host.name
            let script = """
                set -e
                modprobe -a openvswitch vport-gre
                run=/run/openvswitch-\(name)
                mkdir -p $run
                ovsdb-tool create $run/conf.db /usr/share/openvswitch/vswitch.ovsschema
                export OVS_RUNDIR=$run
                ip netns exec \(name) ovsdb-server --remote=punix:$run/db.sock --pidfile --detach --no-chdir \
                  --log-file=$run/db.log $run/conf.db
                ovs-vsctl --db=unix:$run/db.sock --no-wait init
                ip netns exec \(name) ovs-vswitchd unix:$run/db.sock --pidfile --detach --no-chdir --log-file=$run/log
                ip -n \(name) link set eth0 up
                ip -n \(name) addr add 10.8.0.1/24 dev eth0
                """
            try await Shell.run("sh", "-c", "(\(script)) >/dev/null 2>&1")
            let stop = "cat /run/openvswitch-\(name)/*.pid | xargs -r kill"
            do {
                try await body(at)
            } catch {
                try await Shell.run("sh", "-c", stop)
                throw error
            }
            try await Shell.run("sh", "-c", stop)
        }
    }

    /// In the first ten seconds of a machine's life Open vSwitch 3.1 counts 0 processors (count_cpu_cores in its
    /// lib/ovs-thread.c), and a switch that starts then may lose all first packets.
    private static func tenSeconds() async throws {
        try await Shell.run("sh", "-c", "while [ $(cut -d. -f1 /proc/uptime) -lt 11 ]; do sleep 1; done")
    }

    private func ports(_ at: PortHost) async throws -> [String] {
        try await vsctl(at, "list-ports", "br_gre_7").split(separator: "\n").map(String.init)
            .filter { $0.hasPrefix("vnic") }.sorted()
    }

    @Test("ports are made in the bridge, changed in place, repaired, and go with it")
    func ports() async throws {
        try await withSwitch { at in
            let (tap, first, second) = (PortHost.tap(3, owner: 1234), at.veth(1, 0), at.veth(2, 1))
            let steps = try await at.host.realize(spec(first, second, tap))?.steps ?? []
            #expect(steps.contains("make the port vnic1.0 with eth0 in \(at.guests[0])"))
            #expect(steps.contains("make vnic1.0 a port of the bridge br_gre_7"))
            #expect(try await ports(at) == ["vnic1.0", "vnic2.0", "vnic3.0"])
            let port = try #require(try await at.host.link("vnic1.0"))
            #expect(port.isUp && port.mtu == 1458 && port.address == "fe:00:00:00:00:01")
            #expect(port.ifalias == "netmodelfs:5555:aaaa-1111")
            #expect(try await at.setting("owner", of: "vnic3.0") == "1234")
            #expect(try await at.host.link("br_gre_7")?.mtu == 1458)
            #expect(try await at.host.inspect(spec(first, second, tap))?.steps == [])
            let before = try await at.host.snapshot()
            #expect(try await at.host.realize(spec(first, second, tap))?.steps == [])
            try await at.host.expectUnchanged(since: before)
            for record in try await at.host.inventory() where record.name.hasPrefix("vnic") {
                #expect(record.master == "br_gre_7", "\(record)")
            }
            for guest in 0..<2 { try await at.ip(guest: guest, "addr", "add", "10.7.0.\(guest + 1)/24", "dev", "eth0") }
            try await Shell.run("ip", "netns", "exec", at.guests[0], "ping", "-c1", "-w20", "10.7.0.2")

            try await vsctl(at, "del-port", "br_gre_7", "vnic1.0")
            try await at.host.ip("link", "set", "vnic2.0", "down")
            #expect(
                try await at.host.inspect(spec(first, second, tap))?.steps == [
                    "vnic1.0 is no port of the bridge br_gre_7.", "vnic2.0 is down.",
                ])
            try await at.host.realize(spec(first, second, tap))
            #expect(try await at.host.inspect(spec(first, second, tap))?.steps == [])
            try await Shell.run("ip", "netns", "exec", at.guests[0], "ping", "-c1", "-w20", "10.7.0.2")

            #expect(
                try await at.host.realize(spec(second))?.steps == [
                    "take vnic1.0 out of the bridge br_gre_7", "take vnic3.0 out of the bridge br_gre_7",
                    "delete the port vnic1.0", "delete the port vnic3.0",
                ])
            #expect(try await ports(at) == ["vnic2.0"])
            #expect(try await at.ports() == ["vnic2.0"])
            #expect(
                try await at.host.release(spec())?.steps == [
                    "delete the Open vSwitch bridge br_gre_7", "delete the port vnic2.0",
                ])
            #expect(try await at.ports() == [])
            #expect(try await vsctl(at, "list-br") == "")
        }
    }

    @Test("a failure leaves neither ports nor a bridge; what was there stays")
    func undo() async throws {
        try await withSwitch { at in
            let broken = spec(at.veth(1, 0), PortHost.tap(3, mtu: 65535))
            #expect(try await at.refusal(realizing: broken)?.rule == "host.step-failed")
            #expect(try await vsctl(at, "list-br") == "")
            try await at.host.realize(spec(at.veth(2, 1)))
            #expect(try await at.refusal(realizing: broken)?.rule == "host.step-failed")
            #expect(try await ports(at) == ["vnic2.0"])
            #expect(try await at.ports() == ["vnic2.0"])
        }
    }

    @Test("orphans: a port is collected alone, or with its bridge")
    func collect() async throws {
        try await withSwitch { at in
            try await at.host.realize(spec(at.veth(1, 0), at.veth(2, 1)))
            func collect(_ names: [String]) async throws -> AgentResult {
                try await at.host.agent.request(
                    .collect(storeUUID: "5555", networkUUID: "aaaa-1111", links: names))
            }
            #expect(try await collect(["vnic1.0"]) == .l2(L2Outcome(steps: ["delete vnic1.0"])))
            #expect(try await ports(at) == ["vnic2.0"])
            #expect(
                try await collect(["br_gre_7", "vnic2.0"])
                    == .l2(L2Outcome(steps: ["delete vnic2.0", "delete the Open vSwitch bridge br_gre_7"])))
            #expect(try await at.ports() == [])
            #expect(try await vsctl(at, "list-br") == "")
        }
    }
}
