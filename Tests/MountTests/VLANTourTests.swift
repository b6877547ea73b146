import Foundation
import TestKit
import Testing

extension RealMounts {
    /// The tour with VLANs. Where the kernel has none, it runs in User-mode Linux.
    @Suite("The tour with VLANs", .enabled(if: TestHosts.hasVLANs)) struct VLANTourTests {
        @Test func tour() throws {
            let hosts = try TestHosts(3)
            let mount = try MountedModel()
            func line(_ script: String) { expectSuccess(mount.run(script), script) }
            line("mkdir zones/z1 zones/z1/clusters/{c1,c2} zones/z1/clusters/c1/hosts/{h1,h2} zones/z1/l2/vlan10")
            line("echo netns:\(hosts.names[0]) > zones/z1/clusters/c1/hosts/h1/connection")
            line("echo netns:\(hosts.names[1]) > zones/z1/clusters/c1/hosts/h2/connection")
            line("mkdir zones/z1/clusters/c2/hosts/h3")
            line("echo netns:\(hosts.names[2]) > zones/z1/clusters/c2/hosts/h3/connection")
            line("echo L2VlanNetwork > zones/z1/l2/vlan10/type ; echo eth0 > zones/z1/l2/vlan10/physical-interface")
            line("echo 10 > zones/z1/l2/vlan10/vlan")
            line("ln -s ../../../clusters/c1 zones/z1/l2/vlan10/clusters/c1")
            for host in 0..<2 {
                #expect(hosts.links(host) == ["eth0.10", "br_eth0_10"])
                for link in ["eth0.10", "br_eth0_10"] {
                    #expect(hosts.run(host, "ip -o link show dev \(link) up").output.contains(link))
                }
                hosts.run(host, "ip addr add 10.9.0.\(host + 1)/24 dev br_eth0_10")
            }
            #expect(hosts.links(2) == [], "a host of a cluster that the network is not attached to")
            expectSuccess(hosts.run(0, "ping -c 1 -W 3 10.9.0.2"), "over the VLAN")
            // The third host is on the same switch, with an address of the same subnet, untagged.
            hosts.run(2, "ip addr add 10.9.0.3/24 dev eth0")
            #expect(hosts.run(0, "ping -c 1 -W 1 10.9.0.3").status != 0, "it hears nothing of the VLAN")
            #expect(hosts.run(2, "ping -c 1 -W 1 10.9.0.1").status != 0)
            TourTests.l3(mount, network: "vlan10")
            line("rm zones/z1/l2/vlan10/clusters/c1")
            #expect(hosts.links(0) == [] && hosts.links(1) == [], "bridge and VLAN device are gone on both hosts")
            hosts.run(0, "ip addr add 10.9.0.1/24 dev eth0")
            hosts.run(
                1,
                "ip link add link eth0 name probe type vlan id 10; ip link set probe up; ip addr add 10.9.0.2/24 dev probe"
            )
            #expect(hosts.run(0, "ping -c 1 -W 1 10.9.0.2").status != 0, "nobody answers on the VLAN any more")
            line("rm -rf zones/z1 l3/net1")
            #expect(Calls.names(mount.root + "/zones") == [])
        }

        /// A tagged and an untagged network on one interface: each host has both, and neither hears the other.
        @Test func taggedAndUntaggedDoNotLeak() throws {
            let hosts = try TestHosts(2)
            let mount = try MountedModel()
            func line(_ script: String) { expectSuccess(mount.run(script), script) }
            line("mkdir zones/z zones/z/clusters/c zones/z/clusters/c/hosts/{h1,h2} zones/z/l2/{flat,tagged}")
            for host in 0..<2 {
                line("echo netns:\(hosts.names[host]) > zones/z/clusters/c/hosts/h\(host + 1)/connection")
            }
            line(
                "echo eth0 | tee zones/z/l2/{flat,tagged}/physical-interface > /dev/null; echo 20 > zones/z/l2/tagged/vlan"
            )
            line("for n in flat tagged; do ln -s ../../../clusters/c zones/z/l2/$n/clusters/c || exit; done")
            #expect(hosts.links(0) == ["br_eth0", "eth0.20", "br_eth0_20"] && hosts.links(1) == hosts.links(0))
            // Linux answers for any of its addresses on any interface, unless it is told not to: that would be a leak of
            // the host's IP, not of the networks.
            for host in 0..<2 {
                hosts.run(host, "sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.rp_filter=1")
            }
            // The same subnet on both: what one bridge says must be answered by its peer only.
            hosts.run(0, "ip addr add 10.7.0.1/24 dev br_eth0")
            hosts.run(1, "ip addr add 10.7.0.2/24 dev br_eth0_20")
            #expect(hosts.run(0, "ping -c 1 -W 1 10.7.0.2").status != 0, "untagged to tagged")
            #expect(hosts.run(1, "ping -c 1 -W 1 10.7.0.1").status != 0, "tagged to untagged")
            hosts.run(0, "ip addr add 10.6.0.1/24 dev br_eth0_20")
            hosts.run(1, "ip addr add 10.6.0.2/24 dev br_eth0_20; ip addr add 10.7.0.3/24 dev br_eth0")
            hosts.run(1, "ip addr del 10.7.0.2/24 dev br_eth0_20")
            expectSuccess(hosts.run(0, "ping -c 1 -W 3 10.6.0.2"), "tagged to tagged")
            expectSuccess(hosts.run(0, "ping -c 1 -W 3 10.7.0.3"), "untagged to untagged")
            // One goes, the other stays.
            line("rm zones/z/l2/flat/clusters/c")
            #expect(hosts.links(0) == ["eth0.20", "br_eth0_20"])
            expectSuccess(hosts.run(0, "ping -c 1 -W 3 10.6.0.2"), "tagged to tagged, alone")
            // Another VLAN while attached: all hosts change together.
            line("echo 30 > zones/z/l2/tagged/vlan")
            #expect(hosts.links(0) == ["eth0.30", "br_eth0_30"] && hosts.links(1) == hosts.links(0))
            line("rm -rf zones/z")
            #expect(hosts.links(0) == [] && hosts.links(1) == [])
        }
    }
}
