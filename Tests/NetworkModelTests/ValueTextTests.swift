import Testing

@testable import NetworkModel

struct ValueTextTests {
    @Test(arguments: [
        ("", []), ("\n", []), ("10", ["10"]), ("10\n", ["10"]), ("10\r\n", ["10"]), (" \t10 \t\r\n", ["10"]),
        ("# comment\n10\n", ["10"]), ("  # comment\n", []), ("a # b", ["a # b"]), ("a\nb", ["a", "b"]),
        ("a\n\n\r\nb\n", ["a", "b"]), ("a b", ["a b"]), ("\u{FEFF}a", ["\u{FEFF}a"]), ("a\u{301}\n", ["a\u{301}"]),
        ("\u{301}", ["\u{301}"]), ("a\rb", ["a\rb"]), ("#", []),
    ])
    func lines(text: String, lines: [String]) {
        #expect(ValueText.lines(text).map { Array($0.utf8) } == lines.map { Array($0.utf8) })
    }

    @Test func `a single value`() throws {
        #expect(try ValueText.single("# vlan\r\n 10 \r\n", of: "vlan") == "10")
        expect(
            refusal { () throws(Refusal) in _ = try ValueText.single(" \n# x", of: "vlan") }, "value.empty", .invalid,
            "The text written to vlan holds no value.")
        expect(
            refusal { () throws(Refusal) in _ = try ValueText.single("10\n11\n12", of: "vlan") }, "value.several-lines",
            .invalid, "vlan takes one value, but 3 lines were written to it.")
    }

    @Test(arguments: [
        ("5", 5), ("9", 9), (" 7\n", 7), ("4", nil), ("10", nil), ("-7", nil), ("99999999999999999999999", nil),
    ])
    func numbers(text: String, value: Int?) throws {
        func read() throws(Refusal) -> Int { try ValueText.number(text, of: "n", in: 5...9, rule: "r") }
        if let value { return #expect(try read() == value) }
        expect(refusal { () throws(Refusal) in _ = try read() }, "r.out-of-range", .range)
    }

    @Test(arguments: ["x", "05", "+7", "7.0", "7 7", "0x7", "--7", "-", "\u{0667}", "7\u{301}", "7,0", "1e1"])
    func `no numbers`(text: String) {
        expect(
            refusal { () throws(Refusal) in _ = try ValueText.number(text, of: "n", in: 5...9, rule: "r") },
            "r.not-a-number", .invalid)
    }

    @Test(arguments: [("KVM", true), ("KVM\n", true), ("kvm", false), ("\u{212A}VM", false), ("KVM,", false)])
    func keywords(text: String, isOne: Bool) {
        let refusal = refusal { () throws(Refusal) in
            _ = try ValueText.keyword(text, of: "hypervisor", as: HypervisorType.self, rule: "r", error: .notSupported)
        }
        if isOne { return #expect(refusal == nil) }
        expect(refusal, "r", .notSupported, "\(ValueText.quoted(text)) is not a value of hypervisor.")
        #expect(refusal?.remedy == "Write one of: KVM, ESXi, Simulator.")
    }

    @Test func `quoting hides control characters and cuts what is long`() {
        #expect(ValueText.quoted("a\nb\u{7F}\u{1B}[0m") == "'a?b??[0m'")
        #expect(ValueText.quoted(String(repeating: "x", count: 80)) == "'" + String(repeating: "x", count: 80) + "'")
        #expect(ValueText.quoted(String(repeating: "x", count: 81)) == "'" + String(repeating: "x", count: 80) + "…'")
    }

    @Test func `the longest text`() throws {
        let builder = ModelBuilder()
        let l3 = try builder.l3("a")
        let longest = "8.8.8.8\n#" + String(repeating: "x", count: 65_536 - 9)
        try builder.set(l3, .dns, longest)
        #expect(builder.text(l3, .dns)?.utf8.count == 65_536)
        for command in [
            builder.setting(l3, .dns, longest + "x"), builder.creation("r", in: l3, .ranges, text: longest + "x"),
            builder.creation("r", in: l3, .reserved, text: longest + "x"),
        ] {
            expect(
                builder.refusal(of: command), "value.too-long", .tooBig, "The text has 65537 bytes; 65536 are the most."
            )
        }
    }

    @Test func `the longest description`() throws {
        let builder = ModelBuilder()
        let zone = try builder.zone("z")
        let longest = String(repeating: "\u{E9}", count: 2048)
        for text in [longest, longest + "\n"] {
            try builder.set(zone, .description, text)
            #expect(builder.text(zone, .description) == text)
            #expect(builder.effective(zone, .description) == longest)
        }
        expect(
            builder.refusal(of: builder.setting(zone, .description, longest + "x")), "description.too-long", .tooBig,
            "The description has 2049 characters; 2048 is the most.")
    }

    private func refusal(_ body: () throws(Refusal) -> Void) -> Refusal? {
        do throws(Refusal) {
            try body()
            return nil
        } catch {
            return error
        }
    }
}
