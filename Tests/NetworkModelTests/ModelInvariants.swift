@testable import NetworkModel

/// What must hold of every model, computed from nothing but its records, and compared with what its indexes answer.
final class ModelInvariants {
    let model: Model
    let records: [ObjectRecord]
    let byID: [ObjectID: ObjectRecord]
    private let byKind: [Kind: [ObjectRecord]]
    private let realizations: [RealizationRecord]
    private(set) var broken: [String] = []

    /// A sentence for each invariant that does not hold.
    static func broken(in model: Model) -> [String] {
        let invariants = ModelInvariants(model)
        invariants.checkNames()
        invariants.checkChildren()
        invariants.checkReferences()
        invariants.checkRanges()
        invariants.checkAttachments()
        invariants.checkHosts()
        invariants.checkRealizations()
        invariants.checkLeavings()
        invariants.checkVMs()
        invariants.checkNICs()
        invariants.checkPlacementIndex()
        return invariants.broken
    }

    private init(_ model: Model) {
        self.model = model
        records = model.allRecords
        byID = Dictionary(uniqueKeysWithValues: records.map { ($0.id, $0) })
        byKind = Dictionary(grouping: records, by: \.kind)
        realizations = model.allRealizations.sorted { $0.id < $1.id }
    }

    func require(_ holds: Bool, _ sentence: @autoclosure () -> String) {
        if !holds { broken.append(sentence()) }
    }

    func of(_ kind: Kind) -> [ObjectRecord] { byKind[kind] ?? [] }

    // MARK: - Names and children

    private struct Place: Hashable {
        let parent: ObjectID
        let collection: CollectionID
    }

    private func checkNames() {
        var seen: Set<[UInt8]> = []
        for record in records where record.kind != .root {
            let key = Array("\(record.parent) \(record.collection.rawValue) ".utf8) + Array(record.name.text.utf8)
            require(seen.insert(key).inserted, "two objects are named \(model.path(of: record.id))")
            let found = model.child(of: record.parent, in: record.collection, named: record.name)
            require(found == record.id, "\(model.path(of: record.id)) is not found by its name")
        }
        require(model.names.count == records.count - 1, "the index of names has \(model.names.count) entries")
        require(model.count == records.count, "count is \(model.count)")
    }

    private func checkChildren() {
        var children: [Place: [ObjectID]] = [:]
        for record in records where record.kind != .root {
            children[Place(parent: record.parent, collection: record.collection), default: []].append(record.id)
        }
        for record in records {
            for collection in KindDefinition.of(record.kind).collections {
                let wanted = children[Place(parent: record.id, collection: collection.id)] ?? []
                let found = model.children(of: record.id, in: collection.id)
                require(found == wanted, "children of \(record.id) in \(collection.name): \(found), not \(wanted)")
                require(
                    model.childCount(of: record.id, in: collection.id) == wanted.count, "child count of \(record.id)")
                require(wanted.isEmpty || !record.isHidden(collection.id), "\(record.id) hides what is not empty")
            }
        }
    }

    private func checkReferences() {
        for record in records where record.kind != .root {
            guard let parent = byID[record.parent],
                let collection = KindDefinition.of(parent.kind).collection(record.collection)
            else {
                require(false, "\(record.id) has no parent")
                continue
            }
            require(collection.kind == record.kind, "\(record.id) lies in a collection of another kind")
            let ending = Array("\(collection.name)/\(record.name.text)".utf8)
            require(model.path(of: record.id).utf8.suffix(ending.count).elementsEqual(ending), "path of \(record.id)")
        }
        var l3sOfL2: [ObjectID: [ObjectID]] = [:]
        for l3 in of(.l3Network) {
            guard let target = l3.target else { continue }
            require(byID[target]?.kind == .l2Network, "\(l3.id) stands on what is no L2 network")
            l3sOfL2[target, default: []].append(l3.id)
        }
        for l2 in of(.l2Network) {
            require(model.l3Networks(on: l2.id) == l3sOfL2[l2.id] ?? [], "L3 networks on \(l2.id)")
        }
        require(Set(model.l3sOfL2.keys) == Set(l3sOfL2.keys), "the index of L3 networks has stale keys")
    }

    // MARK: - Ranges

    private struct Claim {
        let key: Model.RangesKey
        let interval: ClosedRange<UInt128>
        let range: ObjectID
    }

    private func checkRanges() {
        var claims: [Claim] = []
        for record in of(.ipRange) {
            let range = record.text(.value).flatMap { try? IPRange($0) }
            require(model.range(record.id) == range, "the meaning of \(model.path(of: record.id))")
            guard let range else { continue }
            let wire = byID[record.parent].map { $0.target ?? $0.id } ?? record.parent
            for interval in range.intervals {
                let key = Model.RangesKey(wire: wire, family: range.family)
                claims.append(Claim(key: key, interval: interval, range: record.id))
            }
        }
        for record in of(.reservedRange) {
            let range = record.text(.value).flatMap { try? ReservedRange($0) }
            require(model.reservedRange(record.id) == range, "the meaning of \(model.path(of: record.id))")
        }
        let ordered = claims.sorted {
            ($0.key.wire.rawValue, $0.key.family.rawValue, $0.interval.lowerBound)
                < ($1.key.wire.rawValue, $1.key.family.rawValue, $1.interval.lowerBound)
        }
        for (left, right) in zip(ordered, ordered.dropFirst()) where left.key == right.key {
            require(left.interval.upperBound < right.interval.lowerBound, "\(left.range) and \(right.range) overlap")
        }
        require(Set(model.rangesOfWire.keys) == Set(claims.map(\.key)), "the index of ranges has stale wires")
        for claim in claims {
            // As it is, as it would be if it were written again, and as it would be if it grew over its neighbours.
            let (low, high) = (claim.interval.lowerBound, claim.interval.upperBound)
            for (interval, except) in [
                (low...high, ObjectID.root), (low...high, claim.range), ((low == 0 ? 0 : low - 1)...high, claim.range),
                (low...UInt128.max, claim.range), (0...high, claim.range),
            ] {
                let answer = model.rangesOfWire[claim.key]?.overlap(interval, except: except)
                let real = claims.filter {
                    $0.key == claim.key && $0.range != except && $0.interval.overlaps(interval)
                }
                require(
                    answer.map { id in real.contains { $0.range == id } } ?? real.isEmpty,
                    "\(String(describing: answer)) answered for \(interval)")
            }
        }
        for l3 in of(.l3Network) {
            let ranges = of(.ipRange).filter { $0.parent == l3.id }.compactMap { model.range($0.id) }
            for family in IPFamily.allCases {
                let intervals = claims.filter { byID[$0.range]?.parent == l3.id && $0.key.family == family }
                    .map(\.interval)
                require(
                    model.addresses(ofL3: l3.id, family) == IntervalSet(intervals), "\(family) addresses of \(l3.id)")
                let subnets = Set(
                    ranges.filter { $0.family == family && $0.type == .normal }
                        .map { "\($0.subnet) \($0.gateway) \($0.addressMode?.rawValue ?? "")" })
                require(subnets.count <= 1, "\(l3.id) has subnets, gateways and modes \(subnets)")
            }
            let isSound = ranges.allSatisfy { $0.type == .normal || $0.family == .v4 }
            require(isSound, "\(l3.id) has a pool of IPv6")
            require(
                L3Network(l3).category != .system || ranges.allSatisfy { $0.family == .v4 },
                "\(l3.id) is System and has IPv6 ranges")
        }
    }

    // MARK: - Attachments, hosts, realizations

    private func checkAttachments() {
        let attachments = of(.clusterAttachment)
        var wires: Set<Model.WireKey> = []
        var bridges: Set<Model.BridgeKey> = []
        var pairs: Set<Model.Pair> = []
        var ofCluster: [ObjectID: [ObjectID]] = [:]
        for attachment in attachments {
            guard let cluster = attachment.target, let clusterRecord = byID[cluster], clusterRecord.kind == .cluster,
                let networkRecord = byID[attachment.parent], networkRecord.kind == .l2Network
            else {
                require(false, "\(attachment.id) is not between a network and a cluster")
                continue
            }
            require(networkRecord.parent == clusterRecord.parent, "\(attachment.id) crosses zones")
            let network = L2Network(networkRecord)
            let medium = network.wire ?? ("", 0)
            let wire = Model.WireKey(cluster, medium)
            require(network.missing.isEmpty, "\(attachment.id) has no \(network.missing)")
            require(wires.insert(wire).inserted, "two networks on \(wire)")
            let bridge = attachment.text(.bridge) ?? ""
            require((1...15).contains(bridge.utf8.count), "bridge '\(bridge)'")
            require(
                bridges.insert(Model.BridgeKey(cluster: cluster, bridge: bridge)).inserted,
                "two networks of a cluster have the bridge \(bridge)")
            require(
                pairs.insert(Model.Pair(first: networkRecord.id, second: cluster)).inserted,
                "\(attachment.id) is double")
            require(model.attachment(of: networkRecord.id, to: cluster) == attachment.id, "pair of \(attachment.id)")
            require(
                model.attachment(onCluster: cluster, wire: medium) == attachment.id,
                "wire of \(attachment.id)")
            ofCluster[cluster, default: []].append(attachment.id)
            // Only while its hosts are asked does it go by another name, and only then does it replace anything.
            require(
                attachment.phase != .stable || attachment.text(.replaces) == nil, "\(attachment.id) still replaces one")
            require(
                attachment.phase != .stable || !NameRules.looksTemporary(attachment.name.text),
                "\(attachment.id) is named \(attachment.name)")
        }
        let replaced = Dictionary(grouping: attachments.filter { $0.replaced != nil }) { $0.replaced ?? .root }
        require(
            model.replacersOfAttachment.mapValues(\.all) == replaced.mapValues { $0.map(\.id) },
            "the attachments that replace others")
        for cluster in of(.cluster) {
            require(
                model.attachments(ofCluster: cluster.id) == ofCluster[cluster.id] ?? [], "networks of \(cluster.id)")
        }
        require(Set(model.attachmentOfWire.keys) == wires, "the index of wires has stale keys")
        require(Set(model.attachmentOfBridge.keys) == bridges, "the index of bridges has stale keys")
        require(Set(model.attachmentOfPair.keys) == pairs, "the index of pairs has stale keys")
        require(Set(model.attachmentsOfCluster.keys) == Set(ofCluster.keys), "the index of clusters has stale keys")
    }

    private func checkHosts() {
        var connections: Set<HostConnection> = []
        for host in of(.host) {
            require(
                host.phase != .stable || host.text(.previousConnection) == nil, "\(host.id) has a former connection")
            let held = [host.text(.connection), host.text(.previousConnection)]
                .compactMap { text in text.flatMap { try? HostConnection($0) } }.filter(\.isUnique).map(\.identity)
            for connection in Set(held) {
                require(connections.insert(connection).inserted, "two hosts are \(connection)")
                require(model.host(connectedBy: connection) == host.id, "host of \(connection)")
            }
        }
        require(Set(model.hostOfConnection.keys) == connections, "the index of connections has stale keys")
        var ends: Set<Model.TunnelEnd> = []
        for host in of(.host) {
            guard let address = Host(host).vtep, let zone = byID[host.parent]?.parent else { continue }
            require(
                ends.insert(Model.TunnelEnd(zone: zone, address: address)).inserted, "two hosts have \(address)")
            require(model.host(withEnd: address, in: zone) == host.id, "host of \(address)")
        }
        require(Set(model.hostOfTunnelEnd.keys) == ends, "the index of tunnel ends has stale keys")
        checkVNIs()
        checkSubnets()
    }

    private func checkSubnets() {
        var subnets: [IPSubnet: Int] = [:]
        for range in of(.ipRange) {
            if let subnet = model.range(range.id)?.subnet { subnets[subnet, default: 0] += 1 }
        }
        require(model.rangesOfSubnet == subnets, "the ranges of subnets")
        require(model.freeSubnets == NextFree.subnets(notIn: subnets.keys), "the next free subnets")
    }

    private func checkVNIs() {
        var networks: [ObjectID: [Int32: [ObjectID]]] = [:]
        for record in of(.l2Network) {
            require(
                (record.attribute(.allocatedVNI) != nil) == (record.text(.vni).map(ValueText.lines) == ["auto"]),
                "\(record.id) has a VNI of the pool that it did not ask for, or none")
            if let vni = L2Network(record).vni.flatMap({ Int32(exactly: $0) }) {
                networks[record.parent, default: [:]][vni, default: []].append(record.id)
            }
        }
        require(Set(model.vnisOfZone.keys) == Set(networks.keys), "the index of VNIs has stale zones")
        for (zone, users) in networks {
            require(model.usedVNIs(ofZone: zone) == IntervalSet(users.keys.map { $0...$0 }), "the VNIs of \(zone)")
            let pool = byID[zone]?.vniRanges?.numbers
            for (vni, ids) in users {
                require(model.networks(ofZone: zone, vni: vni) == ids.sorted(), "the networks of VNI \(vni)")
                if let pool { require(ids.count == 1 && pool.contains(vni), "VNI \(vni) of \(zone)") }
            }
        }
    }

    private func checkRealizations() {
        var wanted: [Model.Pair: L2Specification] = [:]
        let ports = portsOfPairs()
        let users = Set(realizations.filter { $0.users > 0 }.map { Model.Pair(first: $0.network, second: $0.host) })
            .union(ports.keys)
        for attachment in of(.clusterAttachment) where attachment.phase != .removing {
            guard let record = byID[attachment.parent] else { continue }
            let network = L2Network(record)
            for host in of(.host)
            where host.parent == attachment.target && host.text(.connection) != nil
                && (host.phase == .stable || host.phase == .connecting)
                && (network.type != .vxlan || users.contains(Model.Pair(first: record.id, second: host.id)))
            {
                let end = Host(host).vtep
                require(network.tunnel == nil || end != nil, "\(host.id) has no end")
                let pair = Model.Pair(first: record.id, second: host.id)
                wanted[pair] = L2Specification(
                    networkUUID: record.uuid, type: network.type, physicalInterface: network.physicalInterface ?? "",
                    vlan: network.vlan, bridge: attachment.text(.bridge) ?? "", mtu: network.mtu,
                    overlay: network.tunnel.flatMap { tunnel in end.map { L2Overlay(tunnel, local: $0) } },
                    ports: ports[pair] ?? [])
            }
        }
        // Everybody knows everybody else.
        for (pair, specification) in wanted {
            let peers = wanted.filter { $0.key.first == pair.first && $0.key != pair }
                .compactMap { $0.value.overlay?.local }.sorted()
            require(Set(peers).count == peers.count, "two hosts of \(pair.first) are one")
            var meshed = specification
            meshed.overlay?.peers = peers
            wanted[pair] = meshed
        }
        var pairs: Set<Model.Pair> = []
        for realization in realizations {
            let pair = Model.Pair(first: realization.network, second: realization.host)
            require(pairs.insert(pair).inserted, "two realizations of \(pair)")
            require((realization.users == 0) || realization.wanted != nil, "\(pair) has users and nothing is wanted")
            require(realization.wanted == wanted[pair], "\(pair) wants \(String(describing: realization.wanted))")
            require(model.realization(of: pair.first, on: pair.second) == realization, "realization of \(pair)")
        }
        for pair in ports.keys { require(wanted[pair] != nil, "ports of \(pair), which has nothing to be on") }
        for pair in wanted.keys where !pairs.contains(pair) { require(false, "nothing is wanted of \(pair)") }
        require(Set(model.realizationOfPair.keys) == pairs, "the index of realizations has stale keys")
        let hosts = Dictionary(grouping: realizations, by: \.host)
        let networks = Dictionary(grouping: realizations, by: \.network)
        require(Set(model.realizationsOfHost.keys) == Set(hosts.keys), "stale hosts of realizations")
        require(Set(model.realizationsOfNetwork.keys) == Set(networks.keys), "stale networks of realizations")
        for (host, list) in hosts { require(model.realizations(ofHost: host) == list, "realizations of \(host)") }
        for (network, list) in networks {
            require(model.realizations(ofNetwork: network) == list, "realizations of \(network)")
        }
    }

    // MARK: - Files that left

    private func checkLeavings() {
        var leavings: Set<Model.Leaving> = []
        for record in records {
            for entry in record.leaving {
                let leaving = Model.Leaving(object: record.id, attribute: entry.attribute)
                require(leavings.insert(leaving).inserted, "\(record.id) lets \(entry.attribute) go twice")
                require(record.fileText(entry.attribute) == nil, "\(record.id) has a file that left")
            }
            require(record.text(.leaving)?.isEmpty != true, "\(record.id) notes that nothing left")
        }
        require(model.leavings == leavings, "the index of what left is \(model.leavings), not \(leavings)")
    }
}
