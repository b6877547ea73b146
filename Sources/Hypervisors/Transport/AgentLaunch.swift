import NetworkModel

/// How an agent is started on a host.
public enum AgentLaunch {
    /// The program and its arguments; nil for a host that has no agent.
    ///
    /// - Parameters:
    ///   - connection: where the host is.
    ///   - agentPath: the agent's program on this machine, for `.local` and `.namespace`; a name without `/` is looked
    ///     for in `PATH`.
    ///   - remoteCommand: what the login shell of a host behind ssh is given, see ``AgentBootstrap``.
    public static func command(
        for connection: HostConnection, agentPath: String = "netmodel-agent",
        remoteCommand: String = "netmodel-agent --stdio"
    ) -> [String]? {
        switch connection {
        case .local:
            return [agentPath, "--stdio"]
        case .namespace(let name):
            return [agentPath, "--stdio", "--netns", name]
        case .ssh(let user, let host, let port):
            var command = ["ssh", "-T"] + sshOptions.map { "-o" + $0 }
            if let port { command += ["-p", "\(port)"] }
            // After "--" no host can pass for an option of ssh.
            command += ["--", user.map { "\($0)@\(host)" } ?? host, remoteCommand]
            return command
        case .simulator, .https:
            return nil
        }
    }

    /// What must be so whatever the user's configuration says; everything else is as configured there.
    private static let sshOptions = [
        // Never ask a person.
        "BatchMode=yes",
        // A host that is gone is noticed within 15 s.
        "ServerAliveInterval=5", "ServerAliveCountMax=3", "ConnectTimeout=10",
        // A connection of our own: it must not end with somebody's login, nor be taken for one.
        "ControlMaster=no", "ControlPath=none",
        // Nothing but the agent runs through it.
        "ForwardAgent=no", "ForwardX11=no", "ClearAllForwardings=yes", "PermitLocalCommand=no", "RemoteCommand=none",
        // Without its words there is no telling why it failed.
        "LogLevel=INFO",
    ]
}
