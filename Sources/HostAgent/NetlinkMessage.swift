import CNetlink
import Glibc

/// A netlink request under construction; owns libnl's `nl_msg`.
final class NetlinkMessage {
    let raw: OpaquePointer

    /// Takes over a message that libnl-route built.
    init(owning raw: OpaquePointer) {
        self.raw = raw
    }

    /// An empty request of one kind, for instance `RTM_NEWLINK`.
    init(type: Int, flags: CInt = 0) throws(NetlinkError) {
        guard let raw = nlmsg_alloc_simple(CInt(type), flags) else {
            throw NetlinkError(errno: ENOMEM)
        }
        self.raw = raw
    }

    deinit {
        nlmsg_free(raw)
    }

    /// Appends the fixed structure that the kind of request begins with.
    func append<Header: BitwiseCopyable>(header: Header) throws(NetlinkError) {
        var header = header
        let code = withUnsafeMutablePointer(to: &header) {
            nlmsg_append(raw, $0, MemoryLayout<Header>.size, CInt(NLMSG_ALIGNTO))
        }
        try Self.check(code)
    }

    func put(_ type: Int, string: String) throws(NetlinkError) {
        try Self.check(nla_put_string(raw, CInt(type), string))
    }

    func put(_ type: Int, u32 value: UInt32) throws(NetlinkError) {
        try Self.check(nla_put_u32(raw, CInt(type), value))
    }

    func put(_ type: Int, u8 value: UInt8) throws(NetlinkError) {
        try Self.check(nla_put_u8(raw, CInt(type), value))
    }

    func put(_ type: Int, bytes: [UInt8]) throws(NetlinkError) {
        let code = bytes.withUnsafeBytes { nla_put(raw, CInt(type), CInt($0.count), $0.baseAddress) }
        try Self.check(code)
    }

    /// Puts attributes inside an attribute.
    func nest(_ type: Int, _ body: () throws(NetlinkError) -> Void) throws(NetlinkError) {
        guard let start = nla_nest_start(raw, CInt(type)) else {
            throw NetlinkError(errno: EMSGSIZE)
        }
        try body()
        try Self.check(nla_nest_end(raw, start))
    }

    private static func check(_ code: CInt) throws(NetlinkError) {
        // What can fail here is only that the message is full.
        guard code >= 0 else { throw NetlinkError(errno: EMSGSIZE) }
    }
}
