/// What can be asked of a host.
public indirect enum AgentRequest: Hashable, Sendable {
    /// Answered at once, also while link work is under way.
    case ping
    /// Would ``realizeL2(_:)`` be refused? Changes nothing.
    case checkL2(L2Spec)
    /// Makes what is missing, so that the network is there; does nothing where it is there already.
    case realizeL2(L2Spec)
    /// Removes what was made for the network; what is missing already is no error.
    case releaseL2(L2Spec)
    /// What on the host is not as the network needs it? Changes nothing; the outcome's steps are the differences.
    case inspectL2(L2Spec)
    /// Lists links that carry a mark of ours and whose number in the kernel is greater than this one: all fit in several
    /// answers only.
    case inventory(after: UInt32)
    /// Removes those of the links whose mark names this store and this network; what is not there is no error.
    case collect(storeUUID: String, networkUUID: String, links: [String])
    /// A check, realization or release that may move the addresses of the host between an interface and its bridge, and
    /// takes it back by itself when it is not confirmed. On the wire the request with a `confirm` beside it.
    case guarded(AgentRequest, by: Confirmation)
    /// The host was reached anew after the change of this token; it stays.
    case confirm(token: String)
}

/// A request with the number that its answer will carry: `{"id":7,"op":"checkL2","spec":{…}}`.
public struct AgentRequestLine: Hashable, Sendable {
    /// Chosen by the asker, unique among the requests in flight.
    public var id: UInt64
    /// What is asked.
    public var request: AgentRequest

    /// Creates a request line.
    public init(id: UInt64, request: AgentRequest) {
        self.id = id
        self.request = request
    }
}

extension AgentRequestLine: Codable {
    private enum Key: String, CodingKey {
        case id
        case op
        case spec
        case confirm
        case token
        case store
        case network
        case links
        case after
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        id = try container.decode(UInt64.self, forKey: .id)
        let op = try container.decode(String.self, forKey: .op)
        switch op {
        case "ping": request = .ping
        case "checkL2": request = .checkL2(try container.decode(L2Spec.self, forKey: .spec))
        case "realizeL2": request = .realizeL2(try container.decode(L2Spec.self, forKey: .spec))
        case "releaseL2": request = .releaseL2(try container.decode(L2Spec.self, forKey: .spec))
        case "inspectL2": request = .inspectL2(try container.decode(L2Spec.self, forKey: .spec))
        case "inventory": request = .inventory(after: try container.decode(UInt32.self, forKey: .after))
        case "collect":
            request = .collect(
                storeUUID: try container.decode(String.self, forKey: .store),
                networkUUID: try container.decode(String.self, forKey: .network),
                links: try container.decode([String].self, forKey: .links))
        case "confirm": request = .confirm(token: try container.decode(String.self, forKey: .token))
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .op, in: container, debugDescription: "no request is called \"\(op)\"")
        }
        if let confirmation = try container.decodeIfPresent(Confirmation.self, forKey: .confirm) {
            request = .guarded(request, by: confirmation)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(id, forKey: .id)
        switch request {
        case .ping:
            try container.encode("ping", forKey: .op)
        case .checkL2(let spec):
            try container.encode("checkL2", forKey: .op)
            try container.encode(spec, forKey: .spec)
        case .realizeL2(let spec):
            try container.encode("realizeL2", forKey: .op)
            try container.encode(spec, forKey: .spec)
        case .releaseL2(let spec):
            try container.encode("releaseL2", forKey: .op)
            try container.encode(spec, forKey: .spec)
        case .inspectL2(let spec):
            try container.encode("inspectL2", forKey: .op)
            try container.encode(spec, forKey: .spec)
        case .inventory(let after):
            try container.encode("inventory", forKey: .op)
            try container.encode(after, forKey: .after)
        case .collect(let storeUUID, let networkUUID, let links):
            try container.encode("collect", forKey: .op)
            try container.encode(storeUUID, forKey: .store)
            try container.encode(networkUUID, forKey: .network)
            try container.encode(links, forKey: .links)
        case .guarded(let inner, let confirmation):
            try AgentRequestLine(id: id, request: inner).encode(to: encoder)
            try container.encode(confirmation, forKey: .confirm)
        case .confirm(let token):
            try container.encode("confirm", forKey: .op)
            try container.encode(token, forKey: .token)
        }
    }
}
