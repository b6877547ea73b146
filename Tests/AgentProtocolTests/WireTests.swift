import AgentProtocol
import Testing

@Suite("The wire format, byte for byte")
struct WireTests {
    static let vlan = L2Spec(
        networkUUID: "d9e8", kind: .vlan(10), physicalInterface: "eth0", bridge: "br_eth0_10", device: "eth0.10",
        mtu: 9000, disableIptables: true)
    static let noVlan = L2Spec(networkUUID: "d9e8", kind: .noVlan, physicalInterface: "eth0", bridge: "br_eth0")

    static let ofStore = L2Spec(
        networkUUID: "d9e8", storeUUID: "57a1", kind: .noVlan, physicalInterface: "eth0", bridge: "br_eth0")

    static let ported = L2Spec(
        networkUUID: "d9e8", kind: .noVlan, physicalInterface: "eth0", bridge: "br_eth0",
        ports: [
            L2Spec.Port(name: "vnic1.0", mac: "fa:00:00:00:00:01", mtu: 1450, owner: 1000, guest: .tap),
            L2Spec.Port(name: "vnic2.0", mac: "fa:00:00:00:00:02", guest: .namespace("red", device: "eth0")),
        ])

    static let requests: [(AgentRequestLine, String)] = [
        (.init(id: 1, request: .ping), #"{"id":1,"op":"ping"}"#),
        (.init(id: 2, request: .inventory(after: 7)), #"{"after":7,"id":2,"op":"inventory"}"#),
        (
            .init(id: 3, request: .checkL2(noVlan)),
            #"{"id":3,"op":"checkL2","spec":{"bridge":"br_eth0","disableIptables":false,"kind":{"type":"noVlan"},"#
                + #""networkUUID":"d9e8","physicalInterface":"eth0"}}"#
        ),
        (
            .init(id: 4, request: .realizeL2(vlan)),
            #"{"id":4,"op":"realizeL2","spec":{"bridge":"br_eth0_10","device":"eth0.10","disableIptables":true,"#
                + #""kind":{"id":10,"type":"vlan"},"mtu":9000,"networkUUID":"d9e8","physicalInterface":"eth0"}}"#
        ),
        (
            .init(id: 18_446_744_073_709_551_615, request: .releaseL2(noVlan)),
            #"{"id":18446744073709551615,"op":"releaseL2","spec":{"bridge":"br_eth0","disableIptables":false,"#
                + #""kind":{"type":"noVlan"},"networkUUID":"d9e8","physicalInterface":"eth0"}}"#
        ),
        (
            .init(id: 6, request: .guarded(.realizeL2(noVlan), by: Confirmation(token: "0123-abc", within: 20))),
            #"{"confirm":{"token":"0123-abc","within":20},"id":6,"op":"realizeL2","#
                + #""spec":{"bridge":"br_eth0","disableIptables":false,"#
                + #""kind":{"type":"noVlan"},"networkUUID":"d9e8","physicalInterface":"eth0"}}"#
        ),
        (
            .init(
                id: 8,
                request: .guarded(
                    .checkL2(noVlan), by: Confirmation(token: "0123-abc", within: 20, isForecast: true))),
            #"{"confirm":{"isForecast":true,"token":"0123-abc","within":20},"id":8,"op":"checkL2","#
                + #""spec":{"bridge":"br_eth0","disableIptables":false,"#
                + #""kind":{"type":"noVlan"},"networkUUID":"d9e8","physicalInterface":"eth0"}}"#
        ),
        (.init(id: 7, request: .confirm(token: "0123-abc")), #"{"id":7,"op":"confirm","token":"0123-abc"}"#),
        (
            .init(
                id: 9,
                request: .collect(storeUUID: "57a1", networkUUID: "d9e8", links: ["br_eth0_10", "eth0.10"])),
            #"{"id":9,"links":["br_eth0_10","eth0.10"],"network":"d9e8","op":"collect","store":"57a1"}"#
        ),
        (
            .init(id: 10, request: .realizeL2(ofStore)),
            #"{"id":10,"op":"realizeL2","spec":{"bridge":"br_eth0","disableIptables":false,"kind":{"type":"noVlan"},"#
                + #""networkUUID":"d9e8","physicalInterface":"eth0","storeUUID":"57a1"}}"#
        ),
        (
            .init(id: 11, request: .realizeL2(ported)),
            #"{"id":11,"op":"realizeL2","spec":{"bridge":"br_eth0","disableIptables":false,"kind":{"type":"noVlan"},"#
                + #""networkUUID":"d9e8","physicalInterface":"eth0","ports":["#
                + #"{"guest":{"type":"tap"},"mac":"fa:00:00:00:00:01","mtu":1450,"name":"vnic1.0","owner":1000},"#
                + #"{"guest":{"device":"eth0","name":"red","type":"namespace"},"mac":"fa:00:00:00:00:02","#
                + #""name":"vnic2.0","owner":0}]}}"#
        ),
    ]

    static let messages: [(AgentMessage, String)] = [
        (
            .hello(
                AgentHello(protocolVersion: 1, agentVersion: "0.1.0", kernelRelease: "6.1", capabilities: ["bridge"])),
            #"{"hello":{"agentVersion":"0.1.0","capabilities":["bridge"],"kernelRelease":"6.1","protocolVersion":1}}"#
        ),
        (
            .hello(
                AgentHello(
                    protocolVersion: 1, agentVersion: "0.1.0", kernelRelease: "6.1", capabilities: [], machine: "b 4:7")
            ),
            #"{"hello":{"agentVersion":"0.1.0","capabilities":[],"kernelRelease":"6.1","machine":"b 4:7","protocolVersion":1}}"#
        ),
        (.done(id: 1, .pong), #"{"id":1,"ok":{"type":"pong"}}"#),
        (.done(id: 1, .confirmed), #"{"id":1,"ok":{"type":"confirmed"}}"#),
        (
            .done(id: 2, .l2(L2Outcome(unconfirmed: "0123-abc"))),
            #"{"id":2,"ok":{"outcome":{"notes":[],"steps":[],"unconfirmed":"0123-abc"},"type":"l2"}}"#
        ),
        (
            .done(id: 2, .l2(L2Outcome(steps: ["set eth0 up"], notes: []))),
            #"{"id":2,"ok":{"outcome":{"notes":[],"steps":["set eth0 up"]},"type":"l2"}}"#
        ),
        (
            .done(
                id: 3,
                .inventory(
                    [
                        LinkRecord(
                            name: "eth0.10", kind: "vlan", networkUUID: "d9e8", master: "br_eth0_10", vlanID: 10,
                            parent: "eth0", mtu: 1500, up: true)
                    ], next: nil)),
            #"{"id":3,"ok":{"links":[{"kind":"vlan","master":"br_eth0_10","mtu":1500,"name":"eth0.10","#
                + #""networkUUID":"d9e8","parent":"eth0","up":true,"vlanID":10}],"type":"inventory"}}"#
        ),
        (
            .done(
                id: 5,
                .inventory(
                    [
                        LinkRecord(
                            name: "br_eth0", kind: "bridge", networkUUID: "d9e8", storeUUID: "57a1", mtu: 1500,
                            up: false)
                    ], next: 12)),
            #"{"id":5,"ok":{"links":[{"kind":"bridge","mtu":1500,"name":"br_eth0","networkUUID":"d9e8","#
                + #""storeUUID":"57a1","up":false}],"next":12,"type":"inventory"}}"#
        ),
        (
            .refused(id: nil, AgentRefusal(rule: "r", errno: 22, reason: "a/b ü", remedy: "c")),
            #"{"refused":{"errno":22,"reason":"a/b ü","remedy":"c","rule":"r"}}"#
        ),
        (
            .refused(id: 4, AgentRefusal(rule: "r", errno: 22, reason: "a", remedy: "c")),
            #"{"id":4,"refused":{"errno":22,"reason":"a","remedy":"c","rule":"r"}}"#
        ),
        (.event(AgentEvent(name: "eth0", what: .gone)), #"{"event":{"name":"eth0","what":"gone"}}"#),
    ]

    @Test("requests", arguments: WireTests.requests)
    func requestLine(_ line: AgentRequestLine, _ text: String) throws {
        #expect(String(decoding: try Wire.line(line), as: UTF8.self) == text + "\n")
        #expect(try Wire.decode(AgentRequestLine.self, from: Array(text.utf8)) == line)
    }

    @Test("messages", arguments: WireTests.messages)
    func messageLine(_ message: AgentMessage, _ text: String) throws {
        #expect(String(decoding: try Wire.line(message), as: UTF8.self) == text + "\n")
        #expect(try Wire.decode(AgentMessage.self, from: Array(text.utf8)) == message)
    }

    @Test(
        "what is wrong with a line is said, with the request's number where it has one",
        arguments: [
            ("", "it is not valid JSON, or a number in it is out of range", nil),
            ("nonsense", "it is not valid JSON, or a number in it is out of range", nil),
            ("[1]", "a value of another type is needed", nil),
            (#"{"op":"ping"}"#, "id is missing", nil),
            (#"{"id":-1,"op":"ping"}"#, "it is not valid JSON, or a number in it is out of range", nil),
            (#"{"id":7}"#, "op is missing", 7),
            (#"{"id":7,"op":"reboot"}"#, #"no request is called "reboot""#, 7),
            (#"{"id":7,"op":"checkL2"}"#, "spec is missing", 7),
            (#"{"id":7,"op":"collect","network":"d9e8","links":[]}"#, "store is missing", 7),
            (#"{"id":7,"op":"collect","store":"57a1","links":[]}"#, "network is missing", 7),
            (#"{"id":7,"op":"collect","store":"57a1","network":"d9e8"}"#, "links is missing", 7),
            (#"{"id":7,"op":"checkL2","spec":{}}"#, "networkUUID is missing in spec", 7),
            (
                #"{"id":7,"op":"checkL2","spec":{"networkUUID":"a","kind":{"type":"qinq"}}}"#,
                #"no kind of L2 network is called "qinq""#, 7
            ),
        ] as [(String, String, UInt64?)])
    func malformed(_ line: String, _ reason: String, _ id: UInt64?) {
        let error = #expect(throws: Wire.Malformed.self) {
            try Wire.decode(AgentRequestLine.self, from: Array(line.utf8))
        }
        #expect(error?.reason == reason)
        #expect(error?.id == id)
    }

    @Test("bytes that are no UTF-8")
    func notUnicode() {
        let error = #expect(throws: Wire.Malformed.self) {
            try Wire.decode(AgentRequestLine.self, from: [0x22, 0xFF, 0x22])
        }
        #expect(error?.reason == "it is not UTF-8")
    }
}
