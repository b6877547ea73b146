import AgentProtocol
import Testing

@Suite("Specifications that make no sense")
struct L2SpecValidationTests {
    static let good = L2Spec(
        networkUUID: "0f6a3f1e-aaaa", kind: .vlan(10), physicalInterface: "eth0", bridge: "br_eth0_10",
        device: "eth0.10")

    @Test("good ones pass")
    func sensible() throws {
        try Self.good.validate()
        try L2Spec(networkUUID: "a", kind: .noVlan, physicalInterface: "enp3s0f1np1abc", bridge: "br_0123456789ab")
            .validate()
    }

    static let bad: [(@Sendable (inout L2Spec) -> Void, String)] = [
        ({ $0.networkUUID = "" }, #"networkUUID "" is not a UUID"#),
        ({ $0.networkUUID = "a b" }, #"networkUUID "a b" is not a UUID"#),
        ({ $0.physicalInterface = "" }, "physicalInterface is empty"),
        (
            { $0.physicalInterface = "abcdefghijklmnop" },
            #"physicalInterface "abcdefghijklmnop" is longer than 15 bytes"#
        ),
        ({ $0.bridge = "br/0" }, #"bridge "br/0" is not a name the kernel gives to links"#),
        ({ $0.bridge = "br%d" }, #"bridge "br%d" is not a name the kernel gives to links"#),
        ({ $0.bridge = ".." }, #"bridge ".." is not a name the kernel gives to links"#),
        ({ $0.device = "a b" }, #"device "a b" is not a name the kernel gives to links"#),
        ({ $0.device = nil }, "a VLAN network needs the name of its VLAN device"),
        ({ $0.kind = .noVlan }, "a network without VLAN has no VLAN device"),
        ({ $0.kind = .vlan(0) }, "VLAN id 0 is not in 1...4094"),
        ({ $0.kind = .vlan(4095) }, "VLAN id 4095 is not in 1...4094"),
        (
            { $0.device = "eth0" }, "interface, bridge and device must have different names: eth0, br_eth0_10, eth0"
        ),
        ({ $0.mtu = 67 }, "MTU 67 is not in 68...65535"),
        ({ $0.mtu = 65536 }, "MTU 65536 is not in 68...65535"),
    ]

    static let vxlan = L2Spec(
        networkUUID: "a", kind: .vxlan(L2Spec.VXLAN(vni: 100, local: "10.0.0.1", peers: ["10.0.0.2"])),
        physicalInterface: "", bridge: "br_vx_100", device: "vxlan100")
    static let gre = L2Spec(
        networkUUID: "a", kind: .ovsGre(L2Spec.GRE(key: 7, local: "fd00::1", peers: ["fd00::2"])),
        physicalInterface: "", bridge: "br_gre_7")

    static let badTunnels: [(L2Spec, @Sendable (inout L2Spec) -> Void, String)] = [
        (vxlan, { $0.physicalInterface = "eth0" }, "a network in tunnels stands on no interface"),
        (vxlan, { $0.device = nil }, "a VXLAN needs the name of its device"),
        (
            vxlan, { $0.kind = .vxlan(L2Spec.VXLAN(vni: 0, local: "10.0.0.1", peers: [])) },
            "VNI 0 is not in 1...16777214"
        ),
        (
            vxlan, { $0.kind = .vxlan(L2Spec.VXLAN(vni: 16_777_215, local: "10.0.0.1", peers: [])) },
            "VNI 16777215 is not in 1...16777214"
        ),
        (
            vxlan, { $0.kind = .vxlan(L2Spec.VXLAN(vni: 1, local: "10.0.0.1", peers: [], port: 0)) },
            "VXLAN has no UDP port 0"
        ),
        (
            vxlan, { $0.kind = .vxlan(L2Spec.VXLAN(vni: 1, local: "10.0.0.", peers: [])) },
            #""10.0.0." is no address for the end of a tunnel"#
        ),
        (
            vxlan, { $0.kind = .vxlan(L2Spec.VXLAN(vni: 1, local: "10.0.0.1", peers: ["fd00::1"])) },
            #""fd00::1" is no address that tunnels from 10.0.0.1 reach"#
        ),
        (
            vxlan, { $0.kind = .vxlan(L2Spec.VXLAN(vni: 1, local: "10.0.0.1", peers: ["10.0.0.1"])) },
            "the ends of tunnels must be different"
        ),
        (gre, { $0.device = "gre7" }, "a network in GRE tunnels has no device of its own"),
        (gre, { $0.kind = .ovsGre(L2Spec.GRE(key: 0, local: "fd00::1", peers: [])) }, "GRE key 0 is none"),
    ]

    static let ported = L2Spec(
        networkUUID: "a", kind: .noVlan, physicalInterface: "eth0", bridge: "br_eth0",
        ports: [
            L2Spec.Port(name: "vnic12.0", mac: "fa:12:34:56:78:9a", mtu: 1450, owner: 1000, guest: .tap),
            L2Spec.Port(name: "vnic1z345678.12", mac: "fa:12:34:56:78:9b", guest: .namespace("red", device: "eth0")),
        ])

    private static let notNamed = "is not called vnic<vm>.<number>, with at most 15 bytes"

    static let badPorts: [(@Sendable (inout L2Spec) -> Void, String)] = [
        ({ $0.ports[0].name = "vnic12" }, #"port "vnic12" \#(notNamed)"#),
        ({ $0.ports[0].name = "vnic1.0.0" }, #"port "vnic1.0.0" \#(notNamed)"#),
        ({ $0.ports[0].name = "vnic.0" }, #"port "vnic.0" \#(notNamed)"#),
        ({ $0.ports[0].name = "vnicA.0" }, #"port "vnicA.0" \#(notNamed)"#),
        ({ $0.ports[0].name = "vnic1." }, #"port "vnic1." \#(notNamed)"#),
        ({ $0.ports[0].name = "vnic1.x" }, #"port "vnic1.x" \#(notNamed)"#),
        ({ $0.ports[0].name = "tap1.0" }, #"port "tap1.0" \#(notNamed)"#),
        ({ $0.ports[0].name = "vnic1234567890.0" }, #"port "vnic1234567890.0" \#(notNamed)"#),
        ({ $0.ports[1].name = "vnic12.0" }, "the name vnic12.0 is there twice"),
        ({ $0.physicalInterface = "vnic12.0" }, "the name vnic12.0 is there twice"),
        ({ $0.ports[0].mac = "01:12:34:56:78:9a" }, noMAC("01:12:34:56:78:9a")),
        ({ $0.ports[0].mac = "00:00:00:00:00:00" }, noMAC("00:00:00:00:00:00")),
        ({ $0.ports[0].mac = "fa:12:34:56:78" }, noMAC("fa:12:34:56:78")),
        ({ $0.ports[0].mac = "fa:12:34:56:78:9a:0" }, noMAC("fa:12:34:56:78:9a:0")),
        ({ $0.ports[0].mac = "fa:12:34:56:78:+a" }, noMAC("fa:12:34:56:78:+a")),
        ({ $0.ports[0].mtu = 67 }, "MTU 67 of vnic12.0 is not in 68...65535"),
        ({ $0.ports[0].mtu = 65536 }, "MTU 65536 of vnic12.0 is not in 68...65535"),
        ({ $0.ports[0].owner = .max }, "uid 4294967295 of vnic12.0 is nobody's"),
        ({ $0.ports[0].guest = .namespace("", device: "eth0") }, #""" is not a name of a network namespace"#),
        ({ $0.ports[0].guest = .namespace("a/b", device: "eth0") }, #""a/b" is not a name of a network namespace"#),
        ({ $0.ports[0].guest = .namespace("..", device: "eth0") }, #"".." is not a name of a network namespace"#),
        ({ $0.ports[0].guest = .namespace("-b", device: "eth0") }, #""-b" is not a name of a network namespace"#),
        (
            { $0.ports[0].guest = .namespace("red", device: "") }, "the guest's device of vnic12.0 is empty"
        ),
        (
            { $0.ports = (0...1022).map { L2Spec.Port(name: "vnic\($0).0", mac: "fa:00:00:00:00:01", guest: .tap) } },
            "1023 ports are more than the 1022 that a bridge has room for"
        ),
    ]

    private static func noMAC(_ text: String) -> String {
        "\"\(text)\" is no MAC address of one receiver, as vnic12.0 needs"
    }

    @Test("ports: each field is named", arguments: L2SpecValidationTests.badPorts.indices)
    func ports(_ index: Int) throws {
        var spec = Self.ported
        try spec.validate()
        let (spoil, what) = Self.badPorts[index]
        spoil(&spec)
        let refusal = #expect(throws: AgentRefusal.self) { try spec.validate() }
        #expect(refusal?.rule == "spec.invalid")
        #expect(refusal?.reason == "The request makes no sense: \(what).")
    }

    @Test("as many ports as a bridge has room for fit into a line, with the longest names")
    func longestLine() throws {
        var spec = Self.ported
        let namespace = String(repeating: "n", count: 255)
        spec.ports = (0..<L2Spec.mostPorts).map { number in
            L2Spec.Port(
                name: "vnic\(10_000_000 + number).0", mac: "fa:00:00:00:00:01", mtu: 65535, owner: .max - 1,
                guest: .namespace(namespace, device: "d\(10_000_000_000_000 + number)"))
        }
        try spec.validate()
        #expect(try Wire.line(AgentRequestLine(id: .max, request: .realizeL2(spec))).count < LineDecoder.longestLine)
    }

    @Test("tunnels: each field is named", arguments: L2SpecValidationTests.badTunnels.indices)
    func tunnels(_ index: Int) throws {
        var (spec, spoil, what) = Self.badTunnels[index]
        try spec.validate()
        spoil(&spec)
        let refusal = #expect(throws: AgentRefusal.self) { try spec.validate() }
        #expect(refusal?.rule == "spec.invalid")
        #expect(refusal?.reason == "The request makes no sense: \(what).")
    }

    @Test("tunnels and ports cross the wire as they are", arguments: [vxlan, gre, ported])
    func wire(_ spec: L2Spec) throws {
        let line = AgentRequestLine(id: 1, request: .realizeL2(spec))
        #expect(try Wire.decode(AgentRequestLine.self, from: Array(Wire.line(line).dropLast())) == line)
    }

    @Test("each field is named", arguments: L2SpecValidationTests.bad.indices)
    func fields(_ index: Int) {
        let (spoil, what) = Self.bad[index]
        var spec = Self.good
        spoil(&spec)
        let refusal = #expect(throws: AgentRefusal.self) { try spec.validate() }
        #expect(refusal?.rule == "spec.invalid")
        #expect(refusal?.errno == 22)
        #expect(refusal?.reason == "The request makes no sense: \(what).")
    }
}
