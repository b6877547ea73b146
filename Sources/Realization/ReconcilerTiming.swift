/// Pauses of the reconciler.
public struct ReconcilerTiming: Sendable {
    /// Before the second attempt to connect; doubles with each further one.
    public var firstPause: Duration
    public var longestPause: Duration
    public var pingInterval: Duration
    /// Between the first sign of a change on a host and the look at it.
    public var inspectionPause: Duration
    /// Between searches for orphans that changes on a host start: such a search asks for all links of ours.
    public var searchPause: Duration

    public init(
        firstPause: Duration = .milliseconds(500), longestPause: Duration = .seconds(30),
        pingInterval: Duration = .seconds(15), inspectionPause: Duration = .milliseconds(300),
        searchPause: Duration = .seconds(5)
    ) {
        self.inspectionPause = inspectionPause
        self.searchPause = searchPause
        self.firstPause = firstPause
        self.longestPause = longestPause
        self.pingInterval = pingInterval
    }
}
