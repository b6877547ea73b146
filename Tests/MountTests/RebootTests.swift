import Foundation
import TestKit
import Testing

extension RealMounts {
    /// Hosts that are namespaces start anew when the namespace is deleted and made again.
    @Suite("Reboots", .timeLimit(.minutes(3))) struct RebootTests {
        private static let host = "zones/z/clusters/c/hosts/h"

        private func mounted(_ hosts: TestHosts, _ options: [String] = ["allow_other"]) throws -> MountedModel {
            let mount = try MountedModel(options: options)
            expectSuccess(
                mount.run(
                    """
                    mkdir zones/z zones/z/clusters/c \(Self.host)
                    echo netns:\(hosts.names[0]) > \(Self.host)/connection
                    for n in 0 1; do
                        mkdir zones/z/l2/n$n && echo eth$n > zones/z/l2/n$n/physical-interface || exit 1
                    done
                    ln -s ../../../clusters/c zones/z/l2/n0/clusters/c
                    """), "attached")
            return mount
        }

        /// While it is gone it is Disconnected and blocks nobody; when it is there again it gets what it had, and what was
        /// attached meanwhile.
        @Test func reboot() throws {
            let hosts = try TestHosts(1)
            let mount = try mounted(hosts)
            #expect(hosts.links(0) == ["br_eth0"])
            expectSuccess(hosts.stop(0), "deleted")
            #expect(
                eventually(within: 30) { mount.text("state/\(Self.host)/status") == "Disconnected\n" },
                "\(mount.log.suffix(1000))")
            expectSuccess(mount.run("ln -s ../../../clusters/c zones/z/l2/n1/clusters/c"), "attached meanwhile")
            expectSuccess(hosts.boot(0), "made again")
            expectSuccess(hosts.run(0, "ip link add eth1 type veth peer name cable1"), "a second interface")
            #expect(eventually(within: 60) { hosts.links(0).isSuperset(of: ["br_eth0", "br_eth1"]) })
            #expect(eventually(within: 30) { mount.text("state/\(Self.host)/status") == "Connected\n" })
            for network in ["n0", "n1"] {
                #expect(
                    eventually(within: 60) {
                        mount.text("state/zones/z/l2/\(network)/hosts/h")?.hasPrefix("status Realized\n") == true
                    }, "\(network)")
            }
        }

        /// RE-30: with `detach=keep` the link goes, and the bridge stays.
        @Test func keptBridges() throws {
            let hosts = try TestHosts(1)
            let mount = try mounted(hosts, ["allow_other", "detach=keep"])
            expectSuccess(mount.run("rm zones/z/l2/n0/clusters/c && rmdir zones/z/l2/n0"), "detached and removed")
            #expect(hosts.links(0) == ["br_eth0"])
            #expect(mount.run("ls state/zones/z/l2").output == "n1\n")
        }
    }
}
