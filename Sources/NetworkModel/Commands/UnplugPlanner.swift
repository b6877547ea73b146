/// What hosts refused of a VM goes back, while others may have written to it.
extension Model {
    /// What was written over it since stays; and whatever stays, a NIC on a network is plugged in where its VM is.
    func planUnplugged(_ edits: [PortWork.Edit], _ context: PlanContext) -> [Change] {
        guard let first = edits.first?.previous else { return [] }
        let id = first.kind == .vm ? first.id : first.parent
        guard let old = record(id), old.phase != .removing else { return [] }
        var vm = old
        for edit in edits where edit.previous.id == id { restore(&vm, edit) }
        var changes: [Change] = vm == old ? [] : [.update(from: old, to: vm)]
        let nics = children(of: id, in: .nics).compactMap { record($0) }
        for nic in nics {
            var restored = nic
            if let edit = edits.first(where: { $0.previous.id == nic.id }) {
                restore(&restored, edit, of: vm, others: nics.filter { $0.id != nic.id }, context)
            }
            restored.setPlug(plug(of: restored, of: vm), context.now)
            if restored != nic { changes.append(.update(from: nic, to: restored)) }
        }
        return changes
    }

    private func plug(of nic: ObjectRecord, of vm: ObjectRecord) -> NIC.Plug? {
        guard let placement = VM(vm).placement, let id = nic.target.flatMap({ record($0)?.target }),
            let network = record(id)
        else { return nil }
        if let plug = NIC(nic).plug, base(of: plug.network) == id {
            return NIC.Plug(network: plug.network, hosts: placement.hosts)
        }
        guard L2Network(network).leavesVNIToOwners else { return NIC.Plug(network: id, hosts: placement.hosts) }
        return child(of: id, in: .ownerDomains, named: Name("\(VM(vm).owner)"))
            .map { NIC.Plug(network: $0, hosts: placement.hosts) }
    }

    private func restore(_ vm: inout ObjectRecord, _ edit: PortWork.Edit) {
        Model.put(.state, back: edit, in: &vm)
        Model.put(.placed, back: edit, in: &vm)
        if VM(vm).state != .running { vm.set(.placed, nil) }
        for attribute in [AttributeID.host, .cluster] {
            let target = edit.previous.target(of: attribute)
            guard vm.attribute(attribute) == edit.attempted.attribute(attribute),
                vm.attribute(attribute) != edit.previous.attribute(attribute)
            else { continue }
            // What it named before may be gone.
            let isThere = target.flatMap { record($0) }.map { $0.phase != .removing } ?? false
            Model.put(attribute, back: edit, in: &vm, isThere: isThere)
            vm.setTarget(of: attribute, isThere ? target : nil)
        }
    }

    private func restore(
        _ nic: inout ObjectRecord, _ edit: PortWork.Edit, of vm: ObjectRecord, others: [ObjectRecord],
        _ context: PlanContext
    ) {
        let isLinked = edit.previous.attribute(.l3) != edit.attempted.attribute(.l3)
        guard nic.attribute(.l3) == edit.attempted.attribute(.l3),
            isLinked || nic.attribute(.port) == edit.attempted.attribute(.port)
        else { return }
        Model.put(.ip, back: edit, in: &nic)
        if isLinked {
            let target = edit.previous.target
            let isFree =
                target.map { target in
                    record(target) != nil && VM(vm).placement == nil && !others.contains { $0.target == target }
                } ?? false
            Model.put(.l3, back: edit, in: &nic, isThere: isFree)
            nic.target = isFree ? target : nil
        }
        for family in IPFamily.allCases {
            let address = NIC(edit.previous).address(family)
            nic.setAddress(family, address.flatMap { isFree($0, for: nic) ? $0 : nil }, context.now)
        }
    }

    /// Whether a NIC may have an address back that it had.
    private func isFree(_ address: IPAddress, for nic: ObjectRecord) -> Bool {
        guard let l3 = nic.target, self.nic(ofL3: l3, having: address).map({ $0 == nic.id }) ?? true else {
            return false
        }
        return children(of: l3, in: .ranges).contains { id in
            range(id).map { $0.family == address.family && $0.gives(address) } ?? false
        } && !NIC(nic).requested.contains { $0.family == address.family && $0 != address }
    }

    /// An attribute as it was before, unless somebody wrote it since.
    @discardableResult
    private static func put(
        _ attribute: AttributeID, back edit: PortWork.Edit, in record: inout ObjectRecord, isThere: Bool = true
    ) -> Bool {
        let before = isThere ? edit.previous.attribute(attribute) : nil
        guard record.attribute(attribute) == edit.attempted.attribute(attribute) else { return false }
        guard record.attribute(attribute) != before else { return true }
        record.set(attribute, before?.text, modified: before?.modified ?? 0)
        record.setFacetMetadata(
            attribute.rawValue, before == nil ? nil : edit.previous.facetMetadata(attribute.rawValue))
        if before == nil { record.setLeaving(attribute, nil) }
        return true
    }
}
