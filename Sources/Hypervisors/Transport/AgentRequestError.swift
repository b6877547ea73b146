import AgentProtocol

/// Why a request has no result.
public enum AgentRequestError: Error, Hashable, Sendable {
    /// The host refused; nothing was changed, or what had been is undone, as the refusal says.
    case refused(AgentRefusal)
    /// The connection had ended before the request could be sent: the host was told nothing.
    case notSent(reason: String)
    /// The connection ended first. Whether the host did it is unknown.
    case connectionLost(reason: String)
    /// There was no answer in this time. Whether the host did it, or will, is unknown.
    case timedOut(Duration)
    /// The task that asked was cancelled. Whether the host did it, or will, is unknown.
    case cancelled
}

extension AgentRequestError: CustomStringConvertible {
    /// A sentence for people.
    public var description: String {
        switch self {
        case .refused(let refusal): "\(refusal)"
        case .notSent(let reason), .connectionLost(let reason):
            "The connection to the agent was lost: \(reason)."
        case .timedOut(let duration): "The agent did not answer within \(duration)."
        case .cancelled: "The request is not wanted any more."
        }
    }
}
