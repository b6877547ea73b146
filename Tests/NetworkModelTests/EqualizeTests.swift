import Testing

@testable import NetworkModel

/// Staged directories that are renamed over what is there: it becomes equal to them.
struct EqualizeTests {
    let fixture: Fixture
    let maker = DraftMaker()
    var builder: ModelBuilder { fixture.builder }
    var model: Model { fixture.model }

    init() throws { fixture = try Fixture() }

    private func network(
        _ vlan: Int, _ interface: String = "eth0", more: [(String, String)] = [], on clusters: [(String, String)] = []
    ) -> Draft {
        maker.directory(
            "x", files: [("physical-interface", interface), ("vlan", "\(vlan)")] + more,
            [
                maker.directory(
                    "clusters", links: clusters.map { ($0.0, "../../../clusters/\($0.1)") })
            ])
    }

    private func id(_ path: String) -> ObjectID? {
        try? PathResolver(model: model, mountPoint: "/net").object(at: path.split(separator: "/"))
    }

    private func draft(of id: ObjectID) throws -> Draft { try #require(maker.draft(of: id, in: model)) }

    // MARK: - Nothing to do

    @Test func `what is equal stays untouched`() throws {
        try builder.attach(fixture.v10, fixture.c1)
        let l3 = try builder.l3("a", on: fixture.v10, category: "Public")
        try builder.range("r", in: l3, "10.0.0.0/24")
        try builder.reserved("kept", in: l3, "10.0.0.9")
        try builder.set(fixture.z1, .description, "text\n")
        for place in [DraftPlace.object(.root), .object(fixture.z1), .object(fixture.v10), .object(l3)] {
            let plan = try builder.plan(builder.equalizing(try draft(of: place.object), place))
            #expect(plan.changes.isEmpty, "\(place)")
            #expect(plan.work == nil && !plan.isFirstPart && plan.subject == place.object)
        }
        let root = try #require(model.record(.root))
        for collection in KindDefinition.root.collections {
            let draft = maker.draft(of: root, collection, in: model)
            let plan = try builder.plan(builder.equalizing(draft, .collection(.root, collection.id)))
            #expect(plan.changes.isEmpty && plan.work == nil, "\(collection.name)")
        }
    }

    @Test func `planning leaves nothing behind`() throws {
        try builder.attach(fixture.v10, fixture.c1)
        let before = ModelSnapshot(model)
        _ = try builder.plan(builder.equalizing(maker.directory("x"), .object(.root)))
        #expect(ModelSnapshot(model) == before)
        #expect(ModelInvariants.broken(in: model).isEmpty)
    }

    // MARK: - Changes

    @Test func `attributes change, go and come`() throws {
        try builder.set(fixture.v11, .mtu, "1400")
        let plan = try builder.run(
            builder.equalizing(network(21, more: [("description", "new")]), .object(fixture.v11)))
        #expect(plan.work == nil && !plan.isFirstPart)
        let record = try #require(model.record(fixture.v11))
        #expect(record.text(.vlan) == "21" && record.text(.mtu) == nil && record.text(.description) == "new")
        #expect(record.name == Name("v11"), "the name of the place, not of the staged directory")
        #expect(record.metadata.uid == DraftMaker.metadata.uid && record.attribute(.vlan)?.modified == 77)
        let other = try #require(model.record(fixture.v10))
        #expect(other.text(.vlan) == "10", "nothing else is touched")
    }

    @Test func `another text with the time of the old one has another time`() throws {
        let draft = network(11)
        try builder.run(builder.equalizing(draft, .object(fixture.v11)))
        try builder.run(builder.equalizing(network(12), .object(fixture.v11)))
        #expect(model.record(fixture.v11)?.attribute(.vlan)?.modified == 78, "a kernel compares times")
    }

    @Test func `an attached network changes on its hosts`() throws {
        try builder.attach(fixture.v10, fixture.c1)
        let plan = try builder.run(builder.equalizing(network(20, on: [("c1", "c1")]), .object(fixture.v10)))
        guard case .all(let works) = plan.work, case .reshape(fixture.v10, let former, _) = works.first else {
            Issue.record("hosts were not told")
            return
        }
        #expect(works.count == 1 && former.text(.vlan) == "10" && !plan.isFirstPart)
        try builder.answer(plan.work)
        #expect(model.realization(of: fixture.v10, on: fixture.h1)?.applied?.vlan == 20)
        #expect(model.attachments(ofNetwork: fixture.v10).count == 1)
    }

    @Test func `a link that leads to the same cluster is written anew, and no host hears of it`() throws {
        let attachment = try builder.attach(fixture.v10, fixture.c1)
        let same = maker.directory(
            "x", files: [("physical-interface", "eth0"), ("vlan", "10")],
            [maker.directory("clusters", links: [("c1", "/net/zones/z1/clusters/c1")])])
        let plan = try builder.run(builder.equalizing(same, .object(fixture.v10)))
        #expect(plan.work == nil)
        #expect(builder.text(attachment, .value) == "/net/zones/z1/clusters/c1")
        #expect(model.record(attachment)?.phase == .stable)
    }

    @Test func `ranges change, go and come, and an L3 network moves`() throws {
        let l3 = try builder.l3("a", on: fixture.nv0, category: "Public")
        let kept = try builder.range("kept", in: l3, "10.0.0.0/25")
        try builder.range("gone", in: l3, "12.0.0.0/24 type=AddressPool")
        try builder.reserved("gone", in: l3, "10.0.0.9")
        let draft = maker.directory(
            "x", files: [("category", "Private")], links: [("l2", "../../zones/z1/l2/nv1")],
            [
                maker.directory("ranges", files: [("kept", "10.0.0.0/24")]),
                maker.directory("reserved", files: [("new", "10.0.0.200")]),
            ])
        let plan = try builder.run(builder.equalizing(draft, .object(l3)))
        #expect(plan.work == nil)
        #expect(
            DraftMaker.intent(of: model, below: l3) == [
                "l3/a", "l3/a category=Private", "l3/a l2->zones/z1/l2/nv1", "l3/a/ranges/kept",
                "l3/a/ranges/kept value=10.0.0.0/24", "l3/a/reserved/new", "l3/a/reserved/new value=10.0.0.200",
            ])
        #expect(model.child(of: l3, in: .ranges, named: Name("kept")) == kept, "it is the same range")
    }

    @Test func `a file that left and is in the draft is back`() throws {
        try builder.run(.leave(fixture.v10, .vlan, isFinal: false))
        let l3 = try builder.l3("a")
        let range = try builder.range("r", in: l3, "10.0.0.0/24")
        try builder.run(.leave(range, .value, isFinal: false))
        try builder.run(builder.equalizing(network(10), .object(fixture.v10)))
        let draft = maker.directory("x", [maker.directory("ranges", files: [("r", "10.0.0.0/24")])])
        try builder.run(builder.equalizing(draft, .object(l3)))
        #expect(model.leavings.isEmpty)
        #expect(model.record(fixture.v10)?.fileText(.vlan) == "10" && model.record(range)?.isVisible == true)
    }

    // MARK: - What hosts have goes first

    @Test func `an attachment that goes is a first part`() throws {
        let attachment = try builder.attach(fixture.v10, fixture.c1)
        let command = builder.equalizing(network(20), .object(fixture.v10))
        let plan = try builder.run(command)
        #expect(plan.isFirstPart && plan.work == .all([.detach(attachment)]))
        #expect(builder.text(fixture.v10, .vlan) == "10", "the rest waits")
        try builder.answer(plan.work)
        let rest = try builder.run(command)
        #expect(!rest.isFirstPart && rest.work == nil)
        #expect(builder.text(fixture.v10, .vlan) == "20" && model.attachments(ofNetwork: fixture.v10).isEmpty)
    }

    @Test func `an attachment moves to another cluster under its name`() throws {
        try builder.attach(fixture.v10, fixture.c1)
        #expect(try builder.complete(builder.equalizing(network(10, on: [("c1", "c2")]), .object(fixture.v10))) == 2)
        #expect(
            DraftMaker.intent(of: model, below: fixture.v10).contains(
                "zones/z1/l2/v10/clusters/c1 target->zones/z1/clusters/c2"))
        #expect(model.realizations(ofNetwork: fixture.v10).map(\.host) == [fixture.h3])
        #expect(model.realizations(ofNetwork: fixture.v10).allSatisfy { $0.isConverged })
    }

    @Test func `networks change places on one wire`() throws {
        try builder.attach(fixture.v10, fixture.c1)
        let l2 = maker.directory(
            "l2",
            ["v10", "v10b"].map { name in
                let links = name == "v10b" ? [("c1", "../../../clusters/c1")] : []
                return maker.directory(
                    name, files: [("physical-interface", "eth0"), ("vlan", "10")],
                    [maker.directory("clusters", links: links)])
            })
        #expect(try builder.complete(builder.equalizing(l2, .collection(fixture.z1, .l2Networks))) == 2)
        #expect(model.attachments(ofCluster: fixture.c1).count == 1)
        #expect(model.realizations(ofNetwork: fixture.v10b).count == 2)
        #expect(id("zones/z1/l2/nv0") == nil && id("zones/z1/clusters/c1") == fixture.c1)
    }

    @Test func `a host with a connection is released before it goes`() throws {
        try builder.attach(fixture.v10, fixture.c1)
        let cluster = maker.directory(
            "x", [maker.directory("hosts", [maker.directory("h2", files: [("connection", "netns:h2")])])])
        let command = builder.equalizing(cluster, .object(fixture.c1))
        let plan = try builder.run(command)
        #expect(plan.isFirstPart && plan.work == .all([.release(fixture.h1, remove: true)]))
        try builder.answer(plan.work)
        #expect(try builder.complete(command) == 1)
        #expect(model.children(of: fixture.c1, in: .hosts) == [fixture.h2])
        #expect(model.realizations(ofNetwork: fixture.v10).map(\.host) == [fixture.h2])
    }

    @Test func `a host without a connection goes in one part`() throws {
        let bare = try builder.host("bare", in: fixture.c2)
        let cluster = maker.directory(
            "x", [maker.directory("hosts", [maker.directory("h3", files: [("connection", "netns:h3")])])])
        #expect(try builder.complete(builder.equalizing(cluster, .object(fixture.c2))) == 1)
        #expect(model.record(bare) == nil && model.record(fixture.h3) != nil)
    }

    // MARK: - Refusals

    private func refused(_ command: Command, sourceLocation: SourceLocation = #_sourceLocation) -> Refusal? {
        let before = ModelSnapshot(model)
        let refusal = builder.refusal(of: command)
        #expect(ModelSnapshot(model) == before, sourceLocation: sourceLocation)
        #expect(ModelInvariants.broken(in: model).isEmpty, sourceLocation: sourceLocation)
        return refusal
    }

    @Test func `what is wrong after the first part is told before it`() throws {
        try builder.attach(fixture.v10, fixture.c1)
        let draft = maker.directory(
            "x", files: [("vlan", "0")],
            [maker.directory("clusters", links: [("c9", "../../../clusters/c9")])])
        let refusal = refused(builder.equalizing(draft, .object(fixture.v10)))
        expect(
            refusal, "staged.refused", .range,
            "The directory cannot become zones/z1/l2/v10: 2 problems. vlan: vlan must be from 1 to 4094, not '0'. "
                + "clusters/c9: '../../../clusters/c9' leads to @/zones/z1/clusters/c9, which does not exist.")
        #expect(model.attachments(ofNetwork: fixture.v10).count == 1, "nothing was detached for it")
    }

    @Test func `what others stand on does not go`() throws {
        let l3 = try builder.l3("a", on: fixture.nv0)
        let refusal = refused(builder.equalizing(maker.directory("x"), .object(fixture.z1)))
        #expect(refusal?.problems.map(\.path) == ["l2/nv0"])
        #expect(refusal?.problems.map(\.refusal.rule) == ["l2.in-use"])
        #expect(refusal?.error == .busy && refusal?.objects == ["l3/a"])
        // With the L3 network it goes.
        try builder.complete(builder.equalizing(maker.directory("x"), .object(.root)))
        #expect(model.record(l3) == nil && model.count == 1)
    }

    @Test func `wrong forms and unknown names below what is there`() throws {
        let draft = maker.directory(
            "x", links: [("mtu", "x")],
            [maker.directory("clusters", files: [("c1", "x")]), maker.directory("racks")])
        let refusal = refused(builder.equalizing(draft, .object(fixture.nv0)))
        let problems = (refusal?.problems ?? []).map { "\($0.path) \($0.refusal.rule)" }
        #expect(Set(problems) == ["mtu attribute.is-file", "clusters/c1 tree.wrong-form", "racks attribute.unknown"])
        #expect(problems.count == 3)
    }

    @Test func `only root, or the owner of all that is there`() throws {
        let draft = try draft(of: fixture.z1)
        #expect(builder.refusal(of: builder.equalizing(draft, .object(fixture.z1), uid: 1000)) == nil)
        try builder.run(.setMetadata(fixture.h2, facet: 0, MetadataChange(uid: 7)))
        expect(
            refused(builder.equalizing(draft, .object(fixture.z1), uid: 1000)), "staged.not-owner", .notPermitted,
            "Only root, or the owner of all that is there, may put a directory in its place; "
                + "zones/z1/clusters/c1/hosts/h2 is not yours.")
        #expect(builder.refusal(of: builder.equalizing(draft, .object(fixture.z1))) == nil, "root may")
        let other = try self.draft(of: fixture.c2)
        #expect(builder.refusal(of: builder.equalizing(other, .object(fixture.c2), uid: 1000)) == nil)
        #expect(refused(builder.equalizing(draft, .object(fixture.c1), uid: 8))?.error == .notPermitted)
    }

    @Test func `places that are not there`() throws {
        let draft = maker.directory("hosts")
        expect(refused(builder.equalizing(draft, .object(ObjectID(9_999)))), "object.not-found", .notFound)
        expect(
            refused(builder.equalizing(draft, .collection(fixture.z1, .hosts))), "attribute.unknown", .notPermitted,
            "A zone has nothing named 'hosts'.")
    }

    // MARK: - The whole tree

    @Test func `the whole tree`() throws {
        try builder.attach(fixture.v10, fixture.c1)
        let l3 = try builder.l3("a", on: fixture.v10)
        try builder.range("r", in: l3, "10.0.0.0/24")
        let wanted = DraftMaker.intent(of: model)
        let draft = try draft(of: .root)
        // Everything goes, everything comes: with hosts to be released, and hosts to be connected.
        #expect(try builder.complete(builder.equalizing(maker.directory("x"), .object(.root))) == 2)
        #expect(model.allRecords.map(\.id) == [.root])
        #expect(model.allRealizations.count { _ in true } == 0)
        #expect(try builder.complete(builder.equalizing(draft, .object(.root))) == 1)
        #expect(DraftMaker.intent(of: model) == wanted)
        #expect(model.allRecords.allSatisfy { $0.phase == .stable && !$0.isArriving })
        #expect(try builder.plan(builder.equalizing(draft, .object(.root))).work == nil)
    }

    @Test func `one collection of the top`() throws {
        _ = try builder.l3("a", on: fixture.nv0)
        let zones = maker.directory(
            ".new", [maker.directory("z1", [maker.directory("l2", [maker.directory("nv0")])]), maker.directory("z3")])
        try builder.complete(builder.equalizing(zones, .collection(.root, .zones)))
        #expect(
            DraftMaker.intent(of: model) == [
                "", "l3/a", "l3/a l2->zones/z1/l2/nv0", "zones/z1", "zones/z1/l2/nv0", "zones/z3",
            ])
        #expect(id("zones/z1") == fixture.z1 && id("zones/z1/l2/nv0") == fixture.nv0)
    }
}
