import NetworkModel
import Realization

extension Engine: RealizationLedger {
    public func realization(_ id: ObjectID) -> RealizationRecord? {
        read { $0.realization(id) }
    }

    public func realizations(ofHost host: ObjectID) -> [ObjectID] {
        read { $0.realizations(ofHost: host).map(\.id) }
    }

    public func confirmedRealizations(ofHost host: ObjectID) -> [RealizationRecord] {
        read { model in model.realizations(ofHost: host).filter { model.isConfirmed($0) } }
    }

    public func confirmedRealization(_ id: ObjectID) -> RealizationRecord? {
        read { model in model.realization(id).flatMap { model.isConfirmed($0) ? $0 : nil } }
    }

    public func isInMaintenance(_ host: ObjectID) -> Bool {
        read { model in model.record(host).map { Host($0).state(in: model) == .maintenance } ?? false }
    }

    public func record(_ progress: Progress) async {
        await perform(progress)
    }

    public func setStatus(ofHost host: ObjectID, _ status: HostStatus) {
        let path: String? = read { model in
            guard model.record(host) != nil, model.status(ofHost: host) != status else { return nil }
            model.setStatus(ofHost: host, status)
            return model.path(of: host)
        }
        if let path { notifyStatus(ofHost: host, path: path, status) }
        if path != nil, status.isConnected { placeWaitingVMs() }
    }

    public func setDrift(of realization: ObjectID, _ drift: [String]) {
        let paths: (network: String, host: String)? = read { model in
            guard let record = model.realization(realization), model.drift(of: realization) != drift else { return nil }
            model.setDrift(of: realization, drift)
            return (model.path(of: record.network), model.path(of: record.host))
        }
        if let paths { notifyDrift(ofNetwork: paths.network, onHost: paths.host, drift) }
    }

    public func accountedLinks(onHost host: ObjectID) -> Set<HostMark.Link> {
        read { $0.accountedLinks(onHost: host) }
    }

    public func strays(among marks: [HostMark], onHost host: ObjectID) -> [HostStray] {
        read { model in marks.compactMap { model.stray($0, onHost: host) } }
    }

    public func setOrphans(ofHost host: ObjectID, _ strays: [HostStray]) {
        let found: (path: String, new: [String])? = read { model in
            guard model.record(host) != nil else { return nil }
            let known = model.orphans(ofHost: host)
            guard known.map(\.stray) != strays else { return nil }
            let now = WallClock.now()
            let since = Dictionary(known.map { ($0.mark, $0.since) }) { first, _ in first }
            model.setOrphans(ofHost: host, strays.map { HostOrphan($0, since: since[$0.mark] ?? now) })
            let told = Set(known.map(\.stray))
            return (model.path(of: host), strays.filter { !told.contains($0) }.map { model.text(of: $0) })
        }
        if let found { notifyOrphans(onHost: found.path, found: found.new, collected: []) }
    }

    public func noteCollected(_ mark: HostMark, onHost host: ObjectID) {
        notifyOrphans(onHost: read { $0.path(of: host) }, found: [], collected: ["\(mark)"])
    }

    public func isAccepted(_ host: ObjectID) -> Bool {
        read { $0.isAccepted(host) }
    }

    public func enterMachine(_ machine: String, _ host: ObjectID) throws(Refusal) {
        let refusal: Refusal? = read { model in
            do throws(Refusal) { try model.enterMachine(machine, host) } catch { return error }
            return nil
        }
        if let refusal { throw refusal }
    }

    public func leaveMachine(_ host: ObjectID) {
        read { $0.leaveMachine(host) }
    }

    public func repairsDrift(onHost host: ObjectID) -> Bool {
        read { model in model.record(host).flatMap { Host($0).driftPolicy }.map { $0 == .repair } }
            ?? options.repairsDrift
    }
}
