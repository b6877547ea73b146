/// Which VNIs the L2 networks of one zone have.
struct VNIIndex {
    /// Several networks may have the same one where the zone keeps no pool.
    private var networks: [Int32: OrderedIDs] = [:]
    private(set) var used = IntervalSet<Int32>()

    var isEmpty: Bool { used.isEmpty }

    mutating func insert(_ vni: Int, _ network: ObjectID) {
        guard let vni = Int32(exactly: vni) else { return }
        networks[vni, default: OrderedIDs()].insert(network)
        used.insert(vni...vni)
    }

    mutating func remove(_ vni: Int, _ network: ObjectID) {
        guard let vni = Int32(exactly: vni) else { return }
        networks[vni]?.remove(network)
        guard networks[vni]?.count == 0 else { return }
        networks[vni] = nil
        used.remove(vni...vni)
    }

    /// Ascending by id.
    func networks(of vni: Int32) -> [ObjectID] { networks[vni]?.all ?? [] }
}
