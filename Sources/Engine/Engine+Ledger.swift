import NetworkModel
import Realization

extension Engine: RealizationLedger {
    public func realization(_ id: ObjectID) -> RealizationRecord? {
        read { $0.realization(id) }
    }

    public func confirmedRealizations(ofHost host: ObjectID) -> [RealizationRecord] {
        read { model in model.realizations(ofHost: host).filter { model.isConfirmed($0) } }
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
    }
}
