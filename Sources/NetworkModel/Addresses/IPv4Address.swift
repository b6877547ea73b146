/// An IPv4 address. Ordered numerically.
public struct IPv4Address: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The address as a number in host byte order, 0...2³²-1.
    public let value: UInt32

    public init(_ value: UInt32) {
        self.value = value
    }

    /// Reads dotted-quad text: four decimal octets without leading zeros, since `010` is octal to some programs and
    /// decimal to others (RFC 6943 §3.1.1). Nil for anything else.
    public init?(_ text: some StringProtocol) {
        var value: UInt32 = 0
        var octet: UInt32 = 0
        var digits = 0
        var dots = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if digits > 0 && octet == 0 { return nil }
                octet = octet * 10 + UInt32(byte - UInt8(ascii: "0"))
                digits += 1
                if octet > 255 { return nil }
            case UInt8(ascii: "."):
                if digits == 0 || dots == 3 { return nil }
                value = value << 8 | octet
                octet = 0
                digits = 0
                dots += 1
            default:
                return nil
            }
        }
        if digits == 0 || dots != 3 { return nil }
        self.value = value << 8 | octet
    }

    public var description: String {
        "\(value >> 24).\(value >> 16 & 255).\(value >> 8 & 255).\(value & 255)"
    }

    public static func < (left: IPv4Address, right: IPv4Address) -> Bool {
        left.value < right.value
    }
}
