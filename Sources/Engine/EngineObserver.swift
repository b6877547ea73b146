import NetworkModel

/// Learns what has happened. Called from the engine's threads, never under its lock, in the order of the events.
public protocol EngineObserver: AnyObject, Sendable {
    /// The changes of one command are on disk. `byCaller`: somebody asked for them, else the engine did.
    func committed(_ changes: [Change], byCaller: Bool)
    /// The changes could not be stored and were taken back: nobody may go on believing in them.
    func undone(_ changes: [Change])
    /// Somebody changed on a host what was realized there (`drift`, in sentences), or it is as it shall be again (empty).
    func driftChanged(ofNetwork network: String, onHost host: String, _ drift: [String])
    /// On a host is what nothing accounts for, or it was taken off; in words.
    func orphansChanged(onHost host: String, found: [String], collected: [String])
    /// A host came or went.
    func statusChanged(ofHost host: ObjectID, path: String, _ status: HostStatus)
}
