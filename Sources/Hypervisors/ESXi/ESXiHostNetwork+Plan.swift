import NetworkModel

/// What a host must be told so that it has a network, or has it no more. Pure: the host is asked and told elsewhere.
extension ESXiHostNetwork {
    /// The calls that are left to make `network` so; none when it is.
    func steps(toRealize network: L2Specification) throws(Refusal) -> [Step] {
        let interface = network.physicalInterface
        try checkInterface(interface)
        var steps: [Step] = []
        let own = ESXiNames.vswitch(for: interface)
        let vswitch: String
        if let present = self.vswitch(with: interface) {
            vswitch = present.name
            if let mtu = network.mtu, mtu > present.mtu {
                guard present.name == own else { throw ESXiHostNetwork.mtuRefusal(mtu, of: present) }
                steps.append(.updateSwitch(own, uplinks: present.uplinks, mtu: mtu))
            }
        } else if let lost = self.vswitch(named: own) {
            // Somebody took the interface out of it.
            guard lost.uplinks.isEmpty else { throw ESXiHostNetwork.notOurs(lost, interface) }
            steps.append(.updateSwitch(own, uplinks: [interface], mtu: max(network.mtu ?? 0, lost.mtu)))
            vswitch = own
        } else {
            steps.append(.addSwitch(own, uplinks: [interface], mtu: network.mtu))
            vswitch = own
        }
        let name = names.portGroup(network)
        let vlan = network.vlan ?? 0
        guard let present = portGroups(of: network).first else {
            return steps + [.addPortGroup(name, vlan: vlan, vswitch: vswitch)]
        }
        if present.vswitch != vswitch {
            steps += [.removePortGroup(present.name), .addPortGroup(name, vlan: vlan, vswitch: vswitch)]
        } else if present.vlan != vlan {
            steps.append(.updatePortGroup(present.name, vlan: vlan, vswitch: vswitch))
        }
        return steps
    }

    /// The calls that are left to take `network` away; a vSwitch goes when it is ours and nobody uses it.
    func steps(toRelease network: L2Specification) -> [Step] {
        let own = ESXiNames.vswitch(for: network.physicalInterface)
        let present = portGroups(of: network).map(\.name)
        var steps = present.map { Step.removePortGroup($0) }
        if let vswitch = vswitch(named: own), vswitch.portGroups.allSatisfy({ present.contains($0) }) {
            steps.append(.removeSwitch(own))
        }
        return steps
    }

    /// The port groups of this store, and those that do not tell whose they are.
    var marks: [HostMark] { portGroups.compactMap { names.mark(of: $0.name) } }

    /// The calls that take away what carries just this mark, and a vSwitch of ours that nothing else is on.
    func steps(toCollect mark: HostMark) -> [Step] {
        portGroups.filter { names.mark(of: $0.name) == mark }.flatMap { group -> [Step] in
            let remove = Step.removePortGroup(group.name)
            guard let vswitch = vswitch(named: group.vswitch), vswitch.portGroups == [group.name],
                vswitch.uplinks.map(ESXiNames.vswitch(for:)) == [vswitch.name]
            else { return [remove] }
            return [remove, .removeSwitch(vswitch.name)]
        }
    }

    /// What differs from what was once made for `network`, in sentences; empty when nothing of it is there, too.
    func drift(of network: L2Specification) -> [String] {
        let own = ESXiNames.vswitch(for: network.physicalInterface)
        var drift: [String] = []
        let vswitch = vswitch(with: network.physicalInterface)
        if let present = portGroups(of: network).first {
            let name = present.name
            if present.vlan != network.vlan ?? 0 {
                drift.append("The port group \(name) has VLAN \(present.vlan) in place of \(network.vlan ?? 0).")
            }
            if let vswitch, present.vswitch != vswitch.name {
                drift.append(
                    "The port group \(name) is on \(present.vswitch), and \(network.physicalInterface) on \(vswitch.name)."
                )
            }
        }
        if vswitch == nil, let lost = self.vswitch(named: own) {
            drift.append("The vSwitch \(lost.name) has no \(network.physicalInterface) any more.")
        }
        return drift
    }

    private func checkInterface(_ interface: String) throws(Refusal) {
        guard interfaces.contains(interface) else {
            throw Refusal(
                "esxi.interface.missing", .noDevice, "This host has no physical interface \(interface).",
                remedy: "It has \(interfaces.isEmpty ? "none" : interfaces.prefix(40).joined(separator: ", ")).")
        }
        if let other = distributed[interface] {
            throw Refusal(
                "esxi.interface.distributed", .busy,
                "\(interface) belongs to the distributed switch \(other), which only its vCenter can change.",
                remedy: "Take it out of that switch, or choose another interface.")
        }
        guard ESXiNames.vswitch(for: interface).utf8.count <= ESXiNames.vswitchLimit else {
            throw Refusal(
                "esxi.interface.name-too-long", .nameTooLong,
                "The vSwitch of \(interface) would be \(ESXiNames.vswitch(for: interface)), and ESXi allows \(ESXiNames.vswitchLimit) characters.",
                remedy: "Make a vSwitch with that interface on the host first.")
        }
    }

    private static func mtuRefusal(_ mtu: Int, of vswitch: Switch) -> Refusal {
        Refusal(
            "esxi.vswitch.mtu", .busy,
            "The vSwitch \(vswitch.name) has MTU \(vswitch.mtu), and was not made by netmodelfs, so it cannot get \(mtu).",
            remedy: "Raise the MTU of that vSwitch on the host, or write a smaller one.")
    }

    private static func notOurs(_ vswitch: Switch, _ interface: String) -> Refusal {
        Refusal(
            "esxi.vswitch.not-ours", .notUnique,
            "The vSwitch \(vswitch.name) of this host has \(vswitch.uplinks.joined(separator: ", ")) and not \(interface).",
            remedy: "Rename or remove that vSwitch, or add \(interface) to it.")
    }
}
