import Testing

@testable import NetworkModel

/// What `state/` tells to be free for the next network.
struct NextFreeTests {
    @Test func `the lowest VLAN that a cluster lacks on each of its interfaces`() throws {
        let fixture = try Fixture()
        let builder = fixture.builder
        func free() -> String { builder.fact(fixture.c1, "next-free-vlans") ?? "none" }
        #expect(free() == "")
        try builder.attach(fixture.nv0, fixture.c1)
        #expect(free() == "eth0 1", "an untagged network takes no VLAN")
        try builder.attach(fixture.v10e1, fixture.c1)
        let ids = try [1, 2, 4].map { (vlan: Int) in try builder.l2("low\(vlan)", in: fixture.z1, "eth0", vlan: vlan) }
        for id in ids { try builder.attach(id, fixture.c1) }
        #expect(free() == "eth0 3\neth1 1")
        #expect(builder.fact(fixture.c2, "next-free-vlans") == "", "another cluster has its own")
    }

    @Test func `an interface without a free VLAN is not listed`() throws {
        let fixture = try Fixture()
        let builder = fixture.builder
        builder.checksInvariants = false
        let cluster = try builder.cluster("without hosts", in: fixture.z1)
        for vlan in 1...4094 {
            try builder.attach(try builder.l2("n\(vlan)", in: fixture.z1, "eth9", vlan: vlan), cluster)
        }
        #expect(builder.fact(cluster, "next-free-vlans") == "")
    }

    @Test func `the lowest private subnet of each size that no range lies in`() throws {
        let builder = ModelBuilder()
        func free(_ prefix: Int) -> String? {
            builder.model.freeSubnets.first { $0.hasPrefix("\(prefix) ") }.map { String($0.dropFirst(3)) }
        }
        #expect(builder.model.freeSubnets == (16...29).map { "\($0) 10.0.0.0/\($0)" })
        func range(_ name: String, _ text: String) throws {
            try builder.range("r", in: try builder.l3(name), text)
        }
        try range("a", "10.0.0.10-10.0.0.20/24 gateway=10.0.0.1")
        #expect(free(24) == "10.0.1.0/24", "the subnet counts, not only the range")
        #expect(free(29) == "10.0.1.0/29")
        #expect(free(16) == "10.1.0.0/16")
        try range("b", "10.0.2.0/23")
        #expect(free(24) == "10.0.1.0/24" && free(23) == "10.0.4.0/23")
        try range("c", "10.1.0.0/17")
        #expect(free(17) == "10.0.128.0/17" && free(16) == "10.2.0.0/16")
        // All of 10.0.0.0/8 is taken.
        try range("d", "10.128.0.10-10.128.0.20/8 gateway=10.128.0.1")
        #expect(free(16) == "172.16.0.0/16" && free(24) == "172.16.0.0/24")
        try range("e", "172.16.0.10-172.16.0.20/12 gateway=172.16.0.1")
        try range("f", "192.168.0.0/17")
        #expect(free(16) == nil && free(17) == "192.168.128.0/17" && free(29) == "192.168.128.0/29")
        try range("g", "192.168.128.0/17")
        #expect(builder.model.freeSubnets.isEmpty)
    }
}
