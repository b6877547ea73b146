/// Networks that are realized on a host when its first VM needs them, and released after the last (paper:
/// `PreVmInstantiateResourceExtensionPoint`).
extension Model {
    /// One more VM of the host needs the network. Nothing to do for networks that are there since they were attached.
    func planInstantiate(
        _ network: ObjectRecord, on host: ObjectRecord, _ context: PlanContext
    ) throws(Refusal) -> Plan {
        let path = path(of: network.id)
        let hostPath = self.path(of: host.id)
        guard network.kind == .l2Network, host.kind == .host,
            let id = attachment(of: network.id, to: host.parent), let attachment = record(id),
            attachment.phase == .stable, attachment.isInForce
        else {
            throw Refusal(
                "l2.instantiate.not-attached", .invalid,
                "\(path) is not attached to the cluster of \(hostPath), so no VM there can use it.",
                objects: [path, hostPath], remedy: "Attach it to the cluster, or place the VM elsewhere.")
        }
        guard L2Network(network).type.isInstantiatedLater else { return Plan(changes: [], subject: network.id) }
        guard configuredHosts(of: host.parent).contains(host.id),
            let wanted = specification(of: network, attachment: attachment, host: host.id)
        else {
            throw Refusal(
                "l2.instantiate.host-not-ready", .busy, "\(hostPath) has no connection and can carry no VM.",
                objects: [hostPath], remedy: "Write how it is reached to @/\(hostPath)/connection.")
        }
        // A connection that turns out not to hold takes all off the host again, VMs or not.
        guard host.phase == .stable else {
            throw Refusal(
                "l2.instantiate.host-in-progress", .busy, "\(hostPath) is being connected or released.",
                objects: [hostPath], remedy: "Try again when that is done (cat @/state/\(hostPath)/status).")
        }
        let work = HostWork.instantiate(network.id, host: host.id)
        if let old = realization(of: network.id, on: host.id), old.wanted != nil {
            var new = old
            new.users += 1
            return Plan(changes: [.updateRealization(from: old, to: new)], work: work, subject: network.id)
        }
        let change = want(wanted, network: network.id, host: host.id, context).withUsers(1)
        return Plan(changes: [change], work: work, subject: network.id)
    }

    /// One VM less needs the network. Nothing to do where none does.
    func planDeinstantiate(_ network: ObjectID, on host: ObjectID, _ context: PlanContext) -> Plan {
        guard let old = realization(of: network, on: host), old.users > 0 else {
            return Plan(changes: [], subject: network)
        }
        guard old.users == 1, nics(on: network, host: host).isEmpty else {
            var new = old
            new.users -= 1
            return Plan(changes: [.updateRealization(from: old, to: new)], subject: network)
        }
        return Plan(
            changes: [want(nil, network: network, host: host, context)],
            work: .deinstantiate(network, host: host), subject: network)
    }

    /// Whether a host shall have an attached network now, or only when a VM needs it.
    func isDue(_ network: ObjectRecord, on host: ObjectID) -> Bool {
        guard L2Network(network).type.isInstantiatedLater else { return true }
        return (realization(of: network.id, on: host)?.users ?? 0) > 0 || !nics(on: network.id, host: host).isEmpty
    }
}

extension Change {
    fileprivate func withUsers(_ users: Int64) -> Change {
        switch self {
        case .insertRealization(var record):
            record.users = users
            return .insertRealization(record)
        case .updateRealization(let old, var new):
            new.users = users
            return .updateRealization(from: old, to: new)
        default: return self
        }
    }
}
