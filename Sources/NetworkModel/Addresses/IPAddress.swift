/// An address of either family. Two spellings of one address are equal.
public enum IPAddress: Hashable, Sendable, CustomStringConvertible {
    case v4(IPv4Address)
    case v6(IPv6Address)

    /// Nil for text that is an address of neither family.
    public init?(_ text: some StringProtocol) {
        if let address = IPv4Address(text) {
            self = .v4(address)
        } else if let address = IPv6Address(text) {
            self = .v6(address)
        } else {
            return nil
        }
    }

    public var description: String {
        switch self {
        case .v4(let address): address.description
        case .v6(let address): address.description
        }
    }

    public var isIPv4: Bool {
        if case .v4 = self { true } else { false }
    }

    /// Whether it can be the address of one host that others reach without saying through which interface: neither
    /// unspecified, loopback, multicast, reserved nor (IPv6) link-local.
    public var isUnicastOfAHost: Bool {
        switch self {
        case .v4(let address):
            let first = address.value >> 24
            return first != 0 && first != 127 && first < 224
        case .v6(let address):
            let top = UInt16(truncatingIfNeeded: address.value >> 112)
            return address.value > 1 && top < 0xFF00 && top & 0xFFC0 != 0xFE80
        }
    }
}

/// IPv4 before IPv6, each in the order of numbers.
extension IPAddress: Comparable {
    public static func < (left: IPAddress, right: IPAddress) -> Bool {
        switch (left, right) {
        case (.v4(let left), .v4(let right)): left < right
        case (.v6(let left), .v6(let right)): left < right
        case (.v4, .v6): true
        case (.v6, .v4): false
        }
    }
}
