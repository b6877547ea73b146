import Foundation
import TestKit
import Testing

extension RealMounts {
    /// What somebody does by hand to the VLAN device of a network. Where the kernel has no VLANs, it runs in User-mode Linux.
    @Suite("Drift of VLAN devices", .enabled(if: TestHosts.hasVLANs)) struct VLANDriftTests {
        private static let network = "zones/z/l2/n"
        private static let host = "zones/z/clusters/c/hosts/h"

        private func mounted(_ hosts: TestHosts) throws -> MountedModel {
            let mount = try MountedModel()
            expectSuccess(
                mount.run(
                    """
                    mkdir zones/z zones/z/clusters/c \(Self.host) \(Self.network)
                    echo netns:\(hosts.names[0]) > \(Self.host)/connection
                    echo eth0 > \(Self.network)/physical-interface; echo 10 > \(Self.network)/vlan
                    ln -s ../../../clusters/c \(Self.network)/clusters/c
                    """), "attached")
            #expect(device(hosts).contains(" id 10 "))
            return mount
        }

        private func device(_ hosts: TestHosts) -> String { hosts.run(0, "ip -d -o link show eth0.10").output }

        /// Puts another device in the place of ours. What is missing is made again within a moment, so it may take more
        /// than one attempt to be faster.
        private func makeAnew(_ hosts: TestHosts, id: Int, alias: String = "") {
            var lines = ["link del eth0.10", "link add link eth0 name eth0.10 type vlan id \(id)"]
            if !alias.isEmpty { lines.append("link set eth0.10 alias \(alias)") }
            let batch = lines.joined(separator: "\\n")
            expectSuccess(
                hosts.run(0, "for n in $(seq 50); do printf '\(batch)\\n' | ip -batch - && exit; done; exit 1"),
                "made anew")
        }

        private func expectTold(_ mount: MountedModel, _ words: String) {
            let told = "drift of \(Self.network) on \(Self.host): \(words)"
            #expect(eventually(within: 30) { mount.text("events")?.contains(told) == true }, "\(mount.log.suffix(500))")
        }

        private func expectRepaired(_ mount: MountedModel, _ hosts: TestHosts) {
            let isBack = eventually(within: 30) {
                let device = device(hosts)
                return device.contains(" id 10 ") && device.contains(" master br_eth0_10 ")
                    && device.contains(",UP") && device.contains("alias netmodelfs:")
            }
            #expect(isBack, "\(device(hosts)) \(mount.log.suffix(500))")
            #expect(eventually(within: 10) { mount.text("state/\(Self.network)/drift") == "" })
            #expect(mount.text("state/\(Self.network)/hosts/h")?.contains("\nerror ") == false)
        }

        @Test func deleted() throws {
            let hosts = try TestHosts(1)
            let mount = try mounted(hosts)
            expectSuccess(hosts.run(0, "ip link del eth0.10"), "by hand")
            expectTold(mount, "The VLAN device eth0.10 is missing.\n")
            expectRepaired(mount, hosts)
            expectSuccess(hosts.run(0, "ip link set eth0.10 nomaster"), "by hand")
            expectTold(mount, "eth0.10 is no port of the bridge br_eth0_10.\n")
            expectRepaired(mount, hosts)
        }

        /// Its mark says whose it is, so it goes.
        @Test func anotherIDWithOurMark() throws {
            let hosts = try TestHosts(1)
            let mount = try mounted(hosts)
            let alias = hosts.run(0, "cat /sys/class/net/eth0.10/ifalias").output
            makeAnew(hosts, id: 20, alias: alias.trimmingCharacters(in: .whitespacesAndNewlines))
            expectTold(mount, "eth0.10 has the VLAN id 20 on this host, not 10.\n")
            expectRepaired(mount, hosts)
        }

        /// It is somebody's who may need it: told until he takes it away.
        @Test func anotherIDWithoutMark() throws {
            let hosts = try TestHosts(1)
            let mount = try mounted(hosts)
            makeAnew(hosts, id: 20)
            let words =
                "The name eth0.10, wanted for the VLAN device of the network, is taken on this host: "
                + "it is a vlan link that was not made by netmodelfs."
            expectTold(mount, words + "\n")
            let state = "state/\(Self.network)"
            let isRefused = eventually(within: 30) { mount.text(state + "/hosts/h")?.contains("\nerror ") == true }
            #expect(isRefused, "a repair was tried: \(mount.log.suffix(500))")
            #expect(mount.text(state + "/drift") == "\(Self.host): \(words)\n")
            #expect(mount.text(state + "/hosts/h")?.contains("\ndrift \(words)\n") == true)
            #expect(device(hosts).contains(" id 20 "))
            #expect(!device(hosts).contains("netmodelfs"), "it is not adopted")
            expectSuccess(hosts.run(0, "ip link del eth0.10"), "he takes it away")
            expectRepaired(mount, hosts)
            // Nor does it go with ours.
            makeAnew(hosts, id: 20)
            expectSuccess(mount.run("rm \(Self.network)/clusters/c"), "detached")
            #expect(hosts.links(0) == ["eth0.10"])
            #expect(device(hosts).contains(" id 20 "))
        }
    }
}
