import Foundation
import TestKit
import Testing

extension RealMounts {
    /// The tour of the first page, on hosts that are network namespaces. Each line is followed by what it must bring
    /// about.
    @Suite("The tour") struct TourTests {
        @Test func networksWithoutVLANs() throws {
            let hosts = try TestHosts(3)
            let mount = try MountedModel()
            func line(_ script: String) { expectSuccess(mount.run(script), script) }

            line("mkdir zones/z1 zones/z1/clusters/c1 zones/z1/clusters/c1/hosts/{h1,h2} zones/z1/l2/flat")
            #expect(
                mount.run("ls zones/z1").output == "clusters\nl2\nvms\n", "collections are there, attributes are not")
            #expect(mount.text("state/zones/z1/uuid")?.utf8.count == 33)
            #expect(mount.text("state/zones/z1/clusters/c1/hosts/h1/status") == "Disconnected\n")
            line("echo netns:\(hosts.names[0]) > zones/z1/clusters/c1/hosts/h1/connection")
            line("echo netns:\(hosts.names[1]) > zones/z1/clusters/c1/hosts/h2/connection")
            #expect(mount.text("state/zones/z1/clusters/c1/hosts/h2/status") == "Connected\n")
            line("echo eth0 > zones/z1/l2/flat/physical-interface")
            #expect(mount.text("state/zones/z1/l2/flat/type") == "L2NoVlanNetwork\n")
            #expect(mount.text("state/zones/z1/l2/flat/candidate-clusters") == "zones/z1/clusters/c1\n")
            #expect((0..<3).allSatisfy { hosts.links($0).isEmpty }, "nothing was attached yet")

            line("ln -s ../../../clusters/c1 zones/z1/l2/flat/clusters/c1")
            for host in 0..<2 {
                #expect(hosts.links(host) == ["br_eth0"])
                #expect(hosts.run(host, "ip -o link show dev br_eth0 up").output.contains("br_eth0"))
                #expect(hosts.run(host, "ip -o link show dev eth0").output.contains("master br_eth0"))
            }
            #expect(hosts.links(2) == [], "not a host of the cluster")
            hosts.run(0, "ip addr add 10.9.0.1/24 dev br_eth0")
            hosts.run(1, "ip addr add 10.9.0.2/24 dev br_eth0")
            expectSuccess(hosts.run(0, "ping -c 1 -W 3 10.9.0.2"), "the bridges are connected")
            let cluster = try #require(mount.text("state/zones/z1/clusters/c1/uuid"))
            #expect(mount.text("state/zones/z1/l2/flat/attached-cluster-uuids") == cluster)
            let state = mount.text("state/zones/z1/l2/flat/hosts/h1") ?? ""
            #expect(state.hasPrefix("status Realized\nwanted 1\napplied 1\nhost zones/z1/clusters/c1/hosts/h1\n"))
            #expect(state.contains("bridge br_eth0\n") && state.contains("physical-interface eth0\n"))

            expectL3(mount, network: "flat")

            line("rm zones/z1/l2/flat/clusters/c1")
            for host in 0..<2 {
                #expect(hosts.links(host) == [], "the bridge is gone")
                #expect(!hosts.run(host, "ip -o link show dev eth0").output.contains("master"))
            }
            #expect(mount.text("state/zones/z1/l2/flat/attached-cluster-uuids") == "")
            line("ln -s ../../../clusters/c1 zones/z1/l2/flat/clusters/c1")
            #expect(hosts.links(0) == ["br_eth0"])
            line("rm -rf zones/z1 l3/net1")
            #expect(hosts.links(0) == [] && hosts.links(1) == [])
            #expect(Calls.names(mount.root + "/zones") == [] && Calls.names(mount.root + "/l3") == [])
            #expect(Calls.names(mount.root + "/state/zones") == [] && Calls.names(mount.root + "/state/l3") == [])
            let events = mount.text("events") ?? ""
            for event in [
                "created zones/z1", "set zones/z1/l2/flat/physical-interface", "attached zones/z1/l2/flat/clusters/c1",
                "realized zones/z1/l2/flat on zones/z1/clusters/c1/hosts/h1", "created l3/net1/ranges/low",
                "detached zones/z1/l2/flat/clusters/c1", "released zones/z1/l2/flat from zones/z1/clusters/c1/hosts/h2",
                "removed zones/z1/l2/flat", "removed zones/z1",
            ] {
                #expect(events.contains(" \(event)\n"), "no event: \(event)")
            }
        }

        /// A host added to an attached cluster gets its networks; one that refuses is not taken, and the others keep
        /// theirs.
        @Test func hostsComeAndGo() throws {
            let hosts = try TestHosts(2)
            let mount = try MountedModel()
            expectSuccess(
                mount.run(
                    """
                    set -e; mkdir zones/z zones/z/clusters/c zones/z/clusters/c/hosts/{h1,h2} zones/z/l2/n
                    echo eth0 > zones/z/l2/n/physical-interface
                    echo netns:\(hosts.names[0]) > zones/z/clusters/c/hosts/h1/connection
                    ln -s ../../../clusters/c zones/z/l2/n/clusters/c
                    """), "the first host")
            #expect(hosts.links(0) == ["br_eth0"] && hosts.links(1) == [])
            hosts.run(1, "ip addr add 10.8.0.1/24 dev eth0 valid_lft 3600 preferred_lft 3600")
            let connection = "zones/z/clusters/c/hosts/h2/connection"
            let add = "echo netns:\(hosts.names[1]) > \(connection)"
            let refused = mount.run("\(add); s=$?; netmodelfs why; exit $s")
            #expect(refused.status != 0 && refused.errors.contains("Input/output error"), "\(refused)")
            #expect(
                refused.output.hasPrefix(
                    "host.interface-managed: zones/z/clusters/c/hosts/h2 refused: eth0 is managed"))
            #expect(mount.text(connection) == nil, "the host has no connection, as before")
            #expect(hosts.links(1) == [] && hosts.links(0) == ["br_eth0"])
            hosts.run(1, "ip addr flush dev eth0")
            expectSuccess(mount.run(add), "without addresses it is taken")
            #expect(hosts.links(1) == ["br_eth0"])
            expectSuccess(mount.run("rm \(connection)"), "without a connection it is let go of")
            #expect(eventually { hosts.links(1) == [] } && hosts.links(0) == ["br_eth0"], "after the settle time")
            let detail = "state/zones/z/clusters/c/hosts/h2/status-detail"
            #expect(eventually { mount.text(detail) == "no connection was set\n" }, "the release is done")
            expectSuccess(mount.run(add), "and taken again")
            expectSuccess(mount.run("rm -r zones/z/clusters/c/hosts/h2"), "and removed")
            #expect(hosts.links(1) == [] && hosts.links(0) == ["br_eth0"])
            #expect(mount.stop() == 0)
            #expect(hosts.links(0) == ["br_eth0"], "networks outlive the daemon")
            hosts.run(0, "ip link del br_eth0")
            try mount.start()
            #expect(
                eventually { hosts.links(0) == ["br_eth0"] }, "what is missing is made again when the daemon returns")
        }

        /// What a host refuses through the mount: nothing is left on any host, and no link.
        @Test(arguments: HostRefusal.all) func hostsRefuse(_ row: HostRefusal) throws {
            let hosts = try TestHosts(2)
            let mount = try MountedModel()
            expectSuccess(hosts.run(0, row.firstPreparation), row.rule)
            expectSuccess(hosts.run(1, row.preparation), row.rule)
            let before = (hosts.links(0), hosts.links(1))
            expectSuccess(
                mount.run(
                    """
                    set -e; mkdir zones/z zones/z/clusters/c zones/z/clusters/c/hosts/{h1,h2} zones/z/l2/n
                    echo \(row.interface) > zones/z/l2/n/physical-interface; \(row.attributes)
                    echo netns:\(hosts.names[0]) > zones/z/clusters/c/hosts/h1/connection
                    echo netns:\(hosts.names[1]) > zones/z/clusters/c/hosts/h2/connection
                    """), row.rule)
            let tree = TreeSnapshot(mount.root)
            let result = mount.run("ln -s ../../../clusters/c zones/z/l2/n/clusters/c; s=$?; netmodelfs why; exit $s")
            #expect(result.status != 0 && result.errors.contains("Input/output error"), "\(result)")
            #expect(result.output.hasPrefix("\(row.rule): zones/z/clusters/c/hosts/h"), "\(result)")
            #expect(result.output.contains(row.sentence), "\(result)")
            #expect(mount.refusals.last?.rule == row.rule && mount.refusals.last?.symbol == "EIO")
            #expect(hosts.links(0) == before.0 && hosts.links(1) == before.1, "nothing is left on a host")
            #expect(!hosts.run(0, "ip -o link").output.contains("master br_"))
            let after = TreeSnapshot(mount.root)
            #expect((after == tree) as Bool, "\(after.differences(from: tree))")
        }

        struct HostRefusal: Sendable, CustomTestStringConvertible {
            let rule: String
            let sentence: String
            /// Run on the second host.
            let preparation: String
            /// Run on the first host.
            var firstPreparation = "true"
            var interface = "eth0"
            var attributes = ":"

            var testDescription: String { rule }

            static let all: [HostRefusal] =
                [
                    .init(
                        rule: "host.interface-missing", sentence: "This host has no interface uplink.",
                        preparation: "true", interface: "uplink"),
                    .init(
                        rule: "host.interface-is-loopback", sentence: "lo is the loopback interface",
                        preparation: "true",
                        interface: "lo"),
                    .init(
                        rule: "host.interface-managed",
                        sentence: "hosts/h2 refused: eth0 is managed by something else on this host: "
                            + "its address 10.8.0.1/24 is on a lease",
                        preparation: "ip addr add 10.8.0.1/24 dev eth0 valid_lft 3600 preferred_lft 3600"),
                    .init(
                        rule: "host.interface-occupied", sentence: "it is a port of the bridge foreign.",
                        preparation: "ip link add foreign type bridge && ip link set eth0 master foreign"),
                    .init(
                        rule: "host.name-taken",
                        sentence: "The name br_eth0, wanted for the bridge of the network, is taken",
                        preparation: "ip link add br_eth0 type bridge"),
                    .init(
                        rule: "host.interface-is-bridge", sentence: "hosts/h2 refused: up0 is itself a bridge",
                        preparation: "ip link add up0 type bridge",
                        firstPreparation: "ip link set eth0 down name up0 up", interface: "up0"),
                ]
                + (TestHosts.hasVLANs
                    ? []
                    : [
                        .init(
                            rule: "host.no-8021q",
                            sentence: "of this host has no 802.1Q VLAN support (module 8021q). (2 hosts refused)",
                            preparation: "true", attributes: "echo 10 > zones/z/l2/n/vlan")
                    ])
        }

        // MARK: - Steps that both tours have

        /// The L3 part of the tour.
        static func l3(_ mount: MountedModel, network: String) {
            func line(_ script: String) { expectSuccess(mount.run(script), script) }
            line("mkdir l3/net1 ; ln -s ../../zones/z1/l2/\(network) l3/net1/l2")
            #expect(mount.text("state/l3/net1/l2") == "zones/z1/l2/\(network)\n")
            line("echo '192.168.0.10-192.168.0.50/24 gateway=192.168.0.1'  > l3/net1/ranges/low")
            line("echo '192.168.0.60-192.168.0.100/24 gateway=192.168.0.1' > l3/net1/ranges/high")
            #expect(mount.text("state/l3/net1/total-addresses") == "82\n")
            let bad = mount.run(
                """
                echo '192.168.0.40-192.168.0.70/24 gateway=192.168.0.1' > l3/net1/ranges/bad
                netmodelfs why ; tail -2 errors
                """
            )
            #expect(bad.errors.contains("Address already in use"), "\(bad)")
            let reason = "192.168.0.40-192.168.0.70 overlaps 192.168.0.10-192.168.0.50 of l3/net1/ranges/low."
            let remedy =
                "Remedy: Choose addresses outside it, or change it first (cat \(mount.root)/l3/net1/ranges/low)."
            #expect(
                bad.output.replacingOccurrences(of: "//", with: "/")
                    == "range.overlap: \(reason)\n\(remedy)\n    \(reason)\n    \(remedy)\n".replacingOccurrences(
                        of: "//", with: "/"))
            #expect(Calls.names(mount.root + "/l3/net1/ranges") == ["low", "high"])
            let tail = mount.run("timeout 1 tail -n +1 -f events")
            #expect(tail.output.hasSuffix("created l3/net1/ranges/high\n"), "\(tail.output)")
        }

        private func expectL3(_ mount: MountedModel, network: String) { TourTests.l3(mount, network: network) }
    }
}

/// Expects that a command succeeds and says nothing on standard error.
func expectSuccess(_ result: ShellResult, _ what: String, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(result.status == 0 && result.errors == "", "\(what): \(result)", sourceLocation: sourceLocation)
}
