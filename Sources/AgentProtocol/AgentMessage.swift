/// A line that an agent sends.
///
/// On the wire: `{"hello":{…}}`, `{"id":7,"ok":{…}}`, `{"id":7,"refused":{…}}`, `{"event":{…}}`.
public enum AgentMessage: Hashable, Sendable {
    /// The first line, and only that.
    case hello(AgentHello)
    /// The request of this number was done.
    case done(id: UInt64, AgentResult)
    /// The request of this number was refused; without a number: the agent could not tell which request it was.
    case refused(id: UInt64?, AgentRefusal)
    /// Something happened on the host.
    case event(AgentEvent)
}

extension AgentMessage: Codable {
    private enum Key: String, CodingKey {
        case hello
        case id
        case ok
        case refused
        case event
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        if let hello = try container.decodeIfPresent(AgentHello.self, forKey: .hello) {
            self = .hello(hello)
        } else if let event = try container.decodeIfPresent(AgentEvent.self, forKey: .event) {
            self = .event(event)
        } else if let refusal = try container.decodeIfPresent(AgentRefusal.self, forKey: .refused) {
            self = .refused(id: try container.decodeIfPresent(UInt64.self, forKey: .id), refusal)
        } else {
            self = .done(
                id: try container.decode(UInt64.self, forKey: .id),
                try container.decode(AgentResult.self, forKey: .ok))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .hello(let hello):
            try container.encode(hello, forKey: .hello)
        case .done(let id, let result):
            try container.encode(id, forKey: .id)
            try container.encode(result, forKey: .ok)
        case .refused(let id, let refusal):
            try container.encodeIfPresent(id, forKey: .id)
            try container.encode(refusal, forKey: .refused)
        case .event(let event):
            try container.encode(event, forKey: .event)
        }
    }
}
