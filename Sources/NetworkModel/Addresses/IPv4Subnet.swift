/// An IPv4 subnet: a network address and a prefix length.
public struct IPv4Subnet: Hashable, Sendable, CustomStringConvertible {
    /// The first address of the subnet; its host bits are zero.
    public let network: IPv4Address
    /// 0...32.
    public let prefixLength: Int

    /// The subnet that holds `address`; host bits are masked off. Nil unless `prefixLength` is in 0...32.
    public init?(containing address: IPv4Address, prefixLength: Int) {
        guard (0...32).contains(prefixLength) else { return nil }
        self.prefixLength = prefixLength
        self.network = IPv4Address(address.value & IPv4Subnet.maskBits(prefixLength))
    }

    /// Reads `ADDRESS/PREFIX`; host bits may be set and are masked off (as ZStack does). Nil for anything else.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPv4Address(parts[0]), let prefix = IPv4Subnet.prefixLength(parts[1])
        else { return nil }
        self.init(containing: address, prefixLength: prefix)
    }

    /// Reads a prefix length, one or two digits without a leading zero, 0...32.
    public static func prefixLength(_ text: some StringProtocol) -> Int? {
        guard (1...2).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }),
            let value = Int(text),
            value <= 32, text.utf8.count == 1 || value >= 10
        else { return nil }
        return value
    }

    /// The prefix length of a contiguous, non-zero netmask such as 255.255.255.0; nil for any other mask.
    public static func prefixLength(netmask: IPv4Address) -> Int? {
        let inverted = ~netmask.value
        guard netmask.value != 0, inverted & (inverted &+ 1) == 0 else { return nil }
        return netmask.value.leadingZeroBitCount == 0 ? (~netmask.value).leadingZeroBitCount : nil
    }

    public var netmask: IPv4Address { IPv4Address(IPv4Subnet.maskBits(prefixLength)) }
    public var broadcast: IPv4Address { IPv4Address(network.value | ~IPv4Subnet.maskBits(prefixLength)) }

    /// The host addresses: all but network and broadcast address. Nil for /31 and /32, which have none (ZStack's rule).
    public var hosts: ClosedRange<IPv4Address>? {
        guard prefixLength <= 30 else { return nil }
        return IPv4Address(network.value + 1)...IPv4Address(broadcast.value - 1)
    }

    public func contains(_ address: IPv4Address) -> Bool {
        address.value & IPv4Subnet.maskBits(prefixLength) == network.value
    }

    public func isHost(_ address: IPv4Address) -> Bool {
        hosts?.contains(address) ?? false
    }

    public var description: String { "\(network)/\(prefixLength)" }

    private static func maskBits(_ prefixLength: Int) -> UInt32 {
        prefixLength == 0 ? 0 : ~UInt32(0) << UInt32(32 - prefixLength)
    }
}
