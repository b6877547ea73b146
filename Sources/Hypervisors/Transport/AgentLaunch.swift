import NetworkModel

/// How an agent is started on a host.
public enum AgentLaunch {
    /// The program and its arguments; nil for a host that has no agent.
    ///
    /// - Parameters:
    ///   - connection: where the host is.
    ///   - agentPath: the agent's program on this machine, for `.local` and `.namespace`; a name without `/` is looked
    ///     for in `PATH`. On hosts behind ssh it is always `netmodel-agent`, found by their shell.
    public static func command(for connection: HostConnection, agentPath: String = "netmodel-agent") -> [String]? {
        switch connection {
        case .local:
            return [agentPath, "--stdio"]
        case .namespace(let name):
            return [agentPath, "--stdio", "--netns", name]
        case .ssh(let user, let host, let port):
            // BatchMode: never ask a person. ServerAlive…: a host that is gone is noticed within 15 s.
            var command = [
                "ssh", "-oBatchMode=yes", "-oServerAliveInterval=5", "-oServerAliveCountMax=3", "-oConnectTimeout=10",
            ]
            if let port { command += ["-p", "\(port)"] }
            // After "--" no host can pass for an option of ssh.
            command += ["--", user.map { "\($0)@\(host)" } ?? host, "netmodel-agent", "--stdio"]
            return command
        case .simulator, .https:
            return nil
        }
    }
}
