import Foundation
import TestKit
import Testing

extension RealMounts {
    /// Hosts behind a real sshd, each in a namespace, reached over a management cable with keys made for the test.
    @Suite(
        "Hosts over ssh", .enabled(if: Shell.has("sshd") || FileManager.default.fileExists(atPath: "/usr/sbin/sshd")))
    struct SSHHostTests {
        /// An sshd in a test host, and a client configuration that knows it.
        final class SecureShell {
            let directory = NSTemporaryDirectory() + "/netmodelfs-ssh-" + UUID().uuidString.prefix(8)
            let address: String
            private let cable: String

            /// - Parameter interface: of the host, where the connection comes in; made here.
            init(_ hosts: TestHosts, _ index: Int, interface: String = "mgmt0") throws {
                let number = Int.random(in: 1...250)
                address = "10.213.\(number).2"
                cable = "m" + hosts.prefix
                let script = """
                    set -e
                    mkdir -p \(directory)/bin /run/sshd
                    chmod 700 \(directory)
                    ip link add \(cable) type veth peer name \(interface) netns \(hosts.names[index])
                    ip addr add 10.213.\(number).1/30 dev \(cable)
                    ip link set \(cable) up
                    ip -n \(hosts.names[index]) addr add \(address)/30 dev \(interface)
                    ip -n \(hosts.names[index]) link set \(interface) up
                    cd \(directory)
                    ssh-keygen -q -t ed25519 -N '' -f host
                    ssh-keygen -q -t ed25519 -N '' -f client
                    cp client.pub authorized
                    cat > sshd_config <<END
                    Port 2222
                    ListenAddress \(address)
                    HostKey \(directory)/host
                    AuthorizedKeysFile \(directory)/authorized
                    PidFile \(directory)/sshd.pid
                    StrictModes no
                    UsePAM no
                    PermitRootLogin prohibit-password
                    SetEnv PATH=\(Programs.directory):/usr/sbin:/usr/bin:/sbin:/bin
                    END
                    echo "[\(address)]:2222 $(cut -d' ' -f1,2 host.pub)" > known_hosts
                    cat > ssh_config <<END
                    Host *
                      IdentityFile \(directory)/client
                      IdentitiesOnly yes
                      UserKnownHostsFile \(directory)/known_hosts
                      StrictHostKeyChecking yes
                    END
                    printf '#!/bin/sh\\nexec /usr/bin/ssh -F \(directory)/ssh_config "$@"\\n' > bin/ssh
                    chmod +x bin/ssh
                    ip netns exec \(hosts.names[index]) /usr/sbin/sshd -f \(directory)/sshd_config
                    """
                let result = Shell.run(script)
                if result.status != 0 { throw MountedModel.NotMounted(description: "no sshd: \(result)") }
            }

            /// For the daemon: its `ssh` is one that reads this configuration.
            var environment: [String: String] {
                ["PATH": directory + "/bin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")]
            }

            deinit {
                Shell.run(
                    "kill $(cat \(directory)/sshd.pid); ip link del \(cable); rm -rf \(directory)")
            }
        }

        private static let zone = """
            mkdir zones/z1 zones/z1/clusters/c1 zones/z1/clusters/c1/hosts/h1 zones/z1/l2/flat
            echo eth0 > zones/z1/l2/flat/physical-interface
            """

        @Test func `a network reaches a host over ssh, and leaves it`() throws {
            let hosts = try TestHosts(1)
            let shell = try SecureShell(hosts, 0)
            let model = try MountedModel()
            model.stop()
            try model.start(environment: shell.environment)
            let result = model.run(
                """
                set -e
                \(Self.zone)
                echo ssh://root@\(shell.address):2222 > zones/z1/clusters/c1/hosts/h1/connection
                ln -s ../../../clusters/c1 zones/z1/l2/flat/clusters/c1
                """)
            #expect(result.status == 0, "\(result) \(model.log)")
            #expect(hosts.links(0).contains("br_eth0"))
            #expect(model.text("state/zones/z1/clusters/c1/hosts/h1/status") == "Connected\n")
            #expect(model.run("rm zones/z1/l2/flat/clusters/c1").status == 0)
            #expect(!hosts.links(0).contains("br_eth0"))
        }

        @Test func `an unknown host key and a refused key are refused, with ssh's own words`() throws {
            let hosts = try TestHosts(1)
            let shell = try SecureShell(hosts, 0)
            let model = try MountedModel()
            model.stop()
            try model.start(environment: shell.environment)
            #expect(model.run(Self.zone).status == 0)
            let connect = "echo ssh://root@\(shell.address):2222 > zones/z1/clusters/c1/hosts/h1/connection"

            Shell.run(": > \(shell.directory)/known_hosts")
            let unknown = model.run(connect + "; netmodelfs why")
            #expect(unknown.errors.contains("No route to host"), "\(unknown)")
            #expect(
                unknown.output.contains("host.unreachable: zones/z1/clusters/c1/hosts/h1 cannot be reached"),
                "\(unknown)")
            #expect(unknown.output.contains("Host key verification failed"), "\(unknown)")

            Shell.run(
                "cd \(shell.directory); echo \"[\(shell.address)]:2222 $(cut -d' ' -f1,2 host.pub)\" > known_hosts; : > authorized"
            )
            let denied = model.run(connect + "; netmodelfs why")
            #expect(denied.output.contains("Permission denied"), "\(denied)")
            #expect(model.run("test -e zones/z1/clusters/c1/hosts/h1/connection").status == 1)
        }
    }
}
