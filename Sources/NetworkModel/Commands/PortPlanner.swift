/// Ports that come and go on hosts.
public struct PortWork: Hashable, Sendable {
    /// A network on a host.
    public struct Place: Hashable, Sendable {
        public let network: ObjectID
        public let host: ObjectID

        public init(network: ObjectID, host: ObjectID) {
            self.network = network
            self.host = host
        }
    }

    public struct Edit: Hashable, Sendable {
        public let previous: ObjectRecord
        public let attempted: ObjectRecord
    }

    public let vm: ObjectID
    public let uuid: UniqueID
    /// Where ports come: these hosts are asked.
    public internal(set) var plugged: [Place] = []
    /// Where ports go: these hosts are told.
    public internal(set) var unplugged: [Place] = []
    /// Whether it takes the VM to another host, which it leaves its former one for when all is plugged in there.
    public internal(set) var isMove = false
    /// The VM and its NICs, before and after: for the way back.
    public internal(set) var changed: [Edit] = []

    init(vm: ObjectID, uuid: UniqueID) {
        self.vm = vm
        self.uuid = uuid
    }

    mutating func note(from old: NIC.Plug?, to new: NIC.Plug?) {
        let before = old?.hosts.map { Place(network: old?.network ?? .root, host: $0) } ?? []
        let after = new?.hosts.map { Place(network: new?.network ?? .root, host: $0) } ?? []
        plugged += after.filter { !before.contains($0) && !plugged.contains($0) }
        unplugged += before.filter { !after.contains($0) && !unplugged.contains($0) }
    }
}

/// What hosts shall have follows from where NICs are plugged in.
extension Model {
    /// The ports of a network on a host, in the order of their names.
    ///
    /// - Parameter edits: NICs and VMs as they shall be; nil for those that go.
    func ports(of network: ObjectRecord, on host: ObjectID, edits: [ObjectID: ObjectRecord?] = [:]) -> [VMPort] {
        var ids = nics(on: network.id, host: host)
        let there = Set(ids)
        for id in edits.keys where !there.contains(id) { ids.append(id) }
        return ids.compactMap { id -> VMPort? in
            let edited: ObjectRecord?? = edits[id]
            guard let record = edited ?? self.record(id), let plug = NIC(record).plug, plug.network == network.id,
                plug.hosts.contains(host), let vm = (edits[record.parent] ?? nil) ?? self.record(record.parent),
                let mac = NIC(record).mac
            else { return nil }
            let guest: VMPort.Guest =
                switch VM(vm).guest {
                case .tap: .tap
                case .namespace(let name): .namespace(name, device: "eth\(NIC(record).number)")
                }
            return VMPort(
                name: NIC(record).portName, mac: mac, mtu: L2Network(network).mtu, owner: VM(vm).owner, guest: guest)
        }
        .sorted { $0.name < $1.name }
    }

    /// `changes`, followed by what they mean for the ports of hosts.
    func ported(_ changes: [Change], _ context: PlanContext) -> [Change] {
        var edits: [ObjectID: ObjectRecord?] = [:]
        var places: [PortWork.Place] = []
        func note(_ plug: NIC.Plug?) {
            guard let plug else { return }
            for host in plug.hosts {
                let place = PortWork.Place(network: plug.network, host: host)
                if !places.contains(place) { places.append(place) }
            }
        }
        for change in changes {
            switch change {
            case .insert(let nic) where nic.kind == .nic:
                edits[nic.id] = .some(nic)
                note(NIC(nic).plug)
            case .remove(let nic) where nic.kind == .nic:
                edits[nic.id] = .some(nil)
                note(NIC(nic).plug)
            case .update(let old, let new) where old.kind == .nic:
                edits[new.id] = .some(new)
                guard NIC(old).plug != NIC(new).plug else { continue }
                note(NIC(old).plug)
                note(NIC(new).plug)
            case .update(let old, let new) where old.kind == .vm && VM(old).owner != VM(new).owner:
                // Who may open its taps.
                edits[new.id] = .some(new)
                for id in children(of: new.id, in: .nics) { note(record(id).flatMap { NIC($0).plug }) }
            default: break
            }
        }
        var changes = changes
        for place in places { port(place, edits, &changes, context) }
        return changes
    }

    private func port(
        _ place: PortWork.Place, _ edits: [ObjectID: ObjectRecord?], _ changes: inout [Change], _ context: PlanContext
    ) {
        let inserted = changes.compactMap { change -> ObjectRecord? in
            if case .insert(let record) = change, record.id == place.network { record } else { nil }
        }
        guard let network = record(place.network) ?? inserted.first else { return }
        let base = network.kind == .ownerDomain ? network.parent : network.id
        let ports = ports(of: network, on: place.host, edits: edits)
        let index = changes.lastIndex { change in
            switch change {
            case .insertRealization(let record), .updateRealization(_, let record):
                record.network == place.network && record.host == place.host
            default: false
            }
        }
        if let index {
            changes[index] = changes[index].withPorts(ports)
            return
        }
        let old = realization(of: place.network, on: place.host)
        if var wanted = old?.wanted {
            wanted.ports = ports
            let isNeeded = !ports.isEmpty || !L2Network(network).type.isInstantiatedLater || (old?.users ?? 0) > 0
            guard wanted != old?.wanted || !isNeeded else { return }
            changes.append(want(isNeeded ? wanted : nil, network: network.id, host: place.host, context))
        } else if !ports.isEmpty, let cluster = record(place.host)?.parent,
            let attachment = attachment(of: base, to: cluster).flatMap({ record($0) }),
            var wanted = specification(of: network, attachment: attachment, host: place.host)
        {
            wanted.ports = ports
            changes.append(want(wanted, network: network.id, host: place.host, context))
        }
    }
}

extension Change {
    /// What goes from a host takes its ports with it.
    fileprivate func withPorts(_ ports: [VMPort]) -> Change {
        switch self {
        case .insertRealization(var record):
            record.wanted?.ports = ports
            return .insertRealization(record)
        case .updateRealization(let old, var record):
            record.wanted?.ports = ports
            return .updateRealization(from: old, to: record)
        default: return self
        }
    }
}
