/// Rules for NICs of VMs (ZStack: `VmNicManager`, `VmInstanceApiInterceptor`).
enum NICRules {
    /// Linux takes more; a name of a port has 15 bytes for the VM's number and this one.
    static let most = 100

    /// Refuses, and gives a new NIC its number and its MAC address.
    static func check(_ old: ObjectRecord?, _ new: inout ObjectRecord, _ model: Model) throws(Refusal) {
        let path = model.path(ofNew: new)
        if new.text(.nicNumber) == nil { new.set(.nicNumber, "\(try freeNumber(for: new, model))") }
        if lacksMAC(new, model) { new.set(.allocatedMAC, freeMAC(for: new, model).description) }
        try checkMAC(old, new, path: path, model)
        if new.target != old?.target, let l3 = new.target.flatMap({ model.record($0) }) {
            try checkNetwork(l3, of: new, old: old, path: path, model)
        }
    }

    private static func checkNetwork(
        _ l3: ObjectRecord, of nic: ObjectRecord, old: ObjectRecord?, path: String, _ model: Model
    ) throws(Refusal) {
        let l3Path = model.path(of: l3.id)
        if let old, NIC(old).plug != nil, old.target != nil {
            throw Refusal(
                "nic.l3.plugged-in", .busy,
                "\(path) is plugged into \(old.target.map { model.path(of: $0) } ?? "another network") of a running VM.",
                objects: [path], remedy: "Remove the link first (rm @/\(path)/l3), which unplugs it.")
        }
        guard l3.enabledState != .disabled else {
            throw Refusal(
                "nic.l3.disabled", .busy, "\(l3Path) is Disabled and takes no new NICs.", objects: [l3Path],
                remedy: "Write Enabled to @/\(l3Path)/state, or choose another L3 network.")
        }
        guard !L3Network(l3).isSystem else {
            throw Refusal(
                "nic.l3.system", .invalid, "\(l3Path) is a System L3 network, which VMs of users cannot use.",
                objects: [l3Path], remedy: "Choose a Private or Public L3 network.")
        }
        let other = model.children(of: nic.parent, in: .nics).first { id in
            id != nic.id && model.record(id)?.target == l3.id
        }
        if let other {
            throw Refusal(
                "nic.l3.duplicate", .notUnique, "\(model.path(of: other)) of the same VM is on \(l3Path) already.",
                objects: [model.path(of: other)], remedy: "Choose another L3 network.")
        }
        guard model.children(of: l3.id, in: .ranges).contains(where: { model.range($0)?.type == .normal }) else {
            throw Refusal(
                "nic.l3.no-ranges", .addressNotAvailable, "\(l3Path) has no range to take an address from.",
                objects: [l3Path], remedy: "Write a range first, such as echo 10.0.0.0/24 > @/\(l3Path)/ranges/NAME")
        }
        if let l2 = l3.target.flatMap({ model.record($0) }), l2.parent != model.record(nic.parent)?.parent {
            throw Refusal(
                "nic.l3.cross-zone", .invalid,
                "\(l3Path) stands on \(model.path(of: l2.id)), which \(path) of another zone cannot reach.",
                objects: [l3Path, model.path(of: l2.id)], remedy: "Choose an L3 network of the VM's zone.")
        }
    }

    // MARK: - MAC addresses

    private static func checkMAC(
        _ old: ObjectRecord?, _ new: ObjectRecord, path: String, _ model: Model
    ) throws(Refusal) {
        guard let mac = NIC(new).mac, mac != old.flatMap({ NIC($0).mac }) else { return }
        if let old, NIC(old).plug != nil {
            throw Refusal(
                "nic.mac.plugged-in", .busy, "\(path) is plugged in, and its MAC address is in use.", objects: [path],
                remedy: "Stop the VM first, or remove the link l3, which unplugs it.")
        }
        if let other = model.nicOfMAC[mac], other != new.id {
            throw Refusal(
                "nic.mac.taken", .notUnique, "\(mac) is the MAC address of \(model.path(of: other)).",
                objects: [model.path(of: other)], remedy: "Choose another one, or remove the file to have one chosen.")
        }
    }

    /// While it had another one in its file, somebody may have written the one that was chosen for it to another NIC.
    private static func lacksMAC(_ nic: ObjectRecord, _ model: Model) -> Bool {
        guard let mac = nic.text(.allocatedMAC).flatMap({ MACAddress($0) }) else { return true }
        return nic.text(.mac) == nil && model.nicOfMAC[mac].map { $0 != nic.id } == true
    }

    /// `fa` and five bytes of the UUID (ZStack: `fa:…`): one of those that nobody registers (IEEE 802, locally administered).
    private static func freeMAC(for nic: ObjectRecord, _ model: Model) -> MACAddress {
        var number = nic.uuid.low & 0xFF_FFFF_FFFF
        while let other = model.nicOfMAC[MACAddress(0xFA_0000_0000_00 | number)], other != nic.id {
            number = (number + 1) & 0xFF_FFFF_FFFF
        }
        return MACAddress(0xFA_0000_0000_00 | number)
    }

    private static func freeNumber(for nic: ObjectRecord, _ model: Model) throws(Refusal) -> Int {
        let taken = Set(
            model.children(of: nic.parent, in: .nics).compactMap { model.record($0) }.filter { $0.id != nic.id }
                .map { NIC($0).number })
        guard let number = (0..<most).first(where: { !taken.contains($0) }) else {
            throw Refusal(
                "nic.too-many", .noSpace, "\(model.path(of: nic.parent)) has \(most) NICs, which is the most.",
                remedy: "Remove one first.")
        }
        return number
    }

    // MARK: - Inventory

    static func facts(_ record: ObjectRecord, _ model: Model) -> [Fact] {
        let nic = NIC(record)
        let ranges = record.target.map { model.children(of: $0, in: .ranges).compactMap { model.range($0) } } ?? []
        func range(_ family: IPFamily) -> IPRange? { ranges.first { $0.family == family && $0.type == .normal } }
        let first = nic.addresses.first.flatMap { range($0.family) }
        return [
            Fact("vm-instance-uuid", .text(model.uuidText(record.parent))),
            Fact("l3-network-uuid", .text(record.target.map { model.uuidText($0) } ?? "")),
            Fact("device-id", .number(Int64(nic.number))),
            Fact("internal-name", .text(nic.portName)),
            Fact("netmask", .text(first?.subnet.netmask.description ?? "")),
            Fact("gateway", .text(first?.gateway.description ?? "")),
            Fact(
                "addresses",
                .list(
                    nic.addresses.map { address in
                        "\(address)/\(range(address.family)?.subnet.prefixLength ?? address.family.bits)"
                    })),
            Fact("plugged-into", .list(nic.plug?.hosts.map { model.path(of: $0) } ?? [])),
        ]
    }
}
