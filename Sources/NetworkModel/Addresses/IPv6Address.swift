/// An IPv6 address. Ordered numerically.
public struct IPv6Address: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The address as a number, 0...2¹²⁸-1.
    public let value: UInt128

    public init(_ value: UInt128) {
        self.value = value
    }

    /// Reads the text forms of RFC 4291 §2.2 (with `::`, and with a dotted IPv4 tail). No zone index. Nil for anything else.
    public init?(_ text: some StringProtocol) {
        let parts = String(text).split(separator: ":", omittingEmptySubsequences: false).map { String($0) }
        let halves = IPv6Address.splitAtGap(parts)
        guard let (head, tail, gap) = halves else { return nil }
        guard let left = IPv6Address.groups(head, mayEndInIPv4: !gap),
            let right = IPv6Address.groups(tail, mayEndInIPv4: true)
        else { return nil }
        let count = left.count + right.count
        if gap ? count > 7 : count != 8 { return nil }
        var value: UInt128 = 0
        for group in left + Array(repeating: 0, count: 8 - count) + right {
            value = value << 16 | UInt128(group)
        }
        self.value = value
    }

    /// The canonical form of RFC 5952: lower case, no leading zeros, the first longest run of zero groups as `::`.
    public var description: String {
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: value >> UInt128(112 - 16 * $0)) }
        var best = 0..<0
        var index = 0
        while index < 8 {
            var end = index
            while end < 8 && groups[end] == 0 { end += 1 }
            if end - index > max(best.count, 1) { best = index..<end }
            index = max(end, index + 1)
        }
        func text(_ slice: some Sequence<UInt16>) -> String {
            slice.map { String($0, radix: 16) }.joined(separator: ":")
        }
        if best.isEmpty { return text(groups) }
        return text(groups[..<best.lowerBound]) + "::" + text(groups[best.upperBound...])
    }

    public static func < (left: IPv6Address, right: IPv6Address) -> Bool {
        left.value < right.value
    }

    /// Parts at `::`. Splitting `::1` at colons gives `["", "", "1"]`, and `1::` gives `["1", "", ""]`.
    private static func splitAtGap(_ parts: [String]) -> (head: [String], tail: [String], gap: Bool)? {
        guard let empty = parts.firstIndex(of: "") else { return (parts, [], false) }
        var head = Array(parts[..<empty])
        var tail = Array(parts[(empty + 1)...])
        if head.isEmpty {
            // The text begins with a colon: a second one must follow.
            guard tail.first == "" else { return nil }
            tail.removeFirst()
        }
        if tail.last == "" && tail.count == 1 {
            tail = []
        } else if tail.isEmpty && !head.isEmpty {
            return nil
        }
        if head.contains("") || tail.contains("") { return nil }
        if parts.count < 3 { return nil }
        head.reserveCapacity(8)
        return (head, tail, true)
    }

    private static func groups(_ parts: [String], mayEndInIPv4: Bool) -> [UInt16]? {
        var result: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if part.utf8.contains(UInt8(ascii: ".")) {
                guard mayEndInIPv4, index == parts.count - 1, let tail = IPv4Address(part) else { return nil }
                result.append(UInt16(truncatingIfNeeded: tail.value >> 16))
                result.append(UInt16(truncatingIfNeeded: tail.value))
                continue
            }
            guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(isHexDigit),
                let group = UInt16(part, radix: 16)
            else { return nil }
            result.append(group)
        }
        return result
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
