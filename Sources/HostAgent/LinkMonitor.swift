import AgentProtocol
import CNetlink
import Glibc

/// Follows the kernel's messages about links and tells of those that are ours or carry ours.
///
/// Not `Sendable`: one thread owns it and calls ``read()`` when ``fileDescriptor`` is readable.
final class LinkMonitor {
    private let socket: NetlinkSocket
    private let links: HostLinks
    private var known: [CInt: Link] = [:]
    /// The links that we stand on or stood on: parents of our VLAN devices, ports of our bridges.
    private var used: Set<CInt> = []
    /// Names of links of ours that went. What somebody puts there instead is in the way, and is told when it goes as well.
    private var vacated: Set<String> = []

    var fileDescriptor: CInt { socket.fileDescriptor }

    /// Subscribes first and lists after, so nothing is missed between.
    init() throws(NetlinkError) {
        socket = try NetlinkSocket()
        try socket.subscribe(Int(RTNLGRP_LINK.rawValue))
        links = try HostLinks()
        _ = try relist()
    }

    /// What happened since the last call; never waits.
    ///
    /// - Throws: when the kernel does not answer any more.
    func read() throws(NetlinkError) -> [AgentEvent] {
        var events: [AgentEvent] = []
        do throws(NetlinkError) {
            try socket.drain { message in
                guard let link = Link(message) else { return }
                let gone = Int(message.pointee.nlmsg_type) == Int(RTM_DELLINK)
                if let event = gone ? forget(link.index) : learn(link) { events.append(event) }
            }
        } catch {
            // The kernel had more to tell than the socket could hold: look for ourselves.
            guard error.errno == ENOBUFS else { throw error }
            events += try relist()
        }
        return events
    }

    private func relist() throws(NetlinkError) -> [AgentEvent] {
        let now = try links.all()
        let gone = Set(known.keys).subtracting(now.map(\.index))
        return gone.sorted().compactMap { forget($0) } + now.compactMap { learn($0) }
    }

    private func learn(_ link: Link) -> AgentEvent? {
        let before = known.updateValue(link, forKey: link.index)
        let wasWatched = before.map { isWatched($0) } ?? false
        if link.networkUUID != nil, let parent = link.parent { used.insert(parent) }
        if let master = link.master, known[master]?.networkUUID != nil { used.insert(link.index) }

        guard isWatched(link) || wasWatched else { return nil }
        guard let before, wasWatched else { return AgentEvent(name: link.name, what: .appeared) }
        return link.differsVisibly(from: before) ? AgentEvent(name: link.name, what: .changed) : nil
    }

    private func forget(_ index: CInt) -> AgentEvent? {
        guard let before = known.removeValue(forKey: index) else { return nil }
        let watched = isWatched(before)
        used.remove(index)
        if before.networkUUID != nil { vacated.insert(before.name) }
        return watched ? AgentEvent(name: before.name, what: .gone) : nil
    }

    private func isWatched(_ link: Link) -> Bool {
        link.networkUUID != nil || used.contains(link.index) || vacated.contains(link.name)
    }
}

extension Link {
    /// Whether something differs that an operator would call a change: not counters, timers or queues.
    fileprivate func differsVisibly(from other: Link) -> Bool {
        name != other.name || alias != other.alias || isUp != other.isUp || hasCarrier != other.hasCarrier
            || mtu != other.mtu || master != other.master || address != other.address
    }

    /// `IFF_LOWER_UP` (linux/if.h), which the C library does not know.
    private static let lowerUp: UInt32 = 1 << 16

    private var hasCarrier: Bool { flags & Self.lowerUp != 0 }
}
