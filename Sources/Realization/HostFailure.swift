import NetworkModel

/// Why a host did not do what it was asked.
public enum HostFailure: Error, Hashable, Sendable {
    /// It answered no, and says why. Nothing of the request is on it.
    case refused(Refusal)
    /// It could not be asked or did not answer: what is on it is not known. The text is a sentence for people.
    case unreachable(String)

    /// A sentence for people.
    public var reason: String {
        switch self {
        case .refused(let refusal): refusal.reason
        case .unreachable(let reason): reason
        }
    }
}
