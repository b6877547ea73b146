import Testing

@testable import NetworkModel

/// Networks in tunnels: VXLAN, which hosts have while a VM needs it, and GRE, which they have while it is attached.
struct OverlayTests {
    /// The fixture's hosts with the ends 10.9.0.1 to 10.9.0.3, and networks in tunnels.
    struct Tunnels {
        let fixture: Fixture
        let vx100, vx100b, gre7: ObjectID

        var builder: ModelBuilder { fixture.builder }
        var model: Model { fixture.model }

        init() throws {
            fixture = try Fixture()
            let builder = fixture.builder
            for (index, host) in [fixture.h1, fixture.h2, fixture.h3].enumerated() {
                try builder.set(host, .vtep, "10.9.0.\(index + 1)")
            }
            vx100 = try builder.create("vx100", in: fixture.z1, .l2Networks, [.vni: "100"])
            vx100b = try builder.create("vx100b", in: fixture.z1, .l2Networks, [.vni: "100"])
            gre7 = try builder.create("gre7", in: fixture.z1, .l2Networks, [.key: "7"])
        }

        func peers(_ network: ObjectID, _ host: ObjectID) -> [String]? {
            model.realization(of: network, on: host)?.wanted.map { $0.peers.map(\.description) }
        }
    }

    /// A command for each rule about tunnels, and its refusal.
    static func wrongCommands() throws -> [(rule: String, refusal: Refusal?)] {
        let tunnels = try Tunnels()
        let (fixture, builder) = (tunnels.fixture, tunnels.builder)
        var met: [(rule: String, refusal: Refusal?)] = []
        func refused(_ rule: String, _ command: Command) { met.append((rule, builder.refusal(of: command))) }
        refused("host.vtep.malformed", builder.setting(fixture.h1, .vtep, "10.9.0"))
        refused("host.vtep.taken", builder.setting(fixture.h1, .vtep, "10.9.0.2"))
        refused("l2.instantiate.not-attached", .instantiate(tunnels.vx100, host: fixture.h1))
        let fourth = try builder.host("h4", in: fixture.c2, "netns:h4")
        refused("l2.attach.vtep-missing", builder.attaching(tunnels.vx100, fixture.c2))
        try builder.set(fourth, .vtep, "fd00::4")
        refused("l2.attach.vtep-family", builder.attaching(tunnels.vx100, fixture.c2))
        try builder.attach(tunnels.vx100, fixture.c1)
        refused("l2.attach.vni-conflict", builder.attaching(tunnels.vx100b, fixture.c1))
        try builder.attach(tunnels.gre7, fixture.c1)
        let same = try builder.create("gre7b", in: fixture.z1, .l2Networks, [.key: "7"])
        refused("l2.attach.key-conflict", builder.attaching(same, fixture.c1))
        refused("host.vtep.in-use", builder.setting(fixture.h1, .vtep, "10.9.0.9"))
        let fifth = try builder.host("h5", in: fixture.c1)
        refused("host.vtep.needed", builder.setting(fifth, .connection, "netns:h5"))
        refused("l2.instantiate.host-not-ready", .instantiate(tunnels.vx100, host: fifth))
        try builder.set(fifth, .vtep, "10.9.0.5")
        try builder.run(builder.setting(fifth, .connection, "netns:h5"))
        refused("l2.instantiate.host-in-progress", .instantiate(tunnels.vx100, host: fifth))
        return met
    }

    @Test(arguments: [
        ("", "10.0.0.1 and more"), ("", "0.0.0.0"), ("", "127.0.0.1"), ("", "224.0.0.1"), ("", "255.255.255.255"),
        ("", "::"), ("", "::1"), ("", "fe80::1"), ("", "ff02::1"), ("", "host1"), ("10.0.0.1", "10.0.0.1\n"),
        ("fd00::1", "FD00:0::1"),
    ])
    func `the end of tunnels is an address that others reach`(effective: String, text: String) throws {
        let fixture = try Fixture()
        if effective.isEmpty {
            expect(
                fixture.builder.refusal(of: fixture.builder.setting(fixture.h1, .vtep, text)), "host.vtep.malformed",
                .invalid)
        } else {
            try fixture.builder.set(fixture.h1, .vtep, text)
            #expect(fixture.builder.effective(fixture.h1, .vtep) == effective)
        }
    }

    @Test(arguments: [
        ([AttributeID.vni: "1"], "L2VxlanNetwork", "1"), ([.vni: "16777214"], "L2VxlanNetwork", "16777214"),
        ([.key: "4294967295"], "L2OvsGreNetwork", "4294967295"), ([.type: "L2VxlanNetwork"], "L2VxlanNetwork", "0"),
    ])
    func `the type follows from the number`(attributes: [AttributeID: String], type: String, number: String) throws {
        let builder = ModelBuilder()
        let network = try builder.create("n", in: try builder.zone("z"), .l2Networks, attributes)
        #expect(builder.effective(network, .type) == type)
        #expect(builder.fact(network, "virtual-network-id") == number)
    }

    @Test(arguments: [
        (AttributeID.vlan, "10", AttributeID.vni, "5", "an L2VxlanNetwork and have VLAN 10"),
        (.vni, "5", .vlan, "10", "an L2VxlanNetwork and have VLAN 10"),
        (.vni, "5", .key, "7", "an L2VxlanNetwork and have GRE key 7"),
        (.key, "7", .vlan, "10", "an L2OvsGreNetwork and have VLAN 10"),
        (.key, "7", .physicalInterface, "eth0", "an L2OvsGreNetwork and have the interface 'eth0'"),
        (.type, "L2VlanNetwork", .vni, "5", "an L2VlanNetwork and have VNI 5"),
        (.vni, "5", .type, "L2NoVlanNetwork", "an L2NoVlanNetwork and have VNI 5"),
    ])
    func `numbers of several types contradict each other`(
        first: AttributeID, value: String, second: AttributeID, other: String, sentence: String
    ) throws {
        let builder = ModelBuilder()
        let network = try builder.create("n", in: try builder.zone("z"), .l2Networks, [first: value])
        expect(
            builder.refusal(of: builder.setting(network, second, other)), "l2.type.contradiction", .invalid,
            "zones/z/l2/n cannot be \(sentence).")
    }

    @Test func `attaching a VXLAN asks no host for anything`() throws {
        let tunnels = try Tunnels()
        try tunnels.builder.attach(tunnels.vx100, tunnels.fixture.c1)
        #expect(tunnels.model.realizations(ofNetwork: tunnels.vx100).isEmpty)
    }

    @Test func `VMs that need a VXLAN are counted, and hosts that have it know each other`() throws {
        let tunnels = try Tunnels()
        let (builder, fixture, network) = (tunnels.builder, tunnels.fixture, tunnels.vx100)
        try builder.attach(network, fixture.c1)
        try builder.attach(network, fixture.c2)
        #expect(
            try builder.run(.instantiate(network, host: fixture.h1)).work == .instantiate(network, host: fixture.h1))
        #expect(tunnels.peers(network, fixture.h1) == [])
        try builder.settle()
        try builder.run(.instantiate(network, host: fixture.h1))
        try builder.run(.instantiate(network, host: fixture.h3))
        #expect(tunnels.peers(network, fixture.h1) == ["10.9.0.3"])
        #expect(tunnels.peers(network, fixture.h3) == ["10.9.0.1"])
        #expect(tunnels.peers(network, fixture.h2) == nil)
        let wanted = try #require(tunnels.model.realization(of: network, on: fixture.h3)?.wanted)
        #expect(wanted.bridge == "br_vx_100" && wanted.device == "vxlan100" && wanted.physicalInterface == "")
        try builder.settle()

        #expect(try builder.run(.deinstantiate(network, host: fixture.h1)).work == nil)
        #expect(
            try builder.run(.deinstantiate(network, host: fixture.h1)).work
                == .deinstantiate(network, host: fixture.h1))
        #expect(tunnels.peers(network, fixture.h3) == [])
        #expect(try builder.run(.deinstantiate(network, host: fixture.h1)).changes.isEmpty)
        try builder.settle()
        #expect(tunnels.model.realization(of: network, on: fixture.h1) == nil)
    }

    @Test func `detaching a VXLAN takes it off, whoever needs it`() throws {
        let tunnels = try Tunnels()
        let (builder, fixture, network) = (tunnels.builder, tunnels.fixture, tunnels.vx100)
        let first = try builder.attach(network, fixture.c1)
        try builder.attach(network, fixture.c2)
        for host in [fixture.h1, fixture.h2, fixture.h3] { try builder.run(.instantiate(network, host: host)) }
        try builder.settle()
        try builder.detach(first)
        #expect(tunnels.model.realizations(ofNetwork: network).map(\.host) == [fixture.h3])
        #expect(tunnels.peers(network, fixture.h3) == [])
    }

    @Test func `a GRE network is a full mesh of the hosts of its clusters`() throws {
        let tunnels = try Tunnels()
        let (builder, fixture, network) = (tunnels.builder, tunnels.fixture, tunnels.gre7)
        try builder.attach(network, fixture.c1)
        #expect(tunnels.peers(network, fixture.h1) == ["10.9.0.2"])
        let second = try builder.attach(network, fixture.c2)
        #expect(tunnels.peers(network, fixture.h1) == ["10.9.0.2", "10.9.0.3"])
        #expect(tunnels.peers(network, fixture.h3) == ["10.9.0.1", "10.9.0.2"])
        try builder.detach(second)
        #expect(tunnels.peers(network, fixture.h2) == ["10.9.0.1"])
        try builder.run(.delete(fixture.h1))
        #expect(tunnels.peers(network, fixture.h2) == [])
    }

    @Test func `another VNI reaches the hosts that have it only`() throws {
        let tunnels = try Tunnels()
        let (builder, fixture, network) = (tunnels.builder, tunnels.fixture, tunnels.vx100)
        try builder.attach(network, fixture.c1)
        try builder.run(.instantiate(network, host: fixture.h1))
        try builder.settle()
        try builder.set(network, .vni, "200")
        #expect(tunnels.model.realization(of: network, on: fixture.h1)?.wanted?.device == "vxlan200")
        #expect(tunnels.model.realization(of: network, on: fixture.h2) == nil)
        expect(builder.refusal(of: .unset(network, .vni)), "l2.type.attached", .busy)
    }

    @Test(arguments: ["vxlan 100 10.0.0.1", "vxlan 16777214 fd00::1 fd00::2 fd00::3", "gre 7 10.0.0.1 10.0.0.2"])
    func `tunnels are stored as text`(text: String) {
        #expect(L2Overlay(text)?.description == text)
    }

    @Test(arguments: ["", "vxlan 100", "vxlan 0 10.0.0.1", "gre x 10.0.0.1", "tcp 1 10.0.0.1", "gre 7 10.0.0.1 x"])
    func `what is no text of tunnels is none`(text: String) {
        #expect(L2Overlay(text) == nil)
    }
}
