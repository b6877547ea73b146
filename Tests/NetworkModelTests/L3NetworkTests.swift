import Testing

@testable import NetworkModel

/// L3 networks with their name servers and routes. The names are rows of the behaviour cases, §6 and §9.
struct L3NetworkTests {
    let builder = ModelBuilder()
    let zone, l2, a: ObjectID

    init() throws {
        zone = try builder.zone("z1")
        l2 = try builder.l2("nv0", in: zone, "eth0")
        a = try builder.l3("a", on: l2)
    }

    @Test func `L3-01 a new L3 network`() throws {
        let id = try builder.l3("new", on: l2)
        #expect(builder.effective(id, .state) == "Enabled")
        #expect(builder.effective(id, .category) == "Private")
        #expect(builder.effective(id, .system) == "false")
        #expect(builder.effective(id, .mtu) == "1500")
        #expect(builder.effective(id, .dns) == nil)
        let facts = [
            "type": "L3BasicNetwork", "zone-uuid": builder.model.uuidText(zone), "ip-version": "0", "ip-ranges": "",
            "status": "bound", "total-addresses": "0", "l2-network-uuid": builder.model.uuidText(l2),
        ]
        for (name, value) in facts { #expect(builder.fact(id, name) == value, "\(name)") }
    }

    @Test func `L3-02 what is no L2 network`() throws {
        for target in [zone, a, ObjectID(9_999), .root] {
            expect(
                builder.refusal(of: .link(a, .l2, text: "x", target: target, ownership: nil)), "link.wrong-target",
                .invalid, "l2 of an L3 network leads to an L2 network.")
        }
        expect(builder.refusal(of: builder.setting(a, .l2, "x")), "link.wrong-target", .invalid)
        expect(
            builder.refusal(of: .link(a, .mtu, text: "x", target: l2, ownership: nil)), "link.wrong-target", .invalid,
            "mtu of an L3 network is a file, not a link.")
    }

    @Test(arguments: [
        "a_b", "-x", "nodots", "a..b", ".a.b", "a.b.", "a.-b.org", "a.b-.org", "example.1org", "example.o", "a b.org",
        "ex\u{E4}mple.org", String(repeating: "a", count: 64) + ".org",
        String(repeating: "abcdefghi.", count: 26) + "org",
    ])
    func `L3-04 no domain`(domain: String) throws {
        expect(builder.refusal(of: builder.setting(a, .dnsDomain, domain)), "l3.dns-domain.malformed", .invalid)
    }

    @Test(arguments: [
        "example.org", "a.b.c.de", "x--y.Example", "1and1.com", String(repeating: "a", count: 63) + ".org\n",
    ])
    func `L3-04 domains`(domain: String) throws {
        try builder.set(a, .dnsDomain, domain)
        #expect(builder.text(a, .dnsDomain) == domain)
    }

    /// Category and system as they are written, one after the other, and which of the two is refused.
    @Test(arguments: [
        (["system true", "category Private"], 1), (["category Private", "system true"], 1),
        (["system true", "category Public"], 1), (["category System", "system false"], 1),
        (["system false", "category System"], 1), (["system true", "category System"], nil),
        (["category System", "system true"], nil), (["system false", "category Private"], nil),
        (["category Public", "system false"], nil), (["category System"], nil), (["system true"], nil),
    ])
    func `L3-05 to L3-08 category and system`(writes: [String], refused: Int?) throws {
        for (index, write) in writes.enumerated() {
            let words = write.split(separator: " ").map(String.init)
            let command = builder.setting(a, words[0] == "system" ? .system : .category, words[1])
            if index == refused {
                expect(builder.refusal(of: command), "l3.category.system", .invalid)
            } else {
                try builder.run(command)
            }
        }
        #expect((builder.effective(a, .category) == "System") == (builder.effective(a, .system) == "true"))
    }

    @Test func `L3-05 the sentence`() throws {
        try builder.set(a, .category, "Private")
        expect(
            builder.refusal(of: builder.setting(a, .system, "true")), "l3.category.system", .invalid,
            "l3/a cannot have category Private and system true.")
        expect(
            builder.refusal(of: builder.setting(a, .category, "private")), "l3.category.unknown", .invalid,
            "'private' is not a value of category.")
        expect(
            builder.refusal(of: builder.setting(a, .system, "yes")), "l3.system.unknown", .invalid,
            "'yes' is not a value of system.")
    }

    @Test func `L3-10 many L3 networks on one L2 network`() throws {
        let b = try builder.l3("b", on: l2)
        #expect(builder.model.l3Networks(on: l2) == [a, b])
    }

    @Test func `L3-11 disable and enable`() throws {
        for state in ["Disabled", "Enabled"] {
            try builder.set(a, .state, state)
            #expect(builder.effective(a, .state) == state)
        }
        expect(
            builder.refusal(of: builder.setting(a, .state, "Maintenance")), "state.unknown", .invalid,
            "'Maintenance' is not a value of state.")
    }

    @Test func `L3-14 what is gone cannot be deleted again`() throws {
        try builder.run(.delete(a))
        expect(
            builder.refusal(of: .delete(a)), "object.not-found", .notFound, "The object does not exist any more.")
    }

    @Test(arguments: [("67", false), ("9217", false), ("68", true), ("9216", true)])
    func `L3-16 MTU`(mtu: String, isLegal: Bool) throws {
        if isLegal {
            try builder.set(a, .mtu, mtu)
            #expect(builder.effective(a, .mtu) == mtu)
        } else {
            expect(
                builder.refusal(of: builder.setting(a, .mtu, mtu)), "l3.mtu.out-of-range", .range,
                "mtu must be from 68 to 9216, not '\(mtu)'.")
        }
    }

    @Test func `the default MTU is that of the L2 network`() throws {
        try builder.set(l2, .mtu, "9000")
        #expect(builder.effective(a, .mtu) == "9000")
    }

    // MARK: - §9

    @Test func `DN-01, DN-02 and DN-04 name servers`() throws {
        try builder.set(a, .dns, "8.8.8.8\n")
        #expect(builder.effective(a, .dns) == "8.8.8.8")
        expect(
            builder.refusal(of: builder.setting(a, .dns, "8.8.8.8\n1.1.1.1\n8.8.8.8\n")), "l3.dns.duplicate",
            .notUnique, "8.8.8.8 is listed twice.")
        try builder.set(a, .dns, "1.1.1.1\n1.1.1.3\n# the new one\n1.1.1.4\n\n1.1.1.2\n")
        #expect(builder.effective(a, .dns) == "1.1.1.1\n1.1.1.3\n1.1.1.4\n1.1.1.2")
        try builder.set(a, .dns, "")
        #expect(builder.effective(a, .dns) == "")
    }

    @Test func `V6-17 one IPv6 address in two spellings`() throws {
        expect(
            builder.refusal(of: builder.setting(a, .dns, "1::1\n1::0:1")), "l3.dns.duplicate", .notUnique,
            "1::1 is listed twice.")
    }

    @Test(arguments: ["example.org", "8.8.8", "8.8.8.8 # Google", "8.8.8.8, 9.9.9.9", "08.8.8.8", "fe80::1%eth0"])
    func `DN malformed`(line: String) throws {
        expect(
            builder.refusal(of: builder.setting(a, .dns, "9.9.9.9\n\(line)\n")), "l3.dns.malformed", .invalid,
            "'\(line)' is not an IPv4 or IPv6 address.")
    }

    @Test func `HR-02 routes`() throws {
        try builder.set(a, .routes, "10.1.1.7/24 via 1.1.1.1\n0.0.0.0/0\tvia  192.168.0.1\n")
        #expect(builder.effective(a, .routes) == "10.1.1.0/24 via 1.1.1.1\n0.0.0.0/0 via 192.168.0.1")
        expect(
            builder.refusal(of: builder.setting(a, .routes, "10.1.1.0/24 via 1.1.1.1\n10.1.1.9/24 via 1.1.1.2")),
            "l3.routes.duplicate", .notUnique, "10.1.1.0/24 has two routes.")
    }

    @Test(arguments: [
        "10.1.1.0/24", "10.1.1.0/24 1.1.1.1", "10.1.1.0 via 1.1.1.1", "10.1.1.0/33 via 1.1.1.1", "10.1.1.0/24 via x",
        "10.1.1.0/24 via 1.1.1.1 dev eth0", "10.1.1.0/24 VIA 1.1.1.1",
    ])
    func `HR malformed`(line: String) throws {
        expect(
            builder.refusal(of: builder.setting(a, .routes, line)), "l3.routes.malformed", .invalid,
            "'\(line)' is not a route.")
    }
}
