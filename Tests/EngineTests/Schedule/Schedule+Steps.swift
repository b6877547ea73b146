import Engine
import NetworkModel
import TestKit

/// What happens in a schedule.
extension Schedule {
    private static let ownership = Ownership(uid: 0, gid: 0, mode: 0o755)

    /// The data centre as it is before anything goes wrong.
    func build() async {
        _ = await make("z1", in: { _ in .root }, .zones) { _ in [] }
        for cluster in Scenery.clusters {
            _ = await make(cluster, in: { Schedule.zone($0) }, .clusters) { _ in [] }
        }
        for host in Scenery.hosts { await addHost(host) }
        for network in Scenery.networks { await addNetwork(network) }
    }

    /// One thing happens, or begins to.
    func step(_ random: inout SeededRandom, _ group: inout TaskGroup<Void>) async {
        let host = random.pick(Scenery.hosts)
        switch random.below(100) {
        case 0..<3: await kill()
        case 3..<7: hosts.reboot(host, cut: random.chance(50))
        case 7..<11: hosts.leave(host, cut: random.chance(50))
        case 11..<19: for host in Scenery.hosts { hosts.comeBack(host) }
        case 19..<24: hosts.sabotage(host, &random)
        default:
            let action = action(&random)
            if random.chance(40) {
                await action()
            } else {
                group.addTask { await action() }
            }
        }
        if random.chance(50) { try? await Task.sleep(for: .microseconds(random.below(3000))) }
    }

    /// All is well from now on: commands are answered, and everything becomes as it was wanted.
    func calm() async {
        hosts.note("calm")
        hosts.setFaults(0)
        for host in Scenery.hosts { hosts.comeBack(host) }
        await until("all commands are answered") { self.state.withLock { $0.claims.isEmpty } }
        for host in Scenery.hosts where isSound {
            await set(host, .state, nil)
            await addHost(host)
        }
        guard isSound else { return }
        await checkSettled("in the end")
        guard isSound else { return }
        await kill()
        await checkSettled("after the last restart")
    }

    private func checkSettled(_ when: String) async {
        await until("all is as it was wanted, \(when)") {
            self.difference.isEmpty
        } describing: {
            self.difference
        }
    }

    /// What is not as it was wanted.
    private var difference: [String] {
        let intent = state.withLock { $0.intent }
        let (problems, uuids) = engine.read { model -> ([String], [String: UniqueID]) in
            var problems = Intent(model).differences(from: intent)
            for record in model.allRecords {
                if record.phase != .stable { problems.append("\(model.path(of: record.id)) is \(record.phase)") }
                problems += model.orphans(ofHost: record.id).map { "orphan on \(record.name.text): \($0)" }
                if record.kind == .host, !model.status(ofHost: record.id).isConnected {
                    problems.append("\(record.name.text) is not connected")
                }
            }
            for record in model.allRealizations where !record.isConverged || record.wanted == nil {
                problems.append(
                    "\(model.path(of: record.network)) on \(model.path(of: record.host)): wanted "
                        + "\(record.wanted?.bridge ?? "nothing") \(record.wantedGeneration), applied "
                        + "\(record.applied?.bridge ?? "nothing") \(record.appliedGeneration), \(record.failure ?? "")")
            }
            let networks = model.allRecords.filter { $0.kind == .l2Network }
            return (problems, Dictionary(uniqueKeysWithValues: networks.map { ($0.name.text, $0.uuid) }))
        }
        let wanted = intent.bridges(uuids, of: hosts.store)
        return problems
            + Scenery.hosts.flatMap { host -> [String] in
                let has = hosts.bridges(of: host)
                let shall = wanted[host] ?? [:]
                return Set(has.keys).union(shall.keys).sorted().compactMap { name in
                    var found = has[name]
                    // Without an MTU of the network's own, that of the host stays.
                    if let mine = shall[name], mine.mtu == nil { found?.mtu = nil }
                    guard found != shall[name] else { return nil }
                    return "\(name) of \(host) is \(found.map { "\($0)" } ?? "missing"), "
                        + "wanted is \(shall[name].map { "\($0)" } ?? "nothing")"
                }
            }
    }

    // MARK: - Commands

    private func action(_ random: inout SeededRandom) -> @Sendable () async -> Void {
        let host = random.pick(Scenery.hosts)
        let cluster = random.pick(Scenery.clusters)
        let network = random.pick(Scenery.networks)
        let patience: Duration? = random.chance(10) ? .microseconds(random.below(2000)) : nil
        let isThere = random.chance(70)
        switch random.below(20) {
        case 0..<6:
            return {
                if isThere {
                    await self.attach(network, cluster, patience)
                } else {
                    await self.detach(network, cluster)
                }
            }
        case 6..<9:
            let text = random.pick(["10", "20", "30"])
            let vlan = random.pick(["va", "vb", "vc"])
            return { await self.set(vlan, .vlan, text, patience) }
        case 9:
            let interface = random.pick(["eth0", "eth1"])
            let untagged = random.pick(["na", "nb", "va"])
            return { await self.set(untagged, .physicalInterface, interface, patience) }
        case 10:
            let numbers: [(String, AttributeID, String)] = [
                ("xa", .vni, "100"), ("xa", .vni, "200"), ("ga", .key, "7"), ("ga", .key, "8"),
            ]
            let (name, attribute, text) = random.pick(numbers)
            return { await self.set(name, attribute, text, patience) }
        case 11..<13:
            let sizes: [String?] = ["1600", "9000", nil]
            let text = random.pick(sizes)
            return { await self.set(network, .mtu, text, patience) }
        case 13..<15 where isThere: return { await self.addHost(host) }
        case 13: return { await self.removeHost(host) }
        case 14: return { await self.disconnect(host) }
        case 15: return { await self.set(host, .state, isThere ? nil : "Maintenance") }
        case 16 where isThere: return { await self.addNetwork(network) }
        case 16: return { await self.removeNetwork(network) }
        default: return { await self.count("xa", host, up: isThere, patience) }
        }
    }

    private static func zone(_ model: Model) -> ObjectID? { model.child(of: .root, in: .zones, named: Name("z1")) }

    private static func cluster(_ name: String, _ model: Model) -> ObjectID? {
        zone(model).flatMap { model.child(of: $0, in: .clusters, named: Name(name)) }
    }

    /// A host or network.
    private static func object(_ name: String, _ model: Model) -> ObjectID? {
        Scenery.hosts.contains(name)
            ? cluster(Scenery.cluster(of: name), model).flatMap { model.child(of: $0, in: .hosts, named: Name(name)) }
            : zone(model).flatMap { model.child(of: $0, in: .l2Networks, named: Name(name)) }
    }

    private func make(
        _ name: String, in parent: @Sendable (Model) -> ObjectID?, _ collection: CollectionID, text: String? = nil,
        target: ObjectID? = nil, patience: Duration? = nil, _ wish: @Sendable (Intent) -> [(Wish, String?)]
    ) async -> Bool {
        let engine = engine
        guard let parent = engine.read({ parent($0) }),
            let claim = claim("\(name) in \(engine.read { $0.path(of: parent) })", wish)
        else {
            return false
        }
        var generator = SystemRandomNumberGenerator()
        return await run(
            claim, cancelAfter: patience,
            .create(
                NewObject(
                    id: claim.daemon.engine.makeID(), uuid: .random(using: &generator), parent: parent,
                    collection: collection,
                    name: Name(name), ownership: Self.ownership, text: text, target: target)))
    }

    private func set(_ name: String, _ attribute: AttributeID, _ text: String?, _ patience: Duration? = nil) async {
        guard let id = engine.read({ Schedule.object(name, $0) }), wants(.attribute(name, attribute)) != text,
            let claim = claim(
                "\(name)/\(attribute) = \(text ?? "nothing")", { _ in [(.attribute(name, attribute), text)] })
        else { return }
        await run(
            claim, cancelAfter: patience,
            text.map { .set(id, attribute, text: $0, ownership: nil) } ?? .unset(id, attribute))
    }

    private func wants(_ wish: Wish) -> String? { state.withLock { $0.intent[wish] } }

    private func addHost(_ host: String) async {
        let life = life
        if wants(.host(host)) == nil {
            let made = await make(host, in: { Schedule.cluster(Scenery.cluster(of: host), $0) }, .hosts) { _ in
                [(.host(host), "there")]
            }
            guard made else { return }
        }
        for (attribute, text) in [(AttributeID.vtep, Scenery.vtep(of: host)), (.connection, "netns:\(host)")] {
            guard life.isAlive else { return }
            await set(host, attribute, text)
        }
    }

    /// What the users of networks on a host come to when it is released.
    private static func unused(on hosts: [String]) -> [(Wish, String?)] {
        hosts.map { (.users("xa", host: $0), nil) }
    }

    private func removeHost(_ host: String) async {
        guard let id = engine.read({ Schedule.object(host, $0) }),
            let claim = claim(
                "- \(host)",
                { _ in
                    Self.unused(on: [host]) + [(.host(host), nil)]
                        + [AttributeID.connection, .vtep, .state].map { (.attribute(host, $0), nil) }
                })
        else { return }
        await run(claim, .delete(id))
    }

    private func disconnect(_ host: String) async {
        guard let id = engine.read({ Schedule.object(host, $0) }), wants(.attribute(host, .connection)) != nil,
            let claim = claim(
                "\(host) disconnects",
                { _ in Self.unused(on: [host]) + [(.attribute(host, .connection), nil)] })
        else { return }
        await run(claim, .unset(id, .connection))
    }

    private func addNetwork(_ network: String) async {
        let life = life
        guard wants(.network(network)) == nil else { return }
        let made = await make(network, in: { Schedule.zone($0) }, .l2Networks) { _ in [(.network(network), "there")] }
        guard made else { return }
        for (attribute, text) in Scenery.attributes(of: network) where life.isAlive {
            await set(network, attribute, text)
        }
    }

    private func removeNetwork(_ network: String) async {
        guard let id = engine.read({ Schedule.object(network, $0) }),
            let claim = claim(
                "- \(network)",
                { _ in
                    [(.network(network), nil)]
                        + [AttributeID.physicalInterface, .vlan, .vni, .key, .mtu].map {
                            (.attribute(network, $0), nil)
                        }
                })
        else { return }
        await run(claim, .delete(id))
    }

    private func attach(_ network: String, _ cluster: String, _ patience: Duration?) async {
        guard let target = engine.read({ Schedule.cluster(cluster, $0) }), wants(.network(network)) != nil else {
            return
        }
        _ = await make(
            cluster, in: { Schedule.object(network, $0) }, .attachments, text: "../../../clusters/\(cluster)",
            target: target, patience: patience
        ) { _ in [(.attached(network, cluster: cluster), "there")] }
    }

    private func detach(_ network: String, _ cluster: String) async {
        let attachment = engine.read { model in
            Schedule.object(network, model).flatMap {
                model.child(of: $0, in: .attachments, named: Name(cluster))
            }
        }
        guard let attachment,
            let claim = claim(
                "\(network) - \(cluster)",
                { _ in
                    [(.attached(network, cluster: cluster), nil)]
                        + (network == "xa" ? Self.unused(on: Scenery.hosts(of: cluster)) : [])
                })
        else { return }
        await run(claim, .delete(attachment))
    }

    private func count(_ network: String, _ host: String, up: Bool, _ patience: Duration?) async {
        let (networkID, hostID) = engine.read { (Schedule.object(network, $0), Schedule.object(host, $0)) }
        guard let networkID, let hostID,
            let claim = claim(
                "\(network)@\(host) \(up ? "+" : "-") 1",
                { intent in
                    let wish = Wish.users(network, host: host)
                    let users = (intent[wish].flatMap { Int($0) } ?? 0) + (up ? 1 : -1)
                    return [(wish, users > 0 ? "\(users)" : nil)]
                })
        else { return }
        await run(
            claim, cancelAfter: patience,
            up ? .instantiate(networkID, host: hostID) : .deinstantiate(networkID, host: hostID))
    }
}
