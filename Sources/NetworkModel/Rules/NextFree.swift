/// What is free for the next one: read before something is made, so that nobody has to search.
enum NextFree {
    /// The lowest VLAN that no L2 network of a cluster has on an interface, one `INTERFACE VLAN` for each interface that
    /// networks of the cluster stand on, by name. An interface whose VLANs are all taken has none.
    static func vlans(inCluster cluster: ObjectID, _ model: Model) -> [String] {
        var taken: [String: IntervalSet<Int32>] = [:]
        for id in model.attachments(ofCluster: cluster) {
            guard let record = model.record(id).flatMap({ model.record($0.parent) }) else { continue }
            let network = L2Network(record)
            guard let interface = network.physicalInterface, let vlan = Int32(exactly: network.vlan ?? 0) else {
                continue
            }
            taken[interface, default: IntervalSet()].insert(vlan...vlan)
        }
        let all = IntervalSet<Int32>([Int32(L2Network.vlans.lowerBound)...Int32(L2Network.vlans.upperBound)])
        return taken.sorted { $0.key < $1.key }.compactMap { interface, vlans in
            all.first(notIn: vlans).map { "\(interface) \($0)" }
        }
    }

    /// The private address space (RFC 1918 §3).
    private static let privateSpace: [(start: UInt32, prefix: Int)] = [
        (0x0A00_0000, 8), (0xAC10_0000, 12), (0xC0A8_0000, 16),
    ]

    /// For each prefix length the lowest private IPv4 subnet in which no range of the data centre lies, and that lies in none
    /// of their subnets: `24 10.0.3.0/24`.
    static func subnets(notIn taken: some Sequence<IPSubnet>) -> [String] {
        let blocks = taken.compactMap { subnet -> ClosedRange<UInt32>? in
            guard case .v4(let first) = subnet.network, case .v4(let last) = subnet.last else { return nil }
            return first.value...last.value
        }
        // In their order each is put at the end.
        let taken = IntervalSet(blocks.sorted { $0.lowerBound < $1.lowerBound })
        return (16...29).compactMap { prefix in
            subnet(of: prefix, notIn: taken).map { "\(prefix) \(IPv4Address($0))/\(prefix)" }
        }
    }

    private static func subnet(of prefix: Int, notIn taken: IntervalSet<UInt32>) -> UInt32? {
        let size = UInt32(1) << UInt32(32 - prefix)
        for space in privateSpace where space.prefix <= prefix {
            let end = space.start + ((1 << UInt32(32 - space.prefix)) - 1)
            var start = space.start
            while start <= end {
                guard let other = taken.firstOverlap(with: start...(start + (size - 1))) else { return start }
                // The first of the size that begins after it.
                let (next, overflow) = (other.upperBound | (size - 1)).addingReportingOverflow(1)
                guard !overflow else { break }
                start = next
            }
        }
        return nil
    }
}
