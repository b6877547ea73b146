import Testing

@testable import NetworkModel

struct NameRulesTests {
    static let ordinary = [
        "z", "zone 1", "vlan10", "a.b", "z.new.1", "tmpx", "new", "-rf", "sedan", "sedative", "Cuxhaven", "tmpfiles",
        "XXlarge", "$HOME", "a~b", "#1", "*", "Büro", "\u{65E5}\u{672C}", "a\u{301}",
        String(repeating: "n", count: 255),
    ]

    static let refused: [(name: String, rule: String, error: ErrorNumber)] =
        ["", "a/b", "/", "a\nb", "\u{1}", "a\u{7F}", "a\0b", "\t"].map { ($0, "name.malformed", .invalid) }
        + [String(repeating: "n", count: 256), String(repeating: "\u{E9}", count: 128)].map {
            ($0, "name.too-long", .nameTooLong)
        }
        + [
            ".new", ".vlan.swp", ".\u{301}x", "...", "vlan~", "#vlan#", "4913", "sedAb3xYz", "sed123456", "XXa1b2c3",
            "CuQ12345", "tmpab12CDeZ", "vlan.tmp", "vlan.new", "vlan.bak", "vlan.orig", "vlan.rej",
            "vlan.swp", "vlan.swpx", "vlan.lock", "vlan.cfnew", "vlan.cfsaved", "vlan.puppet-bak", "a.cf-before-edit",
        ].map { ($0, "name.temporary", .invalid) }

    @Test(arguments: ordinary)
    func `names for people`(name: String) throws {
        try NameRules.check(Name(name), kind: .zone)
        let builder = ModelBuilder()
        #expect(builder.model.path(of: try builder.zone(name)) == "zones/\(name)")
    }

    @Test(arguments: refused)
    func `names that are refused`(name: String, rule: String, error: ErrorNumber) throws {
        let builder = ModelBuilder()
        expect(builder.refusal(of: builder.creation(name, in: .root, .zones)), rule, error)
        let zone = try builder.zone("z")
        expect(builder.refusal(of: .rename(zone, to: Name(name))), rule, error)
    }

    @Test(arguments: [".", ".."])
    func `the directory itself and the one above`(name: String) {
        let builder = ModelBuilder()
        expect(builder.refusal(of: builder.creation(name, in: .root, .zones)), "name.malformed", .invalid)
    }

    @Test func `names are told apart byte by byte`() throws {
        let builder = ModelBuilder()
        let composed = try builder.zone("\u{E9}")
        let decomposed = try builder.zone("e\u{301}")
        #expect(builder.model.child(of: .root, in: .zones, named: Name("\u{E9}")) == composed)
        #expect(builder.model.child(of: .root, in: .zones, named: Name("e\u{301}")) == decomposed)
    }

    @Test func `names are free again after a rename and a removal`() throws {
        let builder = ModelBuilder()
        let first = try builder.zone("a")
        let second = try builder.zone("b")
        let refusal = builder.refusal(of: .rename(first, to: Name("b")))
        expect(refusal, "name.exists", .exists, "There is already a zone zones/b.")
        #expect(refusal?.objects == ["zones/b"])
        try builder.run(.rename(first, to: Name("c")))
        #expect(try builder.run(.rename(first, to: Name("c"))).changes.isEmpty)
        try builder.run(.rename(second, to: Name("a")))
        try builder.run(.delete(first))
        _ = try builder.zone("c")
    }
}
