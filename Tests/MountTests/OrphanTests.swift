import Foundation
import TestKit
import Testing

extension RealMounts {
    /// What is on hosts for networks that the store does not know any more.
    @Suite("Orphans") struct OrphanTests {
        private static let host = "zones/z/clusters/c/hosts/h"
        private static let network = "zones/z/l2/n"

        private func connect(_ mount: MountedModel, _ hosts: TestHosts) {
            expectSuccess(
                mount.run(
                    "mkdir zones/z zones/z/clusters/c \(Self.host); echo netns:\(hosts.names[0]) > \(Self.host)/connection"
                ),
                "connected")
        }

        private func attach(_ mount: MountedModel) {
            expectSuccess(
                mount.run(
                    """
                    mkdir \(Self.network); echo eth0 > \(Self.network)/physical-interface
                    ln -s ../../../clusters/c \(Self.network)/clusters/c
                    """), "attached")
        }

        private static let strangers = """
            ip link add mine type bridge; ip link set mine up
            ip link add other type bridge; ip link set other alias netmodelfs:\(String(repeating: "a", count: 32)):\(String(repeating: "b", count: 32))
            ip link add nobody type bridge; ip link set nobody alias netmodelfs:\(String(repeating: "c", count: 32))
            """

        @Test("a store of before an attach: its bridge is collected, and nothing else")
        func collected() throws {
            let hosts = try TestHosts(1)
            let mount = try MountedModel()
            connect(mount, hosts)
            try mount.restoreOlder(host: Self.host) {
                attach(mount)
                expectSuccess(hosts.run(0, Self.strangers), "others")
                #expect(hosts.links(0) == ["br_eth0", "mine", "other", "nobody"])
            }
            #expect(
                eventually(within: 20) { hosts.links(0) == ["mine", "other", "nobody"] }, "\(mount.log.suffix(500))")
            #expect(
                eventually(within: 5) {
                    mount.text("events")?.contains("collected the orphan on \(Self.host): bridge br_eth0 network ")
                        == true
                })
            #expect(mount.text("state/\(Self.host)/orphans") == "")
            attach(mount)
            #expect(hosts.links(0) == ["br_eth0", "mine", "other", "nobody"])
        }

        @Test("with on-drift report it is listed and stays, until it may be repaired")
        func reported() throws {
            let hosts = try TestHosts(1)
            let mount = try MountedModel(options: ["allow_other", "drift=report"])
            connect(mount, hosts)
            try mount.restoreOlder(host: Self.host) { attach(mount) }
            let isListed = eventually(within: 20) {
                mount.text("state/\(Self.host)/orphans")?.hasPrefix("bridge br_eth0 network ") == true
            }
            #expect(isListed, "\(mount.log.suffix(500))")
            let line = mount.text("state/\(Self.host)/orphans") ?? ""
            #expect(line.contains(" since 20") && line.hasSuffix("Z\n"), "\(line)")
            #expect(mount.text("events")?.contains("orphan on \(Self.host): bridge br_eth0 network ") == true)
            #expect(hosts.links(0) == ["br_eth0"])
            expectSuccess(mount.run("echo repair > \(Self.host)/on-drift"), "on-drift")
            // A change of a link of ours is a reason to look again.
            expectSuccess(hosts.run(0, "ip link set br_eth0 mtu 1400"), "by hand")
            #expect(eventually(within: 20) { hosts.links(0) == [] }, "\(mount.log.suffix(500))")
            #expect(eventually(within: 5) { mount.text("state/\(Self.host)/orphans") == "" })
        }

        @Test("another store's bridge is never touched; the refusal names that store and tells what to do")
        func otherStore() throws {
            let hosts = try TestHosts(1)
            let first = try MountedModel()
            connect(first, hosts)
            attach(first)
            let second = try MountedModel()
            connect(second, hosts)
            let result = second.run(
                """
                mkdir \(Self.network); echo eth0 > \(Self.network)/physical-interface
                ln -s ../../../clusters/c \(Self.network)/clusters/c; netmodelfs why
                """)
            let mark = hosts.run(0, "ip -o link show br_eth0").output
            let words = mark.components(separatedBy: "netmodelfs:").last?.split(separator: ":").map(String.init) ?? []
            let store = words.first ?? "?"
            #expect(store.count == 32, "\(mark)")
            #expect(result.output.contains("of the netmodelfs store \(store)."), "\(result)")
            #expect(result.output.contains("Remedy: Detach that network where its store is mounted."), "\(result)")
            #expect(hosts.links(0) == ["br_eth0"])
            #expect(second.text("state/\(Self.host)/orphans") == "")
            #expect(first.text("state/\(Self.network)/hosts/h")?.hasPrefix("status Realized\n") == true)
        }

        @Test("a machine under two names is one host: the second is refused, and what the first has stays")
        func sameMachine() throws {
            let hosts = try TestHosts(1)
            let mount = try MountedModel()
            connect(mount, hosts)
            attach(mount)
            let (name, again) = (hosts.names[0], hosts.names[0] + "-b")
            expectSuccess(
                Shell.run("touch /run/netns/\(again) && mount --bind /run/netns/\(name) /run/netns/\(again)"), "again")
            defer { _ = Shell.run("umount /run/netns/\(again); rm -f /run/netns/\(again)") }
            let second = "zones/z/clusters/d/hosts/h"
            let result = mount.run(
                "mkdir zones/z/clusters/d \(second); echo netns:\(again) > \(second)/connection; netmodelfs why")
            #expect(
                result.output.contains(
                    "It is the same machine, and the same network namespace of it, as \(Self.host)."), "\(result)")
            #expect(hosts.links(0) == ["br_eth0"])
            #expect(mount.text("state/\(Self.network)/hosts/h")?.hasPrefix("status Realized\n") == true)
            // With the first one gone it is the host.
            expectSuccess(mount.run("rm \(Self.host)/connection"), "the first one goes")
            let isGone = eventually(within: 20) { mount.text("state/\(Self.host)/status") != "Connected\n" }
            #expect(isGone && hosts.links(0) == [])
            expectSuccess(mount.run("echo netns:\(again) > \(second)/connection"), "second")
            #expect(mount.text("state/\(second)/status") == "Connected\n")
        }
    }
}
