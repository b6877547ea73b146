import NetworkModel

/// Why there is no connection to a host, in words that an administrator can act on, with a stable rule id.
extension AgentConnectionError {
    /// The sentence, its rule and its remedy. Nothing secret is in it: ssh tells names and fingerprints, no keys.
    public func refusal(connecting connection: HostConnection) -> Refusal {
        switch self {
        case .programNotFound("ssh"):
            return Refusal(
                "host.ssh.client-missing", .hostUnreachable, "The program ssh does not exist on this machine.",
                remedy: "Install OpenSSH's client (apt-get install openssh-client).")
        case .programNotFound, .launchFailed:
            return Refusal(
                "host.agent.program-missing", .inputOutput, description,
                remedy: "Install netmodel-agent beside netmodelfs, or mount with -o agent=PATH.")
        case .helloTimedOut(_, let words):
            return SSHFailure.explain(words, connection)
                ?? Refusal(
                    "host.agent.silent", .hostUnreachable, description,
                    remedy: "Look how long a login takes: \(Self.probe(connection)).")
        case .endedEarly(_, let words):
            return SSHFailure.explain(words, connection) ?? Self.agentEnded(self, words, connection)
        case .notAnAgent:
            return Refusal(
                "host.agent.noise", .inputOutput, description,
                remedy: "Nothing else may write to standard output of a login without a terminal: "
                    + "look into its .bashrc, and try \(Self.probe(connection)).")
        case .protocolMismatch:
            return Refusal(
                "host.agent.version", .inputOutput, description,
                remedy: "Install netmodelfs and netmodel-agent of one version on this machine.")
        case .notDelivered(let rule, let reason, let words):
            return Self.notDelivered(rule, reason, words)
        case .cancelled:
            return Refusal(
                "host.connection.given-up", .interrupted, description, remedy: "Set the connection again.")
        }
    }

    private static func probe(_ connection: HostConnection) -> String {
        guard case .ssh(let user, let host, let port) = connection else { return "netmodel-agent --stdio" }
        return "ssh " + (port.map { "-p \($0) " } ?? "") + (user.map { $0 + "@" } ?? "") + host + " true"
    }

    /// The agent itself gave up, or what should have started it.
    private static func agentEnded(
        _ error: AgentConnectionError, _ words: [String], _ connection: HostConnection
    ) -> Refusal {
        let text = words.joined(separator: "\n")
        if text.contains("CAP_NET_ADMIN") {
            return Refusal(
                "host.agent.not-permitted", .inputOutput,
                "The agent may not change links of this host: it needs CAP_NET_ADMIN, as root has it.",
                remedy:
                    "Log in as root (ssh://root@HOST), or let the user run netmodel-agent by sudo without a password.")
        }
        guard case .ssh = connection else {
            return Refusal(
                "host.unreachable", .hostUnreachable, error.description,
                remedy: "Check that the host is up and that its connection is right.")
        }
        return Refusal(
            "host.agent.ended", .hostUnreachable, error.description,
            remedy: "The login must run commands in a POSIX environment (/bin/sh); try \(probe(connection)).")
    }

    private static func notDelivered(_ rule: String, _ reason: String, _ words: [String]) -> Refusal {
        switch rule {
        case "host.agent.tool-missing":
            return Refusal(
                rule, .inputOutput, "The host has no program \(reason), which is needed to put the agent there.",
                remedy: "Install coreutils, grep and findutils on the host, or busybox with these applets.")
        case "host.agent.architecture":
            return Refusal(
                rule, .inputOutput, "The agent is not for a host of machine type \(reason).",
                remedy:
                    "Install netmodel-agent of the daemon's version, built for \(reason), in /usr/local/bin of the host."
            )
        case "host.agent.cannot-run":
            return cannotRun(reason)
        case "host.agent.damaged":
            return Refusal(
                rule, .inputOutput,
                "The agent did not arrive whole in \(reason) of the host\(quote(words)).",
                remedy: "Look for a full disk or quota on the host, and for a login shell that reads standard input.")
        default:
            return Refusal(
                "host.agent.no-place", .inputOutput,
                "The host has no place for the agent: \(trimmed(reason)).",
                remedy:
                    "Make one of these directories writable and executable for the user alone (mode 0700), with 32 MiB free, "
                    + "or install this very netmodel-agent in /usr/local/bin of the host.")
        }
    }

    private static func cannotRun(_ reason: String) -> Refusal {
        let words = reason.split(separator: " ").map { $0.trimmingSuffix(":") }
        let library = words.first { $0.hasPrefix("lib") && $0.contains(".so") }
        let remedy =
            switch library {
            case let name? where name.hasPrefix("libnl"):
                "Install libnl on the host (apt-get install libnl-route-3-200)."
            case let name? where name.hasPrefix("libstdc++"):
                "Install the C++ runtime on the host (apt-get install libstdc++6)."
            case let name? where name.hasPrefix("libswift") || name.hasPrefix("libFoundation"):
                "Build netmodel-agent with the Swift runtime in it (swift build --static-swift-stdlib), as mount-helper/try does."
            case .some(let name): "Install \(name) on the host."
            case nil: "Run it on the host to see; hosts need Debian 12 or a later Linux with glibc 2.35."
            }
        return Refusal(
            "host.agent.cannot-run", .inputOutput, "The agent cannot run on the host: \(trimmed(reason)).",
            remedy: remedy)
    }

    /// Without the punctuation at the end, which the sentence brings itself.
    private static func trimmed(_ text: String) -> String {
        var text = Substring(text)
        while let last = text.last, last == ";" || last == " " || last == "." { text.removeLast() }
        return String(text)
    }
}

extension Substring {
    fileprivate func trimmingSuffix(_ end: Character) -> Substring { last == end ? dropLast() : self }
}
