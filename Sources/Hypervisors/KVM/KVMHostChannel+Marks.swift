import AgentProtocol
import NetworkModel
import Realization

extension KVMHostChannel {
    /// What was left on the host on purpose (`detach=keep`) is told of by nobody.
    public func marks() async throws(HostFailure) -> [HostMark] {
        guard !options.keepsBridges else { return [] }
        var links: [LinkRecord] = []
        var after: UInt32 = 0
        while case .inventory(let page, let next) = try await ask(.inventory(after: after)) {
            links += page
            guard let next, next > after else { break }
            after = next
        }
        return KVMHostChannel.marks(links)
    }

    public func collect(_ mark: HostMark) async throws(HostFailure) {
        guard let store = mark.store else { return }
        try await ask(
            .collect(storeUUID: store.description, networkUUID: mark.network.description, links: mark.names))
    }

    /// Bridges with their devices and ports, and devices and ports alone, in the order of the first link of each. A mark that
    /// is no UUID is not ours.
    static func marks(_ links: [LinkRecord]) -> [HostMark] {
        struct Key: Hashable {
            let store: UniqueID?
            let network: UniqueID
            /// The bridge, or the device without one.
            let top: String
        }
        let names = Set(links.map(\.name))
        var order: [Key] = []
        var members: [Key: [LinkRecord]] = [:]
        for link in links {
            guard let network = UniqueID(link.networkUUID) else { continue }
            let store = link.storeUUID.flatMap { UniqueID($0) }
            guard store != nil || link.storeUUID == nil else { continue }
            let top = link.master.flatMap { names.contains($0) ? $0 : nil } ?? link.name
            let key = Key(store: store, network: network, top: top)
            if members[key] == nil { order.append(key) }
            members[key, default: []].append(link)
        }
        return order.map { key in
            let links = members[key] ?? []
            let isDevice = { (link: LinkRecord) in ["vlan", "vxlan", "tun", "veth"].contains(link.kind) }
            return HostMark(
                store: key.store, network: key.network, bridge: links.first { !isDevice($0) }?.name,
                devices: links.filter(isDevice).map(\.name).sorted())
        }
    }
}
