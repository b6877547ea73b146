@testable import NetworkModel

/// What must hold of VMs, their NICs, and the addresses that those have.
extension ModelInvariants {
    func checkVMs() {
        for vm in of(.vm) {
            for attribute in [AttributeID.host, .cluster] {
                guard let target = vm.target(of: attribute) else { continue }
                let cluster = attribute == .host ? byID[target].flatMap { byID[$0.parent] } : byID[target]
                require(cluster?.kind == .cluster && cluster?.parent == vm.parent, "\(vm.id) names \(target)")
            }
            guard let placement = VM(vm).placement else { continue }
            require(VM(vm).state == .running, "\(vm.id) is placed and does not run")
            require(Set(placement.hosts).count == placement.hosts.count, "\(vm.id) moves to where it is")
            for id in placement.hosts {
                let host = byID[id]
                require(host?.kind == .host, "\(vm.id) is on what is no host")
                require(host.flatMap { byID[$0.parent] }?.parent == vm.parent, "\(vm.id) is in another zone")
                require(host?.phase == .stable && host?.text(.connection) != nil, "\(vm.id) is on a host that goes")
            }
        }
    }

    func checkNICs() {
        var numbers: Set<[UInt64]> = []
        for nic in of(.nic) {
            let view = NIC(nic)
            require(
                numbers.insert([nic.parent.rawValue, UInt64(view.number)]).inserted, "\(nic.id) has a number twice")
            require(view.mac != nil, "\(nic.id) has no MAC address")
            require((1...15).contains(view.portName.utf8.count), "port \(view.portName)")
            guard let vm = byID[nic.parent] else { continue }
            checkPlug(of: nic, of: vm)
            checkAddresses(of: nic)
        }
    }

    /// A NIC on a network is plugged in wherever its VM is, and nowhere else.
    private func checkPlug(of nic: ObjectRecord, of vm: ObjectRecord) {
        let hosts = VM(vm).placement?.hosts ?? []
        let wanted = nic.target.flatMap { byID[$0]?.target }.flatMap { network in
            hosts.isEmpty ? nil : NIC.Plug(network: network, hosts: hosts)
        }
        // In a network that leaves its VNI to owners, into the domain of one.
        var plug = NIC(nic).plug
        if let domain = plug.flatMap({ byID[$0.network] }), domain.kind == .ownerDomain {
            plug?.network = domain.parent
        }
        require(
            plug == wanted,
            "\(nic.id) is plugged into \(String(describing: NIC(nic).plug)), not \(String(describing: wanted))")
        for host in NIC(nic).plug?.hosts ?? [] {
            let attachment = of(.clusterAttachment).first {
                $0.parent == wanted?.network && $0.target == byID[host]?.parent
            }
            require(attachment?.phase == .stable, "\(nic.id) is plugged into what does not reach \(host)")
        }
    }

    private func checkAddresses(of nic: ObjectRecord) {
        let view = NIC(nic)
        guard let l3 = nic.target.flatMap({ byID[$0] }) else {
            require(view.addresses.isEmpty, "\(nic.id) is on no network and has \(view.addresses)")
            return
        }
        require(l3.kind == .l3Network, "\(nic.id) is on what is no L3 network")
        let ranges = of(.ipRange).filter { $0.parent == l3.id }.compactMap {
            $0.text(.value).flatMap { try? IPRange($0) }
        }
        for address in view.addresses {
            let isGiven = ranges.contains { range in
                guard range.family == address.family else { return false }
                // A guest makes its own of the whole subnet.
                let isSelfMade = range.addressMode.map { $0 != .statefulDHCP } ?? false
                return range.intervals.contains { $0.contains(address.number) }
                    || isSelfMade && range.subnet.contains(address)
            }
            require(isGiven, "\(nic.id) has \(address), which no range has")
        }
        for address in view.requested {
            let given = view.address(address.family)
            require(given == nil || given == address, "\(nic.id) asks for \(address) and has \(view.addresses)")
        }
    }

    /// What is plugged into each network on each host.
    func portsOfPairs() -> [Model.Pair: [VMPort]] {
        var ports: [Model.Pair: [VMPort]] = [:]
        for nic in of(.nic) {
            guard let plug = NIC(nic).plug, let mac = NIC(nic).mac, let vm = byID[nic.parent] else { continue }
            let guest: VMPort.Guest =
                switch VM(vm).guest {
                case .tap: .tap
                case .namespace(let name): .namespace(name, device: "eth\(NIC(nic).number)")
                }
            let port = VMPort(
                name: NIC(nic).portName, mac: mac, mtu: byID[plug.network].flatMap { L2Network($0).mtu },
                owner: VM(vm).owner, guest: guest)
            for host in plug.hosts { ports[Model.Pair(first: plug.network, second: host), default: []].append(port) }
        }
        return ports.mapValues { $0.sorted { $0.name < $1.name } }
    }

    // MARK: - Indexes

    func checkPlacementIndex() {
        let index = model.placements
        var nicsOfPair: [Model.Pair: [ObjectID]] = [:]
        var nicsOfL3: [ObjectID: [ObjectID]] = [:]
        var nicOfAddress: [PlacementIndex.AddressKey: ObjectID] = [:]
        var addresses: [PlacementIndex.AddressesKey: Set<UInt128>] = [:]
        var nicOfMAC: [MACAddress: ObjectID] = [:]
        var claims: [IPFamily: IntervalSet<UInt128>] = [:]
        for nic in of(.nic) {
            let view = NIC(nic)
            for host in view.plug?.hosts ?? [] {
                let network = view.plug?.network ?? .root
                nicsOfPair[Model.Pair(first: network, second: host), default: []].append(nic.id)
            }
            if let mac = view.mac {
                require(nicOfMAC.updateValue(nic.id, forKey: mac) == nil, "two NICs have \(mac)")
            }
            guard let l3 = nic.target else {
                for address in view.requested {
                    claims[address.family, default: IntervalSet()].insert(address.number...address.number)
                }
                continue
            }
            nicsOfL3[l3, default: []].append(nic.id)
            for address in view.addresses {
                let key = PlacementIndex.AddressKey(l3: l3, address: address)
                require(nicOfAddress.updateValue(nic.id, forKey: key) == nil, "two NICs of \(l3) have \(address)")
                addresses[PlacementIndex.AddressesKey(l3: l3, family: address.family), default: []].insert(
                    address.number)
            }
        }
        require(index.nicsOfPair.mapValues(\.all) == nicsOfPair, "the NICs of networks on hosts")
        require(index.nicsOfL3.mapValues(\.all) == nicsOfL3, "the NICs of L3 networks")
        require(index.nicOfAddress == nicOfAddress, "the NICs of addresses")
        require(model.nicOfMAC == nicOfMAC, "the NICs of MAC addresses")
        require(index.claims.filter { !$0.value.isEmpty } == claims, "the claimed addresses")
        require(Set(index.addresses.keys) == Set(addresses.keys), "the index of addresses has stale keys")
        for (key, numbers) in addresses {
            let found = index.addresses[key]?.members(of: 0...UInt128.max, limit: .max) ?? []
            require(found == numbers.sorted(), "the addresses of \(key)")
        }
        checkVMIndex(index)
    }

    private func checkVMIndex(_ index: PlacementIndex) {
        var vmsOfHost: [ObjectID: [ObjectID]] = [:]
        var vmsNaming: [ObjectID: [ObjectID]] = [:]
        var waiting: [ObjectID] = []
        for vm in of(.vm) {
            for host in VM(vm).placement?.hosts ?? [] { vmsOfHost[host, default: []].append(vm.id) }
            for named in [vm.target(of: .host), vm.target(of: .cluster)].compactMap({ $0 }) {
                vmsNaming[named, default: []].append(vm.id)
            }
            if VM(vm).state == .running, VM(vm).placement == nil { waiting.append(vm.id) }
        }
        require(index.vmsOfHost.mapValues(\.all) == vmsOfHost, "the VMs of hosts")
        require(index.vmsNaming.mapValues(\.all) == vmsNaming, "the VMs that name a host or cluster")
        require(model.waitingVMs == waiting, "the VMs that wait: \(model.waitingVMs), not \(waiting)")
    }
}
