/// Why a host did not do what was asked.
public struct AgentRefusal: Error, Codable, Hashable, Sendable {
    /// The stable id of the rule that refused, for instance `host.interface-missing`.
    public var rule: String
    /// The Linux error number that a caller of the file system shall see.
    public var errno: Int32
    /// One sentence for people.
    public var reason: String
    /// What to do about it, one sentence for people.
    public var remedy: String

    /// Creates a refusal.
    public init(rule: String, errno: Int32, reason: String, remedy: String) {
        self.rule = rule
        self.errno = errno
        self.reason = reason
        self.remedy = remedy
    }
}

extension AgentRefusal: CustomStringConvertible {
    public var description: String { "\(reason) [\(rule)] \(remedy)" }
}

extension AgentRefusal {
    // Linux error numbers (asm-generic/errno-base.h), the same wherever a host or a daemon runs.
    static let einval: Int32 = 22
    static let ebadmsg: Int32 = 74
    static let emsgsize: Int32 = 90

    /// The request contradicts itself.
    public static func invalidSpec(_ what: String) -> AgentRefusal {
        AgentRefusal(
            rule: "spec.invalid", errno: einval, reason: "The request makes no sense: \(what).",
            remedy: "This is an error of the daemon: report it with its log.")
    }

    /// The line is not a request.
    public static func malformedLine(_ what: String) -> AgentRefusal {
        AgentRefusal(
            rule: "agent.malformed-line", errno: ebadmsg, reason: "A line sent to the agent is not a request: \(what).",
            remedy: "Send one JSON object a line, in UTF-8.")
    }

    /// The line is longer than ``LineDecoder/longestLine``.
    public static func lineTooLong(bytes: Int) -> AgentRefusal {
        AgentRefusal(
            rule: "agent.line-too-long", errno: emsgsize,
            reason: "A line of \(bytes) bytes is longer than the \(LineDecoder.longestLine) bytes of a request.",
            remedy: "Send one request a line.")
    }

    /// The answer would be longer than ``LineDecoder/longestLine``.
    public static func answerTooLong(bytes: Int) -> AgentRefusal {
        AgentRefusal(
            rule: "agent.answer-too-long", errno: emsgsize,
            reason: "The answer of \(bytes) bytes is longer than the \(LineDecoder.longestLine) bytes of a line.",
            remedy: "This is an error of the agent: report it with the daemon's log.")
    }
}
