import Testing

@testable import NetworkModel

struct AddressTests {
    // MARK: - IPv4

    @Test(
        arguments: [
            ("0.0.0.0", 0), ("0.0.0.1", 1), ("1.2.3.4", 0x0102_0304), ("192.168.0.10", 0xC0A8_000A),
            ("255.255.255.255", UInt32.max), ("10.0.0.0", 0x0A00_0000),
        ] as [(String, UInt32)])
    func `IPv4 addresses`(text: String, value: UInt32) {
        #expect(IPv4Address(text)?.value == value)
        #expect(IPv4Address(value).description == text)
    }

    @Test(arguments: [
        "", ".", "1", "1.2.3", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.4.", "1.2.3.4.5", "256.0.0.1", "1.2.3.256",
        "1.2.3.999999999999", "01.2.3.4", "1.2.3.04", "00.0.0.0", " 1.2.3.4", "1.2.3.4 ", "1.2. 3.4", "-1.2.3.4",
        "+1.2.3.4", "0x1.2.3.4", "1.2.3.a", "1,2,3,4", "1.2.3.4/24", "1.2.3.4\n", "\u{0661}.2.3.4", "1.2.3.4\u{301}",
        "\u{FF11}.2.3.4", "16909060", "1.2.3.4\0",
    ])
    func `no IPv4 addresses`(text: String) {
        #expect(IPv4Address(text) == nil)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `IPv4 round trips`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<500 {
            let address = IPv4Address(UInt32(truncatingIfNeeded: random.next()) >> UInt32(random.pick([0, 8, 16, 24])))
            #expect(IPv4Address(address.description) == address, "seed \(seed)")
            #expect(IPv6Address("::ffff:\(address)")?.value == 0xFFFF_0000_0000 | UInt128(address.value))
        }
    }

    // MARK: - Subnets

    @Test(arguments: [
        ("192.168.0.77/24", "192.168.0.0/24", "255.255.255.0", "192.168.0.255", "192.168.0.1", "192.168.0.254"),
        ("10.1.2.3/8", "10.0.0.0/8", "255.0.0.0", "10.255.255.255", "10.0.0.1", "10.255.255.254"),
        ("10.0.0.6/30", "10.0.0.4/30", "255.255.255.252", "10.0.0.7", "10.0.0.5", "10.0.0.6"),
        ("255.255.255.255/0", "0.0.0.0/0", "0.0.0.0", "255.255.255.255", "0.0.0.1", "255.255.255.254"),
        ("200.0.0.0/1", "128.0.0.0/1", "128.0.0.0", "255.255.255.255", "128.0.0.1", "255.255.255.254"),
    ])
    func subnets(text: String, canonical: String, mask: String, broadcast: String, first: String, last: String) throws {
        let subnet = try #require(IPSubnet(text))
        #expect(subnet.description == canonical)
        #expect(subnet.netmask.description == mask)
        #expect(subnet.last.description == broadcast)
        #expect(subnet.hosts?.lowerBound.description == first)
        #expect(subnet.hosts?.upperBound.description == last)
        #expect(!subnet.isHost(subnet.network) && !subnet.isHost(subnet.last))
        #expect(subnet.contains(subnet.network) && subnet.contains(subnet.last))
        if subnet.prefixLength > 0 {
            #expect(!subnet.contains(subnet.family.address(subnet.network.number &- 1)))
            let mask = try #require(IPv4Address(subnet.netmask.description))
            #expect(IPSubnet.prefixLength(netmask: mask) == subnet.prefixLength)
        }
    }

    @Test(arguments: ["10.0.0.0/31", "10.0.0.1/32"])
    func `subnets without hosts`(text: String) throws {
        let subnet = try #require(IPSubnet(text))
        #expect(subnet.hosts == nil)
        #expect(!subnet.isHost(subnet.network))
    }

    @Test(arguments: [
        "", "/", "10.0.0.0", "10.0.0.0/", "/24", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/008",
        "10.0.0.0/08",
        "10.0.0.0/00", "10.0.0.0/8/8", "10.0.0/8", "10.0.0.0/a", "10.0.0.0/8 ", "10.0.0.0/255.0.0.0", "10.0.0.0//8",
        "::/129", "::/064", "::/1000", "::", "fe80::1%eth0/64", "1::2::/64",
    ])
    func `no subnets`(text: String) {
        #expect(IPSubnet(text) == nil)
    }

    @Test func `exactly 32 masks are netmasks`() throws {
        for length in 1...32 {
            let zero = IPAddress.v4(IPv4Address(0))
            let text = try #require(IPSubnet(containing: zero, prefixLength: length)).netmask.description
            let mask = try #require(IPv4Address(text))
            #expect(IPSubnet.prefixLength(netmask: mask) == length)
            // One bit turned over leaves a netmask only at the end of the ones.
            for bit in 0..<32 where bit != 32 - length && bit != 31 - length {
                #expect(IPSubnet.prefixLength(netmask: IPv4Address(mask.value ^ 1 << UInt32(bit))) == nil)
            }
        }
        #expect(IPSubnet.prefixLength(netmask: IPv4Address(0)) == nil)
        for length in [-1, 33] { #expect(IPSubnet(containing: .v4(IPv4Address(0)), prefixLength: length) == nil) }
    }

    @Test(arguments: [
        ("2001:db8::77/64", "2001:db8::/64", "ffff:ffff:ffff:ffff::", "2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff"),
        (
            "2001:DB8:0::f/124", "2001:db8::/124", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0", "2001:db8::1",
            "2001:db8::f"
        ),
        ("::1/127", "::/127", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", "::1", "::1"),
        ("8000::/0", "::/0", "::", "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ])
    func `IPv6 subnets`(text: String, canonical: String, mask: String, first: String, last: String) throws {
        let subnet = try #require(IPSubnet(text))
        #expect(subnet.description == canonical)
        #expect(subnet.netmask.description == mask)
        #expect(subnet.last.description == last)
        #expect(subnet.hosts?.lowerBound.description == first)
        #expect(subnet.hosts?.upperBound.description == last)
        #expect(!subnet.isHost(subnet.network) && subnet.isHost(subnet.last))
        #expect(subnet.mayBeGateway(subnet.network) && subnet.mayBeGateway(subnet.last))
        #expect(subnet.contains(subnet.network) && subnet.contains(subnet.last))
        // An address of IPv4 with the same number is none of it.
        #expect(!subnet.contains(.v4(IPv4Address(UInt32(truncatingIfNeeded: subnet.network.number)))))
        if subnet.prefixLength > 0 {
            #expect(!subnet.contains(.v6(IPv6Address(subnet.network.number &- 1))))
            #expect(!subnet.contains(.v6(IPv6Address(subnet.last.number &+ 1))))
        }
    }

    @Test func `a single IPv6 address has no host but itself`() throws {
        let subnet = try #require(IPSubnet("2001:db8::5/128"))
        #expect(subnet.hosts == nil && subnet.network == subnet.last)
    }

    // MARK: - IPv6

    /// Text and its canonical form (RFC 4291 §2.2, RFC 5952 §4).
    @Test(arguments: [
        ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:db8::1", "2001:db8::1"),
        ("2001:0DB8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
        ("2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"),
        ("FF01:0:0:0:0:0:0:101", "ff01::101"), ("0:0:0:0:0:0:0:0", "::"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("1:0:0:0:0:0:0:0", "1::"),
        ("::13.1.68.3", "::d01:4403"), ("0:0:0:0:0:FFFF:129.144.52.38", "::ffff:8190:3426"),
        ("::ffff:255.255.255.255", "::ffff:ffff:ffff"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"), ("1:2:3:4:5::1.2.3.4", "1:2:3:4:5:0:102:304"),
        ("fe80::abcd", "fe80::abcd"), ("0:1:0:0:0:0:1:0", "0:1::1:0"),
    ])
    func `IPv6 addresses`(text: String, canonical: String) throws {
        let address = try #require(IPv6Address(text))
        #expect(address.description == canonical)
        #expect(IPv6Address(canonical) == address)
        #expect(IPAddress(text) == .v6(address))
    }

    @Test(arguments: [
        "", ":", ":::", "::::", "1", "1:", ":1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", ":2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:8:9",
        "1::2::3", "1:::2", ":::1", "1:::", "::1:", ":1::", "1:2:3:4:5:6:7::8", "::1:2:3:4:5:6:7:8", "12345::", "g::",
        "1::-1", "1::+1",
        "::1%eth0", "[::1]", " ::1", "::1 ", "::1/64", "1.2.3.4", "::1.2.3", "::1.2.3.4.5", "::1.2.3.256", "::01.2.3.4",
        "1.2.3.4::", "::1.2.3.4:1", "1:1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:6::7:1.2.3.4", "0x1::",
        "::\u{FF11}",
        "1\u{301}::", "::1\n",
    ])
    func `no IPv6 addresses`(text: String) {
        #expect(IPv6Address(text) == nil)
    }

    @Test(arguments: [4, 5, 6] as [UInt64])
    func `IPv6 round trips`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<500 {
            var value: UInt128 = 0
            for _ in 0..<8 {
                value = value << 16 | UInt128(random.chance(50) ? 0 : random.next() & random.pick([0xF, 0xFF, 0xFFFF]))
            }
            let address = IPv6Address(value)
            let text = address.description
            #expect(IPv6Address(text) == address, "seed \(seed): \(text)")
            #expect(IPv6Address(text.uppercased()) == address, "seed \(seed): \(text)")
            #expect(!text.contains(":::") && text == text.lowercased(), "seed \(seed): \(text)")
        }
    }

    @Test func `addresses are ordered as numbers`() throws {
        #expect(try #require(IPv4Address("9.255.255.255")) < #require(IPv4Address("10.0.0.0")))
        #expect(try #require(IPv6Address("9::")) < #require(IPv6Address("10::")))
        #expect(IPAddress("10.0.0.1")?.description == "10.0.0.1")
        #expect(IPAddress("x") == nil)
    }
}
