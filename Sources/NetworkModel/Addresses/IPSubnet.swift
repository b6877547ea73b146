/// A subnet of either family: a network address and a prefix length.
public struct IPSubnet: Hashable, Sendable, CustomStringConvertible {
    /// The first address of the subnet; its host bits are zero.
    public let network: IPAddress
    /// 0...32, of IPv6 0...128.
    public let prefixLength: Int

    /// The subnet that holds `address`; host bits are masked off. Nil for a `prefixLength` that the family has not.
    public init?(containing address: IPAddress, prefixLength: Int) {
        guard (0...address.family.bits).contains(prefixLength) else { return nil }
        self.prefixLength = prefixLength
        network = address.family.address(address.number & ~IPSubnet.hostBits(address.family, prefixLength))
    }

    /// Reads `ADDRESS/PREFIX`; host bits may be set and are masked off (as ZStack does). Nil for anything else.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(parts[0]),
            let prefix = address.family.prefixLength(parts[1])
        else { return nil }
        self.init(containing: address, prefixLength: prefix)
    }

    /// The prefix length of a contiguous, non-zero netmask such as 255.255.255.0; nil for any other mask.
    public static func prefixLength(netmask: IPv4Address) -> Int? {
        let inverted = ~netmask.value
        guard netmask.value != 0, inverted & (inverted &+ 1) == 0 else { return nil }
        return netmask.value.leadingZeroBitCount == 0 ? (~netmask.value).leadingZeroBitCount : nil
    }

    public var family: IPFamily { network.family }
    public var netmask: IPAddress { family.address(~IPSubnet.hostBits(family, prefixLength)) }
    /// The last address, which of IPv4 is the broadcast address.
    public var last: IPAddress { family.address(network.number | IPSubnet.hostBits(family, prefixLength)) }

    /// The addresses that a guest may have. IPv4: all but network and broadcast address; nil for /31 and /32, which have
    /// none (ZStack's rule). IPv6: all but the first, which every router of the subnet has (RFC 4291 §2.6.1); nil for /128.
    public var hosts: ClosedRange<IPAddress>? {
        guard prefixLength <= (family == .v4 ? 30 : 127) else { return nil }
        let end = family == .v4 ? family.address(last.number - 1) : last
        return family.address(network.number + 1)...end
    }

    public func contains(_ address: IPAddress) -> Bool {
        address.family == family
            && address.number & ~IPSubnet.hostBits(family, prefixLength) == network.number
    }

    public func isHost(_ address: IPAddress) -> Bool {
        hosts?.contains(address) ?? false
    }

    /// Whether a router of the subnet may have the address: IPv4 as a host; IPv6 any (ZStack's rule).
    public func mayBeGateway(_ address: IPAddress) -> Bool {
        family == .v4 ? isHost(address) : contains(address)
    }

    public var description: String { "\(network)/\(prefixLength)" }

    private static func hostBits(_ family: IPFamily, _ prefixLength: Int) -> UInt128 {
        // All of them for IPv6 /0, where the shift leaves nothing.
        (UInt128(1) << UInt128(family.bits - prefixLength)) &- 1
    }
}
