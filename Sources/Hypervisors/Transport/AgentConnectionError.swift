import AgentProtocol

/// Why there is no connection to an agent.
public enum AgentConnectionError: Error, Hashable, Sendable {
    /// The program to launch does not exist on this machine.
    case programNotFound(String)
    /// The program could not be started.
    case launchFailed(program: String, reason: String)
    /// It said nothing for this long.
    case helloTimedOut(Duration, lastWords: [String])
    /// It ended before it said hello. `lastWords`: its last lines on standard error.
    case endedEarly(how: String, lastWords: [String])
    /// It said something else than hello.
    case notAnAgent(firstLine: String)
    /// It speaks another version of the protocol.
    case protocolMismatch(agent: Int, daemon: Int, agentVersion: String)
    /// The host takes no agent. `rule`: one of `host.agent.…`; `reason`: a path, a tool, what a tool said.
    case notDelivered(rule: String, reason: String, lastWords: [String])
    /// The task that was opening the connection was cancelled.
    case cancelled
}

extension AgentConnectionError: CustomStringConvertible {
    /// A sentence for people.
    public var description: String {
        switch self {
        case .programNotFound(let program):
            "The program \(program) does not exist on this machine."
        case .launchFailed(let program, let reason):
            "The program \(program) could not be started: \(reason)."
        case .helloTimedOut(let duration, let lastWords):
            "The agent did not say hello within \(duration)\(Self.quote(lastWords))."
        case .endedEarly(let how, let lastWords):
            "The agent \(how) before it said hello\(Self.quote(lastWords))."
        case .notAnAgent(let firstLine):
            "What was launched is not netmodel-agent; its first line is: \(firstLine)"
        case .protocolMismatch(let agent, let daemon, let agentVersion):
            "The agent (version \(agentVersion)) speaks version \(agent) of the protocol, the daemon version "
                + "\(daemon): install the agent that came with the daemon."
        case .notDelivered(let rule, let reason, let lastWords):
            "The agent cannot be put on the host (\(rule)): \(reason)\(Self.quote(lastWords))."
        case .cancelled:
            "The connection is not wanted any more."
        }
    }

    static func quote(_ lastWords: [String]) -> String {
        lastWords.isEmpty ? "" : "; its last words: \(lastWords.joined(separator: " / "))"
    }
}
