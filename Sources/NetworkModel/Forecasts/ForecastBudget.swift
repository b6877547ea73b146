/// How much may be planned for one forecast, since nobody else gets at the model meanwhile. What a command comes to is
/// estimated before it is planned, and counted when it was.
struct ForecastBudget {
    let limit: Int
    private(set) var spent = 0
    /// Why nothing more is planned.
    private(set) var excess: Refusal?

    init(limit: Int) {
        self.limit = limit
    }

    /// - Throws: `plan.too-large` (EFBIG), and from then on always.
    mutating func check(_ estimate: Int) throws(Refusal) {
        if let excess { throw excess }
        guard estimate > limit - spent else { return }
        let refusal = Refusal(
            "plan.too-large", .tooBig,
            "This would take at least \(spent + estimate) steps to plan, about two for each network on each host, and "
                + "\(limit) are the most.", remedy: "Plan parts of it, such as one object at a time.")
        excess = refusal
        throw refusal
    }

    mutating func spend(_ steps: Int) { spent += steps }
}

extension Model {
    /// Steps for a realization on each of the hosts, with this many others to have tunnels to.
    private static func steps(_ hosts: Int, peers: Int) -> Int { hosts * 2 * (1 + peers / 16) }

    /// About how many changes a command comes to with what hosts do then; at least 1.
    ///
    /// - Parameter most: counting ends above that.
    func estimatedSteps(_ command: Command, most: Int) -> Int {
        switch command {
        case .create(let new):
            guard new.collection == .attachments, let cluster = new.target else { return 1 }
            return 1 + steps(ofNetwork: new.parent, on: cluster)
        // No host has to do with it.
        case .set(_, .description, _, _), .unset(_, .description), .settle(_, .description, _): return 1
        case .place(let id), .detachByForce(let id), .delete(let id), .set(let id, _, _, _), .unset(let id, _),
            .settle(let id, _, _),
            .link(let id, _, _, _, _):
            return 1 + estimatedSteps(about: id)
        case .instantiate(let network, _), .deinstantiate(let network, _): return 1 + estimatedSteps(about: network)
        case .plant(let draft, let parent, let collection, _, _):
            return estimatedSteps(draft, in: .collection(parent, collection), most: most)
        case .equalize(let draft, let place, _):
            let there =
                switch place {
                case .object(let id): [id]
                case .collection(let id, let collection): children(of: id, in: collection)
                }
            return estimatedSteps(toRemove: there, most: most) + estimatedSteps(draft, in: place, most: most)
        case .rename, .leave, .stay, .retext, .setMetadata, .hideCollection, .progress: return 1
        }
    }

    /// The same for objects that go with all below them. Each network leaves a host once, with itself or with the host.
    func estimatedSteps(toRemove tops: [ObjectID], most: Int) -> Int {
        var waiting = tops
        var (objects, attachments, hosts) = (0, 0, 0)
        while let next = waiting.popLast(), objects + max(attachments, hosts) <= most {
            guard let record = record(next) else { continue }
            objects += 2
            switch record.kind {
            case .clusterAttachment: attachments += estimatedSteps(about: next)
            case .host: hosts += estimatedSteps(about: next)
            default: break
            }
            for collection in KindDefinition.of(record.kind).collections {
                waiting += children(of: next, in: collection.id)
            }
        }
        return objects + max(attachments, hosts)
    }

    /// What hosts would do if the object changed.
    private func estimatedSteps(about id: ObjectID) -> Int {
        guard let record = record(id) else { return 0 }
        switch record.kind {
        case .l2Network:
            return Model.steps(realizationsOfNetwork[id]?.count ?? 0, peers: meshSize(of: id))
        case .clusterAttachment: return record.target.map { steps(ofNetwork: record.parent, on: $0) } ?? 0
        case .host:
            return attachments(ofCluster: record.parent).reduce(0) { sum, attachment in
                let mesh = self.record(attachment).map { meshSize(of: $0.parent) } ?? 0
                return sum + Model.steps(1 + mesh, peers: mesh)
            }
        case .cluster: return 2 * childCount(of: id, in: .hosts)
        case .vm: return 2 * childCount(of: id, in: .nics)
        case .nic: return 2
        case .root, .zone, .ownerDomain, .l3Network, .ipRange, .reservedRange: return 0
        }
    }

    private func steps(ofNetwork network: ObjectID, on cluster: ObjectID) -> Int {
        let hosts = childCount(of: cluster, in: .hosts)
        guard record(network).map({ L2Network($0).tunnel != nil }) == true else { return Model.steps(hosts, peers: 0) }
        let mesh = hosts + meshSize(of: network)
        return Model.steps(mesh, peers: mesh)
    }

    /// Hosts that a host with the network has tunnels to.
    private func meshSize(of network: ObjectID) -> Int {
        guard let record = record(network), L2Network(record).tunnel != nil else { return 0 }
        return realizationsOfNetwork[network]?.count ?? 0
    }

    // MARK: - Drafts

    /// Links count with the hosts of the cluster that they seem to lead to: of the draft, or of the zone, or of any zone.
    private func estimatedSteps(_ draft: Draft, in place: DraftPlace, most: Int) -> Int {
        let directories = draft.directories(most: most)
        var steps = directories.reduce(0) { $0 + 1 + $1.files.count + $1.links.count }
        guard steps <= most else { return steps }
        var hosts: [String: Int] = [:]
        for zone in zones(around: place) {
            for cluster in children(of: zone, in: .clusters) {
                let name = record(cluster)?.name.text ?? ""
                hosts[name] = max(hosts[name] ?? 0, childCount(of: cluster, in: .hosts))
            }
        }
        for directory in directories {
            guard let members = directory.directories.first(where: { $0.name == "hosts" }) else { continue }
            hosts[directory.name] = max(hosts[directory.name] ?? 0, members.directories.count)
        }
        for link in directories.flatMap(\.links) {
            let name = link.text?.split(separator: "/").last.map { String($0) } ?? ""
            steps += Model.steps(hosts[name] ?? 0, peers: 0)
        }
        return steps
    }

    private func zones(around place: DraftPlace) -> [ObjectID] {
        var id = place.object
        while let record = record(id), record.kind != .root {
            if record.kind == .zone { return [id] }
            id = record.parent
        }
        return children(of: .root, in: .zones)
    }
}

extension Draft {
    /// With itself, and all below it; not many more than `most`.
    fileprivate func directories(most: Int) -> [Draft] {
        var found = [self]
        var index = 0
        while index < found.count, found.count <= most {
            found += found[index].directories
            index += 1
        }
        return found
    }
}

extension Change {
    /// What it costs to plan, as `ForecastBudget` counts: long lists of tunnels take their time.
    var steps: Int {
        switch self {
        case .insertRealization(let record), .updateRealization(_, let record), .removeRealization(let record):
            1 + (record.wanted?.peers.count ?? 0) / 16
        case .insert, .remove, .update: 1
        }
    }
}
