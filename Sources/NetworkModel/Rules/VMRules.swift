/// Rules for VMs (ZStack: `VmInstanceApiInterceptor`).
enum VMRules {
    static func check(_ old: ObjectRecord?, _ new: ObjectRecord, _ model: Model) throws(Refusal) {
        let path = model.path(ofNew: new)
        for (attribute, name) in [(AttributeID.host, "host"), (.cluster, "cluster")] {
            guard let target = new.target(of: attribute), target != old?.target(of: attribute),
                let record = model.record(target)
            else { continue }
            let zone = attribute == .host ? model.record(record.parent)?.parent : record.parent
            guard zone == new.parent else {
                throw Refusal(
                    "vm.\(name).cross-zone", .invalid,
                    "\(path) and \(model.path(of: target)) lie in different zones.",
                    objects: [path, model.path(of: target)],
                    remedy: "Choose a \(name) of \(model.path(of: new.parent)).")
            }
        }
        guard let old else { return }
        if let text = new.text(.defaultNIC), text != old.text(.defaultNIC) { try checkDefaultNIC(text, new, model) }
        if VM(old).guest != VM(new).guest, isPluggedIn(old.id, model) {
            throw Refusal(
                "vm.guest.in-use", .busy, "\(path) is running, and its guest's ends of the ports are in use.",
                objects: [path], remedy: "Stop it first: echo Stopped > @/\(path)/state")
        }
    }

    /// Where the text does not name a NIC, such as one that was removed since, it is the first.
    static func defaultNIC(of vm: ObjectRecord, _ model: Model) -> ObjectRecord? {
        let nics = model.children(of: vm.id, in: .nics).compactMap { model.record($0) }.filter(\.isInForce)
        let name = vm.text(.defaultNIC).flatMap { try? ValueText.single($0, of: "default-nic") }
        return name.flatMap { name in nics.first { $0.name == Name(String(name)) } } ?? nics.first
    }

    /// Running, Stopped; Waiting for a host or for its NICs; Unknown while its host is away (ZStack).
    static func status(of vm: ObjectRecord, _ model: Model) -> String {
        guard VM(vm).state == .running else { return "Stopped" }
        guard let placement = VM(vm).placement else { return "Waiting" }
        return model.status(ofHost: placement.host).isConnected ? "Running" : "Unknown"
    }

    static func isPluggedIn(_ vm: ObjectID, _ model: Model) -> Bool {
        model.children(of: vm, in: .nics).contains { id in model.record(id).map { NIC($0).plug != nil } ?? false }
    }

    private static func checkDefaultNIC(_ text: String, _ vm: ObjectRecord, _ model: Model) throws(Refusal) {
        let name = try ValueText.single(text, of: "default-nic")
        let nics = model.children(of: vm.id, in: .nics)
        // What restores a VM writes its files before its NICs.
        guard !nics.isEmpty, !nics.contains(where: { model.record($0)?.name == Name(String(name)) }) else { return }
        throw Refusal(
            "vm.default-nic.unknown", .invalid, "\(model.path(of: vm.id)) has no NIC \(ValueText.quoted(name)).",
            objects: nics.map { model.path(of: $0) }, remedy: "Write the name of a directory of its nics.")
    }
}
