import CNetlink
import Glibc

/// What moves when a link hands the host's place in the network over to another: addresses and routes.
struct AddressBook: Hashable, Codable {
    /// A link that addresses are on.
    struct Holder: Hashable, Codable {
        var index: UInt32
        var name: String

        init(_ link: Link) {
            index = UInt32(bitPattern: link.index)
            name = link.name
        }
    }

    /// On which link they are.
    var holder: Holder
    /// In the kernel's order.
    var addresses: [AddressRecord]
    /// In the kernel's order: the routes through the link, and those through other links that share a
    /// ``RouteRecord/Place`` with one of them, since their order tells which is used.
    var routes: [RouteRecord]

    var isEmpty: Bool { addresses.isEmpty && !routes.contains { isOwn($0) } }

    var hasIPv6: Bool {
        addresses.contains { Int32($0.family) == AF_INET6 } || routes.contains { Int32($0.family) == AF_INET6 }
    }

    /// Whether a route of the book goes through its link.
    func isOwn(_ route: RouteRecord) -> Bool { route.uses(holder.index) && !route.isKernels }

    /// Reads it (`ip addr show dev LINK`, `ip route show table all dev LINK`).
    init(of link: Link, on links: HostLinks) throws(NetlinkError) {
        let holder = Holder(link)
        self.holder = holder
        addresses = try links.socket.fetch(dump: true, Self.dump(Int(RTM_GETADDR), ifaddrmsg())) {
            AddressRecord($0) { $0 == holder.index ? holder.name : nil }
        }.filter { $0.link == holder.index && $0.isMovable }
        let all = try links.socket.fetch(dump: true, Self.dump(Int(RTM_GETROUTE), rtmsg())) { RouteRecord($0) }
        let places = Set(all.filter { $0.uses(holder.index) && !$0.isKernels }.map(\.place))
        routes = all.filter { places.contains($0.place) && !$0.isKernels }
    }

    private static func dump<Header: BitwiseCopyable & Sendable>(
        _ type: Int, _ header: Header
    ) -> () throws(NetlinkError) -> NetlinkMessage {
        { () throws(NetlinkError) in
            let message = try NetlinkMessage(type: type, flags: CInt(NLM_F_DUMP))
            try message.append(header: header)
            return message
        }
    }

    /// The same on another link.
    func moved(to new: Holder) -> AddressBook {
        var book = self
        book.holder = new
        book.addresses = addresses.map { $0.moved(from: holder, to: new) }
        book.routes = routes.map { $0.moved(from: holder.index, to: new.index) }
        return book
    }
}
