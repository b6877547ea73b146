/// Something happened on the host to a link that is ours, or that one of ours stands on.
///
/// What the agent does itself is reported as well.
public struct AgentEvent: Codable, Hashable, Sendable {
    /// What happened to a link.
    public enum Change: String, Codable, Hashable, Sendable {
        /// The link is new, or is new among those we watch.
        case appeared
        /// The link was set up, set down, renamed, marked, or has another master, MTU or MAC.
        case changed
        /// The link does not exist any more.
        case gone
    }

    /// The name of the link.
    public var name: String
    /// What happened.
    public var what: Change

    /// Creates an event.
    public init(name: String, what: Change) {
        self.name = name
        self.what = what
    }
}
