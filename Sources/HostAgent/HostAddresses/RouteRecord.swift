import CNetlink
import Glibc

/// A route with everything that the kernel needs to make the same one again.
struct RouteRecord: Hashable, Codable {
    /// One of several ways of a route (`struct rtnexthop`).
    struct Hop: Hashable, Codable {
        var flags: UInt8
        /// The weight less one.
        var weight: UInt8
        var link: UInt32
        var attributes: [RawAttribute]
    }

    /// Routes that differ in nothing of this stand in one line, of which the first is used.
    struct Place: Hashable {
        var family: UInt8
        var prefixLengths: [UInt8]
        var table: UInt32
        var attributes: [RawAttribute]
    }

    /// `struct rtmsg`, with those flags only that a person gives.
    var header: [UInt8]
    /// All but those that tell of the past and the ways.
    var attributes: [RawAttribute]
    /// Empty where the route has one way, which is in its attributes.
    var hops: [Hop]
    /// It goes by itself after a time.
    var isLeased: Bool

    private static let headerSize = 12
    private static let keptFlags = UInt32(RTNH_F_ONLINK | RTNH_F_PERVASIVE)
    private static let gateways = [Int(RTA_GATEWAY.rawValue), Int(RTA_VIA.rawValue)]

    init?(_ message: UnsafeMutablePointer<nlmsghdr>) {
        guard Int(message.pointee.nlmsg_type) == Int(RTM_NEWROUTE),
            let (header, all) = RawMessage.parts(of: message, headerSize: Self.headerSize),
            let flags = RawAttribute.u32(header[8...]), flags & UInt32(RTM_F_CLONED) == 0
        else { return nil }
        self.header = header.prefix(8) + RawAttribute.bytes(flags & Self.keptFlags)
        attributes = all.filter {
            ![RTA_CACHEINFO, RTA_EXPIRES, RTA_MULTIPATH].map { Int($0.rawValue) }.contains($0.number)
        }
        hops = Self.hops(all.first { $0.number == Int(RTA_MULTIPATH.rawValue) }?.payload ?? [])
        // struct rta_cacheinfo: clntref, lastuse, expires, …
        let expires = all.first { $0.number == Int(RTA_CACHEINFO.rawValue) }.flatMap {
            RawAttribute.u32($0.payload.dropFirst(8))
        }
        isLeased = (expires ?? 0) != 0
    }

    private static func hops(_ bytes: [UInt8]) -> [Hop] {
        var hops: [Hop] = []
        var rest = bytes[...]
        while let length = RawAttribute.u16(rest).map(Int.init), length >= 8, length <= rest.count,
            let link = RawAttribute.u32(rest.dropFirst(4))
        {
            let start = rest.startIndex
            hops.append(
                Hop(
                    flags: rest[start + 2] & UInt8(truncatingIfNeeded: keptFlags), weight: rest[start + 3], link: link,
                    attributes: RawAttribute.list(rest.prefix(length).dropFirst(8))))
            rest = rest.dropFirst(RawAttribute.aligned(length))
        }
        return hops
    }

    // MARK: Reading

    var family: UInt8 { header[0] }
    var source: UInt8 { header[5] }
    var table: UInt32 { attribute(RTA_TABLE)?.u32 ?? UInt32(header[4]) }
    var link: UInt32? { attribute(RTA_OIF)?.u32 }
    /// It goes through a nexthop object (`ip nexthop`), which has the link.
    var usesNexthopObject: Bool { attribute(RTA_NH_ID) != nil }

    var place: Place {
        let keys = [RTA_DST, RTA_SRC, RTA_PRIORITY].map { Int($0.rawValue) }
        return Place(
            family: family, prefixLengths: Array(header[1...3]), table: table,
            attributes: attributes.filter { keys.contains($0.number) })
    }

    var hasGateway: Bool {
        (attributes + hops.flatMap(\.attributes)).contains { Self.gateways.contains($0.number) }
    }

    func uses(_ index: UInt32) -> Bool { link == index || hops.contains { $0.link == index } }

    func usesOthers(than index: UInt32) -> Bool { hops.contains { $0.link != index } }

    /// The kernel makes and removes these by itself with addresses and links: those of the table `local`, and those for
    /// link-local and multicast addresses of IPv6.
    var isKernels: Bool {
        guard source == UInt8(RTPROT_KERNEL) else { return false }
        if table == UInt32(RT_TABLE_LOCAL.rawValue) { return true }
        guard Int32(family) == AF_INET6, let prefix = attribute(RTA_DST)?.payload, prefix.count == 16 else {
            return false
        }
        return prefix[0] == 0xFF || (prefix[0] == 0xFE && prefix[1] & 0xC0 == 0x80)
    }

    /// A DHCP client or an advertisement of a router made it.
    var isManaged: Bool {
        isLeased || source == UInt8(RTPROT_RA) || source == UInt8(RTPROT_DHCP)
    }

    private func attribute(_ type: rtattr_type_t) -> RawAttribute? {
        attributes.first { $0.number == Int(type.rawValue) }
    }

    // MARK: Writing

    /// The same through another link.
    func moved(from old: UInt32, to new: UInt32) -> RouteRecord {
        var record = self
        record.attributes = attributes.map {
            $0.number == Int(RTA_OIF.rawValue) && $0.u32 == old ? RawAttribute(Int(RTA_OIF.rawValue), u32: new) : $0
        }
        for index in record.hops.indices where record.hops[index].link == old { record.hops[index].link = new }
        return record
    }

    /// `ip route append …`: behind those of the same ``place``. That it is there already is the kernel's `EEXIST`.
    var adding: RawMessage { message(Int(RTM_NEWROUTE), NLM_F_CREATE | NLM_F_APPEND) }

    /// `ip route replace …`
    var replacing: RawMessage { message(Int(RTM_NEWROUTE), NLM_F_CREATE | NLM_F_REPLACE) }

    /// `ip route del …`
    var deleting: RawMessage { message(Int(RTM_DELROUTE), 0) }

    private func message(_ type: Int, _ flags: Int32) -> RawMessage {
        var all = attributes
        if !hops.isEmpty {
            var bytes: [UInt8] = []
            for hop in hops {
                let inner = RawAttribute.serialise(hop.attributes)
                bytes += RawAttribute.bytes(UInt16(clamping: 8 + inner.count)) + [hop.flags, hop.weight]
                bytes += RawAttribute.bytes(hop.link) + inner
            }
            all.append(RawAttribute(Int(RTA_MULTIPATH.rawValue), bytes))
        }
        return RawMessage(type: type, flags: flags, header: header, attributes: all)
    }
}
