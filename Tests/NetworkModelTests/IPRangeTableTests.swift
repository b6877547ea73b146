import Testing

@testable import NetworkModel

/// `IPRangeTable` against the model: each row is a range that somebody writes to an L3 network.
struct IPRangeTableTests {
    @Test(arguments: IPRangeTable.rows)
    func row(_ row: IPRangeTable.Row) throws {
        let builder = ModelBuilder()
        let l2 = try builder.l2("l2", in: try builder.zone("z"), "eth0")
        var l3s: [String: ObjectID] = [:]
        func l3(_ name: String) throws -> ObjectID {
            if let id = l3s[name] { return id }
            let id = try builder.l3(name, on: l2, category: name.hasPrefix("pub") ? "Public" : nil)
            l3s[name] = id
            return id
        }
        for (index, state) in row.state.enumerated() {
            let parts = state.split { $0 == ":" || $0 == "/" }.map(String.init)
            let pool = parts[1] == "P"
            let text = "\(parts[2]) netmask=\(parts[4])" + (pool ? " type=AddressPool" : " gateway=\(parts[3])")
            try builder.range("old\(index)", in: try l3(parts[0]), text)
        }
        let mended = IPRangeTable.mended[row.id]
        if mended != nil { #expect(row.expected == "OK", "an exception for what ZStack refuses anyway") }
        let expected = mended?.expected ?? row.expected
        let before = builder.model.allRecords
        let creation = builder.creation("new", in: try l3(row.l3), .ranges, text: row.text)
        guard expected == "OK" else {
            let refusal = builder.refusal(of: creation)
            #expect(refusal?.rule == "range.\(expected)", "\(row.text)")
            #expect(refusal?.error == IPRangeTableTests.errors[expected] ?? .invalid)
            if ["overlap", "cidr-mismatch", "gateway-mismatch"].contains(expected) {
                let l3 = row.id == "O15" ? "B/ranges/old1" : "\(row.state[0].prefix { $0 != ":" })/ranges/old0"
                #expect(refusal?.objects == ["l3/\(l3)"])
            }
            #expect(builder.model.allRecords.filter { $0.kind == .ipRange } == before.filter { $0.kind == .ipRange })
            return
        }
        let id = try builder.run(creation).subject
        let range = try #require(builder.model.range(id))
        let result = range.intervals.map {
            "\(range.family.text(of: $0))@\(range.gateway)"
        }
        #expect(result.joined(separator: ",") == row.result)
    }

    /// Errors other than EINVAL.
    private static let errors: [String: ErrorNumber] = [
        "overlap": .addressInUse, "gateway-not-in-subnet": .addressNotAvailable,
        "end-not-in-subnet": .addressNotAvailable,
        "cidr-mismatch": .addressNotAvailable, "gateway-mismatch": .addressNotAvailable,
    ]

    @Test func `the table is whole`() {
        let ids = IPRangeTable.rows.map(\.id)
        #expect(Set(ids).count == ids.count)
        #expect(ids.count >= 84)
        #expect(IPRangeTable.mended.keys.allSatisfy(ids.contains))
    }
}
