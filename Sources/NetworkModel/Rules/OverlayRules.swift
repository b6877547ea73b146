/// Rules for networks in tunnels: each host needs an end, and all ends of one family.
enum OverlayRules {
    /// Checks the ends of a cluster's hosts before a network in tunnels is attached to it.
    static func checkEnds(_ network: ObjectRecord, cluster: ObjectRecord, _ model: Model) throws(Refusal) {
        guard L2Network(network).type.isOverlay else { return }
        let path = model.path(of: network.id)
        let hosts = model.configuredHosts(of: cluster.id).compactMap { model.record($0) }
        let missing = hosts.filter { Host($0).vtep == nil }
        guard missing.isEmpty else {
            let paths = missing.map { model.path(of: $0.id) }
            throw Refusal(
                "l2.attach.vtep-missing", .invalid,
                "\(path) reaches hosts through tunnels, and \(paths.count == 1 ? "a host" : "\(paths.count) hosts") of \(model.path(of: cluster.id)) \(paths.count == 1 ? "has" : "have") no vtep.",
                objects: paths, remedy: "Write the address of its end of the tunnels to @/\(paths.first ?? "")/vtep.")
        }
        // All hosts that have the network already agree, so one of each cluster speaks for it.
        let others = model.attachments(ofNetwork: network.id).compactMap { model.record($0)?.target }
            .filter { $0 != cluster.id }
            .compactMap { model.configuredHosts(of: $0).first }.compactMap { model.record($0) }
        try checkFamily(of: others + hosts, path: path, model)
    }

    /// A packet cannot leave by IPv4 and arrive by IPv6.
    private static func checkFamily(of hosts: [ObjectRecord], path: String, _ model: Model) throws(Refusal) {
        guard let first = hosts.first, let family = Host(first).vtep?.isIPv4 else { return }
        guard let odd = hosts.first(where: { Host($0).vtep?.isIPv4 != family }) else { return }
        throw Refusal(
            "l2.attach.vtep-family", .invalid,
            "\(path) would have tunnel ends of IPv4 and of IPv6, which cannot reach each other.",
            objects: [model.path(of: first.id), model.path(of: odd.id)],
            remedy: "Give all hosts of its clusters a vtep of the same family.")
    }

    /// Checks a host that comes to have another end, or another connection, in a cluster with networks in tunnels.
    static func checkHost(_ old: ObjectRecord?, _ new: ObjectRecord, _ model: Model) throws(Refusal) {
        let path = model.path(ofNew: new)
        let before = old.flatMap { Host($0).vtep }
        let after = Host(new).vtep
        if before != after, let after, let zone = model.record(new.parent)?.parent,
            let other = model.host(withEnd: after, in: zone), other != new.id
        {
            throw Refusal(
                "host.vtep.taken", .notUnique, "\(after) is already the vtep of \(model.path(of: other)).",
                objects: [model.path(of: other)], remedy: "Give each host of a zone an address of its own.")
        }
        let isConnecting = new.text(.connection) != nil && old?.text(.connection) != new.text(.connection)
        guard new.text(.connection) != nil, before != after || isConnecting else { return }
        if before != after, let used = old.flatMap({ realization(withTunnelsOn: $0.id, model) }) {
            throw Refusal(
                "host.vtep.in-use", .busy, "The tunnels of \(model.path(of: used)) end at the vtep of \(path).",
                objects: [model.path(of: used)],
                remedy: "Take the network off the host first, or remove the host's connection.")
        }
        for id in model.attachments(ofCluster: new.parent) {
            guard let network = model.record(id).flatMap({ model.record($0.parent) }),
                L2Network(network).type.isOverlay
            else { continue }
            let networkPath = model.path(of: network.id)
            guard after != nil else {
                throw Refusal(
                    "host.vtep.needed", .busy,
                    "\(networkPath) reaches the hosts of \(model.path(of: new.parent)) through tunnels, so \(path) needs a vtep.",
                    objects: [networkPath], remedy: "Write the address of its end of the tunnels to @/\(path)/vtep.")
            }
            let others = model.attachments(ofNetwork: network.id).compactMap { model.record($0)?.target }
                .compactMap { cluster in model.configuredHosts(of: cluster).first { $0 != new.id } }
                .compactMap { model.record($0) }
            try checkFamily(of: others + [new], path: networkPath, model)
        }
    }

    private static func realization(withTunnelsOn host: ObjectID, _ model: Model) -> ObjectID? {
        model.realizations(ofHost: host).first { ($0.wanted ?? $0.applied)?.overlay != nil }?.network
    }

    /// The address of a host's end, as it is written.
    ///
    /// - Throws: `host.vtep.malformed` (EINVAL) for what is no address that another host could send to.
    static func end(_ text: String) throws(Refusal) -> IPAddress {
        let word = try ValueText.single(text, of: "vtep")
        guard let address = IPAddress(word), address.isUnicastOfAHost else {
            throw Refusal(
                "host.vtep.malformed", .invalid, "\(ValueText.quoted(word)) cannot be the end of tunnels.",
                remedy: "Write an IPv4 or IPv6 address of the host that the other hosts reach, such as 10.0.0.5.")
        }
        return address
    }
}
