/// Rules for attaching an L2 network to a cluster (ZStack: `L2NetworkApiInterceptor`, facts §2.1, with its gaps mended:
/// the zones are compared, and since commands are planned one after another no two conflicting attaches can pass).
enum AttachmentRules {
    /// Checks an attachment before any host is asked.
    static func check(network record: ObjectRecord, cluster: ObjectRecord, _ model: Model) throws(Refusal) {
        let path = model.path(of: record.id)
        let clusterPath = model.path(of: cluster.id)
        guard record.parent == cluster.parent else {
            throw Refusal(
                "l2.attach.cross-zone", .invalid,
                "\(path) and \(clusterPath) lie in different zones; an L2 network reaches clusters of its own zone only.",
                objects: [path, clusterPath], remedy: "Choose a cluster of \(model.path(of: record.parent)).")
        }
        if let existing = model.attachment(of: record.id, to: cluster.id) {
            let existingPath = model.path(of: existing)
            if model.record(existing)?.phase == .removing {
                throw Refusal(
                    "l2.attach.detaching", .busy, "\(path) is still being detached from \(clusterPath).",
                    objects: [existingPath], remedy: "Try again when that is done.")
            }
            throw Refusal(
                "l2.attach.duplicate", .notUnique, "\(path) is already attached to \(clusterPath).",
                objects: [existingPath], remedy: "Nothing needs to be done.")
        }
        if model.isInFlight(record.id), !model.attachments(ofNetwork: record.id).isEmpty {
            throw Refusal(
                "l2.attach.in-change", .busy, "\(path) is being changed or attached elsewhere.", objects: [path],
                remedy: "Try again when that is done.")
        }
        let network = L2Network(record)
        try checkComplete(network, path: path)
        try checkNames(network, cluster: cluster, path: path)
        try checkConflicts(network, cluster: cluster, path: path, model)
        try OverlayRules.checkEnds(record, cluster: cluster, model)
    }

    /// Clusters that `network` could be attached to: of its zone, not attached yet, without a conflict (ZStack: attach candidates).
    static func candidates(for network: ObjectRecord, _ model: Model) -> [ObjectID] {
        model.children(of: network.parent, in: .clusters).filter { id in
            guard let cluster = model.record(id) else { return false }
            return (try? check(network: network, cluster: cluster, model)) != nil
        }
    }

    private static func checkComplete(_ network: L2Network, path: String) throws(Refusal) {
        let missing = network.missing
        guard missing.isEmpty else {
            throw Refusal(
                "l2.attach.incomplete", .invalid,
                "\(path) is an \(network.type.rawValue) and cannot be attached without \(missing.joined(separator: " and ")).",
                objects: [path], remedy: missing.map { "Write it to @/\(path)/\($0)." }.joined(separator: " "))
        }
    }

    /// Linux names of devices have at most 15 bytes (IFNAMSIZ, include/uapi/linux/if.h). A bridge gets a shorter name,
    /// but the VLAN device's name tells people what it is.
    static func checkNames(_ network: L2Network, cluster: ObjectRecord, path: String) throws(Refusal) {
        guard Cluster(cluster).hypervisor == .kvm, let interface = network.physicalInterface else { return }
        let device = network.vlan.map { "\(interface).\($0)" } ?? interface
        guard device.utf8.count <= DeviceNames.limit else {
            throw Refusal(
                "l2.attach.device-name-too-long", .nameTooLong,
                "The device of \(path) on KVM hosts would be \(ValueText.quoted(device)), and Linux allows 15 characters.",
                objects: [path],
                remedy: "Give the hosts' interface a shorter name (udev, ip link property add altname).")
        }
        guard device != ".", device != "..", !device.utf8.contains(UInt8(ascii: ":")) else {
            throw Refusal(
                "l2.attach.device-name", .invalid, "Linux has no interface named \(ValueText.quoted(interface)).",
                objects: [path], remedy: "Write the interface's name to @/\(path)/physical-interface.")
        }
    }

    /// In one cluster, an interface carries one untagged network and one network for each VLAN, and each number of a
    /// tunnel belongs to one network.
    static func checkConflicts(
        _ network: L2Network, cluster: ObjectRecord, path: String, _ model: Model
    ) throws(Refusal) {
        guard let wire = network.wire else { return }
        // A change that a host refuses goes back, and must find its wire free.
        if let leaving = model.networkLeaving(wire, of: cluster.id, except: network.record.id) {
            let leavingPath = model.path(of: leaving)
            throw Refusal(
                "l2.attach.wire-in-change", .busy,
                "\(leavingPath) is being changed, and is still on \(title(of: network)) of \(model.path(of: cluster.id)).",
                objects: [leavingPath], remedy: "Try again when that is done.")
        }
        guard let other = model.attachment(onCluster: cluster.id, wire: wire),
            let attachment = model.record(other), attachment.parent != network.record.id
        else { return }
        let otherPath = model.path(of: attachment.parent)
        let clusterPath = model.path(of: cluster.id)
        let remedy = "Detach it (rm @/\(model.path(of: other))), or choose another "
        let (rule, what, choice) =
            switch network.type {
            case .noVlan: ("l2.attach.interface-conflict", "\(wire.medium) without a VLAN", "interface")
            case .vlan: ("l2.attach.vlan-conflict", "VLAN \(wire.number) on \(wire.medium)", "VLAN or interface")
            case .vxlan: ("l2.attach.vni-conflict", "VNI \(wire.number)", "VNI")
            case .ovsGre: ("l2.attach.key-conflict", "GRE key \(wire.number)", "key")
            }
        throw Refusal(
            rule, .notUnique, "\(what) is already attached to \(clusterPath) by \(otherPath).", objects: [otherPath],
            remedy: remedy + choice + ".")
    }

    private static func title(of network: L2Network) -> String {
        guard let wire = network.wire else { return "" }
        return switch network.type {
        case .noVlan: wire.medium
        case .vlan: "\(wire.medium) with VLAN \(wire.number)"
        case .vxlan: "VNI \(wire.number)"
        case .ovsGre: "GRE key \(wire.number)"
        }
    }
}
