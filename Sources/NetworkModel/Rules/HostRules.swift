/// Rules for hosts (ZStack: `HostApiInterceptor`, `KVMHostFactory`).
enum HostRules {
    static func check(_ old: ObjectRecord?, _ new: ObjectRecord, _ model: Model) throws(Refusal) {
        let path = model.path(ofNew: new)
        if old?.text(.connection) != new.text(.connection), let connection = Host(new).connection {
            try checkConnection(connection, of: new, old: old, path: path, model)
        }
        try OverlayRules.checkHost(old, new, model)
        if let old {
            let goesAway = Host(old).connection != nil && Host(new).connection != Host(old).connection
            let isMaintained = Host(new).state(in: model) == .maintenance && Host(old).state(in: model) != .maintenance
            if goesAway || isMaintained { try DeletionRules.checkVMs(on: old, path: path, model) }
        }
        if let old, new.text(.state) != nil, Host(new).state(in: model) == .maintenance,
            Host(old).state(in: model) != .maintenance, !model.status(ofHost: old.id).isConnected
        {
            let status = model.status(ofHost: old.id)
            throw Refusal(
                "host.maintain.not-connected", .busy,
                "\(path) is \(status.word); only a Connected host can go into Maintenance.", objects: [path],
                remedy: "Wait until it is Connected (cat @/state/\(path)/status), or disable it instead.")
        }
    }

    private static func forms(for hypervisor: HypervisorType) -> String {
        switch hypervisor {
        case .kvm: "local:, netns:NAME or ssh://HOST"
        case .esxi: "https://HOST/"
        case .simulator: "simulator:"
        }
    }

    private static func checkConnection(
        _ connection: HostConnection, of new: ObjectRecord, old: ObjectRecord?, path: String, _ model: Model
    ) throws(Refusal) {
        guard let cluster = model.record(new.parent) else { return }
        let hypervisor = Cluster(cluster).hypervisor
        guard connection.hypervisor == hypervisor else {
            throw Refusal(
                "host.connection.hypervisor", .invalid,
                "A host of \(model.path(of: cluster.id)), whose hypervisor is \(hypervisor.rawValue), is not reached by \(connection).",
                objects: [path],
                remedy: "Write \(forms(for: hypervisor)), or change the cluster's hypervisor.")
        }
        if let other = model.host(connectedBy: connection), other != new.id {
            let otherPath = model.path(of: other)
            throw Refusal(
                "host.connection.taken", .notUnique, "\(connection) is already the connection of \(otherPath).",
                objects: [otherPath], remedy: "Give each host a connection of its own.")
        }
        if let old, let before = Host(old).connection, before != connection,
            model.realizations(ofHost: old.id).contains(where: { $0.applied != nil })
        {
            throw Refusal(
                "host.connection.in-use", .busy,
                "Networks are realized on \(path) through \(before); its connection cannot change under them.",
                objects: [path], remedy: "Remove the connection first (rm @/\(path)/connection), which releases them.")
        }
    }
}
