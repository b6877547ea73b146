/// Rules for an L3 network as a whole (ZStack: `L3NetworkApiInterceptor`, facts §2.2).
enum L3NetworkRules {
    static func check(_ old: ObjectRecord?, _ new: inout ObjectRecord, _ model: Model) throws(Refusal) {
        let path = model.path(ofNew: new)
        let network = L3Network(new)
        // Another strategy begins from the beginning, also when this one is chosen again (ZStack).
        if !network.allocation.keepsCursor {
            for family in IPFamily.allCases where network.cursor(family) != nil { new.setCursor(family, nil, 0) }
        }
        if let category = network.declaredCategory, network.isSystem != (category == .system) {
            throw Refusal(
                "l3.category.system", .invalid,
                "\(path) cannot have category \(category.rawValue) and system \(network.isSystem).", objects: [path],
                remedy: "system is true with category System, and false with Private and Public.")
        }
        guard let old else { return }
        if network.category != .public, L3Network(old).category == .public {
            let pools = model.children(of: old.id, in: .ranges).filter { model.range($0)?.type == .addressPool }
            guard pools.isEmpty else {
                throw Refusal(
                    "l3.category.has-pools", .busy,
                    "\(path) has address pools, which only a Public L3 network may have.",
                    objects: pools.map { model.path(of: $0) }, remedy: "Remove the pools first.")
            }
        }
        if network.category == .system, L3Network(old).category != .system {
            let ranges = model.children(of: old.id, in: .ranges).filter { model.range($0)?.family == .v6 }
            guard ranges.isEmpty else {
                throw Refusal(
                    "l3.category.has-ipv6", .busy,
                    "\(path) has IPv6 ranges, which a System L3 network may not have.",
                    objects: ranges.map { model.path(of: $0) }, remedy: "Remove the IPv6 ranges first.")
            }
        }
        if old.target != new.target { try checkPorts(of: old, path: path, model) }
        if old.target != new.target, let l2 = new.target { try checkMove(of: old.id, to: l2, path: path, model) }
    }

    /// Ports of running VMs are plugged into the L2 network that it stands on.
    private static func checkPorts(of l3: ObjectRecord, path: String, _ model: Model) throws(Refusal) {
        let nics = model.nics(ofL3: l3.id).filter { id in model.record(id).map { NIC($0).plug != nil } ?? false }
        guard nics.isEmpty else {
            throw Refusal(
                "l3.l2.in-use", .busy, "NICs of running VMs are on \(path); its L2 network cannot change under them.",
                objects: nics.prefix(100).map { model.path(of: $0) }, remedy: "Stop the VMs, or remove the NICs first.")
        }
    }

    /// All L3 networks of one L2 network share its wire, so no two of their ranges may overlap.
    private static func checkMove(of l3: ObjectID, to l2: ObjectID, path: String, _ model: Model) throws(Refusal) {
        for id in model.children(of: l3, in: .ranges) {
            guard let range = model.range(id), let other = model.rangeOverlapping(range, on: l2, except: id) else {
                continue
            }
            throw Refusal(
                "l3.l2.overlap", .addressInUse,
                "\(model.path(of: id)) overlaps \(model.path(of: other)) of another L3 network on \(model.path(of: l2)).",
                objects: [model.path(of: id), model.path(of: other)],
                remedy: "Change one of the two ranges first.")
        }
    }
}
