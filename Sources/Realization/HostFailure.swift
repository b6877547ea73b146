import NetworkModel

/// Why a host did not do what it was asked.
public enum HostFailure: Error, Hashable, Sendable {
    /// It answered no, and says why. Nothing of the request is on it.
    case refused(Refusal)
    /// It could not be asked or did not answer: what is on it is not known. The text is a sentence for people.
    case unreachable(String)
    /// There is no connection to it, for a reason with a rule and a remedy of its own.
    case unconnected(Refusal)

    /// A sentence for people.
    public var reason: String {
        switch self {
        case .refused(let refusal): refusal.reason
        case .unreachable(let reason): reason
        case .unconnected(let refusal): "\(refusal.rule): \(refusal.reason) Remedy: \(refusal.remedy)"
        }
    }
}
