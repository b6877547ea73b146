import Testing

@testable import NetworkModel

/// Staged directories that become objects, in one step or not at all.
struct DraftTests {
    let builder = ModelBuilder()
    let maker = DraftMaker()
    var model: Model { builder.model }

    /// Zone z9 {cluster c1 {h1, h2}, cluster c2, L2 v10 → c1, L2 flat → c1 and c2}.
    private func zone(_ name: String = "z9", connected: Bool = true) -> Draft {
        let hosts = ["h1", "h2"].map { name in
            maker.directory(name, files: connected ? [("connection", "netns:\(name)\n")] : [])
        }
        return maker.directory(
            ".z9.import", files: [("description", "the second hall\n")],
            [
                // Networks before the clusters that they are linked to, as a listing may have it.
                maker.directory(
                    "l2",
                    [
                        maker.directory(
                            "v10", files: [("vlan", "10"), ("physical-interface", "eth0")],
                            [maker.directory("clusters", links: [("c1", "../../../clusters/c1")])]),
                        maker.directory(
                            "flat", files: [("physical-interface", "eth1")],
                            [
                                maker.directory(
                                    "clusters",
                                    links: [("c1", "/net/zones/\(name)/clusters/c1"), ("c2", "../../../clusters/c2")])
                            ]),
                    ]),
                maker.directory(
                    "clusters",
                    [maker.directory("c1", [maker.directory("hosts", hosts)]), maker.directory("c2")]),
            ])
    }

    private func id(_ path: String) throws -> ObjectID {
        let parts = path.split(separator: "/")
        let found = try PathResolver(model: model, mountPoint: "/net").object(at: parts)
        return try #require(found, "\(path)")
    }

    @Test func `a zone with hosts and attachments is one transaction`() throws {
        let before = ModelSnapshot(model)
        let command = builder.planting(zone(), in: .root, .zones, as: "z9")
        let plan = try builder.plan(command)
        #expect(ModelSnapshot(model) == before, "planning leaves nothing behind")
        guard case .arrive(plan.subject, let works) = plan.work else {
            Issue.record("hosts have to be asked, and are not")
            return
        }
        let connects = works.filter { if case .connect = $0 { true } else { false } }
        let attaches = works.filter { if case .attach = $0 { true } else { false } }
        #expect(connects.count == 2 && attaches.count == 3 && works.count == 5)

        builder.apply(plan.changes)
        #expect(ModelInvariants.broken(in: model).isEmpty)
        let top = try #require(model.record(plan.subject))
        #expect(top.isArriving && !top.isVisible && !top.isInForce, "nobody sees it before the hosts have it")
        #expect(model.allRealizations.count { _ in true } == 4, "two networks on two hosts")
        try builder.answer(plan.work)
        let arrived = try #require(model.record(plan.subject))
        #expect(arrived.isVisible && !arrived.isArriving && arrived.attribute(.arriving) == nil)
        #expect(model.allRecords.allSatisfy { $0.phase == .stable })
        #expect(try model.attachments(ofCluster: id("zones/z9/clusters/c1")).count == 2)
        #expect(builder.effective(try id("zones/z9/l2/v10"), .type) == "L2VlanNetwork")
        #expect(builder.text(plan.subject, .description) == "the second hall\n", "texts byte for byte")
    }

    @Test func `what no host is asked about is there at once`() throws {
        let plain = maker.directory("x", [maker.directory("clusters", [maker.directory("c1"), maker.directory("c2")])])
        let plan = try builder.run(builder.planting(plain, in: .root, .zones, as: "z9"))
        #expect(plan.work == nil)
        #expect(model.record(plan.subject)?.attribute(.arriving) == nil)
        #expect(model.record(plan.subject)?.isVisible == true)
        let mentions = plan.changes.contains { change in
            if case .insert(let record) = change { record.isArriving } else { false }
        }
        #expect(!mentions, "nor does the store hear of an arrival")
        // Hosts without a connection are asked nothing, but an attachment always is.
        let second = try builder.plan(builder.planting(zone("z8", connected: false), in: .root, .zones, as: "z8"))
        guard case .arrive(_, let works) = second.work else {
            Issue.record("no arrival")
            return
        }
        #expect(works.allSatisfy { if case .attach = $0 { true } else { false } })
    }

    @Test func `owners, modes and times come along`() throws {
        let file = Metadata(mode: 0o640, uid: 5, gid: 6, modified: 500, changed: 501)
        let closed = Metadata(mode: 0o700, uid: 7, gid: 8, modified: 600, changed: 601)
        let draft = Draft(
            name: "x", metadata: DraftMaker.metadata, uuid: UniqueID(high: 5, low: 6),
            files: [
                maker.file("description", "text", metadata: file),
                maker.file(
                    "state", "Enabled",
                    metadata: Metadata(mode: 0o644, uid: 1000, gid: 100, modified: 9, changed: 9)),
            ],
            directories: [maker.directory("clusters", metadata: closed), maker.directory("l2")])
        let top = try builder.run(builder.planting(draft, in: .root, .zones, as: "z9")).subject
        let record = try #require(model.record(top))
        #expect(record.uuid == UniqueID(high: 5, low: 6) && record.name == Name("z9"))
        let planned = builder.now
        #expect(record.metadata == Metadata(mode: 0o755, uid: 1000, gid: 100, modified: 77, changed: planned))
        #expect(record.attribute(.description)?.modified == 500)
        let description = try #require(record.facetMetadata(AttributeID.description.rawValue))
        #expect([description.uid, description.gid, UInt32(description.mode)] == [5, 6, 0o640])
        #expect(description.modified == 500)
        #expect(record.facetMetadata(AttributeID.state.rawValue) == nil, "the object's own, without execute bits")
        #expect(record.attribute(.state)?.modified == 9)
        #expect(record.facetMetadata(CollectionID.clusters.rawValue)?.mode == 0o700)
        #expect(record.facetMetadata(CollectionID.l2Networks.rawValue) == nil)
    }

    @Test func `what tools leave behind is passed over`() throws {
        let draft = maker.directory(
            "x", files: [("description", "a"), (".description.swp", "junk"), ("description~", "b"), ("4913", "")],
            links: [(".#description", "me@host.1:2")],
            [
                maker.directory(".git", files: [("HEAD", "ref")], [maker.directory("objects")]),
                maker.directory(
                    "clusters", files: [(".keep", "")], [maker.directory("c1.bak"), maker.directory("c1")]),
            ])
        let top = try builder.run(builder.planting(draft, in: .root, .zones, as: "z9")).subject
        #expect(
            DraftMaker.intent(of: model, below: top)
                == ["zones/z9", "zones/z9 description=a", "zones/z9/clusters/c1"])
    }

    // MARK: - L3 networks

    private func l3(
        _ ranges: [(String, String)], reserved: [(String, String)] = [], link: String? = nil,
        category: String = "Public"
    ) -> Draft {
        maker.directory(
            "x", files: [("category", category)], links: link.map { [("l2", $0)] } ?? [],
            [maker.directory("reserved", files: reserved), maker.directory("ranges", files: ranges)])
    }

    private static let ranges = [
        ("pool", "12.0.0.0/24 type=AddressPool"), ("low", "10.0.0.10-10.0.0.20/24 gateway=10.0.0.1"),
        ("high", "10.0.0.100-10.0.0.200/24 gateway=10.0.0.1"),
    ]

    @Test(arguments: [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
    func `an L3 network with its link and ranges, in any order`(order: [Int]) throws {
        let zone = try builder.zone("z1")
        let network = try builder.l2("nv0", in: zone, "eth0")
        // Reserved ranges come before the ranges that they are of: they wait.
        let draft = l3(
            order.map { DraftTests.ranges[$0] },
            reserved: order.first == 0 ? [] : [("printers", "10.0.0.150-10.0.0.160"), ("one", "10.0.0.15")],
            link: "../../zones/z1/l2/nv0")
        let plan = try builder.run(builder.planting(draft, in: .root, .l3Networks, as: "a"))
        #expect(plan.work == nil)
        #expect(model.record(plan.subject)?.target == network)
        #expect(model.l3Networks(on: network) == [plan.subject])
        #expect(model.childCount(of: plan.subject, in: .ranges) == 3)
        #expect(builder.effective(plan.subject, .category) == "Public")
        #expect(builder.fact(plan.subject, "reserved-addresses") == (order.first == 0 ? "0" : "12"))
    }

    @Test func `a range that does not go, and one that would go with it`() throws {
        let before = ModelSnapshot(model)
        let draft = l3(
            [("a", "10.0.0.0/24"), ("b", "10.0.0.0/25"), ("pool", "10.1.0.0/24 type=AddressPool")],
            category: "Private")
        let refusal = builder.refusal(of: builder.planting(draft, in: .root, .l3Networks, as: "a"))
        #expect(refusal?.problems.map(\.path) == ["ranges/b", "ranges/pool"])
        #expect(refusal?.problems.map(\.refusal.rule) == ["range.overlap", "range.pool-needs-public"])
        #expect(refusal?.error == .addressInUse)
        #expect(ModelSnapshot(model) == before)
    }

    @Test func `ranges of two L3 networks on one wire`() throws {
        let zone = try builder.zone("z1")
        let network = try builder.l2("nv0", in: zone, "eth0")
        let other = try builder.l3("other", on: network)
        try builder.range("r", in: other, "10.0.0.0/24")
        let clash = l3([("r", "10.0.0.0/25")], link: "../../zones/z1/l2/nv0")
        let refusal = builder.refusal(of: builder.planting(clash, in: .root, .l3Networks, as: "a"))
        #expect(refusal?.problems.map(\.refusal.rule) == ["range.overlap"], "links come before ranges")
        #expect(refusal?.objects == ["l3/other/ranges/r"])
        try builder.run(builder.planting(l3([("r", "10.0.0.0/25")]), in: .root, .l3Networks, as: "a"))
    }
}
