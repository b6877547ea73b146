import AgentProtocol

/// The links of the host that carry a mark of ours.
enum Inventory {
    /// The most links in one answer. An alias has at most 255 bytes and a name 15, each of which becomes at most 6 in JSON, so
    /// that many always fit in a line.
    static let mostLinks = 500

    /// Lists those after a number of the kernel's, in the order of these numbers.
    ///
    /// - Throws: `host.unreadable`.
    static func list(_ links: HostLinks, after: UInt32) throws(AgentRefusal) -> AgentResult {
        let all: [Link]
        do {
            all = try links.all()
        } catch {
            throw .unreadable(error)
        }
        let names = Dictionary(all.map { ($0.index, $0.name) }) { first, _ in first }
        let ours = all.compactMap { link in
            link.mark.map { (number: UInt32(clamping: link.index), link: link, mark: $0) }
        }
        .filter { $0.number > after }.sorted { $0.number < $1.number }
        let page = ours.prefix(mostLinks)
        let records = page.map { (_, link: Link, mark: LinkMark) -> LinkRecord in
            LinkRecord(
                name: link.name, kind: link.kind ?? "hardware", networkUUID: mark.networkUUID,
                storeUUID: mark.storeUUID,
                master: link.master.flatMap { names[$0] }, vlanID: link.vlanID,
                parent: link.parent.flatMap { names[$0] }, mtu: Int(link.mtu), up: link.isUp)
        }
        return .inventory(records, next: page.count < ours.count ? page.last?.number : nil)
    }
}
