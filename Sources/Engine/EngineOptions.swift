import NetworkModel
import Realization

/// Settings of a daemon.
public struct EngineOptions: Sendable {
    /// Answer an attach as soon as it is stored, and report what hosts say in `state/` only (`-o realize=async`).
    public var realizesInBackground: Bool
    /// Hosts that are worked on at once.
    public var hostsAtOnce: Int
    public var timing: ReconcilerTiming
    /// Whether what somebody changed on a host by hand is put right, unless the host says otherwise (`-o drift=repair|report`).
    public var repairsDrift = true
    /// How long the value of a removed file stays in force, so that removing and writing it anew is one change.
    public var settleTime: Duration

    public init(
        realizesInBackground: Bool = false, hostsAtOnce: Int = 128, timing: ReconcilerTiming = ReconcilerTiming(),
        settleTime: Duration = .seconds(2)
    ) {
        self.realizesInBackground = realizesInBackground
        self.hostsAtOnce = hostsAtOnce
        self.timing = timing
        self.settleTime = settleTime
    }
}
