import Foundation
import TestKit
import Testing

extension RealMounts {
    /// Networks in GRE tunnels between real Open vSwitches, one for each host, as they run in the lab's kernel.
    @Suite("Networks in GRE tunnels", .enabled(if: Lab.isInside)) struct GRETests {
        /// Starts an Open vSwitch of its own for each host, where the agent of a namespace looks for it.
        private func startSwitches(_ hosts: TestHosts) {
            // In the first ten seconds of a machine's life its count of processors is 0 (count_cpu_cores in its lib/ovs-thread.c
            // compares the time since boot with that of a count never made), and then it may lose all first packets.
            expectSuccess(
                Shell.run("while [ $(cut -d. -f1 /proc/uptime) -lt 11 ]; do sleep 0.2; done", timeout: 30),
                "ten seconds")
            expectSuccess(Shell.run("modprobe -a openvswitch vport-gre"), "the modules of Open vSwitch")
            for (index, name) in hosts.names.enumerated() {
                let run = "/run/openvswitch-\(name)"
                let result = Shell.run(
                    """
                    set -e
                    mkdir -p \(run)
                    ovsdb-tool create \(run)/conf.db /usr/share/openvswitch/vswitch.ovsschema
                    export OVS_RUNDIR=\(run)
                    ip netns exec \(name) ovsdb-server --remote=punix:\(run)/db.sock --pidfile --detach --no-chdir \
                      --log-file=\(run)/db.log \(run)/conf.db
                    ovs-vsctl --db=unix:\(run)/db.sock --no-wait init
                    ip netns exec \(name) ovs-vswitchd unix:\(run)/db.sock --pidfile --detach --no-chdir --log-file=\(run)/log
                    ip -n \(name) addr add 10.8.0.\(index + 1)/24 dev eth0
                    """, timeout: 60)
                // They log to standard error as well.
                #expect(result.status == 0, "Open vSwitch of \(name): \(result)")
            }
        }

        private func bridges(_ hosts: TestHosts, _ index: Int) -> String {
            Shell.run("ovs-vsctl --db=unix:/run/openvswitch-\(hosts.names[index])/db.sock list-br").output
        }

        /// A ping that must get through; what the switches have to say if it does not.
        private func expectReach(_ hosts: TestHosts, _ index: Int, _ ping: String, _ comment: String) {
            let result = hosts.run(index, ping)
            guard result.status != 0 else { return }
            let state = hosts.names.map { name in
                Shell.run(
                    """
                    exec 2>&1; export OVS_RUNDIR=/run/openvswitch-\(name)
                    ip -n \(name) -brief addr; ip -n \(name) neigh; ip -n \(name) -s -s link show type openvswitch
                    ip -n \(name) -s -d link show type gretap
                    ovs-vsctl --db=unix:$OVS_RUNDIR/db.sock show
                    ovs-appctl dpctl/show -s; ovs-appctl dpctl/dump-flows; ovs-appctl ofproto/list-tunnels
                    tail -n 30 $OVS_RUNDIR/log
                    """
                ).output
            }
            Issue.record("\(comment), \(result): \(state.joined(separator: "\n---- "))")
        }

        @Test func twoClusters() throws {
            let hosts = try TestHosts(3)
            startSwitches(hosts)
            let mount = try MountedModel()
            func line(_ script: String) { expectSuccess(mount.run(script), script) }
            line(
                "mkdir zones/z zones/z/clusters/{c1,c2} zones/z/clusters/c1/hosts/{h1,h2} zones/z/clusters/c2/hosts/h3")
            for (index, path) in ["c1/hosts/h1", "c1/hosts/h2", "c2/hosts/h3"].enumerated() {
                line("echo 10.8.0.\(index + 1) > zones/z/clusters/\(path)/vtep")
                line("echo netns:\(hosts.names[index]) > zones/z/clusters/\(path)/connection")
            }
            line("mkdir zones/z/l2/g; echo 7 > zones/z/l2/g/key")
            // A bridge that is not ours stays, whatever is attached and detached.
            expectSuccess(
                Shell.run("ovs-vsctl --db=unix:/run/openvswitch-\(hosts.names[0])/db.sock add-br foreign"), "a bridge")
            line("ln -s ../../../clusters/c1 zones/z/l2/g/clusters/c1")
            for host in 0..<2 { hosts.run(host, "ip addr add 10.7.0.\(host + 1)/24 dev br_gre_7") }
            expectReach(hosts, 0, "ping -c1 -W5 10.7.0.2", "in one cluster")
            #expect(bridges(hosts, 2) == "", "a host of a cluster that it is not attached to")

            line("ln -s ../../../clusters/c2 zones/z/l2/g/clusters/c2")
            hosts.run(2, "ip addr add 10.7.0.3/24 dev br_gre_7")
            for host in 0..<2 {
                // The first cluster's hosts learn of the third in the background.
                expectReach(hosts, host, "ping -c1 -w10 10.7.0.3", "between clusters")
            }
            // What is for all goes through each tunnel once, and does not go round.
            let before = packets(hosts, 1)
            hosts.run(0, "ping -c3 -i0.2 -W1 10.7.0.99")
            #expect(packets(hosts, 1) - before < 50)

            line("rm zones/z/l2/g/clusters/c2")
            #expect(bridges(hosts, 2) == "")
            #expect(hosts.run(0, "ping -c1 -W2 10.7.0.3").status != 0, "detached")
            expectReach(hosts, 0, "ping -c1 -W5 10.7.0.2", "the others go on")
            line("rm -rf zones/z")
            #expect(bridges(hosts, 0) == "foreign\n")
            #expect(bridges(hosts, 1) == "")
            stopSwitches(hosts)
        }

        @Test("a store of before an attach: its Open vSwitch bridge is listed and collected, and no other")
        func orphan() throws {
            let hosts = try TestHosts(1)
            startSwitches(hosts)
            let host = "zones/z/clusters/c/hosts/h"
            let mount = try MountedModel(options: ["allow_other", "drift=report"])
            func line(_ script: String) { expectSuccess(mount.run(script), script) }
            line("mkdir zones/z zones/z/clusters/c \(host); echo 10.8.0.1 > \(host)/vtep")
            line("echo netns:\(hosts.names[0]) > \(host)/connection")
            try mount.restoreOlder(host: host) {
                line("mkdir zones/z/l2/g; echo 7 > zones/z/l2/g/key; ln -s ../../../clusters/c zones/z/l2/g/clusters/c")
                // One of nobody, and one of another store.
                let other = String(repeating: "a", count: 32) + ":" + String(repeating: "b", count: 32)
                expectSuccess(
                    Shell.run(
                        """
                        vsctl() { ovs-vsctl --db=unix:/run/openvswitch-\(hosts.names[0])/db.sock "$@"; }
                        vsctl add-br foreign && vsctl add-br br_gre_8 -- set Bridge br_gre_8 external_ids:netmodelfs=\(other.suffix(32)) &&
                          ip -n \(hosts.names[0]) link set br_gre_8 alias netmodelfs:\(other)
                        """), "others")
                #expect(bridges(hosts, 0) == "br_gre_7\nbr_gre_8\nforeign\n")
            }
            let isListed = eventually(within: 30) {
                mount.text("state/\(host)/orphans")?.hasPrefix("bridge br_gre_7 network ") == true
            }
            #expect(isListed, "\(mount.log.suffix(500))")
            #expect(mount.text("state/\(host)/orphans")?.split(separator: "\n").count == 1)
            #expect(bridges(hosts, 0) == "br_gre_7\nbr_gre_8\nforeign\n", "it is only told")
            // As after a restart of the host: the switch has its bridges again, with new links.
            expectSuccess(hosts.run(0, "ip link set br_gre_7 alias \"\""), "by hand")
            let mark = { hosts.run(0, "cat /sys/class/net/br_gre_7/ifalias").output }
            #expect(eventually(within: 30) { mark().hasPrefix("netmodelfs:") }, "\(mount.log.suffix(500))")
            #expect(mount.text("state/\(host)/orphans")?.hasPrefix("bridge br_gre_7 network ") == true)
            line("echo repair > \(host)/on-drift")
            // A change of a link of ours is a reason to look again.
            expectSuccess(hosts.run(0, "ip link set br_gre_7 down"), "by hand")
            let isCollected = eventually(within: 30) { bridges(hosts, 0) == "br_gre_8\nforeign\n" }
            #expect(isCollected, "\(bridges(hosts, 0)) \(mount.log.suffix(500))")
            #expect(eventually(within: 10) { mount.text("state/\(host)/orphans") == "" })
            let told = "collected the orphan on \(host): bridge br_gre_7 network "
            #expect(eventually(within: 10) { mount.text("events")?.contains(told) == true })
            stopSwitches(hosts)
        }

        private func stopSwitches(_ hosts: TestHosts) {
            for name in hosts.names { Shell.run("cat /run/openvswitch-\(name)/*.pid | xargs -r kill") }
        }

        /// Received by the bridge's own device.
        private func packets(_ hosts: TestHosts, _ index: Int) -> Int {
            let text = hosts.run(index, "cat /sys/class/net/br_gre_7/statistics/rx_packets").output
            return Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
        }
    }
}
