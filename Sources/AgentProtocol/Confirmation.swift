/// How a change that may cut the host off is guarded: the host takes it back by itself unless ``AgentRequest/confirm(token:)``
/// comes in time, over a connection that was made after the change.
public struct Confirmation: Codable, Hashable, Sendable {
    /// Names the change; chosen by the asker, so that it knows it even when the answer is lost. A UUID.
    public var token: String
    /// How long the host waits, in seconds, 1...3600.
    public var within: Int

    /// Creates a confirmation; ``validate()`` tells whether it makes sense.
    public init(token: String, within: Int = 30) {
        self.token = token
        self.within = within
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
