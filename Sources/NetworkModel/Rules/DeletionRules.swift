/// When an object may go. Nothing that a person made goes with it: the tool that walks the tree deletes from below.
enum DeletionRules {
    static func check(_ record: ObjectRecord, _ model: Model) throws(Refusal) {
        try checkEmpty(record, model)
        let path = model.path(of: record.id)
        switch record.kind {
        case .cluster:
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
        case .zone, .host, .l3Network, .reservedRange, .clusterAttachment: break
        }
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
