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

    @Test("tunnels: each field is named", arguments: L2SpecValidationTests.badTunnels.indices)
    func tunnels(_ index: Int) throws {
        var (spec, spoil, what) = Self.badTunnels[index]
        try spec.validate()
        spoil(&spec)
        let refusal = #expect(throws: AgentRefusal.self) { try spec.validate() }
        #expect(refusal?.rule == "spec.invalid")
        #expect(refusal?.reason == "The request makes no sense: \(what).")
    }

    @Test("tunnels cross the wire as they are", arguments: [vxlan, gre])
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
