/// How a change that may cut the host off is guarded: the host takes it back by itself unless ``AgentRequest/confirm(token:)``
/// comes in time, over a connection that was made after the change.
public struct Confirmation: Codable, Hashable, Sendable {
    /// Names the change; chosen by the asker, so that it knows it even when the answer is lost. A UUID.
    public var token: String
    /// How long the host waits, in seconds, 1...3600.
    public var within: Int
    /// Whether a check is about a change that nobody asks for yet. Else it is taken to come before the change, and that this
    /// host went back from it a moment ago is forgotten. Absent: no.
    public var isForecast: Bool?

    /// Creates a confirmation; ``validate()`` tells whether it makes sense.
    public init(token: String, within: Int = 30, isForecast: Bool? = nil) {
        self.token = token
        self.within = within
        self.isForecast = isForecast
    }

    /// - Throws: `spec.invalid`.
    public func validate() throws(AgentRefusal) {
        try Self.validate(token: token)
        guard (1...3600).contains(within) else {
            throw .invalidSpec("\(within) seconds for a confirmation are not in 1...3600")
        }
    }

    /// A token becomes the name of a file on the host.
    ///
    /// - Throws: `spec.invalid`.
    public static func validate(token: String) throws(AgentRefusal) {
        let plain = token.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        }
        guard (8...64).contains(token.utf8.count), plain else {
            throw .invalidSpec("the token of a confirmation is no UUID")
        }
    }
}
