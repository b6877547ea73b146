import Foundation
import TestKit

/// A real sshd in a test host, behind a management cable, and a configuration of ssh that knows it. Its agents are kept in a directory
/// of the test's own; what is bound over `/etc` is so for this sshd alone.
final class SecureShell: Sendable {
    /// What is not as usual.
    struct Setup {
        /// More lines of sshd_config.
        var server = ""
        /// The PATH of a login.
        var path = "/usr/sbin:/usr/bin:/sbin:/bin"
        /// Commands before sshd starts, in its own mount namespace. `$dir` is the test's directory.
        var before = ""
        /// The login's cache directory, below the test's directory; nil for none.
        var cache: String? = "cache"
        /// The host's interface where the connection comes in; made here.
        var interface = "mgmt0"
    }

    let directory = NSTemporaryDirectory() + "/netmodelfs-ssh-" + UUID().uuidString.prefix(8)
    let address: String
    let host: String
    private let cable: String

    init(_ hosts: TestHosts, _ index: Int, _ setup: Setup = Setup()) throws {
        let number = Int.random(in: 1...250)
        address = "10.213.\(number).2"
        cable = "m" + hosts.prefix
        host = hosts.names[index]
        let cacheSetting = setup.cache.map { "XDG_CACHE_HOME=\(directory)/\($0)" } ?? ""
        let script = """
            set -e
            dir=\(directory)
            mkdir -p $dir/bin $dir/cache /run/sshd
            chmod 711 $dir
            ip link add \(cable) type veth peer name \(setup.interface) netns \(host)
            ip addr add 10.213.\(number).1/30 dev \(cable)
            ip link set \(cable) up
            ip -n \(host) addr add \(address)/30 dev \(setup.interface)
            ip -n \(host) link set \(setup.interface) up
            cd $dir
            ssh-keygen -q -t ed25519 -N '' -f host
            ssh-keygen -q -t ed25519 -N '' -f client
            cp client.pub authorized
            cat > sshd_config <<'END'
            Port 2222
            ListenAddress \(address)
            HostKey \(directory)/host
            AuthorizedKeysFile \(directory)/authorized
            PidFile \(directory)/sshd.pid
            StrictModes no
            UsePAM no
            UseDNS no
            PermitRootLogin prohibit-password
            SetEnv PATH=\(setup.path) \(cacheSetting)
            \(setup.server)
            END
            cat > ssh_config <<END
            Host *
              IdentityFile $dir/client
              IdentitiesOnly yes
              UserKnownHostsFile $dir/known_hosts
              StrictHostKeyChecking yes
              ServerAliveInterval 1
            END
            # The first value that ssh is told holds: a host that is gone shall be noticed while a test waits.
            printf '#!/bin/sh\\nexec /usr/bin/ssh -F %s/ssh_config -oServerAliveInterval=1 -oConnectTimeout=3 "$@"\\n' $dir > bin/ssh
            chmod +x bin/ssh
            cat > start <<'END'
            set -e
            dir=\(directory)
            \(setup.before)
            exec /usr/sbin/sshd -f $dir/sshd_config -E $dir/sshd.log
            END
            ip netns exec \(host) bash start
            """
        let result = Shell.run(script)
        if result.status != 0 { throw MountedModel.NotMounted(description: "no sshd: \(result)") }
        knowHostKey()
    }

    /// For the daemon: its `ssh` is one that reads this configuration.
    var environment: [String: String] {
        ["PATH": directory + "/bin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")]
    }

    func knowHostKey() {
        run("echo \"[\(address)]:2222 $(cut -d' ' -f1,2 host.pub)\" > known_hosts")
    }

    /// A command on this machine, in the test's directory.
    @discardableResult
    func run(_ script: String) -> ShellResult { Shell.run(script, in: directory) }

    /// The agents that the host keeps: their paths.
    var agents: [String] {
        run("find . -name 'agent-*' | sort").output.split(separator: "\n").map(String.init)
    }

    /// Process ids of the agents that run from the test's directory.
    var running: [String] {
        run("pgrep -f '^\(directory)/.*agent-.* --stdio .*'").output.split(separator: "\n").map(String.init)
    }

    /// Nothing that is sent to the host arrives any more, and nobody is told.
    func cut() {
        Shell.run(
            "ip netns exec \(host) nft 'add table inet cut; add chain inet cut everything { type filter hook input priority 0; policy drop; }'"
        )
    }

    func mend() {
        Shell.run("ip netns exec \(host) nft delete table inet cut")
    }

    deinit {
        Shell.run(
            """
            # An agent that a test has stopped takes no SIGTERM.
            kill -9 $(cat \(directory)/sshd.pid) $(pgrep -f '^sshd: .*\(directory)') $(pgrep -f '^\(directory)/.*agent-')
            ip link del \(cable); rm -rf \(directory)
            """)
    }
}

extension MountedModel {
    /// A daemon that reaches hosts by the ssh of a test.
    convenience init(through shell: SecureShell) throws {
        try self.init()
        stop()
        try start(environment: shell.environment)
    }

    /// Waits until a file has a text that fits; its last text.
    func wait(_ seconds: Double = 30, for path: String, _ fits: (String) -> Bool) -> String {
        let end = Date().addingTimeInterval(seconds)
        while true {
            let text = text(path) ?? ""
            if fits(text) || Date() > end { return text }
            usleep(50_000)
        }
    }
}
