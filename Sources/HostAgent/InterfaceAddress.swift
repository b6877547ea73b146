import CNetlink
import Glibc

/// An address of a link, from an `RTM_NEWADDR` message.
struct InterfaceAddress: Hashable {
    /// The number of the link.
    var link: CInt
    /// `RT_SCOPE_…` (linux/rtnetlink.h): smaller is wider.
    var scope: UInt8
    /// 4 or 16, in network byte order.
    var bytes: [UInt8]
    /// For instance `10.1.1.5/24`.
    var text: String

    init?(_ message: UnsafeMutablePointer<nlmsghdr>) {
        guard Int(message.pointee.nlmsg_type) == Int(RTM_NEWADDR),
            nlmsg_valid_hdr(message, CInt(MemoryLayout<ifaddrmsg>.size)) != 0, let data = nlmsg_data(message)
        else { return nil }
        let header = data.loadUnaligned(as: ifaddrmsg.self)
        let attributes = NetlinkAttribute.list(in: message, after: MemoryLayout<ifaddrmsg>.size)
        // On a point-to-point link IFA_ADDRESS is the other end's address.
        guard
            let bytes =
                (attributes.first { $0.type == Int(IFA_LOCAL) }
                ?? attributes.first { $0.type == Int(IFA_ADDRESS) })?.bytes,
            let address = Self.text(family: CInt(header.ifa_family), bytes)
        else { return nil }
        link = CInt(header.ifa_index)
        scope = header.ifa_scope
        self.bytes = bytes
        text = "\(address)/\(header.ifa_prefixlen)"
    }

    static func text(family: CInt, _ bytes: [UInt8]) -> String? {
        guard (family == AF_INET && bytes.count == 4) || (family == AF_INET6 && bytes.count == 16) else { return nil }
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(family, bytes, &buffer, socklen_t(buffer.count)) != nil else { return nil }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension InterfaceAddress {
    /// The 4 or 16 bytes of an address in words; empty for what is none.
    static func bytes(of text: String) -> [UInt8] {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return []
    }

    /// In words, for sentences.
    static func text(of bytes: [UInt8]) -> String {
        text(family: bytes.count == 4 ? AF_INET : AF_INET6, bytes) ?? "an unknown address"
    }
}
