/// What a host answers when it did what was asked.
public enum AgentResult: Hashable, Sendable {
    /// To ``AgentRequest/ping``.
    case pong
    /// To check, realize and release.
    case l2(L2Outcome)
    /// To ``AgentRequest/confirm(token:)``: the change stays.
    case confirmed
    /// To ``AgentRequest/inventory(after:)``, in the order of the kernel's link numbers; `next`: there are more after this one.
    case inventory([LinkRecord], next: UInt32?)
}

/// What a check, a realization or a release did.
public struct L2Outcome: Codable, Hashable, Sendable {
    /// What was changed on the host, in order, in words; empty when all was as wanted already.
    public var steps: [String]
    /// What an operator should know although it is no error, in sentences.
    public var notes: [String]
    /// The token of a change that the host takes back unless it is confirmed in time.
    public var unconfirmed: String?

    /// Creates an outcome.
    public init(steps: [String] = [], notes: [String] = [], unconfirmed: String? = nil) {
        self.steps = steps
        self.notes = notes
        self.unconfirmed = unconfirmed
    }
}

/// On the wire: `{"type":"pong"}`, `{"type":"confirmed"}`, `{"type":"l2","outcome":{…}}`,
/// `{"type":"inventory","links":[…],"next":7}`.
extension AgentResult: Codable {
    private enum Key: String, CodingKey {
        case type
        case outcome
        case links
        case next
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let type = try container.decode(String.self, forKey: .type)
        switch type {
        case "pong": self = .pong
        case "l2": self = .l2(try container.decode(L2Outcome.self, forKey: .outcome))
        case "confirmed": self = .confirmed
        case "inventory":
            self = .inventory(
                try container.decode([LinkRecord].self, forKey: .links),
                next: try container.decodeIfPresent(UInt32.self, forKey: .next))
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .type, in: container, debugDescription: "no result is called \"\(type)\"")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .pong:
            try container.encode("pong", forKey: .type)
        case .l2(let outcome):
            try container.encode("l2", forKey: .type)
            try container.encode(outcome, forKey: .outcome)
        case .confirmed:
            try container.encode("confirmed", forKey: .type)
        case .inventory(let links, let next):
            try container.encode("inventory", forKey: .type)
            try container.encode(links, forKey: .links)
            try container.encodeIfPresent(next, forKey: .next)
        }
    }
}
