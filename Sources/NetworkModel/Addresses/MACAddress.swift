/// An Ethernet address (IEEE 802, EUI-48).
public struct MACAddress: Hashable, Comparable, Sendable {
    /// 48 bits; the first byte of the text is the highest.
    public let number: UInt64

    public init(_ number: UInt64) {
        self.number = number & 0xFFFF_FFFF_FFFF
    }

    /// Reads six groups of one or two hexadecimal digits with colons or dashes between them.
    public init?(_ text: some StringProtocol) {
        let separator: Character = text.contains("-") ? "-" : ":"
        let groups = text.split(separator: separator, omittingEmptySubsequences: false)
        guard groups.count == 6 else { return nil }
        var number: UInt64 = 0
        for group in groups {
            guard (1...2).contains(group.utf8.count), group.first != "+", let byte = UInt8(group, radix: 16) else {
                return nil
            }
            number = number << 8 | UInt64(byte)
        }
        self.number = number
    }

    public static func < (a: MACAddress, b: MACAddress) -> Bool { a.number < b.number }

    /// Whether it is for one receiver: the lowest bit of its first byte is 0.
    public var isUnicast: Bool { number & 0x0100_0000_0000 == 0 }

    /// The lower half of an IPv6 address that a guest makes of it (modified EUI-64, RFC 4291 appendix A).
    public var interfaceIdentifier: UInt64 {
        let high = (number >> 24) ^ 0x02_0000
        return high << 40 | 0xFF_FE00_0000 | (number & 0xFF_FFFF)
    }
}

extension MACAddress: CustomStringConvertible {
    public var description: String {
        (0..<6).map { index in
            let text = String((number >> UInt64(40 - 8 * index)) & 0xFF, radix: 16)
            return text.utf8.count == 1 ? "0" + text : text
        }
        .joined(separator: ":")
    }
}
