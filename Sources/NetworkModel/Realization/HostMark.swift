/// A bridge of a host with its device, or a device alone, as their marks tell.
public struct HostMark: Hashable, Sendable {
    /// The store whose daemon made it; nil for marks of versions that did not say so.
    public let store: UniqueID?
    public let network: UniqueID
    public let bridge: String?
    /// VLAN and VXLAN devices and ports of VMs, ascending.
    public let devices: [String]

    public init(store: UniqueID?, network: UniqueID, bridge: String?, devices: [String]) {
        self.store = store
        self.network = network
        self.bridge = bridge
        self.devices = devices
    }

    /// One link with a mark.
    public struct Link: Hashable, Sendable {
        public let network: UniqueID
        public let name: String
    }

    /// The names of its links.
    public var names: [String] { (bridge.map { [$0] } ?? []) + devices }

    /// Whether any of it is on record. What is half on record is repaired and no orphan.
    public func isAccounted(by links: Set<Link>) -> Bool {
        names.contains { links.contains(Link(network: network, name: $0)) }
    }
}

/// A mark of a host that nothing on record accounts for there, and whose it is.
public struct HostStray: Hashable, Sendable {
    public let mark: HostMark
    /// Whether this store's daemon made it for certain.
    public let isOurs: Bool
    /// Another host that has the same link by the records, unless it is known to be another machine.
    public let otherHost: ObjectID?

    public init(_ mark: HostMark, isOurs: Bool, otherHost: ObjectID?) {
        self.mark = mark
        self.isOurs = isOurs
        self.otherHost = otherHost
    }

    /// Where one machine is two hosts, what one of them has is no orphan of the other.
    public var isCollectable: Bool { isOurs && otherHost == nil }
}

/// What is on a host for a network that it shall not have and that nobody works on: left by a daemon with a newer store,
/// or while the host was away.
public struct HostOrphan: Hashable, Sendable {
    public let stray: HostStray
    /// When it was found, nanoseconds since 1970.
    public let since: Int64

    public var mark: HostMark { stray.mark }

    public init(_ stray: HostStray, since: Int64) {
        self.stray = stray
        self.since = since
    }
}

extension HostMark: CustomStringConvertible {
    public var description: String {
        (devices.map { "device \($0)" } + (bridge.map { ["bridge \($0)"] } ?? []) + ["network \(network)"])
            .joined(separator: " ")
    }
}

extension RealizationRecord {
    /// The links that it has, had or shall have on its host.
    var links: [HostMark.Link] {
        [wanted, applied].compactMap { $0 }.flatMap { specification in
            ([specification.bridge, specification.device].compactMap { $0 } + specification.ports.map(\.name)).map {
                HostMark.Link(network: specification.networkUUID, name: $0)
            }
        }
    }

    /// The UUID of its network; none where the host neither has it nor shall have it.
    var networkUUIDs: Set<UniqueID> { Set([wanted, applied].compactMap { $0?.networkUUID }) }
}

extension Model {
    /// The identity of the store: its root's UUID. Zero in a model without a store.
    public var storeID: UniqueID { record(.root)?.uuid ?? UniqueID(high: 0, low: 0) }

    /// The links that a host has, had or shall have by the records.
    public func accountedLinks(onHost host: ObjectID) -> Set<HostMark.Link> {
        Set(realizations(ofHost: host).flatMap(\.links))
    }

    /// What a mark of a host is where nothing on record accounts for it; nil where it is accounted for or none of our
    /// business: what another store made, or what does not say whose it is and is of no network that is here.
    public func stray(_ mark: HostMark, onHost host: ObjectID) -> HostStray? {
        let network = networkOfUUID[mark.network]
        if let network, realization(of: network, on: host).map({ isAccounted(mark, by: $0) }) == true { return nil }
        let isOurs = mark.store == storeID && storeID != UniqueID(high: 0, low: 0)
        guard isOurs || mark.store == nil && network.flatMap({ record($0) }) != nil else { return nil }
        return HostStray(
            mark, isOurs: isOurs, otherHost: network.flatMap { otherHost(than: host, with: mark, of: $0) })
    }

    private func isAccounted(_ mark: HostMark, by realization: RealizationRecord) -> Bool {
        mark.isAccounted(by: Set(realization.links))
    }

    private func otherHost(than host: ObjectID, with mark: HostMark, of network: ObjectID) -> ObjectID? {
        let machine = machineOfHost[host]
        for id in realizationsOfNetwork[network]?.all ?? [] {
            guard let realization = realizations[id]?.record, realization.host != host,
                record(realization.host) != nil
            else { continue }
            // Only what both say now is proof: a machine that has started anew since is another by its own word.
            if let machine, let other = machineOfHost[realization.host], other != machine { continue }
            if isAccounted(mark, by: realization) { return realization.host }
        }
        return nil
    }

    public func orphans(ofHost host: ObjectID) -> [HostOrphan] { orphansOfHost[host] ?? [] }

    /// Found out, not wished for: it is no change and is not stored.
    public func setOrphans(ofHost host: ObjectID, _ orphans: [HostOrphan]) {
        orphansOfHost[host] = orphans.isEmpty ? nil : orphans
    }

    /// `device eth0.10 bridge br_eth0_10 network 83a1…`, and why it stays where that is not plain.
    public func text(of stray: HostStray) -> String {
        guard let other = stray.otherHost else { return "\(stray.mark)" }
        return "\(stray.mark) (\(path(of: other)) has it: is that the same machine?)"
    }

    /// The same, with ` since 2026-11-23T00:40:01Z`.
    public func text(of orphan: HostOrphan) -> String {
        "\(text(of: orphan.stray)) since \(UTCTime.text(orphan.since))"
    }

    // MARK: - Machines

    /// Notes which machine a host is that was just connected, as it says itself.
    ///
    /// - Throws: `host.connection.same-machine` where another connected host is that machine; then nothing is noted.
    public func enterMachine(_ machine: String, _ host: ObjectID) throws(Refusal) {
        if let other = hostOfMachine[machine], other != host {
            let otherPath = path(of: other)
            throw Refusal(
                "host.connection.same-machine", .notUnique,
                "It is the same machine, and the same network namespace of it, as \(otherPath).", objects: [otherPath],
                remedy: "Keep one host for each machine: remove the connection of this one, or of \(otherPath).")
        }
        leaveMachine(host)
        machineOfHost[host] = machine
        hostOfMachine[machine] = host
    }

    /// Which machine a connected host is, as it says itself.
    public func machine(ofHost host: ObjectID) -> String? { machineOfHost[host] }

    /// The host is not connected any more.
    public func leaveMachine(_ host: ObjectID) {
        if let machine = machineOfHost.removeValue(forKey: host) { hostOfMachine[machine] = nil }
    }

    /// Whether a host is one for good: neither is its connection being tried or taken away, nor does the directory with
    /// it only come.
    public func isAccepted(_ host: ObjectID) -> Bool {
        guard let record = record(host), record.phase == .stable else { return false }
        var next: ObjectRecord? = record
        while let above = next, above.kind != .root {
            if above.isArriving { return false }
            next = self.record(above.parent)
        }
        return true
    }
}
