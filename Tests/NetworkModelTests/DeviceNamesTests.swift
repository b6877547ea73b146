import Testing

@testable import NetworkModel

struct DeviceNamesTests {
    private let uuid = UniqueID(high: 0x0123_4567_89AB_4DEF, low: 1)

    private func name(_ interface: String, _ vlan: Int?, taken: Set<String> = []) -> String {
        DeviceNames.bridge(interface: interface, vlan: vlan, uuid: uuid) { taken.contains($0) }
    }

    @Test(
        arguments: [
            ("eth0", nil, "br_eth0"), ("eth0", 10, "br_eth0_10"), ("ens12f0", 4094, "br_ens12f0_4094"),
            ("abcdefghijkl", nil, "br_abcdefghijkl"),
        ] as [(String, Int?, String)])
    func `short names tell what they are`(interface: String, vlan: Int?, bridge: String) {
        #expect(name(interface, vlan) == bridge)
    }

    /// The hash is for ever: hosts carry bridges of that name.
    @Test(
        arguments: [
            ("ens12f0n", 4094, "br_ens12f0n_4094"), ("enp175s0f1np1", nil, "br_enp175s0f1np1"),
        ] as [(String, Int?, String)])
    func `long names are hashed, always in the same way`(interface: String, vlan: Int?, full: String) {
        var hash: UInt64 = 14_695_981_039_346_656_037
        for byte in full.utf8 { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
        let digits = String((hash ^ (hash >> 48)) % (1 << 48), radix: 16)
        let wanted = "br_" + String(repeating: "0", count: 12 - digits.count) + digits
        #expect(name(interface, vlan) == wanted)
        #expect(wanted.utf8.count == 15)
    }

    @Test func `a name that is taken gives way to the network's own`() {
        #expect(name("eth0_10", nil, taken: ["br_eth0_10"]) == "l2_0123456789ab")
    }

    @Test func `many interfaces and VLANs, all different and short`() {
        var names: Set<String> = []
        var pairs = 0
        let interfaces = ["eth0", "ens12f0", "enp175s0f1n", "enp175s0f1np1", "bond0", "verylonginterfacename"]
        for interface in interfaces {
            for vlan in [nil] + (1...4094).map(Optional.some) {
                let name = name(interface, vlan)
                #expect(name.utf8.count <= DeviceNames.limit)
                names.insert(name)
                pairs += 1
            }
        }
        #expect(pairs == 6 * 4095)
        #expect(names.count == pairs)
    }

    @Test(arguments: [false, true])
    func `VLAN 10 of eth0 beside the interface eth0_10, in either order`(taggedFirst: Bool) throws {
        let builder = ModelBuilder()
        let zone = try builder.zone("z")
        let cluster = try builder.cluster("c", in: zone)
        let tagged = try builder.l2("tagged", in: zone, "eth0", vlan: 10)
        let untagged = try builder.l2("untagged", in: zone, "eth0_10")
        let order = taggedFirst ? [tagged, untagged] : [untagged, tagged]
        let bridges = try order.map { builder.text(try builder.attach($0, cluster), .bridge) }
        let second = try #require(builder.model.record(order[1]))
        #expect(bridges == ["br_eth0_10", "l2_" + String(second.uuid.description.prefix(12))])
        // In another cluster, nobody has the name.
        let other = try builder.cluster("other", in: zone)
        #expect(builder.text(try builder.attach(order[1], other), .bridge) == "br_eth0_10")
    }
}
