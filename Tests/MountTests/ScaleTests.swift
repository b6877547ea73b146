import Foundation
import TestKit
import Testing

extension RealMounts {
    /// Many hosts.
    @Suite("Scale", .timeLimit(.minutes(5))) struct ScaleTests {
        private static func descriptors(_ mount: MountedModel) -> Int {
            (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(mount.pid)/fd").count) ?? 0
        }

        /// Kilobytes of the daemon that are resident.
        private static func memory(_ mount: MountedModel) -> Int {
            let lines = (Calls.text("/proc/\(mount.pid)/status") ?? "").split(separator: "\n")
            let line = lines.first { $0.hasPrefix("VmRSS:") }
            return line.flatMap { $0.split(separator: " ").dropFirst().first }.flatMap { Int($0) } ?? 0
        }

        private static func count(_ status: String, of network: String, _ mount: MountedModel) -> Int {
            let directory = "state/\(network)/hosts"
            let hosts = (try? FileManager.default.contentsOfDirectory(atPath: "\(mount.root)/\(directory)")) ?? []
            return hosts.count { mount.text("\(directory)/\($0)")?.hasPrefix("status \(status)\n") == true }
        }

        /// Zone z {c {the hosts}}, in one pass.
        private static func plant(_ hosts: Int, _ hypervisor: String, connection: String, _ mount: MountedModel) {
            expectSuccess(
                mount.run(
                    """
                    set -e
                    mkdir zones/.new zones/.new/clusters zones/.new/clusters/c; cd zones/.new/clusters/c
                    echo \(hypervisor) > hypervisor
                    mkdir hosts; mkdir hosts/h{1..\(hosts)}
                    for h in {1..\(hosts)}; do echo \(connection) > hosts/h$h/connection; done
                    cd ../../../..; mv zones/.new zones/z
                    """, timeout: 120), "planted")
        }

        /// A thousand hosts: while an attach waits for the slowest of them, what is under `state/` can be read; descriptors and
        /// memory of the daemon are bounded.
        @Test func simulatedHosts() throws {
            let hosts = 1000
            let networks = 4
            let mount = try MountedModel()
            Self.plant(hosts, "Simulator", connection: "simulator:latency=$((h == \(hosts) ? 2000 : 1))", mount)
            expectSuccess(
                mount.run(
                    """
                    set -e
                    cd zones/z; mkdir .l2 .l2/v{1..\(networks)} .l2/v{1..\(networks)}/clusters
                    for n in {1..\(networks)}; do
                        echo eth0 > .l2/v$n/physical-interface; echo $n > .l2/v$n/vlan
                        ln -s ../../../clusters/c .l2/v$n/clusters/c
                    done
                    mv -T .l2 l2
                    mkdir l2/x; echo eth0 > l2/x/physical-interface
                    """, timeout: 120), "attached")
            for network in 1...networks {
                #expect(Self.count("Realized", of: "zones/z/l2/v\(network)", mount) == hosts, "v\(network)")
            }
            let descriptors = Self.descriptors(mount)
            let link = try BackgroundCommand("ln -s ../../../clusters/c zones/z/l2/x/clusters/c", in: mount.root)
            var rounds = 0
            while link.isRunning {
                let listed = mount.run("ls state/zones/z/l2/x/hosts | wc -l").output
                let texts = (1...10).map { mount.text("state/zones/z/l2/x/hosts/h\($0)") }
                if listed == "\(hosts)\n", !texts.contains(nil), link.isRunning { rounds += 1 }
            }
            #expect(rounds > 0, "it was read while the attach waited for the slowest host")
            expectSuccess(try #require(link.wait(60)), "attached")
            #expect(Self.count("Realized", of: "zones/z/l2/x", mount) == hosts)
            #expect(Self.descriptors(mount) <= descriptors + 8, "hosts that are simulated have no descriptors")
            #expect(Self.memory(mount) < 500_000, "kB for \(hosts * (networks + 1)) networks on hosts")
            expectSuccess(mount.run("rm zones/z/l2/x/clusters/c"), "detached")
            #expect(mount.run("ls state/zones/z/l2/x/hosts").output == "")
        }

        /// Real agents, each in a namespace of its own.
        @Test func agents() throws {
            let count = 100
            let prefix = "s" + UUID().uuidString.prefix(6).lowercased()
            let numbers = Array(1...count)
            func batch(_ lines: (Int) -> [String]) -> ShellResult {
                Shell.run("ip -force -batch - <<'END'\n\(numbers.flatMap(lines).joined(separator: "\n"))\nEND")
            }
            defer { _ = batch { ["netns del \(prefix)-\($0)"] } }
            expectSuccess(
                batch {
                    [
                        "netns add \(prefix)-\($0)",
                        "link add eth0 netns \(prefix)-\($0) type veth peer name cable netns \(prefix)-\($0)",
                    ]
                }, "namespaces")
            func bridges() -> Int {
                Shell.run(
                    "for h in {1..\(count)}; do ip -n \(prefix)-$h -o link show master br_eth0 2>/dev/null; done"
                ).output.split(separator: "\n").count
            }
            let agents = { Shell.run("pgrep -fc -- '--netns \(prefix)-'").output }

            let mount = try MountedModel()
            let before = Self.descriptors(mount)
            Self.plant(count, "KVM", connection: "netns:\(prefix)-$h", mount)
            #expect(agents() == "\(count)\n")
            expectSuccess(
                mount.run(
                    """
                    mkdir zones/z/l2/n && echo eth0 > zones/z/l2/n/physical-interface &&
                        ln -s ../../../clusters/c zones/z/l2/n/clusters/c
                    """), "attached")
            #expect(bridges() == count)
            #expect(Self.count("Realized", of: "zones/z/l2/n", mount) == count)
            let used = Self.descriptors(mount) - before
            print("descriptors for each agent: \(Double(used) / Double(count)), memory \(Self.memory(mount)) kB")
            #expect(used <= 4 * count + 8)
            expectSuccess(mount.run("rm zones/z/l2/n/clusters/c"), "detached")
            #expect(bridges() == 0)
            #expect(mount.stop() == 0)
            #expect(eventually(within: 30) { agents() == "0\n" }, "\(agents())")
        }
    }
}
