/// The two sorts of IP addresses. The raw value is the version number, as packets and inventories have it.
public enum IPFamily: Int, CaseIterable, Hashable, Sendable {
    case v4 = 4
    case v6 = 6

    public var name: String { self == .v4 ? "IPv4" : "IPv6" }

    /// The length of an address in bits.
    public var bits: Int { self == .v4 ? 32 : 128 }

    /// The address with this number, of which the lowest `bits` count.
    public func address(_ number: UInt128) -> IPAddress {
        switch self {
        case .v4: .v4(IPv4Address(UInt32(truncatingIfNeeded: number)))
        case .v6: .v6(IPv6Address(number))
        }
    }

    /// Addresses by their numbers, in words: `10.0.0.2-10.0.0.9`.
    public func text(of interval: ClosedRange<UInt128>) -> String {
        "\(address(interval.lowerBound))-\(address(interval.upperBound))"
    }

    /// Reads a prefix length: digits without a leading zero, from 0 to `bits`.
    public func prefixLength(_ text: some StringProtocol) -> Int? {
        guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }),
            text.utf8.count == 1 || text.utf8.first != UInt8(ascii: "0"), let value = Int(text), value <= bits
        else { return nil }
        return value
    }
}

extension IPAddress {
    public var family: IPFamily {
        switch self {
        case .v4: .v4
        case .v6: .v6
        }
    }

    /// The address as a number, 0...2³²-1 or 0...2¹²⁸-1.
    public var number: UInt128 {
        switch self {
        case .v4(let address): UInt128(address.value)
        case .v6(let address): address.value
        }
    }
}
