import Foundation
import TestKit
import Testing

extension RealMounts {
    /// What somebody changes on a host by hand, of what was realized there.
    @Suite("Drift") struct DriftTests {
        private static let network = "zones/z/l2/n"
        private static let host = "zones/z/clusters/c/hosts/h"

        private func mounted(_ hosts: TestHosts, _ options: [String] = ["allow_other"]) throws -> MountedModel {
            let mount = try MountedModel(options: options)
            expectSuccess(
                mount.run(
                    """
                    mkdir zones/z zones/z/clusters/c \(Self.host) \(Self.network)
                    echo netns:\(hosts.names[0]) > \(Self.host)/connection
                    echo eth0 > \(Self.network)/physical-interface
                    ln -s ../../../clusters/c \(Self.network)/clusters/c
                    """), "attached")
            return mount
        }

        /// Each is told in `events`, and is gone again within seconds.
        @Test func repaired() throws {
            let hosts = try TestHosts(1)
            let mount = try mounted(hosts)
            let rows: [(change: String, words: String, isRight: String)] = [
                ("ip link del br_eth0", "The bridge br_eth0 is missing.", "ip -o link show br_eth0 up"),
                (
                    "ip link set eth0 nomaster", "eth0 is no port of the bridge br_eth0.",
                    "ip -o link show master br_eth0"
                ),
                ("ip link set br_eth0 down", "br_eth0 is down.", "ip -o link show br_eth0 up"),
                ("ip link set eth0 down", "eth0 is down.", "ip -o link show eth0 up"),
            ]
            for row in rows {
                expectSuccess(hosts.run(0, row.change), row.change)
                let isBack = eventually(within: 10) { !hosts.run(0, row.isRight).output.isEmpty }
                #expect(isBack, "\(row.change): \(mount.log.suffix(500))")
                let told = "drift of \(Self.network) on \(Self.host): \(row.words)\n"
                #expect(eventually(within: 5) { mount.text("events")?.contains(told) == true }, "\(row.change)")
                #expect(eventually(within: 5) { mount.text("state/\(Self.network)/drift") == "" }, "\(row.change)")
            }
            #expect(mount.text("events")?.contains("\(Self.network) is as it shall be again on \(Self.host)\n") == true)
            #expect(mount.text("state/\(Self.network)/hosts/h")?.hasPrefix("status Realized\n") == true)
        }

        @Test func changedMTU() throws {
            let hosts = try TestHosts(1)
            let mount = try mounted(hosts)
            expectSuccess(mount.run("echo 1400 > \(Self.network)/mtu"), "mtu")
            expectSuccess(hosts.run(0, "ip link set br_eth0 mtu 1300"), "by hand")
            let told = "drift of \(Self.network) on \(Self.host): The MTU of br_eth0 is 1300, below 1400.\n"
            #expect(eventually(within: 10) { mount.text("events")?.contains(told) == true }, "\(mount.log.suffix(500))")
            #expect(eventually(within: 10) { hosts.run(0, "ip -o link show br_eth0").output.contains(" mtu 1400 ") })
            #expect(eventually(within: 5) { mount.text("state/\(Self.network)/drift") == "" })
        }

        /// With `report` it is told in three places, and stays as it is until somebody else puts it right.
        @Test func reported() throws {
            let hosts = try TestHosts(1)
            let mount = try mounted(hosts, ["allow_other", "drift=report"])
            expectSuccess(hosts.run(0, "ip link set eth0 nomaster"), "by hand")
            let words = "eth0 is no port of the bridge br_eth0."
            #expect(eventually(within: 5) { mount.text("state/\(Self.network)/drift") == "\(Self.host): \(words)\n" })
            #expect(mount.text("state/\(Self.host)/drift") == "\(Self.network): \(words)\n")
            #expect(mount.text("state/\(Self.network)/hosts/h")?.contains("drift \(words)\n") == true)
            #expect(hosts.run(0, "ip -o link show master br_eth0").output == "", "it is only told")
            expectSuccess(hosts.run(0, "ip link set eth0 master br_eth0"), "by hand as well")
            #expect(eventually(within: 5) { mount.text("state/\(Self.network)/drift") == "" })
            // The host's own word goes before the mount's.
            expectSuccess(mount.run("echo repair > \(Self.host)/on-drift"), "on-drift")
            expectSuccess(hosts.run(0, "ip link del br_eth0"), "by hand")
            #expect(eventually(within: 5) { hosts.links(0) == ["br_eth0"] })
            expectSuccess(hosts.run(0, "ip link add mine type bridge; ip link set mine up"), "somebody else's")
            #expect(
                mount.run("echo never > \(Self.host)/on-drift; netmodelfs why").output.hasPrefix(
                    "host.on-drift.unknown: "))
            expectSuccess(mount.run("rm \(Self.network)/clusters/c"), "detached")
            #expect(hosts.links(0) == ["mine"], "what is not ours is not touched")
        }
    }
}
