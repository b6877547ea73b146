import Foundation
import TestKit
import Testing

extension RealMounts {
    /// Hosts behind a real sshd, each in a namespace, reached over a management cable with keys made for the test.
    @Suite(
        "Hosts over ssh", .enabled(if: Shell.has("sshd") || FileManager.default.fileExists(atPath: "/usr/sbin/sshd")))
    struct SSHHostTests {
        static let status = "state/zones/z1/clusters/c1/hosts/h1/status"
        static let detail = "state/zones/z1/clusters/c1/hosts/h1/status-detail"

        static let zone = """
            mkdir zones/z1 zones/z1/clusters/c1 zones/z1/clusters/c1/hosts/h1 zones/z1/l2/flat
            echo eth0 > zones/z1/l2/flat/physical-interface
            """

        static func connect(_ shell: SecureShell, user: String = "root") -> String {
            "echo ssh://\(user)@\(shell.address):2222 > zones/z1/clusters/c1/hosts/h1/connection"
        }

        static let attach = "ln -s ../../../clusters/c1 zones/z1/l2/flat/clusters/c1"
        static let detach = "rm zones/z1/l2/flat/clusters/c1"

        @Test func `a network reaches a host that had no agent, over ssh, and leaves it`() throws {
            let hosts = try TestHosts(1)
            let shell = try SecureShell(hosts, 0)
            let model = try MountedModel(through: shell)
            let result = model.run("set -e\n\(Self.zone)\n\(Self.connect(shell))\n\(Self.attach)")
            #expect(result.status == 0, "\(result) \(model.log)")
            #expect(hosts.links(0).contains("br_eth0"))
            #expect(model.text(Self.status) == "Connected\n")
            let hash = Shell.run("sha256sum < \(Programs.agent) | cut -c1-64").output.dropLast()
            #expect(shell.agents == ["./cache/netmodelfs/agent-\(hash)"])
            #expect(model.run(Self.detach).status == 0)
            #expect(!hosts.links(0).contains("br_eth0"))

            // The next connection finds it: the very same file.
            let inode = shell.run("stat -c %i \(shell.agents[0])").output
            model.stop()
            try model.start(environment: shell.environment)
            #expect(model.wait(for: Self.status) { $0 == "Connected\n" } == "Connected\n")
            #expect(shell.run("stat -c %i \(shell.agents[0])").output == inode)
        }

        @Test func `an installed agent of another version is left alone, and the daemon's is used`() throws {
            let hosts = try TestHosts(1)
            let shell = try SecureShell(
                hosts, 0,
                .init(
                    path: "/var/tmp/nmfs-installed:/usr/sbin:/usr/bin:/sbin:/bin",
                    before: """
                        mkdir -p $dir/installed /var/tmp/nmfs-installed
                        printf '#!/bin/sh\\necho 0.0.1\\n' > $dir/installed/netmodel-agent
                        chmod +x $dir/installed/netmodel-agent
                        mount --bind $dir/installed /var/tmp/nmfs-installed
                        """))
            defer { Shell.run("rmdir /var/tmp/nmfs-installed") }
            let model = try MountedModel(through: shell)
            let result = model.run("set -e\n\(Self.zone)\n\(Self.connect(shell))")
            #expect(result.status == 0, "\(result) \(model.log)")
            #expect(shell.agents.count == 1)
        }

        @Test func `the very same agent, installed, is run from there`() throws {
            let hosts = try TestHosts(1)
            let shell = try SecureShell(hosts, 0, .init(path: "\(Programs.directory):/usr/sbin:/usr/bin:/sbin:/bin"))
            let model = try MountedModel(through: shell)
            #expect(model.run("set -e\n\(Self.zone)\n\(Self.connect(shell))").status == 0)
            #expect(shell.agents == [])
        }

        @Test func `unknown and changed host keys, and a refused key, have their own rules and remedies`() throws {
            let hosts = try TestHosts(1)
            let shell = try SecureShell(hosts, 0)
            let model = try MountedModel(through: shell)
            #expect(model.run(Self.zone).status == 0)
            let connect = Self.connect(shell) + "; netmodelfs why"
            let path = "zones/z1/clusters/c1/hosts/h1"

            shell.run(": > known_hosts")
            let unknown = model.run(connect)
            #expect(unknown.errors.contains("No route to host"), "\(unknown)")
            #expect(unknown.output.contains("host.ssh.host-key-unknown: \(path) cannot be reached"), "\(unknown)")
            #expect(unknown.output.contains("you have requested strict checking"), "\(unknown)")

            shell.run("echo \"[\(shell.address)]:2222 $(cut -d' ' -f1,2 client.pub)\" > known_hosts")
            let changed = model.run(connect)
            #expect(changed.output.contains("host.ssh.host-key-changed: \(path)"), "\(changed)")
            #expect(changed.output.contains("ssh-keygen -R '[\(shell.address)]:2222'"), "\(changed)")

            shell.knowHostKey()
            shell.run(": > authorized")
            let denied = model.run(connect)
            #expect(denied.output.contains("host.ssh.permission-denied: \(path)"), "\(denied)")
            #expect(denied.output.contains("ssh-copy-id -p 2222 root@\(shell.address)"), "\(denied)")
            #expect(model.run("test -e \(path)/connection").status == 1)

            let closed = model.run("echo ssh://\(shell.address):2 > \(path)/connection; netmodelfs why")
            #expect(closed.output.contains("host.ssh.refused: \(path)"), "\(closed)")
            let nameless = model.run("echo ssh://h1.invalid > \(path)/connection; netmodelfs why")
            #expect(nameless.output.contains("host.ssh.name-unknown: \(path)"), "\(nameless)")
            shell.cut()
            let away = model.run(connect)
            #expect(away.output.contains("host.ssh.timed-out: \(path)"), "\(away)")

            // Nothing of the keys is told anywhere.
            let secret = shell.run("sed -n 2p client").output.dropLast()
            #expect(!secret.isEmpty && !model.log.contains(secret))
            #expect(model.run("! grep -raF '\(secret)' errors events state '\(model.store)'").status == 0)
        }

        @Test func `a login shell that talks does no harm, a slow one is waited for`() throws {
            let hosts = try TestHosts(1)
            let shell = try SecureShell(
                hosts, 0,
                .init(
                    server:
                        "ForceCommand printf 'Welcome to h1!\\nYou have new mail'; sleep 4; exec /bin/sh -c \"$SSH_ORIGINAL_COMMAND\""
                ))
            let model = try MountedModel(through: shell)
            let result = model.run("set -e\n\(Self.zone)\n\(Self.connect(shell))\n\(Self.attach)")
            #expect(result.status == 0, "\(result) \(model.log)")
            #expect(hosts.links(0).contains("br_eth0"))
        }

        @Test func `a user who is not root needs sudo without a password`() throws {
            let hosts = try TestHosts(1)
            let user = """
                cp /etc/passwd passwd; echo "operator:*:12345:65534::$dir/home:/bin/bash" >> passwd
                mkdir -p home/.cache; chown -R 12345 home
                mount --bind $dir/passwd /etc/passwd
                printf 'root ALL=(ALL) ALL\\n' > sudoers; chmod 440 sudoers
                [ ! -e /etc/sudoers ] || mount --bind $dir/sudoers /etc/sudoers

                """
            let shell = try SecureShell(hosts, 0, .init(before: user, cache: "home/.cache"))
            let model = try MountedModel(through: shell)
            let result = model.run("\(Self.zone)\n\(Self.connect(shell, user: "operator")); netmodelfs why")
            #expect(result.output.contains("host.agent.not-permitted: zones/z1/clusters/c1/hosts/h1"), "\(result)")
            #expect(result.output.contains("CAP_NET_ADMIN"), "\(result)")
            #expect(shell.agents.count == 1)

            guard Shell.has("sudo") else { return }
            shell.run("printf 'operator ALL=(root) NOPASSWD: ALL\\n' >> sudoers")
            let allowed = model.run("set -e\n\(Self.connect(shell, user: "operator"))\n\(Self.attach)")
            #expect(allowed.status == 0, "\(allowed) \(model.run("netmodelfs why").output)")
            #expect(hosts.links(0).contains("br_eth0"))
        }

        @Test func `a host whose directories take no program says which and why`() throws {
            let hosts = try TestHosts(1)
            let shell = try SecureShell(
                hosts, 0,
                .init(
                    before: """
                        mount -t tmpfs -o ro none $dir/cache
                        mount -t tmpfs none /usr/local/bin
                        for d in /var/tmp /dev/shm; do mount -t tmpfs -o noexec none $d; done
                        """))
            let model = try MountedModel(through: shell)
            // /tmp has the test itself.
            Shell.run("ln -sfn /nonexistent /tmp/netmodelfs-0")
            defer { Shell.run("rm -f /tmp/netmodelfs-0") }
            let result = model.run("\(Self.zone)\n\(Self.connect(shell)); netmodelfs why")
            #expect(result.output.contains("host.agent.no-place: zones/z1/clusters/c1/hosts/h1"), "\(result)")
            #expect(result.output.contains("Read-only file system"), "\(result)")
            #expect(result.output.contains("/var/tmp/netmodelfs-0 cannot hold programs (noexec)"), "\(result)")
        }
    }
}
