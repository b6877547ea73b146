/// Every host of an overlay network has a tunnel to every other one (a VXLAN's flood entries, the mesh of GRE): when a
/// host comes to have the network or loses it, what all the others shall have changes with it.
extension Model {
    /// `changes`, followed by what they mean for the peers of other hosts.
    func meshed(_ changes: [Change], _ context: PlanContext) -> [Change] {
        var changes = changes
        for network in Model.overlaysTouched(by: changes) { mesh(network, &changes, context) }
        return changes
    }

    /// The ends of the other hosts that have the network, ascending.
    func peers(of network: ObjectID, on host: ObjectID) -> [IPAddress] {
        realizations(ofNetwork: network).filter { $0.host != host }.compactMap { $0.wanted?.overlay?.local }.sorted()
    }

    private static func overlaysTouched(by changes: [Change]) -> [ObjectID] {
        var networks = OrderedIDs()
        for change in changes {
            switch change {
            case .insertRealization(let record), .removeRealization(let record):
                if record.wanted?.overlay != nil { networks.insert(record.network) }
            case .updateRealization(let old, let new):
                if old.wanted != new.wanted, (old.wanted ?? new.wanted)?.overlay != nil {
                    networks.insert(new.network)
                }
            case .insert, .remove, .update: break
            }
        }
        return networks.all
    }

    private func mesh(_ network: ObjectID, _ changes: inout [Change], _ context: PlanContext) {
        var after = Dictionary(uniqueKeysWithValues: realizations(ofNetwork: network).map { ($0.id, $0) })
        var places: [ObjectID: Int] = [:]
        for (index, change) in changes.enumerated() {
            switch change {
            case .insertRealization(let record) where record.network == network,
                .updateRealization(_, let record) where record.network == network:
                after[record.id] = record
                places[record.id] = index
            case .removeRealization(let record) where record.network == network: after[record.id] = nil
            default: break
            }
        }
        let members = after.values.filter { $0.wanted?.overlay != nil }.sorted { $0.id < $1.id }
        let ends = members.compactMap { $0.wanted?.overlay?.local }.sorted()
        for member in members {
            guard var wanted = member.wanted, var overlay = wanted.overlay else { continue }
            overlay.peers = ends.filter { $0 != overlay.local }
            guard overlay != wanted.overlay else { continue }
            wanted.overlay = overlay
            var new = member
            new.wanted = wanted
            switch places[member.id].map({ changes[$0] }) {
            case .insertRealization?: places[member.id].map { changes[$0] = .insertRealization(new) }
            case .updateRealization(let old, _)?:
                places[member.id].map { changes[$0] = .updateRealization(from: old, to: new) }
            default:
                if new.applied == nil { new.applied = member.wanted }
                new.wantedGeneration += 1
                new.failure = nil
                new.changed = context.now
                changes.append(.updateRealization(from: member, to: new))
            }
        }
    }
}
