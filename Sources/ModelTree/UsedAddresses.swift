import NetworkModel

/// `state/l3/NAME/used/`: a file for each address that a NIC has, with the NIC's path. The file belongs to the NIC, so that
/// its number follows from the model.
enum UsedAddresses {
    /// Those behind the position `after`, in the order of the NICs; not all where there are many.
    static func items(of l3: ObjectID, after: UInt64, _ model: Model) -> [StateTree.Item] {
        var items: [StateTree.Item] = []
        // The NIC that the last one was of may have another.
        model.forEachNIC(ofL3: l3, after: after < 2 ? nil : ObjectID(after / 2 - 1)) { id in
            guard let record = model.record(id) else { return true }
            for address in NIC(record).addresses where position(of: id, address.family) > after {
                items.append(
                    StateTree.Item(
                        name: address.description, node: .state(id, entry: entry(of: address.family)),
                        isDirectory: false))
            }
            return items.count < StateTree.pieceSize
        }
        return items
    }

    /// Two for each NIC.
    static func position(of nic: ObjectID, _ family: IPFamily) -> UInt64 {
        nic.rawValue * 2 + (family == .v6 ? 1 : 0)
    }

    /// Any spelling of an address finds it.
    static func node(of l3: ObjectID, named name: String, _ model: Model) -> TreeNode? {
        guard let address = IPAddress(name), let nic = model.nic(ofL3: l3, having: address) else { return nil }
        return .state(nic, entry: entry(of: address.family))
    }

    static func content(of nic: ObjectRecord, _ family: IPFamily, _ model: Model) -> [UInt8]? {
        NIC(nic).address(family).map { _ in Array((model.path(of: nic.id) + "\n").utf8) }
    }

    static func family(of entry: UInt16) -> IPFamily? {
        IPFamily.allCases.first { self.entry(of: $0) == entry }
    }

    private static func entry(of family: IPFamily) -> UInt16 {
        // No file of a NIC has such a name.
        StateTree.hash(family == .v4 ? "used/4" : "used/6")
    }
}
