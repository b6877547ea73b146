import Foundation
import TestKit
import Testing

extension RealMounts {
    /// VMs and their ports on hosts that are network namespaces, without VLANs.
    @Suite("Ports of VMs") struct VMPortTests {
        /// Hosts h1 and h2 of the cluster c with two interfaces, and on each of those an L2 and an L3 network: n, net and m,
        /// met.
        private func mounted(_ hosts: TestHosts) throws -> MountedModel {
            let mount = try MountedModel()
            var script = ["set -e; mkdir zones/z zones/z/clusters/c zones/z/l2/{n,m} l3/{net,met}"]
            for (index, name) in hosts.names.enumerated() {
                let host = "zones/z/clusters/c/hosts/h\(index + 1)"
                script.append("ip -n \(name) link add eth1 type veth peer name cable")
                script.append("mkdir \(host); echo netns:\(name) > \(host)/connection")
            }
            script.append(
                """
                echo eth0 > zones/z/l2/n/physical-interface; echo eth1 > zones/z/l2/m/physical-interface
                echo 1400 > zones/z/l2/n/mtu
                for n in n m; do ln -s ../../../clusters/c zones/z/l2/$n/clusters/c; done
                ln -s ../../zones/z/l2/n l3/net/l2; ln -s ../../zones/z/l2/m l3/met/l2
                echo 10.9.0.10-10.9.0.99/24 gateway=10.9.0.1 > l3/net/ranges/r
                echo 10.9.1.10-10.9.1.99/24 gateway=10.9.1.1 > l3/met/ranges/r
                """)
            expectSuccess(mount.run(script.joined(separator: "\n")), "the networks")
            return mount
        }

        /// What a host has without VMs.
        private static let idle: Set<String> = ["eth1", "cable", "br_eth0", "br_eth1"]

        private func link(_ hosts: TestHosts, _ index: Int, _ name: String) -> String {
            hosts.run(index, "ip -d -o link show \(name)").output
        }

        @Test("a start makes taps with name, MAC, MTU and owner; a stop takes them away")
        func start() throws {
            let hosts = try TestHosts(2)
            let mount = try mounted(hosts)
            let vm = TestVM(mount, "web", on: ["net", "met"], owner: 1234)
            expectSuccess(mount.run("echo fa:00:00:12:34:56 > \(vm.path)/nics/n1/mac"), "a MAC of one's own")
            #expect(hosts.links(0) == Self.idle && hosts.links(1) == Self.idle)
            vm.start()
            #expect(vm.fact("placed-on") == "zones/z/clusters/c/hosts/h1")
            #expect(hosts.links(0) == Self.idle.union([vm.port(0), vm.port(1)]) && hosts.links(1) == Self.idle)
            for (nic, bridge, mtu) in [(0, "br_eth0", 1400), (1, "br_eth1", 1500)] {
                let port = vm.port(nic)
                #expect(port.hasPrefix("vnic") && port.hasSuffix(".\(nic)"))
                #expect(vm.fact("plugged-into", nic: nic) == "zones/z/clusters/c/hosts/h1")
                let told = link(hosts, 0, port)
                #expect(told.contains(" mtu \(mtu) ") && told.contains(" master \(bridge) "), "\(told)")
                #expect(told.contains("tun type tap") && told.contains(",UP") && told.contains("alias netmodelfs:"))
                #expect(told.contains(" link/ether fe\(vm.fact("mac", nic: nic).dropFirst(2)) "), "\(told)")
                #expect(hosts.run(0, "cat /sys/class/net/\(port)/owner").output == "1234\n")
            }
            #expect(vm.fact("mac", nic: 1) == "fa:00:00:12:34:56")
            // The next one goes where there are fewer.
            let other = TestVM(mount, "db", on: ["net"])
            other.start()
            #expect(other.fact("placed-on") == "zones/z/clusters/c/hosts/h2")
            #expect(hosts.links(1) == Self.idle.union([other.port()]))
            // VMs outlive the daemon.
            try mount.restart()
            #expect(eventually(within: 30) { vm.fact("status") == "Running" && other.fact("status") == "Running" })
            #expect(hosts.links(0) == Self.idle.union([vm.port(0), vm.port(1)]))
            vm.stop()
            other.stop()
            #expect(hosts.links(0) == Self.idle && hosts.links(1) == Self.idle)
            #expect(vm.address(0).hasPrefix("10.9.0.") && vm.address(1).hasPrefix("10.9.1."), "it keeps its addresses")
        }

        @Test("NICs come to a running VM and go; the others stay as they are")
        func hotPlug() throws {
            let hosts = try TestHosts(1)
            let guests = try TestGuests(2)
            let mount = try mounted(hosts)
            let vm = TestVM(mount, "web", on: ["net"], guest: guests.names[0])
            let peer = TestVM(mount, "peer", on: ["met"], guest: guests.names[1])
            for (number, vm) in [vm, peer].enumerated() {
                vm.start()
                vm.configure(guests, number)
            }
            let first = hosts.run(0, "cat /sys/class/net/\(vm.port(0))/ifindex").output
            let plug = "mkdir \(vm.path)/nics/n1 && ln -s ../../../../../../l3/met \(vm.path)/nics/n1/l3"
            expectSuccess(mount.run(plug), "plugged in")
            #expect(vm.fact("plugged-into", nic: 1) == "zones/z/clusters/c/hosts/h1")
            #expect(hosts.links(0) == Self.idle.union([vm.port(0), vm.port(1), peer.port()]))
            vm.configure(guests, 0, nic: 1)
            #expect(guests.reaches(0, peer.address(), isExpected: true))
            for unplug in ["rm \(vm.path)/nics/n1/l3", "rm -r \(vm.path)/nics/n1"] {
                let port = vm.port(1)
                expectSuccess(mount.run(unplug), unplug)
                #expect(hosts.links(0) == Self.idle.union([vm.port(0), peer.port()]), "\(unplug): \(port)")
                #expect(!guests.run(0, "ip -o link").output.contains(" eth1"))
                guard unplug.hasPrefix("rm ") && !unplug.hasPrefix("rm -r") else { continue }
                expectSuccess(mount.run("ln -s ../../../../../../l3/met \(vm.path)/nics/n1/l3"), "and again")
                #expect(hosts.links(0).contains(port))
            }
            #expect(hosts.run(0, "cat /sys/class/net/\(vm.port(0))/ifindex").output == first, "it was never touched")
            #expect(vm.fact("status") == "Running")
        }

        @Test("a host that refuses a port: all is as before, and why tells")
        func refused() throws {
            let hosts = try TestHosts(2)
            let mount = try mounted(hosts)
            let vm = TestVM(mount, "web", on: ["net", "met"], host: "c/h1")
            let foreign = vm.port(1)
            func occupy(_ host: Int) {
                expectSuccess(hosts.run(host, "ip link add \(foreign) type veth peer name mine"), "a foreign device")
            }
            func expectRefused(_ command: String, byHost host: Int, ports: [Set<String>]) {
                let (tree, state) = (TreeSnapshot(mount.root, state: false), vm.inventories)
                let result = TestVM.explained(mount, command)
                #expect(result.status != 0 && result.errors.contains("Input/output error"), "\(command): \(result)")
                let words =
                    "The name \(foreign), wanted for the VM port of the network, is taken on this host: it is a veth link that "
                    + "was not made by netmodelfs."
                #expect(
                    result.output.hasPrefix(
                        "host.port-name-taken: zones/z/clusters/c/hosts/h\(host + 1) refused: \(words)"),
                    "\(result)")
                #expect(mount.refusals.last?.rule == "host.port-name-taken")
                #expect(vm.inventories == state, "\(command)")
                let after = TreeSnapshot(mount.root, state: false)
                #expect((after == tree) as Bool, "\(command): \(after.differences(from: tree))")
                for index in 0..<2 {
                    let mine: Set<String> = index == host ? [foreign, "mine"] : []
                    #expect(
                        hosts.links(index) == Self.idle.union(mine).union(ports[index]), "\(command): h\(index + 1)")
                }
            }
            occupy(0)
            expectRefused("echo Running > \(vm.path)/state", byHost: 0, ports: [[], []])
            #expect(vm.fact("status") == "Stopped" && vm.fact("placed-on") == "")
            #expect(mount.text("\(vm.path)/state") == nil)
            // Plugged in while it runs.
            expectSuccess(mount.run("rm -r \(vm.path)/nics/n1"), "without that NIC")
            vm.start()
            expectSuccess(mount.run("mkdir \(vm.path)/nics/n1"), "another one")
            #expect(vm.port(1) == foreign)
            let plug = "ln -s ../../../../../../l3/met \(vm.path)/nics/n1/l3"
            expectRefused(plug, byHost: 0, ports: [[vm.port(0)], []])
            #expect(vm.fact("status") == "Running")
            // On the way to the other host.
            expectSuccess(hosts.run(0, "ip link del \(foreign)"), "it is gone")
            expectSuccess(mount.run(plug), "plugged in")
            occupy(1)
            let ports: Set = [vm.port(0), vm.port(1)]
            let move = "ln -sfn ../../clusters/c/hosts/h2 \(vm.path)/host"
            expectRefused(move, byHost: 1, ports: [ports, []])
            #expect(vm.fact("placed-on") == "zones/z/clusters/c/hosts/h1" && vm.fact("status") == "Running")
            #expect(Calls.linkText("\(mount.root)/\(vm.path)/host") == "../../clusters/c/hosts/h1")
            expectSuccess(hosts.run(1, "ip link del \(foreign)"), "it is gone")
            expectSuccess(mount.run(move), "moved")
            #expect(hosts.links(0) == Self.idle && hosts.links(1) == Self.idle.union(ports))
            #expect(vm.fact("placed-on") == "zones/z/clusters/c/hosts/h2" && vm.fact("status") == "Running")
        }

        @Test("what somebody changes of a port is put right")
        func drift() throws {
            let hosts = try TestHosts(1)
            let mount = try mounted(hosts)
            let vm = TestVM(mount, "web", on: ["net"], owner: 1234)
            vm.start()
            let port = vm.port()
            let mac = "fe\(vm.fact("mac", nic: 0).dropFirst(2))"
            let rows = [
                ("del \(port)", "The port \(port) is missing."),
                ("set \(port) nomaster", "\(port) is no port of the bridge br_eth0."),
                ("set \(port) down", "\(port) is down."),
                ("set \(port) address fe:00:00:00:00:99", "The MAC of \(port) is fe:00:00:00:00:99, not \(mac)."),
                ("set \(port) mtu 1300", "The MTU of \(port) is 1300, not 1400."),
            ]
            for (change, words) in rows {
                expectSuccess(hosts.run(0, "ip link \(change)"), change)
                let told = "drift of zones/z/l2/n on zones/z/clusters/c/hosts/h1: \(words)\n"
                #expect(eventually(within: 30) { mount.text("events")?.contains(told) == true }, "\(change)")
                let isRight = eventually(within: 30) {
                    let now = link(hosts, 0, port)
                    return now.contains(" master br_eth0 ") && now.contains(",UP") && now.contains(" mtu 1400 ")
                        && now.contains(" link/ether \(mac) ") && mount.text("state/zones/z/l2/n/drift") == ""
                }
                #expect(isRight, "\(change): \(link(hosts, 0, port)) \(mount.log.suffix(500))")
                #expect(hosts.run(0, "cat /sys/class/net/\(port)/owner").output == "1234\n")
            }
            #expect(vm.fact("status") == "Running")
        }

        @Test("netmodelfs detach --force: the NICs go, the VM runs on")
        func detachByForce() throws {
            let hosts = try TestHosts(1)
            let mount = try mounted(hosts)
            let vm = TestVM(mount, "web", on: ["net", "met"])
            vm.start()
            let link = "zones/z/l2/n/clusters/c"
            let words = "VMs in zones/z/clusters/c use zones/z/l2/n: \(vm.path)."
            let remedy =
                "Remedy: Stop them first, or detach it all the same, which takes their NICs away: "
                + "netmodelfs detach --force \(mount.root)/\(link)"
            let refused = mount.run("netmodelfs detach \(link)")
            #expect(refused.status == 1 && refused.output == "")
            #expect(
                refused.errors.replacingOccurrences(of: "//", with: "/")
                    == "l2.detach.in-use: \(words)\n\(remedy)\n".replacingOccurrences(of: "//", with: "/"))
            #expect(hosts.links(0) == Self.idle.union([vm.port(0), vm.port(1)]))
            expectSuccess(mount.run("netmodelfs detach --force \(link)"), "by force")
            #expect(hosts.links(0) == ["eth1", "cable", "br_eth1", vm.port(1)])
            #expect(Calls.names("\(mount.root)/\(vm.path)/nics") == ["n1"])
            #expect(vm.fact("status") == "Running" && vm.fact("plugged-into", nic: 1) != "")
            #expect(mount.text("state/l3/net/used-addresses") == "0\n")
            #expect(!Calls.exists("\(mount.root)/\(link)"))
        }

        @Test(
            "rm -rf of zone and L3 networks, in one pass and either order", arguments: ["zones/z l3/*", "l3/* zones/z"])
        func removal(_ order: String) throws {
            let hosts = try TestHosts(2)
            let mount = try mounted(hosts)
            let vms = [
                TestVM(mount, "web", on: ["net", "met"], host: "c/h1"), TestVM(mount, "db", on: ["met"], host: "c/h2"),
                TestVM(mount, "off", on: ["net"]),
            ]
            for vm in vms[..<2] { vm.start() }
            expectSuccess(mount.run("rm -rf \(order)"), order)
            #expect(Calls.names(mount.root + "/zones") == [] && Calls.names(mount.root + "/l3") == [])
            for host in 0..<2 { #expect(hosts.links(host) == ["eth1", "cable"]) }
            #expect(mount.refusals.isEmpty, "\(mount.refusals)")
            try mount.restart()
            #expect(Calls.names(mount.root + "/zones") == [] && Calls.names(mount.root + "/l3") == [])
        }
    }
}
