/// What follows from VMs and NICs: who is where, and which addresses are given away.
struct PlacementIndex {
    struct AddressesKey: Hashable {
        let l3: ObjectID
        let family: IPFamily
    }

    struct AddressKey: Hashable {
        let l3: ObjectID
        let address: IPAddress
    }

    /// (L2 network, host) → NICs that are plugged in there.
    var nicsOfPair: [Model.Pair: OrderedIDs] = [:]
    /// How many hosts there are for a network in `nicsOfPair`.
    var pairsOfNetwork: [ObjectID: Int] = [:]
    /// VMs that are on a host, or on their way to it.
    var vmsOfHost: [ObjectID: OrderedIDs] = [:]
    /// VMs whose links name a host or a cluster.
    var vmsNaming: [ObjectID: OrderedIDs] = [:]
    /// VMs that shall run and are nowhere.
    var waitingVMs = OrderedIDs()
    var nicsOfL3: [ObjectID: OrderedIDs] = [:]
    var addresses: [AddressesKey: AddressSet] = [:]
    var nicOfAddress: [AddressKey: ObjectID] = [:]
    /// Addresses that NICs without an L3 network ask for, with how many do: nobody else is to be given one of them before
    /// the link is there, which tools that restore a tree make last.
    private var claimants: [IPAddress: Int] = [:]
    private(set) var claims: [IPFamily: IntervalSet<UInt128>] = [:]

    /// Whether any NIC is plugged into a network, on whatever host.
    func isPlugged(_ network: ObjectID) -> Bool { pairsOfNetwork[network] != nil }

    func nics(on network: ObjectID) -> [ObjectID] {
        nicsOfPair.filter { $0.key.first == network }.flatMap(\.value.all).sorted()
    }

    mutating func claim(_ address: IPAddress, _ change: Int) {
        let count = (claimants[address] ?? 0) + change
        let number = address.number
        claimants[address] = count > 0 ? count : nil
        if count > 0 {
            claims[address.family, default: IntervalSet()].insert(number...number)
        } else {
            claims[address.family]?.remove(number...number)
        }
    }

    mutating func put(_ nic: ObjectRecord) {
        let view = NIC(nic)
        if let plug = view.plug {
            for host in plug.hosts {
                let pair = Model.Pair(first: plug.network, second: host)
                if nicsOfPair[pair] == nil { pairsOfNetwork[plug.network, default: 0] += 1 }
                nicsOfPair[pair, default: OrderedIDs()].insert(nic.id)
            }
        }
        guard let l3 = nic.target else {
            for address in view.requested { claim(address, 1) }
            return
        }
        nicsOfL3[l3, default: OrderedIDs()].insert(nic.id)
        for address in view.addresses {
            addresses[AddressesKey(l3: l3, family: address.family), default: AddressSet()].insert(address.number)
            nicOfAddress[AddressKey(l3: l3, address: address)] = nic.id
        }
    }

    mutating func take(_ nic: ObjectRecord) {
        let view = NIC(nic)
        if let plug = view.plug {
            for host in plug.hosts {
                let pair = Model.Pair(first: plug.network, second: host)
                guard nicsOfPair[pair] != nil else { continue }
                PlacementIndex.remove(nic.id, pair, &nicsOfPair)
                guard nicsOfPair[pair] == nil else { continue }
                let count = (pairsOfNetwork[plug.network] ?? 0) - 1
                pairsOfNetwork[plug.network] = count > 0 ? count : nil
            }
        }
        guard let l3 = nic.target else {
            for address in view.requested { claim(address, -1) }
            return
        }
        PlacementIndex.remove(nic.id, l3, &nicsOfL3)
        for address in view.addresses {
            let key = AddressesKey(l3: l3, family: address.family)
            nicOfAddress[AddressKey(l3: l3, address: address)] = nil
            addresses[key]?.remove(address.number)
            if addresses[key]?.isEmpty == true { addresses[key] = nil }
        }
    }

    mutating func putVM(_ vm: ObjectRecord) {
        let view = VM(vm)
        for host in view.placement?.hosts ?? [] { vmsOfHost[host, default: OrderedIDs()].insert(vm.id) }
        for named in [AttributeID.host, .cluster].compactMap({ vm.target(of: $0) }) {
            vmsNaming[named, default: OrderedIDs()].insert(vm.id)
        }
        if view.state == .running, view.placement == nil { waitingVMs.insert(vm.id) }
    }

    mutating func takeVM(_ vm: ObjectRecord) {
        for host in VM(vm).placement?.hosts ?? [] { PlacementIndex.remove(vm.id, host, &vmsOfHost) }
        for named in [AttributeID.host, .cluster].compactMap({ vm.target(of: $0) }) {
            PlacementIndex.remove(vm.id, named, &vmsNaming)
        }
        waitingVMs.remove(vm.id)
    }

    private static func remove<Key: Hashable>(_ id: ObjectID, _ key: Key, _ index: inout [Key: OrderedIDs]) {
        index[key]?.remove(id)
        if index[key]?.count == 0 { index[key] = nil }
    }
}

extension Model {
    /// NICs that are plugged into a network on a host.
    public func nics(on network: ObjectID, host: ObjectID) -> [ObjectID] {
        placements.nicsOfPair[Pair(first: network, second: host)]?.all ?? []
    }

    /// NICs that are on an L3 network, of running VMs and of others.
    public func nics(ofL3 l3: ObjectID) -> [ObjectID] { placements.nicsOfL3[l3]?.all ?? [] }

    /// Calls `body` with each NIC on an L3 network after `id`, ascending, until it answers false.
    public func forEachNIC(ofL3 l3: ObjectID, after id: ObjectID?, _ body: (ObjectID) -> Bool) {
        placements.nicsOfL3[l3]?.forEach(after: id, body)
    }

    func nicCount(on network: ObjectID, host: ObjectID) -> Int {
        placements.nicsOfPair[Pair(first: network, second: host)]?.count ?? 0
    }

    /// How many VMs are on a host, or on their way to it, but for this one.
    func load(ofHost host: ObjectID, without vm: ObjectRecord) -> Int {
        let isThere = VM(vm).placement?.hosts.contains(host) == true
        return max(0, (placements.vmsOfHost[host]?.count ?? 0) - (isThere ? 1 : 0))
    }

    /// VMs that are on a host, or on their way to it.
    public func vms(onHost host: ObjectID) -> [ObjectID] { placements.vmsOfHost[host]?.all ?? [] }

    /// VMs that shall run and are nowhere.
    public var waitingVMs: [ObjectID] { placements.waitingVMs.all }
    public var hasWaitingVMs: Bool { placements.waitingVMs.count > 0 }

    /// What decides where a VM can be, but for the states of hosts: its zone, the host and the cluster that it names, its
    /// networks.
    public func needs(ofVM id: ObjectID) -> [ObjectID] {
        guard let vm = record(id) else { return [] }
        let nics = children(of: id, in: .nics).compactMap { record($0)?.target.flatMap { record($0)?.target ?? $0 } }
        return [vm.parent, vm.target ?? .root, vm.target(of: .cluster) ?? .root] + nics.sorted()
    }

    /// Which NIC has an address of an L3 network.
    public func nic(ofL3 l3: ObjectID, having address: IPAddress) -> ObjectID? {
        placements.nicOfAddress[PlacementIndex.AddressKey(l3: l3, address: address)]
    }

    /// The addresses of an L3 network that NICs have.
    func usedAddresses(ofL3 l3: ObjectID, _ family: IPFamily) -> AddressSet {
        placements.addresses[PlacementIndex.AddressesKey(l3: l3, family: family)] ?? AddressSet()
    }

    func hypervisor(ofHost host: ObjectID) -> HypervisorType {
        record(host).flatMap { record($0.parent) }.map { Cluster($0).hypervisor } ?? .kvm
    }

    /// NICs that are plugged into a network on the hosts of a cluster.
    func nics(on network: ObjectID, cluster: ObjectID) -> [ObjectID] {
        let networks = [network] + ownerDomains(of: network)
        return children(of: cluster, in: .hosts).flatMap { host in networks.flatMap { nics(on: $0, host: host) } }
    }

    /// The paths of the VMs that NICs belong to, each one once.
    func vmPaths(ofNICs nics: [ObjectID]) -> [String] {
        var seen: Set<ObjectID> = []
        return nics.compactMap { record($0)?.parent }.filter { seen.insert($0).inserted }.map { path(of: $0) }
    }
}
