/// An L2VxlanNetwork may leave its VNI to the owners of VMs (paper: VXLAN may need the VM owner's network id): each owner has a
/// broadcast domain of his own in it, with a VNI of the zone's pool, from his first VM on.
extension KindDefinition {
    static let ownerDomain = KindDefinition(.ownerDomain, "owner-domain", attributes: [])
}

extension ObjectRecord {
    /// The domain of an owner of VMs. It reads as an L2 network that has its VNI.
    ///
    /// - Parameter vni: 1...16777214.
    init(ownerDomainOf owner: UInt32, in network: ObjectRecord, vni: Int32, id: ObjectID, _ time: Int64) {
        // As many bits of chance as the network's own, and never the same.
        let mixed = (id.rawValue &* 0x9E37_79B9_7F4A_7C15) ^ network.uuid.low
        self.init(
            id: id, kind: .ownerDomain, parent: network.id, collection: .ownerDomains, name: Name("\(owner)"),
            uuid: UniqueID(high: network.uuid.high, low: mixed | 0x8000_0000_0000_0000), metadata: network.metadata)
        set(.type, L2NetworkType.vxlan.rawValue, modified: time)
        set(.vni, "\(vni)", modified: time)
        if let mtu = network.text(.mtu) { set(.mtu, mtu, modified: time) }
    }
}

extension Model {
    public func ownerDomains(of network: ObjectID) -> [ObjectID] { children(of: network, in: .ownerDomains) }

    /// The L2 network that people know, of a domain of it.
    func base(of network: ObjectID) -> ObjectID {
        guard let record = record(network), record.kind == .ownerDomain else { return network }
        return record.parent
    }

    /// What hosts have of an L2 network, that of its owners included, ascending by id.
    public func allRealizations(ofNetwork network: ObjectID) -> [RealizationRecord] {
        let domains = ownerDomains(of: network)
        guard !domains.isEmpty else { return realizations(ofNetwork: network) }
        return (realizations(ofNetwork: network) + domains.flatMap { realizations(ofNetwork: $0) }).sorted {
            $0.id < $1.id
        }
    }

    /// The domain of an owner, made where he has none yet.
    ///
    /// - Parameter planned: what the plan makes already.
    /// - Throws: `l2.vni.no-pool` (EINVAL), `l2.vni.pool-exhausted` (ENOSPC).
    func ownerDomain(
        of owner: UInt32, in network: ObjectRecord, planned: inout [ObjectRecord], _ context: PlanContext
    ) throws(Refusal) -> ObjectID {
        if let found = child(of: network.id, in: .ownerDomains, named: Name("\(owner)"))
            ?? planned.first(where: { $0.parent == network.id })?.id
        {
            return found
        }
        var taken = vnis(notFor: network)
        for record in idleDomains(of: network.id) {
            if let vni = record.text(.vni).flatMap({ Int32($0) }) { taken.remove(vni...vni) }
        }
        for record in planned { if let vni = record.text(.vni).flatMap({ Int32($0) }) { taken.insert(vni...vni) } }
        let vni = try VNIPoolRules.next(inZone: network.parent, taken: taken, self)
        let record = ObjectRecord(ownerDomainOf: owner, in: network, vni: vni, id: makeID(), context.now)
        planned.append(record)
        return record.id
    }

    /// Domains whose owners have no VM there any more, on no host.
    func idleDomains(of network: ObjectID) -> [ObjectRecord] {
        ownerDomains(of: network).filter { realizationsOfNetwork[$0] == nil && !placements.isPlugged($0) }
            .compactMap { record($0) }
    }
}
