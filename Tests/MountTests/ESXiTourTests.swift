import Foundation
import TestKit
import Testing

extension RealMounts {
    /// Clusters of ESXi hosts, through the mount; the hosts are VMware's simulator.
    @Suite("ESXi hosts in the tree", .enabled(if: ESXiSimulator.isAvailable))
    struct ESXiTourTests {
        private static let zone = """
            mkdir zones/z1 zones/z1/clusters/c1 zones/z1/l2/v10
            echo ESXi > zones/z1/clusters/c1/hypervisor
            mkdir zones/z1/clusters/c1/hosts/h1
            echo vmnic1 > zones/z1/l2/v10/physical-interface
            echo 10 > zones/z1/l2/v10/vlan
            """

        @Test func `ln attaches, rm detaches, and what is refused is explained`() throws {
            let simulator = try ESXiSimulator()
            try simulator.writeCredentials()
            let before = try simulator.network()
            let model = try MountedModel(options: ["allow_other", "credentials=\(simulator.credentials)"])
            #expect(model.run("set -e; \(Self.zone)").status == 0)
            let host = "zones/z1/clusters/c1/hosts/h1"
            let connect = "echo https://\(simulator.authority) > \(host)/connection"
            let attach = "ln -s ../../../clusters/c1 zones/z1/l2/v10/clusters/c1"

            try simulator.writeCredentials(password: "geheimnis")
            let wrong = model.run("\(connect); netmodelfs why")
            #expect(wrong.output.contains("esxi.login.refused: \(host) refused"), "\(wrong)")
            #expect(wrong.output.contains("credentials file"), "\(wrong)")
            try simulator.writeCredentials()
            let result = model.run("set -e; \(connect); \(attach)")
            #expect(result.status == 0, "\(result) \(model.log)")
            #expect(model.text("state/\(host)/status") == "Connected\n")
            #expect(model.text("state/\(host)/hypervisor-type") == "ESXi\n")
            #expect(try simulator.ours().map(\.value) == [10])
            #expect(try simulator.network().Switches["netmodelfs-vmnic1"] == ["vmnic1"])

            // VLAN and interface change in place, and what is in use says why.
            #expect(model.run("echo 11 > zones/z1/l2/v10/vlan").status == 0)
            #expect(try simulator.ours().map(\.value) == [11])
            let group = try #require(try simulator.ours().keys.first)
            simulator.command("busy \(group)")
            let busy = model.run("echo 12 > zones/z1/l2/v10/vlan; netmodelfs why")
            #expect(busy.output.contains("esxi.in-use"), "\(busy)")
            #expect(try simulator.ours() == [group: 11])
            simulator.command("free \(group)")

            #expect(model.run("rm zones/z1/l2/v10/clusters/c1").status == 0)
            #expect(try simulator.network() == before)
            let missing = model.run("echo vmnic9 > zones/z1/l2/v10/physical-interface; \(attach); netmodelfs why")
            #expect(missing.output.contains("esxi.interface.missing"), "\(missing)")
            #expect(missing.output.contains("It has vmnic0, vmnic1"), "\(missing)")
            #expect(try simulator.network() == before)

            // The password is nowhere.
            let traces = model.run(
                "grep -rlaE 'geheim' errors events state zones schema '\(model.directory)'/model.db* '\(model.directory)/log' /proc/\(model.pid)/cmdline"
            )
            #expect(traces.status == 1, "\(traces)")
        }

        @Test func `credentials that others can read are refused, and a host is one host`() throws {
            let simulator = try ESXiSimulator()
            try simulator.writeCredentials()
            let model = try MountedModel(options: ["credentials=\(simulator.credentials)"])
            #expect(model.run("set -e; \(Self.zone)").status == 0)
            let connect = "echo https://\(simulator.authority)/ > zones/z1/clusters/c1/hosts/h1/connection"
            Shell.run("chmod 644 '\(simulator.credentials)/\(simulator.authority)'")
            let unsafe = model.run("\(connect); netmodelfs why")
            #expect(unsafe.output.contains("esxi.credentials.unsafe"), "\(unsafe)")
            Shell.run("rm '\(simulator.credentials)/\(simulator.authority)'")
            let missing = model.run("\(connect); netmodelfs why")
            #expect(missing.output.contains("esxi.credentials.missing"), "\(missing)")
            try simulator.writeCredentials()
            #expect(model.run(connect).status == 0)
            let twice = model.run(
                """
                mkdir zones/z1/clusters/c1/hosts/h2
                echo https://\(simulator.authority) > zones/z1/clusters/c1/hosts/h2/connection; netmodelfs why
                echo netns:x > zones/z1/clusters/c1/hosts/h2/connection; netmodelfs why
                """)
            #expect(twice.output.contains("host.connection.taken"), "\(twice)")
            #expect(twice.output.contains("host.connection.hypervisor"), "\(twice)")
        }

        @Test func `a store of before an attach: its port group is collected`() throws {
            let simulator = try ESXiSimulator()
            try simulator.writeCredentials()
            let before = try simulator.network()
            let model = try MountedModel(options: ["credentials=\(simulator.credentials)"])
            let host = "zones/z1/clusters/c1/hosts/h1"
            let connected = model.run(
                "set -e; \(Self.zone)\necho https://\(simulator.authority) > \(host)/connection; mv zones/z1/l2/v10 zones/z1/l2/v"
            )
            #expect(connected.status == 0, "\(connected)")
            try model.restoreOlder(host: host) {
                let attached = model.run("ln -s ../../../clusters/c1 zones/z1/l2/v/clusters/c1")
                #expect(attached.status == 0, "\(attached)")
                #expect((try? simulator.ours().map(\.value)) == [10])
                let words = (try? simulator.ours().keys.first)?.split(separator: ".") ?? []
                #expect(words.prefix(2) == ["br_vmnic1_10", "netmodelfs"])
                #expect(words.dropFirst(2).map(\.count) == [16, 32], "its store and its network: \(words)")
            }
            #expect(eventually(within: 40) { (try? simulator.network()) == before }, "\(model.log.suffix(500))")
            let told = "collected the orphan on \(host): bridge br_vmnic1_10 network "
            #expect(eventually(within: 10) { model.text("events")?.contains(told) == true })
        }

        @Test func `a host that was rebooted gets its networks again`() throws {
            let simulator = try ESXiSimulator()
            try simulator.writeCredentials()
            let credentials = NSTemporaryDirectory() + "/netmodelfs-credentials-" + UUID().uuidString.prefix(8)
            Shell.run("install -d -m 700 \(credentials)")
            defer { Shell.run("rm -r \(credentials)") }
            try simulator.writeCredentials(in: credentials)
            let model = try MountedModel(options: ["credentials=\(credentials)"])
            let result = model.run(
                """
                set -e; \(Self.zone)
                echo https://\(simulator.authority) > zones/z1/clusters/c1/hosts/h1/connection
                ln -s ../../../clusters/c1 zones/z1/l2/v10/clusters/c1
                """)
            #expect(result.status == 0, "\(result)")
            simulator.stop()
            // What is attached meanwhile waits for it.
            let away = model.run(
                """
                set -e; mkdir zones/z1/l2/v20
                echo vmnic1 > zones/z1/l2/v20/physical-interface; echo 20 > zones/z1/l2/v20/vlan
                ln -s ../../../clusters/c1 zones/z1/l2/v20/clusters/c1
                """)
            #expect(away.status == 0, "\(away)")
            let again = try ESXiSimulator(port: simulator.port)
            try again.writeCredentials(in: credentials)
            let end = Date().addingTimeInterval(40)
            while Date() < end, try again.ours().count < 2 { usleep(100_000) }
            #expect(try again.ours().map(\.value).sorted() == [10, 20])
        }
    }
}
