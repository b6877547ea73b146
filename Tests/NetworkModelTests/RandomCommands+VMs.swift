@testable import NetworkModel

/// VMs and NICs: made, linked, started, moved, written to and removed.
extension RandomCommands {
    mutating func ofVMs() -> Command {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<5: return builder.creation(name(), in: model.children(of: .root, in: .zones).first ?? any(.zone), .vms)
        case 5..<15: return builder.creation(name(), in: any(.vm), .nics)
        case 15..<35:
            let nic = any(.nic)
            return linking(nic, .l3, random.chance(85) ? network(for: nic) : any(.l3Network))
        case 35..<40: return .unset(any(.nic), .l3)
        case 40..<58:
            return builder.setting(any(.vm), .state, random.pick(["Running", "Running", "Running", "Stopped"]))
        case 58..<71:
            let vm = any(.vm)
            return linking(vm, .host, random.chance(85) ? host(for: vm) : any(.host))
        case 71..<75: return linking(any(.vm), .cluster, any(.cluster))
        case 75..<78: return .unset(any(.vm), random.pick([.host, .cluster, .state, .guest, .defaultNIC]))
        case 78..<83:
            return random.chance(20) ? .unset(any(.nic), .ip) : builder.setting(any(.nic), .ip, addresses())
        case 83..<87:
            return random.chance(30) ? .unset(any(.nic), .mac) : builder.setting(any(.nic), .mac, mac())
        case 87..<89: return builder.setting(any(.vm), .guest, random.pick(["tap", "netns:g1", "netns:g2"]))
        case 89..<90: return builder.setting(any(.vm), .defaultNIC, name())
        case 90..<92:
            let strategy = random.pick(IPAllocationStrategy.allCases).rawValue
            return builder.setting(any(.l3Network), .allocation, strategy)
        case 92..<94: return .detachByForce(any(.clusterAttachment))
        case 94..<96: return .place(any(.vm))
        case 96..<97:
            return .setMetadata(any(.vm), facet: 0, MetadataChange(uid: UInt32(random.next() % 3)))
        default: return .delete(any(.vm, .nic))
        }
    }

    /// An L3 network of the zone of a NIC.
    private mutating func network(for nic: ObjectID) -> ObjectID {
        let zone = model.record(nic).flatMap { model.record($0.parent) }?.parent
        let l3s = model.allRecords.filter { record in
            record.kind == .l3Network && record.target.flatMap { model.record($0) }?.parent == zone
        }
        return l3s.isEmpty ? any(.l3Network) : random.pick(l3s).id
    }

    /// A host of the zone of a VM.
    private mutating func host(for vm: ObjectID) -> ObjectID {
        let zone = model.record(vm)?.parent
        let hosts = model.allRecords.filter { record in
            record.kind == .host && model.record(record.parent)?.parent == zone
        }
        return hosts.isEmpty ? any(.host) : random.pick(hosts).id
    }

    private func linking(_ id: ObjectID, _ attribute: AttributeID, _ target: ObjectID) -> Command {
        .link(id, attribute, text: "x", target: target, ownership: nil)
    }

    private mutating func addresses() -> String {
        let four = "10.0.0.\(Int.random(in: 0...60, using: &random))"
        return switch random.next() % 4 {
        case 0: ipv6Address(0)
        case 1: "\(four) \(ipv6Address(0))"
        default: four
        }
    }

    /// One that was written or chosen for another NIC, now and then.
    private mutating func mac() -> String {
        let nics = model.allRecords.filter { $0.kind == .nic }
        if random.chance(40), let nic = nics.isEmpty ? nil : random.pick(nics) {
            return nic.text(.allocatedMAC) ?? "fa:00:00:00:00:01"
        }
        return "fa:00:00:00:00:0\(random.next() % 4)"
    }
}
