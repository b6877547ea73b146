import NetworkModel
import Realization

/// Settings of a daemon.
public struct EngineOptions: Sendable {
    /// Answer an attach as soon as it is stored, and report what hosts say in `state/` only (`-o realize=async`).
    public var realizesInBackground: Bool
    /// Hosts that are worked on at once.
    public var hostsAtOnce: Int
    public var timing: ReconcilerTiming

    public init(
        realizesInBackground: Bool = false, hostsAtOnce: Int = 128, timing: ReconcilerTiming = ReconcilerTiming()
    ) {
        self.realizesInBackground = realizesInBackground
        self.hostsAtOnce = hostsAtOnce
        self.timing = timing
    }
}
