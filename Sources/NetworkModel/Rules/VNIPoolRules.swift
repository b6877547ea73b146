/// Rules for the VNIs of a zone that keeps a pool of them (ZStack: VX-01 to VX-09): each network's is from the pool, and
/// no two have the same.
enum VNIPoolRules {
    /// Gives a network that leaves its VNI to the pool the lowest free one, and refuses one that may not have its own.
    ///
    /// - Throws: `l2.vni.no-pool` (EINVAL), `l2.vni.pool-exhausted` (ENOSPC), `l2.vni.outside-pool` (ERANGE) or
    ///   `l2.vni.taken` (EADDRINUSE).
    static func complete(_ old: ObjectRecord?, _ new: inout ObjectRecord, _ model: Model) throws(Refusal) {
        let before = old.flatMap { L2Network($0).vni }
        guard L2Network(new).takesVNIFromPool else {
            if new.attribute(.allocatedVNI) != nil { new.set(.allocatedVNI, nil) }
            if L2Network(new).leavesVNIToOwners { _ = try pool(ofZone: new.parent, model) }
            guard let vni = L2Network(new).vni, vni != before else { return }
            return try check(vni, of: new, model)
        }
        guard new.attribute(.allocatedVNI) == nil else { return }
        // A network that has one keeps it, so that `auto` can be written when it is attached.
        let pool = try pool(ofZone: new.parent, model)
        if let before, let vni = Int32(exactly: before), pool.numbers.contains(vni) {
            return new.set(.allocatedVNI, String(before))
        }
        let vni = try next(inZone: new.parent, taken: model.vnis(notFor: new), model)
        new.set(.allocatedVNI, String(vni))
    }

    private static func pool(ofZone id: ObjectID, _ model: Model) throws(Refusal) -> VNIRanges {
        if let pool = model.record(id)?.vniRanges { return pool }
        let zone = model.path(of: id)
        throw Refusal(
            "l2.vni.no-pool", .invalid, "\(zone) keeps no VNIs to take one from.", objects: [zone],
            remedy: "Write ranges to @/\(zone)/vni-ranges first, or a number to vni.")
    }

    /// The lowest VNI of a zone's pool that is not taken.
    static func next(inZone id: ObjectID, taken: IntervalSet<Int32>, _ model: Model) throws(Refusal) -> Int32 {
        let pool = try pool(ofZone: id, model)
        if let vni = pool.numbers.first(notIn: taken) { return vni }
        let zone = model.path(of: id)
        throw Refusal(
            "l2.vni.pool-exhausted", .noSpace, "All \(pool.numbers.count) VNIs of \(zone) are taken.",
            objects: [zone],
            remedy: "Add a range to @/\(zone)/vni-ranges, or remove a network that is not needed.")
    }

    private static func check(_ vni: Int, of network: ObjectRecord, _ model: Model) throws(Refusal) {
        guard let pool = model.record(network.parent)?.vniRanges, let number = Int32(exactly: vni) else { return }
        let zone = model.path(of: network.parent)
        guard pool.numbers.contains(number) else {
            throw Refusal(
                "l2.vni.outside-pool", .range, "VNI \(vni) is not among those of \(zone): \(pool.text).",
                objects: [zone],
                remedy: "Choose one of them, write auto, or add it to @/\(zone)/vni-ranges.")
        }
        let held = model.heldVNIs[Model.VNIKey(zone: network.parent, vni: number)].map { [$0] } ?? []
        let users = model.networks(ofZone: network.parent, vni: number) + held
        guard let other = users.first(where: { $0 != network.id }) else { return }
        throw Refusal(
            "l2.vni.taken", .addressInUse, "VNI \(vni) is already that of \(model.path(of: other)).",
            objects: [model.path(of: other)], remedy: "Choose another one, or write auto.")
    }

    /// A pool must hold what was given from it, and can only begin where no number is there twice.
    ///
    /// - Throws: `zone.vni-ranges.in-use` or `zone.vni-ranges.ambiguous` (EBUSY).
    static func checkPool(_ old: ObjectRecord?, _ new: ObjectRecord, _ model: Model) throws(Refusal) {
        guard let old, let pool = new.vniRanges, pool != old.vniRanges else { return }
        let path = model.path(of: new.id)
        let used = model.usedVNIs(ofZone: new.id)
        if let vni = used.first(notIn: pool.numbers) {
            let users = model.networks(ofZone: new.id, vni: vni).map { model.path(of: $0) }
            throw Refusal(
                "zone.vni-ranges.in-use", .busy,
                "\(users.first ?? path) has VNI \(vni), which would not be in the pool.",
                objects: users, remedy: "Keep it in the pool, or give the network another one first.")
        }
        guard old.vniRanges == nil, let vni = model.repeatedVNI(ofZone: new.id) else { return }
        let users = model.networks(ofZone: new.id, vni: vni).map { model.path(of: $0) }
        throw Refusal(
            "zone.vni-ranges.ambiguous", .busy,
            "\(users.joined(separator: " and ")) have the same VNI \(vni), which a pool gives only once.",
            objects: users,
            remedy: "Give all but one of them another VNI first.")
    }

    /// What `state/` tells of a zone's pool.
    static func facts(_ zone: ObjectRecord, _ model: Model) -> [Fact] {
        guard let pool = zone.vniRanges else { return [] }
        let used = model.usedVNIs(ofZone: zone.id)
        return [
            Fact("total-vnis", .number(Int64(pool.numbers.count))),
            Fact("available-vnis", .number(Int64(pool.numbers.count - pool.numbers.intersection(used).count))),
            Fact("next-vni", .text(pool.numbers.first(notIn: used).map(String.init) ?? "")),
        ]
    }
}

extension Model {
    func usedVNIs(ofZone zone: ObjectID) -> IntervalSet<Int32> { vnisOfZone[zone]?.used ?? IntervalSet() }

    /// Those that networks of its zone have, or may go back to while hosts are asked for other ones.
    func vnis(notFor network: ObjectRecord) -> IntervalSet<Int32> {
        var vnis = usedVNIs(ofZone: network.parent)
        for (key, holder) in heldVNIs where key.zone == network.parent && holder != network.id {
            vnis.insert(key.vni...key.vni)
        }
        return vnis
    }

    func networks(ofZone zone: ObjectID, vni: Int32) -> [ObjectID] { vnisOfZone[zone]?.networks(of: vni) ?? [] }

    /// The lowest VNI that two networks of a zone have. Looks at all of them: only for a zone that gets its first pool.
    func repeatedVNI(ofZone zone: ObjectID) -> Int32? {
        for interval in usedVNIs(ofZone: zone).intervals {
            for vni in interval where networks(ofZone: zone, vni: vni).count > 1 { return vni }
        }
        return nil
    }
}
