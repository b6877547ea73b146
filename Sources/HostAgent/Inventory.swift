import AgentProtocol

/// The links of the host that carry a mark of ours.
enum Inventory {
    /// Lists them in the order of the kernel's numbers.
    ///
    /// - Throws: `host.unreadable`.
    static func list(_ links: HostLinks) throws(AgentRefusal) -> [LinkRecord] {
        let all: [Link]
        do {
            all = try links.all()
        } catch {
            throw .unreadable(error)
        }
        let names = Dictionary(all.map { ($0.index, $0.name) }) { first, _ in first }
        return all.compactMap { link in
            guard let mark = link.mark else { return nil }
            return LinkRecord(
                name: link.name, kind: link.kind ?? "hardware", networkUUID: mark.networkUUID,
                storeUUID: mark.storeUUID,
                master: link.master.flatMap { names[$0] }, vlanID: link.vlanID,
                parent: link.parent.flatMap { names[$0] }, mtu: Int(link.mtu), up: link.isUp)
        }
    }
}
