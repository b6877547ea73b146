/// Where a VM may run (paper: an L2 network's attachments limit placement; ZStack: host allocation, facts §4). A host that is
/// named beats a cluster that is named, which beats the zone; among those that can take it, the one with the fewest VMs.
struct PlacementRules {
    /// A bridge of Linux has 1023 ports (BR_MAX_PORTS, net/bridge/br_private.h), and one is for the wire.
    static let mostPorts = 1022

    let model: Model
    let vm: ObjectRecord
    /// The L2 networks of its NICs.
    let networks: [ObjectID]

    /// - Throws: `vm.placement.none` (EBUSY), which says for each cluster what is in the way.
    func place() throws(Refusal) -> ObjectID {
        if let host = vm.target {
            if let obstacle = obstacle(ofHost: host) { throw refusal([obstacle]) }
            return host
        }
        let named = vm.target(of: .cluster)
        let clusters = named.map { [$0] } ?? model.children(of: vm.parent, in: .clusters)
        var obstacles: [String] = []
        if let obstacle = zoneObstacle { throw refusal([obstacle]) }
        guard !clusters.isEmpty else {
            throw refusal(["\(model.path(of: vm.parent)) has no clusters"])
        }
        var best: (host: ObjectID, load: Int)?
        for cluster in clusters {
            if let obstacle = obstacle(ofCluster: cluster) {
                obstacles.append(obstacle)
                continue
            }
            let hosts = model.children(of: cluster, in: .hosts)
            if hosts.isEmpty { obstacles.append("\(model.path(of: cluster)) has no hosts") }
            for host in hosts {
                if let obstacle = stateObstacle(ofHost: host) {
                    obstacles.append(obstacle)
                    continue
                }
                let load = model.load(ofHost: host, without: vm)
                if best.map({ load < $0.load }) ?? true { best = (host, load) }
            }
        }
        guard let best else { throw refusal(obstacles) }
        return best.host
    }

    /// Why the VM cannot be on a host; nil if it can.
    func obstacle(ofHost host: ObjectID) -> String? {
        guard let cluster = model.record(host)?.parent else { return "the host that it names does not exist any more" }
        return zoneObstacle ?? obstacle(ofCluster: cluster) ?? stateObstacle(ofHost: host)
    }

    /// The L2 networks that do not reach a cluster.
    func missing(inCluster cluster: ObjectID) -> [ObjectID] {
        networks.filter { network in
            guard let id = model.attachment(of: network, to: cluster), let attachment = model.record(id) else {
                return true
            }
            // One whose place another one is taking goes when that is there, and must find no VM on it.
            return attachment.phase != .stable || !attachment.isInForce || model.replacersOfAttachment[id] != nil
        }
    }

    private var zoneObstacle: String? {
        guard let zone = model.record(vm.parent), zone.enabledState == .disabled else { return nil }
        return "\(model.path(of: zone.id)) is Disabled"
    }

    private func obstacle(ofCluster cluster: ObjectID) -> String? {
        guard let record = model.record(cluster) else { return "the cluster that it names does not exist any more" }
        let path = model.path(of: cluster)
        let missing = missing(inCluster: cluster)
        guard missing.isEmpty else {
            return "\(path) is not reached by \(missing.map { model.path(of: $0) }.joined(separator: " and "))"
        }
        return record.enabledState == .disabled ? "\(path) is Disabled" : nil
    }

    private func stateObstacle(ofHost host: ObjectID) -> String? {
        guard let record = model.record(host) else { return nil }
        let path = model.path(of: host)
        let state = Host(record).state(in: model)
        guard state == .enabled else { return "\(path) is \(state == .maintenance ? "in Maintenance" : "Disabled")" }
        let status = model.status(ofHost: host)
        guard status.isConnected, record.phase == .stable, record.text(.connection) != nil, record.isInForce else {
            return record.text(.connection) == nil
                ? "\(path) has no connection" : "\(path) is \(status.isConnected ? "being connected" : status.word)"
        }
        if let obstacle = fullObstacle(ofHost: host, networks) { return obstacle }
        let withoutEnd = networks.filter { network in
            model.record(network).map { L2Network($0).type.isOverlay } == true && Host(record).vtep == nil
        }
        return withoutEnd.isEmpty
            ? nil : "\(path) has no vtep for \(withoutEnd.map { model.path(of: $0) }.joined(separator: " and "))"
    }

    /// Whether a host has no room for one more port of each of these networks.
    func fullObstacle(ofHost host: ObjectID, _ networks: [ObjectID]) -> String? {
        let full = networks.first { network in
            model.nicCount(on: network, host: host) + networks.count { $0 == network } > PlacementRules.mostPorts
        }
        return full.map {
            "\(model.path(of: host)) has \(model.nicCount(on: $0, host: host)) ports of \(model.path(of: $0)), and \(PlacementRules.mostPorts) are the most"
        }
    }

    private func refusal(_ obstacles: [String]) -> Refusal {
        let shown = obstacles.prefix(10).joined(separator: "; ")
        let more = obstacles.count > 10 ? " (and \(obstacles.count - 10) more)" : ""
        return Refusal(
            "vm.placement.none", .busy, "No host can take \(model.path(of: vm.id)): \(shown)\(more).",
            objects: [model.path(of: vm.id)] + networks.map { model.path(of: $0) },
            remedy:
                "Attach the L2 networks to a cluster with a host that is Enabled and Connected, or name another host.")
    }
}
