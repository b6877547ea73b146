import CNetlink
import Glibc

/// One attribute of a netlink message as bytes, so that what the kernel told can be told to it again, known to us or not.
struct RawAttribute: Hashable, Codable {
    /// The number with the flags for nesting and byte order.
    var type: UInt16
    var payload: [UInt8]

    private static let headerSize = 4

    init(_ type: Int, _ payload: [UInt8]) {
        self.type = UInt16(truncatingIfNeeded: type)
        self.payload = payload
    }

    init(_ type: Int, u32 value: UInt32) {
        self.init(type, Self.bytes(value))
    }

    /// The number alone.
    var number: Int { Int(type & 0x3FFF) }

    var u32: UInt32? { Self.u32(payload[...]) }

    /// The text up to the first zero.
    var string: String { String(decoding: payload.prefix { $0 != 0 }, as: UTF8.self) }

    /// The attributes in some bytes; what is cut off is left out.
    static func list(_ bytes: ArraySlice<UInt8>) -> [RawAttribute] {
        var attributes: [RawAttribute] = []
        var rest = bytes
        while let length = u16(rest).map(Int.init), length >= headerSize, length <= rest.count,
            let type = u16(rest.dropFirst(2))
        {
            attributes.append(RawAttribute(Int(type), Array(rest.prefix(length).dropFirst(headerSize))))
            rest = rest.dropFirst(aligned(length))
        }
        return attributes
    }

    static func serialise(_ attributes: [RawAttribute]) -> [UInt8] {
        var bytes: [UInt8] = []
        for attribute in attributes {
            bytes += Self.bytes(UInt16(clamping: headerSize + attribute.payload.count)) + Self.bytes(attribute.type)
            bytes += attribute.payload
            bytes += [UInt8](repeating: 0, count: aligned(bytes.count) - bytes.count)
        }
        return bytes
    }

    static func aligned(_ length: Int) -> Int { (length + 3) & ~3 }

    static func u16(_ bytes: ArraySlice<UInt8>) -> UInt16? { load(bytes) }

    static func u32(_ bytes: ArraySlice<UInt8>) -> UInt32? { load(bytes) }

    static func bytes(_ value: some FixedWidthInteger & BitwiseCopyable) -> [UInt8] {
        withUnsafeBytes(of: value) { Array($0) }
    }

    private static func load<Value: BitwiseCopyable>(_ bytes: ArraySlice<UInt8>) -> Value? {
        guard bytes.count >= MemoryLayout<Value>.size else { return nil }
        return bytes.withUnsafeBytes { $0.loadUnaligned(as: Value.self) }
    }
}

/// One request of a batch, without its number.
struct RawMessage {
    var type: Int
    var flags: Int32
    var header: [UInt8]
    var attributes: [RawAttribute]

    /// The message with its `nlmsghdr`, asking for an acknowledgement.
    func bytes(sequence: UInt32) -> [UInt8] {
        let body = header + RawAttribute.serialise(attributes)
        let all = NLM_F_REQUEST | NLM_F_ACK | flags
        return RawAttribute.bytes(UInt32(clamping: 16 + body.count)) + RawAttribute.bytes(UInt16(clamping: type))
            + RawAttribute.bytes(UInt16(clamping: all)) + RawAttribute.bytes(sequence) + RawAttribute.bytes(UInt32(0))
            + body
    }

    /// `ip link set dev LINK master MASTER`; 0: `nomaster`.
    static func setMaster(_ link: UInt32, _ master: UInt32) -> RawMessage {
        RawMessage(
            type: Int(RTM_NEWLINK), flags: 0,
            header: [0, 0, 0, 0] + RawAttribute.bytes(link) + [UInt8](repeating: 0, count: 8),
            attributes: [RawAttribute(Int(IFLA_MASTER), u32: master)])
    }

    /// The fixed header and the attributes of a received message.
    static func parts(
        of message: UnsafeMutablePointer<nlmsghdr>, headerSize: Int
    ) -> (header: [UInt8], attributes: [RawAttribute])? {
        guard nlmsg_valid_hdr(message, CInt(headerSize)) != 0, let data = nlmsg_data(message) else { return nil }
        let bytes = [UInt8](UnsafeRawBufferPointer(start: data, count: Int(max(0, nlmsg_datalen(message)))))
        guard bytes.count >= headerSize else { return nil }
        return (Array(bytes.prefix(headerSize)), RawAttribute.list(bytes.dropFirst(RawAttribute.aligned(headerSize))))
    }
}
