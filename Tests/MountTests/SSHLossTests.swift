import Foundation
import TestKit
import Testing

extension RealMounts {
    /// Connections over ssh that end before they should.
    @Suite(
        "Lost hosts over ssh",
        .enabled(if: FileManager.default.fileExists(atPath: "/usr/sbin/sshd") && Shell.has("nft")))
    struct SSHLossTests {
        typealias Tests = SSHHostTests

        @Test func `an agent that is killed is started again`() throws {
            let hosts = try TestHosts(1)
            let shell = try SecureShell(hosts, 0)
            let model = try MountedModel(through: shell)
            let result = model.run("set -e\n\(Tests.zone)\n\(Tests.connect(shell))\n\(Tests.attach)")
            #expect(result.status == 0, "\(result) \(model.log)")
            let first = shell.running
            #expect(first.count == 1)
            Shell.run("kill -9 \(first.joined(separator: " ")); ip -n \(shell.host) link del br_eth0")
            #expect(model.wait(for: "events") { $0.contains("h1 is Disconnected") }.contains("h1 is Disconnected"))
            #expect(model.wait(for: Tests.status) { $0 == "Connected\n" } == "Connected\n")
            #expect(model.wait(for: "state/zones/z1/l2/flat/hosts/h1") { $0.hasPrefix("status Realized") } != "")
            #expect(shell.running.count == 1 && shell.running != first)
            let end = Date().addingTimeInterval(10)
            while !hosts.links(0).contains("br_eth0"), Date() < end { usleep(100_000) }
            #expect(hosts.links(0).contains("br_eth0"))
        }

        @Test
        func `a half-open connection is noticed, also in the middle of a request, and the host is brought up to date`()
            throws
        {
            let hosts = try TestHosts(1)
            let shell = try SecureShell(hosts, 0)
            let model = try MountedModel(through: shell)
            #expect(model.run("set -e\n\(Tests.zone)\n\(Tests.connect(shell))").status == 0)
            // The agent does not answer, and then nothing of the host does.
            Shell.run("kill -STOP \(shell.running.joined(separator: " "))")
            let start = Date()
            Thread.detachNewThread {
                usleep(500_000)
                shell.cut()
            }
            let attached = model.run(Tests.attach, timeout: 40)
            // 3 × 1 s without an answer (5 s each outside of tests): the host is away, which does not block an attach.
            #expect(attached.status == 0, "\(attached)")
            #expect(Date().timeIntervalSince(start) < 10)
            #expect(
                model.wait(10, for: Tests.status) { $0 == "Disconnected\n" || $0 == "Connecting\n" } != "Connected\n")
            let detail = model.wait(20, for: Tests.detail) { $0.contains("host.ssh.timed-out") }
            #expect(detail.contains("host.ssh.timed-out: \(shell.address) does not answer."), "\(detail)")
            #expect(!hosts.links(0).contains("br_eth0"))
            shell.mend()
            #expect(model.wait(60, for: Tests.status) { $0 == "Connected\n" } == "Connected\n")
            let state = model.wait(for: "state/zones/z1/l2/flat/hosts/h1") { $0.hasPrefix("status Realized") }
            #expect(state.hasPrefix("status Realized"), "\(state)")
            #expect(hosts.links(0).contains("br_eth0"))
        }
    }
}
