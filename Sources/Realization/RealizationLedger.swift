import NetworkModel

/// Where the reconciler reads what is wanted and writes down what is so. The engine is one.
public protocol RealizationLedger: AnyObject, Sendable {
    func realization(_ id: ObjectID) -> RealizationRecord?
    func realizations(ofHost host: ObjectID) -> [ObjectID]
    /// The realizations of a host of which it is certain what shall be; others are seen to by whoever is changing them.
    func confirmedRealizations(ofHost host: ObjectID) -> [RealizationRecord]
    /// The same for one realization; nil while somebody is changing it.
    func confirmedRealization(_ id: ObjectID) -> RealizationRecord?
    /// Whether nothing shall be done on the host for now.
    func isInMaintenance(_ host: ObjectID) -> Bool
    /// Durable when it returns. What cannot be stored is logged by the ledger and tried again by whoever comes next.
    func record(_ progress: Progress) async
    func setStatus(ofHost host: ObjectID, _ status: HostStatus)
    /// Whether the host is one for good, not while its connection is only being tried.
    func isAccepted(_ host: ObjectID) -> Bool
    /// The host is connected, and is this machine as it says itself.
    ///
    /// - Throws: `host.connection.same-machine` where another connected host is that machine.
    func enterMachine(_ machine: String, _ host: ObjectID) throws(Refusal)
    /// The host is not connected any more.
    func leaveMachine(_ host: ObjectID)
    /// What is not as it was realized, in sentences; empty when all is well.
    func setDrift(of realization: ObjectID, _ drift: [String])
    /// The links that a host has, had or shall have by the records.
    func accountedLinks(onHost host: ObjectID) -> Set<HostMark.Link>
    /// Those marks of a host that nothing accounts for.
    func strays(among marks: [HostMark], onHost host: ObjectID) -> [HostStray]
    /// What stays on the host although nothing accounts for it.
    func setOrphans(ofHost host: ObjectID, _ strays: [HostStray])
    /// An orphan was taken off the host.
    func noteCollected(_ mark: HostMark, onHost host: ObjectID)
    /// Whether what somebody changed on the host is put right, or only told.
    func repairsDrift(onHost host: ObjectID) -> Bool
}
