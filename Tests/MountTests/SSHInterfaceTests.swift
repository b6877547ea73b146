import Foundation
import TestKit
import Testing

extension RealMounts {
    /// The network without VLAN is on the very interface that the ssh connection comes in through.
    @Suite(
        "The interface of the ssh connection",
        .enabled(if: Shell.has("sshd") || FileManager.default.fileExists(atPath: "/usr/sbin/sshd")))
    struct SSHInterfaceTests {
        private static func mount(_ shell: SecureShell, confirm: Int) throws -> MountedModel {
            let model = try MountedModel(options: ["allow_other", "confirm=\(confirm)"])
            model.stop()
            try model.start(environment: shell.environment)
            let result = model.run(
                """
                set -e
                mkdir zones/z1 zones/z1/clusters/c1 zones/z1/clusters/c1/hosts/h1 zones/z1/l2/flat
                echo mgmt0 > zones/z1/l2/flat/physical-interface
                echo ssh://root@\(shell.address):2222 > zones/z1/clusters/c1/hosts/h1/connection
                """)
            try #require(result.status == 0, "\(result)")
            return model
        }

        private static func dump(_ hosts: TestHosts) -> String {
            hosts.run(0, "ip -d -o -4 addr show dev mgmt0; ip -d route show table all").output
        }

        @Test func `attach keeps the host in reach, detach brings the address back`() throws {
            let hosts = try TestHosts(1)
            let shell = try SecureShell(hosts, 0)
            let gateway = shell.address.dropLast() + "1"
            hosts.run(0, "ip route add default via \(gateway)")
            let before = Self.dump(hosts)
            let model = try Self.mount(shell, confirm: 10)

            let attach = model.run("ln -s ../../../clusters/c1 zones/z1/l2/flat/clusters/c1")
            #expect(attach.errors == "", "\(attach) \(model.log)")
            let addresses = hosts.run(0, "ip -o -4 addr show").output
            #expect(addresses.contains("br_mgmt0    inet \(shell.address)/30"), "\(addresses)")
            #expect(!addresses.contains("mgmt0    inet \(shell.address)/30 scope global mgmt0"), "\(addresses)")
            #expect(hosts.run(0, "ip route show default").output == "default via \(gateway) dev br_mgmt0 \n")
            #expect(model.text("state/zones/z1/l2/flat/hosts/h1")?.contains("status Realized") == true)
            // Confirmed: it stays, and the connection that was there before still answers.
            Thread.sleep(forTimeInterval: 11)
            #expect(hosts.run(0, "ip -o -4 addr show").output == addresses)
            #expect(model.text("state/zones/z1/clusters/c1/hosts/h1/status") == "Connected\n")

            let detach = model.run("rm zones/z1/l2/flat/clusters/c1")
            #expect(detach.status == 0, "\(detach) \(model.log)")
            #expect(!hosts.links(0).contains("br_mgmt0"))
            #expect(Self.dump(hosts) == before)
        }

        @Test(.enabled(if: Shell.has("nft")))
        func `a change that cuts the host off is taken back by the host, and the attach says so`() throws {
            let hosts = try TestHosts(1)
            let shell = try SecureShell(hosts, 0)
            let before = Self.dump(hosts)
            let model = try Self.mount(shell, confirm: 4)
            // New connections do not get through the bridge; the one that is there does, and proves nothing.
            let filter = hosts.run(
                0,
                """
                nft add table inet t
                nft add chain inet t in "{ type filter hook input priority 0; }"
                nft add rule inet t in iifname br_mgmt0 tcp flags "&" "(syn|ack)" == syn drop
                """)
            try #require(filter.status == 0, "\(filter)")

            let refused = model.run(
                "ln -s ../../../clusters/c1 zones/z1/l2/flat/clusters/c1; netmodelfs why", timeout: 90)
            #expect(refused.errors.contains("Input/output error"), "\(refused) \(model.log)")
            #expect(
                refused.output.contains(
                    "host.change-not-confirmed: zones/z1/clusters/c1/hosts/h1 refused: This host could not be reached anew "
                        + "after its addresses had moved, so it has gone back by itself."), "\(refused)")
            #expect(Self.dump(hosts) == before)
            #expect(!hosts.links(0).contains("br_mgmt0"))

            // Without the filter the next attach goes through at once.
            hosts.run(0, "nft delete table inet t")
            let attach = model.run("ln -s ../../../clusters/c1 zones/z1/l2/flat/clusters/c1", timeout: 90)
            #expect(attach.errors == "", "\(attach) \(model.log)")
            #expect(hosts.links(0).contains("br_mgmt0"))
            #expect(model.run("rm zones/z1/l2/flat/clusters/c1").status == 0)
            #expect(Self.dump(hosts) == before)
        }

        @Test(.enabled(if: Shell.has("nft")))
        func `a change that cuts the connection itself is taken back as well`() throws {
            let hosts = try TestHosts(1)
            let shell = try SecureShell(hosts, 0)
            let before = Self.dump(hosts)
            let model = try Self.mount(shell, confirm: 4)
            hosts.run(
                0,
                """
                nft add table inet t
                nft add chain inet t in "{ type filter hook input priority 0; }"
                nft add rule inet t in iifname br_mgmt0 drop
                """)
            let refused = model.run(
                "ln -s ../../../clusters/c1 zones/z1/l2/flat/clusters/c1; netmodelfs why", timeout: 120)
            #expect(refused.output.contains("host.change-not-confirmed"), "\(refused) \(model.log)")
            #expect(Self.dump(hosts) == before)
            #expect(!hosts.links(0).contains("br_mgmt0"))
        }
    }
}
