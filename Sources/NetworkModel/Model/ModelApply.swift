/// Applying changes, and keeping the indexes in step. Nothing here can refuse: plans were checked before.
extension Model {
    /// - Parameter time: nanoseconds since 1970, for the directories that the change touches.
    public func apply(_ change: Change, at time: Int64) {
        switch change {
        case .insert(let record):
            insert(record)
            touch(record.parent, record.collection, time)
        case .remove(let record):
            remove(record)
            touch(record.parent, record.collection, time)
        case .update(let old, let new):
            update(old, new)
            if old.name != new.name || old.isVisible != new.isVisible { touch(new.parent, new.collection, time) }
        case .insertRealization(let record): insert(record)
        case .removeRealization(let record): remove(record)
        case .updateRealization(_, let new): realizations[new.id]?.record = new
        }
    }

    private func insert(_ record: ObjectRecord) {
        if record.id >= nextID { nextID = ObjectID(record.id.rawValue + 1) }
        if record.kind == .root {
            nodes[.root]?.record = record
            return
        }
        nodes[record.id] = Node(record)
        if record.kind == .l2Network { networkOfUUID[record.uuid] = record.id }
        names[ChildKey(parent: record.parent, collection: record.collection, name: record.name)] = record.id
        withMembers(of: record.parent, in: record.collection) { $0.insert(record.id) }
        index(record)
    }

    private func remove(_ record: ObjectRecord) {
        unindex(record)
        withMembers(of: record.parent, in: record.collection) { $0.remove(record.id) }
        names[ChildKey(parent: record.parent, collection: record.collection, name: record.name)] = nil
        nodes[record.id] = nil
        if record.kind == .l2Network || record.kind == .ownerDomain { forgetNetwork(record.id, record.uuid) }
        statusOfHost[record.id] = nil
        orphansOfHost[record.id] = nil
        leaveMachine(record.id)
    }

    private func update(_ old: ObjectRecord, _ new: ObjectRecord) {
        guard let node = nodes[new.id] else { return }
        if old.name != new.name {
            names[ChildKey(parent: old.parent, collection: old.collection, name: old.name)] = nil
            names[ChildKey(parent: new.parent, collection: new.collection, name: new.name)] = new.id
        }
        // Times and permissions change often and are in no index.
        if old.attributes == new.attributes, old.target == new.target {
            node.record = new
            return
        }
        // What an L3 network gave last changes with each address that it gives, and its ranges may be many.
        if old.kind == .l3Network, old.target == new.target, old.text(.leaving) == new.text(.leaving) {
            node.record = new
            return
        }
        unindex(old)
        node.record = new
        index(new)
    }

    // MARK: - Indexes by kind

    private func index(_ record: ObjectRecord) {
        for entry in record.leaving { leavings.insert(Leaving(object: record.id, attribute: entry.attribute)) }
        switch record.kind {
        case .clusterAttachment: indexAttachment(record)
        case .host:
            for connection in Host(record).heldConnections { hostOfConnection[connection] = record.id }
            if let end = tunnelEnd(of: record) { hostOfTunnelEnd[end] = record.id }
        case .l2Network:
            if let vni = L2Network(record).vni { vnisOfZone[record.parent, default: VNIIndex()].insert(vni, record.id) }
            for id in attachments(ofNetwork: record.id) { indexWire(of: id) }
        case .l3Network:
            if let l2 = record.target { l3sOfL2[l2, default: OrderedIDs()].insert(record.id) }
            for id in children(of: record.id, in: .ranges) { indexRange(id, on: record.target ?? record.id) }
        case .ipRange:
            nodes[record.id]?.meaning = record.text(.value).flatMap { try? IPRange($0) }.map { .range($0) }
            indexRange(record.id, on: wire(ofL3: record.parent))
        case .reservedRange:
            nodes[record.id]?.meaning = record.text(.value).flatMap { try? ReservedRange($0) }.map { .reserved($0) }
        case .ownerDomain:
            networkOfUUID[record.uuid] = record.id
            if let zone = nodes[record.parent]?.record.parent, let vni = L2Network(record).vni {
                vnisOfZone[zone, default: VNIIndex()].insert(vni, record.id)
            }
        case .vm: placements.putVM(record)
        case .nic:
            placements.put(record)
            if let mac = NIC(record).mac { nicOfMAC[mac] = record.id }
        case .root, .zone, .cluster: break
        }
    }

    private func unindex(_ record: ObjectRecord) {
        for entry in record.leaving { leavings.remove(Leaving(object: record.id, attribute: entry.attribute)) }
        switch record.kind {
        case .clusterAttachment: unindexAttachment(record)
        case .host:
            for connection in Host(record).heldConnections where hostOfConnection[connection] == record.id {
                hostOfConnection[connection] = nil
            }
            if let end = tunnelEnd(of: record), hostOfTunnelEnd[end] == record.id { hostOfTunnelEnd[end] = nil }
        case .l2Network:
            if let vni = L2Network(record).vni { vnisOfZone[record.parent]?.remove(vni, record.id) }
            if vnisOfZone[record.parent]?.isEmpty == true { vnisOfZone[record.parent] = nil }
            for id in attachments(ofNetwork: record.id) { unindexWire(of: id) }
        case .l3Network:
            for id in children(of: record.id, in: .ranges) { unindexRange(id, on: record.target ?? record.id) }
            if let l2 = record.target { remove(record.id, from: l2, in: \.l3sOfL2) }
        case .ipRange: unindexRange(record.id, on: wire(ofL3: record.parent))
        case .ownerDomain:
            if let zone = nodes[record.parent]?.record.parent, let vni = L2Network(record).vni {
                vnisOfZone[zone]?.remove(vni, record.id)
                if vnisOfZone[zone]?.isEmpty == true { vnisOfZone[zone] = nil }
            }
        case .vm: placements.takeVM(record)
        case .nic:
            placements.take(record)
            if let mac = NIC(record).mac, nicOfMAC[mac] == record.id { nicOfMAC[mac] = nil }
        case .root, .zone, .cluster, .reservedRange: break
        }
    }

    private func indexAttachment(_ record: ObjectRecord) {
        guard let cluster = record.target else { return }
        attachmentOfPair[Pair(first: record.parent, second: cluster)] = record.id
        attachmentsOfCluster[cluster, default: OrderedIDs()].insert(record.id)
        if let replaced = record.replaced { replacersOfAttachment[replaced, default: OrderedIDs()].insert(record.id) }
        if let bridge = record.text(.bridge) {
            attachmentOfBridge[BridgeKey(cluster: cluster, bridge: bridge)] = record.id
        }
        indexWire(of: record.id)
    }

    private func unindexAttachment(_ record: ObjectRecord) {
        guard let cluster = record.target else { return }
        unindexWire(of: record.id)
        attachmentOfPair[Pair(first: record.parent, second: cluster)] = nil
        remove(record.id, from: cluster, in: \.attachmentsOfCluster)
        if let replaced = record.replaced { remove(record.id, from: replaced, in: \.replacersOfAttachment) }
        if let bridge = record.text(.bridge) { attachmentOfBridge[BridgeKey(cluster: cluster, bridge: bridge)] = nil }
    }

    private func wireKey(of attachment: ObjectID) -> WireKey? {
        guard let record = nodes[attachment]?.record, let cluster = record.target,
            let wire = nodes[record.parent].flatMap({ L2Network($0.record).wire })
        else { return nil }
        return WireKey(cluster, wire)
    }

    private func tunnelEnd(of host: ObjectRecord) -> TunnelEnd? {
        guard let address = Host(host).vtep, let zone = nodes[host.parent]?.record.parent else { return nil }
        return TunnelEnd(zone: zone, address: address)
    }

    private func indexWire(of attachment: ObjectID) {
        if let key = wireKey(of: attachment) { attachmentOfWire[key] = attachment }
    }

    private func unindexWire(of attachment: ObjectID) {
        if let key = wireKey(of: attachment), attachmentOfWire[key] == attachment { attachmentOfWire[key] = nil }
    }

    private func wire(ofL3 id: ObjectID) -> ObjectID { nodes[id]?.record.target ?? id }

    private func indexRange(_ id: ObjectID, on wire: ObjectID) {
        guard let range = range(id) else { return }
        countRange(in: range.subnet, 1)
        let key = RangesKey(wire: wire, family: range.family)
        for interval in range.intervals { rangesOfWire[key, default: RangeIndex()].insert(interval, id) }
    }

    private func unindexRange(_ id: ObjectID, on wire: ObjectID) {
        guard let range = range(id) else { return }
        countRange(in: range.subnet, -1)
        let key = RangesKey(wire: wire, family: range.family)
        for interval in range.intervals { rangesOfWire[key]?.remove(interval, id) }
        if rangesOfWire[key]?.isEmpty == true { rangesOfWire[key] = nil }
    }

    // MARK: - Realizations

    private func insert(_ record: RealizationRecord) {
        if record.id >= nextID { nextID = ObjectID(record.id.rawValue + 1) }
        realizations[record.id] = RealizationNode(record)
        realizationOfPair[Pair(first: record.network, second: record.host)] = record.id
        realizationsOfHost[record.host, default: OrderedIDs()].insert(record.id)
        realizationsOfNetwork[record.network, default: OrderedIDs()].insert(record.id)
        for uuid in record.networkUUIDs where networkOfUUID[uuid] == nil { networkOfUUID[uuid] = record.network }
    }

    private func remove(_ record: RealizationRecord) {
        realizations[record.id] = nil
        driftOfRealization[record.id] = nil
        realizationOfPair[Pair(first: record.network, second: record.host)] = nil
        remove(record.id, from: record.host, in: \.realizationsOfHost)
        remove(record.id, from: record.network, in: \.realizationsOfNetwork)
        for uuid in record.networkUUIDs { forgetNetwork(record.network, uuid) }
    }

    private func forgetNetwork(_ id: ObjectID, _ uuid: UniqueID) {
        guard networkOfUUID[uuid] == id, nodes[id] == nil, realizationsOfNetwork[id] == nil else { return }
        networkOfUUID[uuid] = nil
    }

    // MARK: - Helpers

    private func remove(
        _ id: ObjectID, from key: ObjectID, in index: ReferenceWritableKeyPath<Model, [ObjectID: OrderedIDs]>
    ) {
        self[keyPath: index][key]?.remove(id)
        if self[keyPath: index][key]?.count == 0 { self[keyPath: index][key] = nil }
    }

    private func withMembers(of parent: ObjectID, in collection: CollectionID, _ body: (inout OrderedIDs) -> Void) {
        guard let node = nodes[parent] else { return }
        if let index = node.members.firstIndex(where: { $0.collection == collection }) {
            body(&node.members[index].ids)
        } else {
            var ids = OrderedIDs()
            body(&ids)
            node.members.append((collection, ids))
        }
    }

    private func touch(_ parent: ObjectID, _ collection: CollectionID, _ time: Int64) {
        guard let node = nodes[parent] else { return }
        if let index = node.touched.firstIndex(where: { $0.collection == collection }) {
            node.touched[index].time = max(time, node.touched[index].time + 1)
        } else {
            node.touched.append((collection, time))
        }
    }
}
