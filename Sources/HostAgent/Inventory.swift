import AgentProtocol

/// The links of the host that carry a mark of ours.
enum Inventory {
    /// The most links in one answer. An alias has at most 255 bytes and a name 15, each of which becomes at most 6 in JSON, so
    /// that many always fit in a line.
    static let mostLinks = 500

    /// Lists those after a number of the kernel's, in the order of these numbers.
    ///
    /// - Throws: `host.unreadable`.
    static func list(
        _ links: HostLinks, _ vswitch: OpenVSwitch, after: UInt32
    ) throws(AgentRefusal) -> AgentResult {
        let all: [Link]
        do {
            let found = try links.all()
            all = try restoreMarks(among: found, links, vswitch) ? links.all() : found
        } catch {
            throw .unreadable(error)
        }
        let byIndex = Dictionary(all.map { ($0.index, $0) }) { first, _ in first }
        let vswitches = all.filter { $0.kind == "openvswitch" && $0.mark != nil }
        // The kernel does not know which bridge of Open vSwitch a port is in; that of its network.
        let bridge = { (port: Link) -> Link? in
            guard port.isPort, port.isOpenVSwitchPort(among: byIndex) else { return nil }
            return vswitches.first { $0.mark == port.mark }
        }
        let ours = all.compactMap { link in
            link.mark.map { (number: UInt32(clamping: link.index), link: link, mark: $0) }
        }
        .filter { $0.number > after }.sorted { $0.number < $1.number }
        let page = ours.prefix(mostLinks)
        let records = page.map { (_, link: Link, mark: LinkMark) -> LinkRecord in
            LinkRecord(
                name: link.name, kind: link.kind ?? "hardware", networkUUID: mark.networkUUID,
                storeUUID: mark.storeUUID,
                master: (bridge(link) ?? link.master.flatMap { byIndex[$0] })?.name, vlanID: link.vlanID,
                parent: link.parent.flatMap { byIndex[$0]?.name }, mtu: Int(link.mtu), up: link.isUp)
        }
        return .inventory(records, next: page.count < ours.count ? page.last?.number : nil)
    }

    /// Bridges of Open vSwitch outlive a restart of the host or of the switch, and then have new links, without a mark. The
    /// switch's database has it still.
    ///
    /// - Returns: whether any link got its mark again.
    private static func restoreMarks(
        among all: [Link], _ links: HostLinks, _ vswitch: OpenVSwitch
    ) throws(NetlinkError) -> Bool {
        let bare = all.filter { $0.kind == "openvswitch" && $0.alias == nil }
        // A switch that does not answer has nothing to tell now.
        guard !bare.isEmpty, let marked = try? vswitch.markedBridges(among: Set(bare.map(\.name))) else { return false }
        for (name, mark) in marked {
            guard let link = bare.first(where: { $0.name == name }) else { continue }
            try links.mark(link.index, alias: mark.alias)
        }
        return !marked.isEmpty
    }
}
