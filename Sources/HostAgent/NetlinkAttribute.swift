import CNetlink
import Glibc

/// A view of one attribute of a received message, valid as long as the message is; never reads beyond its payload.
struct NetlinkAttribute {
    private let raw: UnsafeMutablePointer<nlattr>

    /// The number of the attribute, for instance `IFLA_IFNAME`, without the flags for nesting and byte order.
    var type: Int { Int(nla_type(raw)) }

    private var payload: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: nla_data(raw), count: Int(max(0, nla_len(raw))))
    }

    var bytes: [UInt8] { [UInt8](payload) }

    var u8: UInt8? { load(UInt8.self) }
    var u16: UInt16? { load(UInt16.self) }
    var u32: UInt32? { load(UInt32.self) }
    var i32: Int32? { load(Int32.self) }

    /// The text up to the first zero; bytes that are no UTF-8 are repaired.
    var string: String {
        String(decoding: payload.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// The attributes inside this one.
    var nested: [NetlinkAttribute] {
        let length = nla_len(raw)
        guard length > 0, let data = nla_data(raw) else { return [] }
        return Self.list(at: data.assumingMemoryBound(to: nlattr.self), length: length)
    }

    /// The attributes that follow the fixed structure of a message.
    static func list(in message: UnsafeMutablePointer<nlmsghdr>, after headerSize: Int) -> [NetlinkAttribute] {
        guard nlmsg_valid_hdr(message, CInt(headerSize)) != 0, let first = nlmsg_attrdata(message, CInt(headerSize))
        else { return [] }
        return list(at: first, length: nlmsg_attrlen(message, CInt(headerSize)))
    }

    static func list(at first: UnsafeMutablePointer<nlattr>, length: CInt) -> [NetlinkAttribute] {
        var attributes: [NetlinkAttribute] = []
        var remaining = length
        var next: UnsafeMutablePointer<nlattr>? = first
        while let current = next, nla_ok(current, remaining) != 0 {
            attributes.append(NetlinkAttribute(raw: current))
            next = nla_next(current, &remaining)
        }
        return attributes
    }

    private func load<Value: BitwiseCopyable>(_ type: Value.Type) -> Value? {
        guard payload.count >= MemoryLayout<Value>.size else { return nil }
        return payload.loadUnaligned(as: type)
    }
}
