import NetworkModel
import Realization

/// Settings of a daemon.
public struct EngineOptions: Sendable {
    /// Answer an attach as soon as it is stored, and report what hosts say in `state/` only (`-o realize=async`).
    public var realizesInBackground: Bool
    /// L2 networks that one command works on at once, each of them on all of its hosts.
    public var networksAtOnce: Int
    public var timing: ReconcilerTiming
    /// Whether what somebody changed on a host by hand is put right, unless the host says otherwise (`-o drift=repair|report`).
    public var repairsDrift = true
    /// How long the value of a removed file stays in force, so that removing and writing it anew is one change.
    public var settleTime: Duration
    /// Of planning for one forecast, during which nobody else gets at the model.
    public var mostForecastSteps = Forecaster.mostSteps

    public init(
        realizesInBackground: Bool = false, networksAtOnce: Int = 4, timing: ReconcilerTiming = ReconcilerTiming(),
        settleTime: Duration = .seconds(2)
    ) {
        self.realizesInBackground = realizesInBackground
        self.networksAtOnce = networksAtOnce
        self.timing = timing
        self.settleTime = settleTime
    }
}
