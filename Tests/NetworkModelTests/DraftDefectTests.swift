import Testing

@testable import NetworkModel

/// Corners of drafts, of links that are replaced, and of files that left, each of which went wrong once.
struct DraftDefectTests {
    let fixture: Fixture
    let maker = DraftMaker()
    var builder: ModelBuilder { fixture.builder }
    var model: Model { fixture.model }

    init() throws { fixture = try Fixture() }

    @Test func `a host whose connection goes changes in all else too`() throws {
        let host = maker.directory("x", files: [("description", "spare part")])
        try builder.complete(builder.equalizing(host, .object(fixture.h1)))
        #expect(builder.text(fixture.h1, .connection) == nil)
        #expect(builder.text(fixture.h1, .description) == "spare part")
    }

    @Test func `a refused directory does not make hosts look disconnected`() throws {
        let draft = maker.directory("x", files: [("hypervisor", "Xen")])
        #expect(builder.refusal(of: builder.equalizing(draft, .object(fixture.c1))) != nil)
        #expect(model.status(ofHost: fixture.h1).isConnected && model.status(ofHost: fixture.h2).isConnected)
        // Nor one that was only planned, as `netmodelfs check` does.
        _ = try builder.plan(builder.equalizing(maker.directory("x"), .object(fixture.c2)))
        #expect(model.status(ofHost: fixture.h3).isConnected)
    }

    @Test func `a refused directory leaves the times of directories alone`() throws {
        let touched = model.lastTouched(.root, .zones)
        let inner = model.lastTouched(fixture.z1, .clusters)
        #expect(touched != nil && inner != nil)
        let draft = maker.directory("x", files: [("state", "On")])
        #expect(builder.refusal(of: builder.planting(draft, in: .root, .zones, as: "z9")) != nil)
        #expect(model.lastTouched(.root, .zones) == touched)
        _ = try builder.plan(builder.equalizing(maker.directory("x"), .object(.root)))
        #expect(model.lastTouched(fixture.z1, .clusters) == inner)
    }

    @Test func `a link that left and is in the draft with the same text is back`() throws {
        let l3 = try builder.l3("a", on: fixture.nv0)
        let draft = try #require(maker.draft(of: l3, in: model))
        try builder.run(.leave(l3, .l2, isFinal: false))
        try builder.run(builder.equalizing(draft, .object(l3)))
        #expect(model.record(l3)?.isLeaving(.l2) == false)
        #expect(model.leavings.isEmpty)
    }

    @Test func `a link that leads nowhere leads to what comes with the draft`() throws {
        let l3 = try builder.l3("a", on: fixture.nv0)
        let draft = try #require(maker.draft(of: .root, in: model))
        try builder.run(.unset(fixture.nv0, .physicalInterface))
        try builder.run(.delete(fixture.nv0))
        #expect(model.record(l3)?.target == nil && builder.text(l3, .l2) == "../../zones/z1/l2/nv0")
        try builder.complete(builder.equalizing(draft, .object(.root)))
        #expect(model.record(l3)?.target.map { model.path(of: $0) } == "zones/z1/l2/nv0")
    }

    @Test func `a link does not lead to what may never arrive`() throws {
        // A zone whose hosts are being asked, and then an L3 network onto its L2 network.
        let zone = maker.directory(
            "x",
            [
                maker.directory("l2", [maker.directory("nv0", files: [("physical-interface", "eth0")])]),
                maker.directory(
                    "clusters",
                    [
                        maker.directory(
                            "c1",
                            [
                                maker.directory(
                                    "hosts", [maker.directory("h9", files: [("connection", "netns:h9")])])
                            ])
                    ]),
            ])
        let top = try builder.run(builder.planting(zone, in: .root, .zones, as: "z9")).subject
        #expect(model.record(top)?.isArriving == true)
        let l3 = maker.directory("x", links: [("l2", "../../zones/z9/l2/nv0")])
        let refusal = builder.refusal(of: builder.planting(l3, in: .root, .l3Networks, as: "a"))
        #expect(refusal?.problems.map(\.refusal.rule) == ["link.no-target"])
    }

    @Test func `nothing comes into a directory that was removed`() throws {
        try builder.run(.hideCollection(fixture.z2, .clusters, true))
        let refusal = builder.refusal(of: builder.planting(maker.directory("x"), in: fixture.z2, .clusters, as: "c"))
        #expect(refusal?.problems.first?.refusal.rule == "object.not-found" || refusal?.rule == "object.not-found")
    }

    @Test func `the sentence about something at the top has no leading slash`() throws {
        let draft = maker.directory("x", files: [("state", "On")])
        let refusal = builder.refusal(of: builder.planting(draft, in: .root, .zones, as: "z9"))
        #expect(
            refusal?.reason == "The directory cannot become zones/z9: 1 problem. state: 'On' is not a value of state.")
    }

    @Test func `a problem with what has to go first says where it is`() throws {
        try builder.run(builder.attaching(fixture.v10, fixture.c1))
        let refusal = builder.refusal(of: builder.equalizing(maker.directory("x"), .object(fixture.v10)))
        let problem = try #require(refusal?.problems.first)
        #expect(problem.refusal.rule == "l2.detach.in-progress" && problem.path == "clusters/c1")
    }

    /// In the end there is no conflict, so it is one step.
    @Test func `ranges that change places`() throws {
        let l3 = try builder.l3("a")
        try builder.range("low", in: l3, "10.0.0.10-10.0.0.20/24 gateway=10.0.0.1")
        try builder.range("high", in: l3, "10.0.0.100-10.0.0.200/24 gateway=10.0.0.1")
        let draft = maker.directory(
            "x",
            [
                maker.directory(
                    "ranges",
                    files: [
                        ("low", "10.0.0.100-10.0.0.200/24 gateway=10.0.0.1"),
                        ("high", "10.0.0.10-10.0.0.20/24 gateway=10.0.0.1"),
                    ])
            ])
        #expect(builder.refusal(of: builder.equalizing(draft, .object(l3))) == nil)
        // Another subnet for all of them, which is one step for a person too.
        let moved = maker.directory(
            "x",
            [
                maker.directory(
                    "ranges",
                    files: [
                        ("low", "10.9.0.10-10.9.0.20/24 gateway=10.9.0.1"),
                        ("high", "10.9.0.100-10.9.0.200/24 gateway=10.9.0.1"),
                    ])
            ])
        #expect(builder.refusal(of: builder.equalizing(moved, .object(l3))) == nil)
    }

    // MARK: - Links that are replaced

    private func replacing(_ old: ObjectID, with cluster: ObjectID) throws -> ObjectID {
        let record = try #require(model.record(old))
        var uuids = SplitMix64(seed: 1)
        return try builder.run(
            .create(
                NewObject(
                    id: model.makeID(), uuid: .random(using: &uuids), parent: record.parent,
                    collection: .attachments, name: record.name, ownership: ModelBuilder.ownership,
                    text: "../../../clusters/c2", target: cluster, replaces: old))
        ).subject
    }

    @Test func `a link is replaced under its name`() throws {
        let old = try builder.attach(fixture.v10, fixture.c1)
        let new = try replacing(old, with: fixture.c2)
        #expect(model.record(new)?.isVisible == false && model.record(old)?.isVisible == true)
        try builder.answer(.attach(new))
        #expect(model.record(old) == nil)
        #expect(model.record(new)?.name == Name("c1") && model.record(new)?.phase == .stable)
        #expect(model.record(new)?.text(.replaces) == nil)
        #expect(model.realizations(ofNetwork: fixture.v10).map(\.host) == [fixture.h3])
    }

    @Test func `a link whose hosts refuse leaves the old one`() throws {
        let old = try builder.attach(fixture.v10, fixture.c1)
        let new = try replacing(old, with: fixture.c2)
        try builder.run(.progress(.withdraw(new, untouched: false)))
        try builder.answer(.detach(new))
        #expect(model.attachments(ofNetwork: fixture.v10) == [old])
        #expect(model.record(old)?.name == Name("c1") && model.record(old)?.phase == .stable)
    }

    @Test func `a link whose predecessor was removed meanwhile has the name all the same`() throws {
        let old = try builder.attach(fixture.v10, fixture.c1)
        let new = try replacing(old, with: fixture.c2)
        try builder.detach(old)
        try builder.settle()
        try builder.run(.progress(.attached(new)))
        #expect(model.record(new)?.name == Name("c1"), "not a name that only the daemon knows")
    }

    // MARK: - Files that left

    @Test func `a connection that settled is forgotten when the host is released`() throws {
        try builder.run(.leave(fixture.h1, .connection, isFinal: false))
        try builder.complete(.settle(fixture.h1, .connection, left: nil))
        #expect(builder.text(fixture.h1, .connection) == nil)
        #expect(model.record(fixture.h1)?.leaving.isEmpty == true && model.leavings.isEmpty)
    }
}
