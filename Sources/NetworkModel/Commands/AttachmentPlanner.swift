/// Attaching, detaching and reshaping: what hosts shall have follows from the attachments (D4).
extension Model {
    func planAttach(_ new: NewObject, network: ObjectRecord, _ context: PlanContext) throws(Refusal) -> Plan {
        guard let target = new.target, let cluster = record(target), cluster.kind == .cluster, let text = new.text
        else {
            throw Refusal(
                "link.wrong-target", .invalid, "A link in \(path(of: network.id))/clusters leads to a cluster.",
                remedy: "Link it to a cluster of the same zone, such as ../../../clusters/NAME.")
        }
        try AttachmentRules.check(network: network, cluster: cluster, self)
        // A name that nobody can give, until the one that it replaces is free.
        let name = new.replaces == nil ? new.name : Name(".replacing-\(new.id.rawValue)")
        var record = ObjectRecord(
            id: new.id, kind: .clusterAttachment, parent: network.id, collection: .attachments, name: name,
            uuid: new.uuid, phase: .attaching, target: cluster.id, metadata: new.ownership.metadata(context.now))
        record.set(.value, text, modified: context.now)
        if let replaced = new.replaces {
            record.set(.replaces, "\(replaced.rawValue) \(new.name.text)", modified: context.now)
        }
        record.set(.bridge, bridgeName(for: network, in: cluster.id), modified: context.now)
        if let replaced = self.replaced(by: record) { try DeletionRules.checkPorts(of: replaced, self) }
        let realizations = configuredHosts(of: cluster.id).filter { isDue(network, on: $0) }.map { host in
            want(
                specification(of: network, attachment: record, host: host, peers: []), network: network.id,
                host: host, context)
        }
        return Plan(changes: [.insert(record)] + realizations, work: .attach(record.id), subject: record.id)
    }

    func planDetach(_ record: ObjectRecord, _ context: PlanContext) throws(Refusal) -> Plan {
        guard record.phase == .stable else {
            throw Refusal(
                "l2.detach.in-progress", .busy, "\(path(of: record.parent)) is still being attached.",
                objects: [path(of: record.id)], remedy: "Try again when that is done.")
        }
        try DeletionRules.checkPorts(of: record, self)
        return Plan(changes: withdrawal(of: record, context), work: .detach(record.id), subject: record.id)
    }

    /// NICs that are plugged into it in the cluster go first, and their VMs run on (ZStack: l2Network.detach).
    func planDetachByForce(_ record: ObjectRecord, _ context: PlanContext) throws(Refusal) -> Plan {
        guard record.kind == .clusterAttachment, let cluster = record.target, record.phase == .stable else {
            throw Refusal(
                "l2.detach.not-attached", .invalid, "\(path(of: record.id)) is not the link of an attachment.",
                objects: [path(of: record.id)], remedy: "Name a link in the directory clusters of an L2 network.")
        }
        let nics = Dictionary(grouping: nics(on: record.parent, cluster: cluster)) { self.record($0)?.parent }
        var changes: [Change] = []
        for (vm, nics) in nics.sorted(by: { $0.value[0] < $1.value[0] }) {
            guard let vm = vm.flatMap({ self.record($0) }) else { continue }
            changes += try planVM(VMEdit(old: vm, new: vm, removed: Set(nics)), subject: record.id, context).changes
        }
        return Plan(
            changes: changes + withdrawal(of: record, context), work: .detach(record.id), subject: record.id)
    }

    /// The attachment is on its way out, and its hosts shall have nothing of the network.
    func withdrawal(of record: ObjectRecord, untouched: Bool = false, _ context: PlanContext) -> [Change] {
        var removing = record
        removing.phase = .removing
        var changes: [Change] = [.update(from: record, to: removing)]
        for realization in realizations(of: record) where realization.wanted != nil {
            changes.append(
                want(nil, network: realization.network, host: realization.host, untouched: untouched, context))
        }
        return changes
    }

    /// The attachment comes to be; one that it replaces makes place for it and is on its way out.
    func planAttached(_ record: ObjectRecord, _ context: PlanContext) -> [Change] {
        guard record.phase == .attaching else { return [] }
        var attached = record
        attached.phase = .stable
        attached.set(.replaces, nil)
        guard let name = record.text(.replaces)?.split(separator: " ", maxSplits: 1).last.map({ Name(String($0)) })
        else { return [.update(from: record, to: attached)] }
        attached.name = name
        let old = replaced(by: record)
        guard let holder = child(of: record.parent, in: .attachments, named: name).flatMap({ self.record($0) }) else {
            // Somebody removed the old one meanwhile.
            return [.update(from: record, to: attached)]
        }
        // First aside, then out: each change is from what the one before made.
        var aside = holder
        aside.name = Name(".replaced-\(holder.id.rawValue)")
        var changes: [Change] = [.update(from: holder, to: aside)]
        if holder.id == old?.id, holder.phase == .stable {
            changes += withdrawal(of: aside, context)
        } else if holder.phase != .removing {
            // Another one has the name: it was made after this one was asked for, and stays.
            return withdrawal(of: record, context)
        }
        return changes + [.update(from: record, to: attached)]
    }

    /// The attachment that a new one takes the place of.
    public func replaced(by record: ObjectRecord) -> ObjectRecord? {
        record.replaced.flatMap { self.record($0) }
    }

    /// The realizations that exist because of one attachment.
    public func realizations(of attachment: ObjectRecord) -> [RealizationRecord] {
        guard let cluster = attachment.target else { return [] }
        return allRealizations(ofNetwork: attachment.parent).filter { record($0.host)?.parent == cluster }
    }

    /// New specifications for the hosts of an attached network whose attributes changed; empty if none is different.
    func planReshape(
        from old: ObjectRecord, to new: ObjectRecord, untouched: Bool = false, _ context: PlanContext
    ) -> [Change] {
        let before = L2Network(old)
        let after = L2Network(new)
        guard
            before.physicalInterface != after.physicalInterface || before.vlan != after.vlan || before.mtu != after.mtu
                || before.tunnel != after.tunnel
        else { return [] }
        var changes: [Change] = []
        for id in attachments(ofNetwork: old.id) {
            guard let attachment = record(id), let cluster = attachment.target, attachment.phase != .removing else {
                continue
            }
            var renamed = attachment
            let isSameWire =
                before.physicalInterface == after.physicalInterface && before.vlan == after.vlan
                && before.tunnel == after.tunnel
            let bridge = isSameWire ? attachment.text(.bridge) : bridgeName(for: new, in: cluster)
            if renamed.text(.bridge) != bridge { renamed.set(.bridge, bridge, modified: context.now) }
            if renamed != attachment { changes.append(.update(from: attachment, to: renamed)) }
            for host in configuredHosts(of: cluster) where isDue(new, on: host) {
                let wanted = specification(of: new, attachment: renamed, host: host)
                changes.append(want(wanted, network: new.id, host: host, untouched: untouched, context))
            }
        }
        return changes
    }

    /// What a host shall have for a network, as a change of their record.
    ///
    /// What was wanted before counts as being on the host from now on, unless the caller knows that the host was not
    /// told (`untouched`): a daemon may have been killed between telling it and noting that. Releasing what is not there
    /// does no harm.
    func want(
        _ wanted: L2Specification?, network: ObjectID, host: ObjectID, untouched: Bool = false, _ context: PlanContext
    ) -> Change {
        guard let old = realization(of: network, on: host) else {
            // The id is above all objects of the plan: the caller's new object took its own before.
            return .insertRealization(
                RealizationRecord(id: makeID(), network: network, host: host, wanted: wanted, changed: context.now))
        }
        var new = old
        if !untouched, new.applied == nil { new.applied = old.wanted }
        new.wanted = wanted
        if wanted == nil { new.users = 0 }
        new.wantedGeneration += 1
        // Back to what the host has, without its having been told anything else.
        if untouched, new.wanted == new.applied { new.appliedGeneration = new.wantedGeneration }
        new.failure = nil
        new.changed = context.now
        return .updateRealization(from: old, to: new)
    }

    /// The specifications that a host shall have, NoVlan before VLAN, which stands on the same interface.
    public func wantedNetworks(ofHost host: ObjectID) -> [(network: ObjectID, wanted: L2Specification)] {
        guard let cluster = record(host)?.parent else { return [] }
        let all = attachments(ofCluster: cluster).compactMap { id -> (network: ObjectID, wanted: L2Specification)? in
            guard let attachment = record(id), attachment.phase != .removing, let network = record(attachment.parent),
                isDue(network, on: host),
                let wanted = specification(of: network, attachment: attachment, host: host)
            else { return nil }
            return (network.id, wanted)
        }
        return all.filter { !$0.wanted.isTagged } + all.filter(\.wanted.isTagged)
    }

    func configuredHosts(of cluster: ObjectID) -> [ObjectID] {
        children(of: cluster, in: .hosts).filter { id in
            record(id).map { ($0.phase == .stable || $0.phase == .connecting) && $0.text(.connection) != nil } ?? false
        }
    }

    /// - Parameter peers: nil for those of the present.
    func specification(
        of network: ObjectRecord, attachment: ObjectRecord, host: ObjectID, peers: [IPAddress]? = nil
    ) -> L2Specification? {
        let view = L2Network(network)
        guard view.missing.isEmpty, !view.leavesVNIToOwners, var bridge = attachment.text(.bridge) else { return nil }
        // The attachment's was chosen for all owners.
        if network.kind == .ownerDomain { bridge = DeviceNames.bridge(of: view, uuid: network.uuid) { _ in false } }
        var overlay: L2Overlay?
        if let tunnel = view.tunnel {
            guard let local = record(host).flatMap({ Host($0).vtep }) else { return nil }
            overlay = L2Overlay(tunnel, local: local, peers: peers ?? self.peers(of: network.id, on: host))
        }
        return L2Specification(
            networkUUID: network.uuid, type: view.type, physicalInterface: view.physicalInterface ?? "",
            vlan: view.vlan, bridge: bridge, mtu: view.mtu, overlay: overlay, ports: ports(of: network, on: host))
    }

    private func bridgeName(for network: ObjectRecord, in cluster: ObjectID) -> String {
        DeviceNames.bridge(of: L2Network(network), uuid: network.uuid) { name in
            guard let holder = attachmentOfBridge[BridgeKey(cluster: cluster, bridge: name)] else { return false }
            return record(holder)?.parent != network.id
        }
    }
}

extension ObjectRecord {
    /// The attachment that this one is to take the place of.
    var replaced: ObjectID? {
        text(.replaces)?.split(separator: " ").first.flatMap { UInt64($0) }.map { ObjectID($0) }
    }
}
