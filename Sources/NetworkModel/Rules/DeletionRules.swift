/// When an object may go. Nothing that a person made goes with it: the tool that walks the tree deletes from below.
enum DeletionRules {
    static func check(_ record: ObjectRecord, _ model: Model) throws(Refusal) {
        try checkEmpty(record, model)
        let path = model.path(of: record.id)
        switch record.kind {
        case .vm, .nic, .ownerDomain, .zone, .reservedRange, .clusterAttachment: break
        case .host:
            try checkVMs(on: record, path: path, model)
            try checkNamed(record, path: path, model)
        case .l3Network:
            // As for an L2 network below: `rm -r` takes all that people wrote away first.
            let nics = model.nics(ofL3: record.id)
            guard nics.isEmpty || model.isBeingTakenAway(record) else {
                throw Refusal(
                    "l3.in-use", .busy, "NICs are on \(path).", objects: nics.prefix(100).map { model.path(of: $0) },
                    remedy: "Remove them or their links l3 first: "
                        + nics.prefix(3).map { "rm @/\(model.path(of: $0))/l3" }.joined(separator: "; "))
            }
        case .cluster:
            try checkNamed(record, path: path, model)
            let users = model.attachments(ofCluster: record.id)
            guard users.isEmpty else {
                throw Refusal(
                    "cluster.attached", .busy, "L2 networks are attached to \(path).",
                    objects: users.map { model.path(of: $0) },
                    remedy: "Detach them first: "
                        + users.prefix(3).map { "rm @/\(model.path(of: $0))" }.joined(separator: "; "))
            }
        case .l2Network:
            // A network whose attributes were all taken away, as `rm -rf` does, is a mere name: nothing can stand on
            // it any more, and its L3 networks go on without it.
            let users = model.l3Networks(on: record.id)
            guard users.isEmpty || record.isBare else {
                throw Refusal(
                    "l2.in-use", .busy, "L3 networks stand on \(path).", objects: users.map { model.path(of: $0) },
                    remedy: "Remove them or their link l2 first: "
                        + users.prefix(3).map { "rm @/\(model.path(of: $0))/l2" }.joined(separator: "; "))
            }
        case .ipRange: try IPRangeRules.checkPoolsKeepANormalRange(without: record.id, l3: record.parent, model)
        case .root:
            throw Refusal(
                "collection.fixed", .notPermitted, "The root of the tree is always there.",
                remedy: "Unmount it instead.")
        }
    }

    /// An L2 network stays where running VMs use it.
    static func checkPorts(of attachment: ObjectRecord, _ model: Model) throws(Refusal) {
        guard let cluster = attachment.target else { return }
        let vms = model.vmPaths(ofNICs: model.nics(on: attachment.parent, cluster: cluster))
        guard vms.isEmpty else {
            let path = model.path(of: attachment.id)
            throw Refusal(
                "l2.detach.in-use", .busy,
                "VMs in \(model.path(of: cluster)) use \(model.path(of: attachment.parent)): \(named(vms)).",
                objects: Array(vms.prefix(100)),
                remedy:
                    "Stop them first, or detach it all the same, which takes their NICs away: netmodelfs detach --force @/\(path)"
            )
        }
    }

    /// A host stays as it is while VMs run on it.
    static func checkVMs(on host: ObjectRecord, path: String, _ model: Model) throws(Refusal) {
        let vms = model.vms(onHost: host.id).map { model.path(of: $0) }
        guard vms.isEmpty else {
            throw Refusal(
                "host.vms", .busy, "VMs run on \(path): \(named(vms)).", objects: Array(vms.prefix(100)),
                remedy: "Stop them first, or move them: ln -sfn ../../clusters/CLUSTER/hosts/HOST @/\(vms[0])/host")
        }
    }

    private static func checkNamed(_ record: ObjectRecord, path: String, _ model: Model) throws(Refusal) {
        let vms = (model.placements.vmsNaming[record.id]?.all ?? []).map { model.path(of: $0) }
        guard vms.isEmpty else {
            throw Refusal(
                "\(record.kind.title).named-by-vms", .busy, "VMs shall run on \(path): \(named(vms)).",
                objects: Array(vms.prefix(100)),
                remedy: "Remove their links first: "
                    + vms.prefix(3).map { "rm @/\($0)/\(record.kind.title)" }.joined(separator: "; "))
        }
    }

    private static func named(_ paths: [String]) -> String {
        let more = paths.count > 10 ? " and \(paths.count - 10) more" : ""
        return paths.prefix(10).joined(separator: ", ") + more
    }

    private static func checkEmpty(_ record: ObjectRecord, _ model: Model) throws(Refusal) {
        let members = KindDefinition.of(record.kind).collections.flatMap { model.children(of: record.id, in: $0.id) }
        guard members.isEmpty else {
            let path = model.path(of: record.id)
            throw Refusal(
                "object.not-empty", .notEmpty, "\(path) still holds \(members.count) objects or links.",
                objects: members.prefix(10).map { model.path(of: $0) },
                remedy: "Remove them first, or remove all with rm -rf @/\(path).")
        }
    }
}
