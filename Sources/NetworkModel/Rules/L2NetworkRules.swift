/// Rules for an L2 network as a whole (ZStack: `L2NetworkApiInterceptor`).
enum L2NetworkRules {
    static func check(_ old: ObjectRecord?, _ new: ObjectRecord, _ model: Model) throws(Refusal) {
        let path = model.path(ofNew: new)
        let network = L2Network(new)
        try checkType(network, path: path)
        guard let old else { return }
        try checkOwners(old, new, path: path, model)
        let attachments = model.attachments(ofNetwork: old.id)
        guard !attachments.isEmpty else { return }
        let before = L2Network(old)
        let users = attachments.map { model.path(of: $0) }
        if before.type != network.type {
            throw Refusal(
                "l2.type.attached", .busy, "\(path) is attached; its type cannot change from \(before.type.rawValue).",
                objects: users, remedy: "Detach it first: rm @/\(path)/clusters/*")
        }
        let changed = [
            before.vlan == network.vlan ? nil : "vlan",
            before.vni == network.vni ? nil : "vni",
            before.key == network.key ? nil : "key",
            before.physicalInterface == network.physicalInterface ? nil : "physical-interface",
            before.mtu == network.mtu ? nil : "mtu",
        ].compactMap { $0 }
        guard !changed.isEmpty else { return }
        try checkChangeWhileAttached(of: old, to: new, changed: changed, attachments: attachments, path: path, model)
    }

    /// What the domains of owners have from the network stays as long as they have VMs there.
    private static func checkOwners(
        _ old: ObjectRecord, _ new: ObjectRecord, path: String, _ model: Model
    ) throws(Refusal) {
        guard L2Network(old).leavesVNIToOwners,
            L2Network(new).leavesVNIToOwners != L2Network(old).leavesVNIToOwners
                || L2Network(new).mtu != L2Network(old).mtu
        else { return }
        let idle = Set(model.idleDomains(of: old.id).map(\.id))
        let used = model.ownerDomains(of: old.id).filter { !idle.contains($0) }
        guard used.isEmpty else {
            let nics = used.flatMap { model.placements.nics(on: $0) }
            throw Refusal(
                "l2.change.owners", .busy, "Hosts have domains of owners of VMs for \(path), which cannot change now.",
                objects: model.vmPaths(ofNICs: nics), remedy: "Stop the VMs that use it first.")
        }
    }

    /// What one type needs, another cannot have.
    private static func checkType(_ network: L2Network, path: String) throws(Refusal) {
        let type = network.type
        let owned: [(file: String, text: String?, types: [L2NetworkType])] = [
            ("vlan", network.vlan.map { "VLAN \($0)" }, [.vlan]),
            ("vni", network.vni.map { "VNI \($0)" }, [.vxlan]),
            ("key", network.key.map { "GRE key \($0)" }, [.ovsGre]),
            (
                "physical-interface", network.physicalInterface.map { "the interface \(ValueText.quoted($0))" },
                [.vlan, .noVlan]
            ),
        ]
        for (file, text, types) in owned {
            guard let text, !types.contains(type) else { continue }
            throw Refusal(
                "l2.type.contradiction", .invalid, "\(path) cannot be an \(type.rawValue) and have \(text).",
                objects: [path],
                remedy: network.declaredType == nil
                    ? "Remove the file \(file), or what makes it an \(type.rawValue)."
                    : "Remove the file \(file), or write \(types.first?.rawValue ?? "") to type.")
        }
    }

    /// What is in use changes on all hosts as one operation, so each of them must be there (ZStack: change-vlan).
    private static func checkChangeWhileAttached(
        of old: ObjectRecord, to new: ObjectRecord, changed: [String], attachments: [ObjectID], path: String,
        _ model: Model
    ) throws(Refusal) {
        let attribute = changed.joined(separator: " and ")
        if model.isInFlight(old.id) {
            throw Refusal(
                "l2.change.in-progress", .busy, "\(path) is being changed; its \(attribute) cannot change now.",
                objects: [path], remedy: "Try again when that is done.")
        }
        if let absent = attachments.first(where: { model.record($0)?.phase != .stable }) {
            throw Refusal(
                "l2.change.in-progress", .busy,
                "\(path) is being attached or detached; its \(attribute) cannot change now.",
                objects: [model.path(of: absent)], remedy: "Try again when that is done.")
        }
        let network = L2Network(new)
        guard network.missing.isEmpty else {
            throw Refusal(
                "l2.change.needed", .busy, "\(path) is attached and needs its \(attribute).",
                objects: attachments.map { model.path(of: $0) }, remedy: "Detach it first: rm @/\(path)/clusters/*")
        }
        for attachment in attachments {
            guard let record = model.record(attachment), let clusterID = record.target,
                let cluster = model.record(clusterID)
            else { continue }
            try AttachmentRules.checkNames(network, cluster: cluster, path: path)
            try AttachmentRules.checkConflicts(network, cluster: cluster, path: path, model)
            let absent = model.configuredHosts(of: clusterID).filter { !model.status(ofHost: $0).isConnected }
            if !absent.isEmpty {
                throw Refusal(
                    "l2.change.host-not-connected", .busy,
                    "The \(attribute) of \(path) cannot change while hosts of its clusters are not Connected.",
                    objects: absent.map { model.path(of: $0) },
                    remedy: "Bring the hosts back, or detach the network from their cluster first.")
            }
        }
    }
}
