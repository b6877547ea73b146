import Foundation
import TestKit
import Testing

extension RealMounts {
    /// VMs with real guests on two hosts of two clusters, on VLANs and VXLAN. Where the kernel has no VLANs, it runs in
    /// User-mode Linux.
    @Suite("Guests on VLANs and VXLAN", .enabled(if: TestHosts.hasVLANs)) struct VLANGuestTests {
        /// Two hosts, h1 of the cluster c1 and h2 of c2, and three L2 networks attached to both. All have the same subnet, so
        /// that nothing but layer 2 keeps them apart.
        private func mounted(_ hosts: TestHosts) throws -> MountedModel {
            let mount = try MountedModel()
            var script = ["set -e; mkdir zones/z zones/z/clusters/{c1,c2} zones/z/l2/{v10,v20,x} l3/{n10,n20,nx}"]
            for (index, name) in hosts.names.enumerated() {
                let host = "zones/z/clusters/c\(index + 1)/hosts/h\(index + 1)"
                script.append("ip -n \(name) addr add 10.8.0.\(index + 1)/24 dev eth0")
                script.append(
                    "mkdir \(host); echo 10.8.0.\(index + 1) > \(host)/vtep; echo netns:\(name) > \(host)/connection")
            }
            for vlan in [10, 20] {
                script.append("echo L2VlanNetwork > zones/z/l2/v\(vlan)/type; echo \(vlan) > zones/z/l2/v\(vlan)/vlan")
                script.append("echo eth0 > zones/z/l2/v\(vlan)/physical-interface")
            }
            script.append("echo L2VxlanNetwork > zones/z/l2/x/type; echo 100 > zones/z/l2/x/vni")
            for (network, l2, range) in [("n10", "v10", "1"), ("n20", "v20", "2"), ("nx", "x", "3")] {
                script.append("for c in c1 c2; do ln -s ../../../clusters/$c zones/z/l2/\(l2)/clusters/$c; done")
                script.append("ln -s ../../zones/z/l2/\(l2) l3/\(network)/l2")
                script.append(
                    "echo 192.168.50.\(range)0-192.168.50.\(range)9/24 gateway=192.168.50.1 > l3/\(network)/ranges/r")
            }
            expectSuccess(mount.run(script.joined(separator: "\n")), "the networks")
            return mount
        }

        private static let vlans: Set<String> = ["eth0.10", "br_eth0_10", "eth0.20", "br_eth0_20"]
        private static let vxlan: Set<String> = ["vxlan100", "br_vx_100"]

        @Test("guests of one L2 network reach each other, and nobody else")
        func reach() throws {
            let hosts = try TestHosts(2)
            let guests = try TestGuests(6)
            let mount = try mounted(hosts)
            #expect(hosts.links(0) == Self.vlans && hosts.links(1) == Self.vlans, "VXLAN comes with a VM")
            // Two VMs on each network, one on each host.
            let vms = ["n10", "n20", "nx"].enumerated().flatMap { number, network in
                (0..<2).map { host in
                    TestVM(
                        mount, "\(network)-\(host + 1)", on: [network], guest: guests.names[2 * number + host],
                        host: "c\(host + 1)/h\(host + 1)")
                }
            }
            for (number, vm) in vms.enumerated() {
                if number == 5 { #expect(hosts.links(1).isDisjoint(with: Self.vxlan), "only on a host with a VM") }
                vm.start()
                let host = number % 2
                #expect(vm.fact("placed-on") == "zones/z/clusters/c\(host + 1)/hosts/h\(host + 1)")
                #expect(hosts.links(host).contains(vm.port()))
                #expect(guests.run(number, "ip -o link show eth0").output.contains(vm.fact("mac", nic: 0)))
                vm.configure(guests, number)
            }
            for host in 0..<2 {
                let ports = [0, 2, 4].map { vms[$0 + host].port() }
                #expect(hosts.links(host) == Self.vlans.union(Self.vxlan).union(ports))
            }
            // Each reaches the other one of its network, and no third.
            for (number, vm) in vms.enumerated() {
                let others = vms.map { $0.address() }.filter { $0 != vm.address() }
                let peer: Set = [vms[number ^ 1].address()]
                #expect(guests.reached(from: number, of: others, expected: peer) == peer, "\(vm.path)")
            }
            // It is VLAN 10 that carries the first network, and no other.
            let port = "dev p2"
            expectSuccess(Shell.run("bridge -n \(hosts.prefix)-sw vlan del vid 10 \(port)"), "the switch")
            #expect(!guests.reaches(0, vms[1].address(), isExpected: false), "the switch lets no VLAN 10 through")
            #expect(guests.reaches(2, vms[3].address(), isExpected: true), "VLAN 20 is another one")
            #expect(guests.reaches(4, vms[5].address(), isExpected: true), "VXLAN is untagged on the wire")
            expectSuccess(Shell.run("bridge -n \(hosts.prefix)-sw vlan add vid 10 \(port)"), "the switch")
            #expect(guests.reaches(0, vms[1].address(), isExpected: true))

            vms[5].stop()
            #expect(hosts.links(1).isDisjoint(with: Self.vxlan), "with its last VM there")
            #expect(hosts.links(0).isSuperset(of: Self.vxlan), "a VM is here yet")
            for vm in vms[..<5] { vm.stop() }
            #expect(hosts.links(0) == Self.vlans && hosts.links(1) == Self.vlans, "no port, no VXLAN")
            for guest in 0..<6 { #expect(!guests.run(guest, "ip -o link").output.contains("eth0")) }
        }

        @Test("a VM with taps moves with its link, and takes VXLAN with it")
        func move() throws {
            let hosts = try TestHosts(2)
            let mount = try mounted(hosts)
            let vm = TestVM(mount, "web", on: ["n10", "nx"], host: "c1/h1", owner: 1234)
            vm.start()
            let ports: Set<String> = [vm.port(0), vm.port(1)]
            let before = (vm.address(0), vm.address(1), vm.fact("mac", nic: 0))
            for (here, there) in [(0, 1), (1, 0)] {
                #expect(hosts.links(here) == Self.vlans.union(Self.vxlan).union(ports))
                #expect(hosts.links(there) == Self.vlans)
                let host = TestVM.place("c\(there + 1)/h\(there + 1)")
                expectSuccess(mount.run("ln -sfn ../../clusters/\(host) \(vm.path)/host"), "moved to \(host)")
                #expect(vm.fact("placed-on") == "zones/z/clusters/\(host)" && vm.fact("status") == "Running")
                #expect(hosts.links(there) == Self.vlans.union(Self.vxlan).union(ports))
                #expect(hosts.links(here) == Self.vlans, "nothing stays behind")
                for (port, bridge) in [(vm.port(0), "br_eth0_10"), (vm.port(1), "br_vx_100")] {
                    #expect(hosts.run(there, "ip -o link show \(port)").output.contains(" master \(bridge) "))
                    #expect(hosts.run(there, "cat /sys/class/net/\(port)/owner").output == "1234\n")
                }
            }
            #expect(before == (vm.address(0), vm.address(1), vm.fact("mac", nic: 0)), "it stays the same VM")
            expectSuccess(mount.run("rm -rf zones/z l3/*"), "all of it")
            #expect(hosts.links(0) == [] && hosts.links(1) == [])
        }
    }
}
