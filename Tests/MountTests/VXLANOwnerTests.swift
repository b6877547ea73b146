import Foundation
import TestKit
import Testing

extension RealMounts {
    /// A network that leaves its VNI to the owners of VMs, with real guests on two hosts of two clusters.
    @Suite("VXLAN for each owner") struct VXLANOwnerTests {
        @Test("guests of one owner reach each other, those of two owners do not")
        func owners() throws {
            let hosts = try TestHosts(2)
            let guests = try TestGuests(4)
            let mount = try MountedModel()
            var script = ["set -e; mkdir zones/z zones/z/clusters/{c1,c2} zones/z/l2/x l3/net"]
            for (index, name) in hosts.names.enumerated() {
                let host = "zones/z/clusters/c\(index + 1)/hosts/h\(index + 1)"
                script.append("ip -n \(name) addr add 10.8.0.\(index + 1)/24 dev eth0")
                script.append(
                    "mkdir \(host); echo 10.8.0.\(index + 1) > \(host)/vtep; echo netns:\(name) > \(host)/connection")
            }
            script.append(
                """
                echo 700-709 > zones/z/vni-ranges
                echo L2VxlanNetwork > zones/z/l2/x/type; echo owner > zones/z/l2/x/vni
                for c in c1 c2; do ln -s ../../../clusters/$c zones/z/l2/x/clusters/$c; done
                ln -s ../../zones/z/l2/x l3/net/l2
                echo 192.168.50.10-192.168.50.99/24 gateway=192.168.50.1 > l3/net/ranges/r
                """)
            expectSuccess(mount.run(script.joined(separator: "\n")), "the network")
            #expect(hosts.links(0) == [] && hosts.links(1) == [], "nobody needs it yet")
            // Of each owner one VM on each host.
            let vms = [1001, 1001, 1002, 1002].enumerated().map { number, owner in
                TestVM(
                    mount, "vm\(number)", on: ["net"], guest: guests.names[number],
                    host: "c\(number % 2 + 1)/h\(number % 2 + 1)", owner: owner)
            }
            for (number, vm) in vms.enumerated() {
                vm.start()
                vm.configure(guests, number)
            }
            let owned = mount.text("state/zones/z/l2/x/owner-vnis")
            #expect(owned == "1001 700\n1002 701\n")
            for host in 0..<2 {
                let ports = [vms[host].port(), vms[host + 2].port()]
                #expect(hosts.links(host) == Set(["vxlan700", "br_vx_700", "vxlan701", "br_vx_701"] + ports))
                for (port, bridge) in zip(ports, ["br_vx_700", "br_vx_701"]) {
                    #expect(hosts.run(host, "ip -o link show \(port)").output.contains(" master \(bridge) "))
                }
            }
            for (number, vm) in vms.enumerated() {
                let others = vms.map { $0.address() }.filter { $0 != vm.address() }
                let peer: Set = [vms[number ^ 1].address()]
                #expect(guests.reached(from: number, of: others, expected: peer) == peer, "\(vm.path)")
            }
            // The domain of an owner goes from a host with his last VM there.
            vms[1].stop()
            #expect(hosts.links(1) == ["vxlan701", "br_vx_701", vms[3].port()])
            #expect(hosts.links(0).isSuperset(of: ["vxlan700", "br_vx_700", vms[0].port()]))
            // Another owner's from the next start on.
            expectSuccess(mount.run("chown 1002 \(vms[1].path)"), "given away")
            vms[1].start()
            vms[1].configure(guests, 1)
            let addresses = [vms[0].address(), vms[2].address(), vms[3].address()]
            let expected = Set(addresses[1...])
            #expect(guests.reached(from: 1, of: addresses, expected: expected) == expected)
            for vm in vms { vm.stop() }
            #expect(hosts.links(0) == [] && hosts.links(1) == [])
        }
    }
}
