/// A bridge of a host with its device, or a device alone, as their marks tell.
public struct HostMark: Hashable, Sendable {
    /// The store whose daemon made it; nil for marks of versions that did not say so.
    public let store: UniqueID?
    public let network: UniqueID
    public let bridge: String?
    /// VLAN and VXLAN devices, ascending.
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

/// What is on a host for a network that it shall not have and that nobody works on: left by a daemon with a newer store,
/// or while the host was away.
public struct HostOrphan: Hashable, Sendable, CustomStringConvertible {
    public let mark: HostMark
    /// When it was found, nanoseconds since 1970.
    public let since: Int64

    public init(_ mark: HostMark, since: Int64) {
        self.mark = mark
        self.since = since
    }

    /// `device eth0.10 bridge br_eth0_10 network 83a1… since 2026-11-23T00:40:01Z`
    public var description: String { "\(mark) since \(UTCTime.text(since))" }
}

extension HostMark: CustomStringConvertible {
    public var description: String {
        (devices.map { "device \($0)" } + (bridge.map { ["bridge \($0)"] } ?? []) + ["network \(network)"])
            .joined(separator: " ")
    }
}

extension Model {
    /// The identity of the store: its root's UUID. Zero in a model without a store.
    public var storeID: UniqueID { record(.root)?.uuid ?? UniqueID(high: 0, low: 0) }

    /// The links that a host has, had or shall have by the records.
    public func accountedLinks(onHost host: ObjectID) -> Set<HostMark.Link> {
        var links: Set<HostMark.Link> = []
        for realization in realizations(ofHost: host) {
            for specification in [realization.wanted, realization.applied].compactMap({ $0 }) {
                for name in [specification.bridge, specification.device].compactMap({ $0 }) {
                    links.insert(HostMark.Link(network: specification.networkUUID, name: name))
                }
            }
        }
        return links
    }

    /// Those of a host's marks that nothing in this store accounts for. What another store made is none of our business,
    /// and of a mark that does not say whose it is only that is ours whose network is.
    public func orphans(among marks: [HostMark], onHost host: ObjectID) -> [HostMark] {
        let accounted = accountedLinks(onHost: host)
        let strangers = marks.filter { !$0.isAccounted(by: accounted) && ($0.store == nil || isOurs($0)) }
        guard strangers.contains(where: { $0.store == nil }) else { return strangers }
        var networks: Set<UniqueID> = []
        forEachRecord { if $0.kind == .l2Network { networks.insert($0.uuid) } }
        return strangers.filter { $0.store != nil || networks.contains($0.network) }
    }

    /// Whether this store's daemon made it for certain: only then may it be collected.
    public func isOurs(_ mark: HostMark) -> Bool {
        mark.store == storeID && storeID != UniqueID(high: 0, low: 0)
    }

    public func orphans(ofHost host: ObjectID) -> [HostOrphan] { orphansOfHost[host] ?? [] }

    /// Found out, not wished for: it is no change and is not stored.
    public func setOrphans(ofHost host: ObjectID, _ orphans: [HostOrphan]) {
        orphansOfHost[host] = orphans.isEmpty ? nil : orphans
    }
}
