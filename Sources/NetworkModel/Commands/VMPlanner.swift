/// VMs come to hosts, move and go, and their NICs are plugged in and unplugged: what that means for their records. What it
/// means for hosts follows from those (`ported`).
extension Model {
    /// What a command changes of one VM and its NICs.
    struct VMEdit {
        var old: ObjectRecord
        var new: ObjectRecord
        /// NICs as they shall be.
        var nics: [ObjectID: ObjectRecord] = [:]
        var removed: Set<ObjectID> = []
        /// Whether it takes something away: a VM that waits for a host then waits on, and nobody is told that there is none.
        var isRemoval = false
    }

    func planVMUpdate(from old: ObjectRecord, to new: ObjectRecord, _ context: PlanContext) throws(Refusal) -> Plan {
        guard
            VM(old).state != VM(new).state || old.target != new.target
                || old.target(of: .cluster) != new.target(of: .cluster)
        else { return Plan(changes: [.update(from: old, to: new)], subject: old.id) }
        let takesAway = VM(new).state == VM(old).state && new.target == nil && new.target(of: .cluster) == nil
        return try planVM(VMEdit(old: old, new: new, isRemoval: takesAway), subject: old.id, context)
    }

    func planNICUpdate(from old: ObjectRecord, to new: ObjectRecord, _ context: PlanContext) throws(Refusal) -> Plan {
        guard old.target != new.target || old.text(.ip) != new.text(.ip) || NIC(old).mac != NIC(new).mac,
            let vm = record(old.parent)
        else {
            return Plan(changes: [.update(from: old, to: new)], subject: old.id)
        }
        let takesAway = new.target == nil || new.target == old.target && new.text(.ip) == nil
        return try planVM(
            VMEdit(old: vm, new: vm, nics: [old.id: new], isRemoval: takesAway), subject: old.id, context)
    }

    func planNICRemoval(_ nic: ObjectRecord, _ context: PlanContext) throws(Refusal) -> Plan {
        guard let vm = record(nic.parent) else { return Plan(changes: [.remove(nic)], subject: nic.id) }
        return try planVM(VMEdit(old: vm, new: vm, removed: [nic.id], isRemoval: true), subject: nic.id, context)
    }

    /// A VM that shall run and is nowhere is tried again.
    func planPlace(_ vm: ObjectRecord, _ context: PlanContext) throws(Refusal) -> Plan {
        guard VM(vm).state == .running, VM(vm).placement == nil, !isArriving(vm) else {
            return Plan(changes: [], subject: vm.id)
        }
        return try planVM(VMEdit(old: vm, new: vm), subject: vm.id, context)
    }

    /// Whether it is part of a directory that was renamed into place, while the hosts are asked.
    private func isArriving(_ record: ObjectRecord) -> Bool {
        if record.isArriving { return true }
        guard record.id != .root, let parent = self.record(record.parent) else { return false }
        return isArriving(parent)
    }

    /// The records of a VM and its NICs after an edit, and the work that follows.
    func planVM(_ edit: VMEdit, subject: ObjectID, _ context: PlanContext) throws(Refusal) -> Plan {
        let before = children(of: edit.old.id, in: .nics).compactMap { record($0) }
        var vm = edit.new
        var nics = before.filter { !edit.removed.contains($0.id) }.map { edit.nics[$0.id] ?? $0 }
        var networks: [ObjectID: ObjectRecord] = [:]
        let isStart = VM(vm).state == .running && VM(edit.old).placement == nil && !edit.isRemoval
        for index in nics.indices {
            let old = before.first { $0.id == nics[index].id }
            try assignAddresses(&nics[index], from: old, isStart: isStart, &networks, context)
        }
        let hadPorts = before.contains { NIC($0).plug != nil }
        var domains: [ObjectRecord] = []
        try settle(&vm, &nics, edit, hadPorts: hadPorts, &domains, context)
        // A domain that nobody uses any more makes place for the new one.
        let idle = Set(domains.map(\.parent)).sorted().flatMap { idleDomains(of: $0) }
        var changes = idle.map { Change.remove($0) } + domains.map { .insert($0) }
        changes += networks.values.sorted { $0.id < $1.id }.compactMap { l3 -> Change? in
            guard let old = record(l3.id), old != l3 else { return nil }
            return .update(from: old, to: l3)
        }
        for nic in nics {
            guard let old = record(nic.id), old != nic else { continue }
            changes.append(.update(from: old, to: nic))
        }
        for nic in before where edit.removed.contains(nic.id) { changes.append(.remove(nic)) }
        if vm != edit.old { changes.append(.update(from: edit.old, to: vm)) }
        return Plan(changes: changes, work: Model.work(of: changes, vm: vm), subject: subject)
    }

    /// Only what was edited, or what a VM that starts lacks.
    private func assignAddresses(
        _ nic: inout ObjectRecord, from old: ObjectRecord?, isStart: Bool, _ networks: inout [ObjectID: ObjectRecord],
        _ context: PlanContext
    ) throws(Refusal) {
        guard nic != old || isStart else { return }
        guard let target = nic.target, var l3 = networks[target] ?? record(target) else {
            clearAddresses(of: &nic, context)
            return
        }
        try assignAddresses(&nic, from: old, l3: &l3, context)
        networks[target] = l3
    }

    // MARK: - Where it is

    private func settle(
        _ vm: inout ObjectRecord, _ nics: inout [ObjectRecord], _ edit: VMEdit, hadPorts: Bool,
        _ domains: inout [ObjectRecord], _ context: PlanContext
    ) throws(Refusal) {
        for index in nics.indices where nics[index].target == nil { nics[index].setPlug(nil, context.now) }
        guard VM(vm).state == .running else {
            vm.setPlacement(nil, context.now)
            for index in nics.indices { nics[index].setPlug(nil, context.now) }
            return
        }
        // Also one that has just lost its last port runs on where it is.
        if let placement = VM(vm).placement, hadPorts {
            return try move(&vm, &nics, placement, old: edit.old, &domains, context)
        }
        if edit.isRemoval, VM(vm).placement == nil { return }
        // What restores a VM makes its NICs' links last.
        let isComplete = nics.allSatisfy { $0.target != nil }
        guard isComplete, !context.isDraft || VM(vm).placement != nil, !isArriving(edit.old) else {
            vm.setPlacement(nil, context.now)
            return
        }
        let host: ObjectID
        do throws(Refusal) { host = try place(vm, nics) } catch {
            // Whoever starts a VM that is complete is told. What is said of one that waits, or has nothing anywhere, comes in
            // any order, as a restored tree does.
            guard nics.isEmpty || VM(edit.old).state == .running else { throw error }
            vm.setPlacement(nil, context.now)
            return
        }
        vm.setPlacement(VM.Placement(host: host), context.now)
        for index in nics.indices {
            nics[index].setPlug(try plug(nics[index], of: vm, [host], &domains, context), context.now)
        }
    }

    /// A VM without ports has nothing on its host, and may be elsewhere at once.
    private func place(_ vm: ObjectRecord, _ nics: [ObjectRecord]) throws(Refusal) -> ObjectID {
        let rules = PlacementRules(model: self, vm: vm, networks: try networks(of: nics))
        if let current = VM(vm).placement?.host, vm.target == nil || vm.target == current,
            rules.networks.isEmpty || rules.obstacle(ofHost: current) == nil
        {
            return current
        }
        return try rules.place()
    }

    /// A VM with ports stays where it is, unless its link names another host.
    private func move(
        _ vm: inout ObjectRecord, _ nics: inout [ObjectRecord], _ placement: VM.Placement, old: ObjectRecord,
        _ domains: inout [ObjectRecord], _ context: PlanContext
    ) throws(Refusal) {
        let path = path(of: vm.id)
        var placement = placement
        let rules = PlacementRules(model: self, vm: vm, networks: try networks(of: nics))
        let isNewlyNamed = vm.target != nil && vm.target != old.target
        if let named = vm.target, isNewlyNamed, named != placement.next ?? placement.host {
            guard placement.next == nil else {
                throw Refusal(
                    "vm.move.in-progress", .busy, "\(path) is just moving to another host.", objects: [path],
                    remedy: "Try again when that is done (cat @/state/\(path)/placed-on).")
            }
            _ = try rules.place()
            placement.next = named
            vm.setPlacement(placement, context.now)
            let former = old.text(.host).flatMap { text in old.target.map { "\($0.rawValue) \(text)" } }
            vm.set(.formerHost, former ?? "-", modified: context.now)
        } else {
            try checkPlugs(nics, of: vm, on: placement.hosts, rules)
        }
        for index in nics.indices where nics[index].target != nil {
            nics[index].setPlug(
                try plug(nics[index], of: vm, placement.hosts, &domains, context), context.now)
        }
    }

    /// NICs may come to a VM that runs.
    private func checkPlugs(
        _ nics: [ObjectRecord], of vm: ObjectRecord, on hosts: [ObjectID], _ rules: PlacementRules
    ) throws(Refusal) {
        for host in hosts {
            guard let cluster = record(host)?.parent else { continue }
            let missing = rules.missing(inCluster: cluster)
            guard missing.isEmpty else {
                throw Refusal(
                    "vm.plug.not-attached", .busy,
                    "\(path(of: vm.id)) runs in \(path(of: cluster)), which is not reached by \(missing.map { path(of: $0) }.joined(separator: " and ")).",
                    objects: missing.map { path(of: $0) },
                    remedy: "Attach the L2 network to that cluster first, or stop the VM.")
            }
            let coming = nics.filter { NIC($0).plug == nil }.compactMap { $0.target.flatMap { record($0)?.target } }
            if let obstacle = rules.fullObstacle(ofHost: host, coming) {
                throw Refusal(
                    "vm.plug.full", .noSpace, "\(path(of: vm.id)) gets no more NICs there: \(obstacle).",
                    objects: [path(of: host)], remedy: "Move the VM to another host.")
            }
        }
    }

    private func networks(of nics: [ObjectRecord]) throws(Refusal) -> [ObjectID] {
        var networks = OrderedIDs()
        for nic in nics {
            if let network = try network(of: nic) { networks.insert(network) }
        }
        return networks.all
    }

    /// A NIC that is plugged in stays in the domain where it is, whoever owns its VM now.
    private func plug(
        _ nic: ObjectRecord, of vm: ObjectRecord, _ hosts: [ObjectID], _ domains: inout [ObjectRecord],
        _ context: PlanContext
    ) throws(Refusal) -> NIC.Plug? {
        if let plug = NIC(nic).plug { return NIC.Plug(network: plug.network, hosts: hosts) }
        guard let id = try network(of: nic), let network = record(id) else { return nil }
        guard L2Network(network).leavesVNIToOwners else { return NIC.Plug(network: id, hosts: hosts) }
        return NIC.Plug(
            network: try ownerDomain(of: VM(vm).owner, in: network, planned: &domains, context), hosts: hosts)
    }

    private func network(of nic: ObjectRecord) throws(Refusal) -> ObjectID? {
        guard let l3 = nic.target.flatMap({ record($0) }) else { return nil }
        if let network = l3.target { return network }
        let path = path(of: l3.id)
        throw Refusal(
            "vm.l3.without-l2", .busy, "\(self.path(of: nic.id)) is on \(path), which stands on no L2 network.",
            objects: [path], remedy: "Link it first: ln -s ../../zones/ZONE/l2/NAME @/\(path)/l2")
    }

    // MARK: - What comes of it

    /// What hosts have to do: nil where no port comes or goes.
    static func work(of changes: [Change], vm: ObjectRecord) -> HostWork? {
        var work = PortWork(vm: vm.id, uuid: vm.uuid)
        for change in changes {
            switch change {
            case .update(let old, let new) where old.kind == .nic:
                work.note(from: NIC(old).plug, to: NIC(new).plug)
            case .remove(let nic) where nic.kind == .nic: work.note(from: NIC(nic).plug, to: nil)
            default: break
            }
            if case .update(let old, let new) = change, old.kind == .vm {
                work.isMove = VM(old).placement?.next == nil && VM(new).placement?.next != nil
            }
            if case .update(let old, let new) = change, old.kind == .nic || old.kind == .vm {
                work.changed.append(PortWork.Edit(previous: old, attempted: new))
            }
        }
        return work.plugged.isEmpty && work.unplugged.isEmpty ? nil : .ports(work)
    }

    /// The VM has all that it needs on the host that it was on its way to, and leaves the other one.
    func planMoved(_ vm: ObjectRecord, _ context: PlanContext) -> [Change] {
        guard let next = VM(vm).placement?.next else { return [] }
        return planSettled(vm, vm, on: next, context)
    }

    /// The VM is on the host that it was to leave, and its link leads there again.
    func planStays(_ vm: ObjectRecord, _ context: PlanContext) -> [Change] {
        guard let placement = VM(vm).placement, placement.next != nil else { return [] }
        var back = vm
        if vm.target == placement.next {
            let former = vm.text(.formerHost)?.split(separator: " ", maxSplits: 1) ?? []
            let target = former.first.flatMap { UInt64($0) }.map { ObjectID($0) }
            let isThere = target.flatMap { record($0) } != nil
            back.set(.host, isThere && former.count == 2 ? String(former[1]) : nil, modified: context.now)
            back.setTarget(of: .host, isThere ? target : nil)
        }
        return planSettled(vm, back, on: placement.host, context)
    }

    private func planSettled(
        _ old: ObjectRecord, _ new: ObjectRecord, on host: ObjectID, _ context: PlanContext
    ) -> [Change] {
        var vm = new
        vm.setPlacement(VM.Placement(host: host), context.now)
        let nics = children(of: vm.id, in: .nics).compactMap { record($0) }
        return [.update(from: old, to: vm)]
            + nics.compactMap { nic in
                guard let plug = NIC(nic).plug else { return nil }
                var settled = nic
                settled.setPlug(NIC.Plug(network: plug.network, hosts: [host]), context.now)
                return .update(from: nic, to: settled)
            }
    }
}
