import NetworkModel

/// One thing that a person may want, by names.
enum Wish: Hashable, CustomStringConvertible {
    case host(String)
    case network(String)
    /// Of a host or network.
    case attribute(String, AttributeID)
    case attached(String, cluster: String)
    /// How many VMs of the host need the network.
    case users(String, host: String)

    var description: String {
        switch self {
        case .host(let name), .network(let name): name
        case .attribute(let name, let attribute): "\(name)/\(attribute)"
        case .attached(let network, let cluster): "\(network)→\(cluster)"
        case .users(let network, let host): "\(network)@\(host)"
        }
    }
}

/// What is wanted, as far as commands were answered: known without the engine.
typealias Intent = [Wish: String]

/// The data centre of the schedules: two clusters of two hosts, and networks of all types, some on the same wire.
enum Scenery {
    static let clusters = ["c1", "c2"]
    static let hosts = ["h1", "h2", "h3", "h4"]
    static let networks = ["va", "vb", "vc", "na", "nb", "xa", "ga"]

    static func cluster(of host: String) -> String { host < "h3" ? "c1" : "c2" }
    static func hosts(of cluster: String) -> [String] { hosts.filter { Scenery.cluster(of: $0) == cluster } }
    static func vtep(of host: String) -> String { "10.9.0.\(host.dropFirst())" }

    /// What a new network is given.
    static func attributes(of network: String) -> [(AttributeID, String)] {
        switch network {
        case "va": [(.physicalInterface, "eth0"), (.vlan, "10")]
        case "vb": [(.physicalInterface, "eth0"), (.vlan, "20")]
        case "vc": [(.physicalInterface, "eth0"), (.vlan, "10")]
        case "xa": [(.vni, "100")]
        case "ga": [(.key, "7")]
        default: [(.physicalInterface, "eth0")]
        }
    }
}

extension Intent {
    /// The bridges that each connected host shall have, by the words of the documentation.
    func bridges(_ uuids: [String: UniqueID], of store: UniqueID) -> [String: [String: FaultyHosts.Bridge]] {
        var all: [String: [String: FaultyHosts.Bridge]] = [:]
        for host in Scenery.hosts { all[host] = FaultyHosts.foreign }
        let connected = Scenery.hosts.filter { self[.attribute($0, .connection)] != nil }
        for network in Scenery.networks {
            guard let uuid = uuids[network] else { continue }
            let members = connected.filter { host in
                self[.attached(network, cluster: Scenery.cluster(of: host))] != nil
                    && (self[.attribute(network, .vni)] == nil || self[.users(network, host: host)] != nil)
            }
            for host in members {
                guard let (name, wire) = wire(of: network) else { continue }
                let isTunnel = self[.attribute(network, .physicalInterface)] == nil
                all[host, default: [:]][name] = FaultyHosts.Bridge(
                    store: store, network: uuid, wire: wire, mtu: self[.attribute(network, .mtu)].flatMap { Int($0) },
                    local: isTunnel ? Scenery.vtep(of: host) : nil,
                    peers: isTunnel ? Set(members.filter { $0 != host }.map { Scenery.vtep(of: $0) }) : [])
            }
        }
        return all
    }

    private func wire(of network: String) -> (String, FaultyHosts.Wire)? {
        if let vni = self[.attribute(network, .vni)].flatMap({ Int($0) }) { return ("br_vx_\(vni)", .vxlan(vni)) }
        if let key = self[.attribute(network, .key)].flatMap({ Int($0) }) { return ("br_gre_\(key)", .gre(key)) }
        guard let interface = self[.attribute(network, .physicalInterface)] else { return nil }
        guard let vlan = self[.attribute(network, .vlan)].flatMap({ Int($0) }) else {
            return ("br_\(interface)", .untagged(interface))
        }
        return ("br_\(interface)_\(vlan)", .vlan(interface, vlan))
    }

    /// What the model says that is wanted.
    init(_ model: Model) {
        self = [:]
        for record in model.allRecords where record.isVisible {
            let name = record.name.text
            switch record.kind {
            case .host: self[.host(name)] = "there"
            case .l2Network: self[.network(name)] = "there"
            case .clusterAttachment:
                if let network = model.record(record.parent) {
                    self[.attached(network.name.text, cluster: name)] = "there"
                }
                continue
            default: continue
            }
            for attribute in record.attributes { self[.attribute(name, attribute.id)] = attribute.text }
        }
        for realization in model.allRealizations where realization.users > 0 {
            guard let network = model.record(realization.network), let host = model.record(realization.host) else {
                continue
            }
            self[.users(network.name.text, host: host.name.text)] = "\(realization.users)"
        }
    }

    /// What differs, in words.
    func differences(from other: Intent) -> [String] {
        Set(keys).union(other.keys).filter { self[$0] != other[$0] }
            .map { "\($0) is \(self[$0] ?? "nothing"), wanted \(other[$0] ?? "nothing")" }.sorted()
    }
}
