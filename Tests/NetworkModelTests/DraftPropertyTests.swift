import Testing

@testable import NetworkModel

/// Any tree can be made of any other, or the reason is one that a person can act on.
struct DraftPropertyTests {
    let maker = DraftMaker()

    /// What stands in the way of one step from a tree to another although both are sound by themselves: rules about
    /// what may change while it is in use, and things that would have to change places at once.
    private static let passable: Set<String> = [
        "cluster.hypervisor.in-use", "host.connection.hypervisor", "host.connection.in-use", "host.connection.taken",
        "host.maintain.not-connected", "l2.attach.device-name", "l2.attach.device-name-too-long",
        "l2.attach.incomplete", "l2.attach.interface-conflict", "l2.attach.vlan-conflict",
        "l2.change.host-not-connected", "l2.change.needed", "l2.type.attached", "l3.category.has-ipv6",
        "l3.category.has-pools",
        "l3.l2.overlap", "range.cidr-mismatch", "range.gateway-mismatch", "range.ipv6-on-system",
        "range.mode-mismatch", "range.overlap", "range.pool-needs-public",
        "range.pools-remain", "reserved.no-range", "reserved.outside-subnet", "reserved.overlap",
    ]

    /// A model after some random commands, with nothing left half done: as after a restart.
    private func model(seed: UInt64, steps: Int, more: Int = 0) throws -> ModelBuilder {
        let builder = ModelBuilder()
        builder.checksInvariants = false
        var commands = RandomCommands(builder: builder, random: SplitMix64(seed: seed))
        for _ in 0..<(steps + more) {
            // A refused command is as random as any.
            do throws(Refusal) { try builder.answer(try builder.run(commands.next()).work) } catch { continue }
        }
        try finish(builder)
        return builder
    }

    /// What was under way is undone or finished, and what left goes or stays.
    private func finish(_ builder: ModelBuilder) throws {
        let model = builder.model
        for record in model.allRecords where record.phase != .stable {
            switch (record.kind, record.phase) {
            case (.clusterAttachment, _):
                try builder.run(.progress(.withdraw(record.id, untouched: false)))
                try builder.answer(.detach(record.id))
            case (_, .connecting): try builder.answer(.connect(record.id))
            case (_, .removing): try builder.answer(.release(record.id, remove: true))
            default: try builder.answer(.release(record.id, remove: false))
            }
        }
        // Some can go only when others have gone.
        for _ in 0..<3 {
            for leaving in leavings(of: model) {
                do throws(Refusal) {
                    try builder.complete(.settle(leaving.object, leaving.attribute, left: nil))
                } catch { continue }
            }
        }
        for leaving in leavings(of: model) { try builder.run(.stay(leaving.object, leaving.attribute)) }
        try builder.settle()
        for record in model.allRecords where record.kind == .host && record.text(.connection) != nil {
            model.setStatus(ofHost: record.id, .connected("test"))
        }
        #expect(model.allRecords.allSatisfy { $0.phase == .stable })
        #expect(ModelInvariants.broken(in: model).isEmpty)
    }

    /// In an order that does not change from run to run, as that of a set does.
    private func leavings(of model: Model) -> [Model.Leaving] {
        model.leavings.sorted { ($0.object, $0.attribute.rawValue) < ($1.object, $1.attribute.rawValue) }
    }

    /// Nil if it is refused for a passable reason; then the model is as before.
    private func equalize(_ builder: ModelBuilder, to draft: Draft, _ place: String) throws -> [String]? {
        builder.checksInvariants = true
        defer { builder.checksInvariants = false }
        let before = ModelSnapshot(builder.model)
        do throws(Refusal) {
            let rounds = try builder.complete(builder.equalizing(draft, .object(.root)))
            #expect(rounds <= 2, "\(place): one first part is enough")
            let model = builder.model
            #expect(model.allRecords.allSatisfy { $0.phase == .stable && !$0.isArriving }, "\(place)")
            #expect(model.allRealizations.allSatisfy { $0.isConverged }, "\(place)")
            return DraftMaker.intent(of: model)
        } catch {
            #expect(ModelSnapshot(builder.model) == before, "\(place): refused, but changed")
            #expect(ModelInvariants.broken(in: builder.model).isEmpty, "\(place): refused")
            let rules = Set(error.problems.map(\.refusal.rule))
            #expect(error.rule == "staged.refused", "\(place)")
            #expect(
                rules.subtracting(DraftPropertyTests.passable).isEmpty,
                "\(place): \(error.reason)")
            return nil
        }
    }

    /// What can be made of nothing: a tree may have come to what nobody could make in one go, such as reserved
    /// addresses whose range was written anew.
    private func target(_ builder: ModelBuilder, _ place: String) throws -> Draft? {
        let draft = try #require(maker.draft(of: builder.model))
        let empty = ModelBuilder()
        guard let made = try equalize(empty, to: draft, place + ", from nothing") else { return nil }
        #expect(made == intent(builder), "\(place), from nothing")
        return draft
    }

    /// Links that lead nowhere can be made by nobody.
    private func intent(_ builder: ModelBuilder) -> [String] { DraftMaker.intent(of: builder.model) }

    @Test func `any tree can be made of nothing, and into nothing`() throws {
        var made = 0
        let seeds: ClosedRange<UInt64> = 1...30
        for seed in seeds {
            let builder = try model(seed: seed, steps: 120)
            if try target(builder, "seed \(seed)") != nil { made += 1 }
            // Into nothing it always goes: nothing that is to stay is in the way.
            try builder.complete(builder.equalizing(maker.directory("x"), .object(.root)))
            #expect(builder.model.allRecords.map(\.id) == [.root], "seed \(seed)")
            #expect(builder.model.allRealizations.count { _ in true } == 0, "seed \(seed)")
            #expect(builder.model.leavings.isEmpty, "seed \(seed)")
        }
        #expect(made >= seeds.count / 3, "a test that skips most cases tests little")
    }

    @Test func `any tree becomes any other`() throws {
        var reached = 0
        for seed in 1...40 as ClosedRange<UInt64> {
            // Half of them are neighbours, as after a commit of somebody who keeps the tree in git.
            let isNear = seed % 2 == 0
            let place = "seed \(seed)"
            let from = try model(seed: seed, steps: 60)
            let to = try model(seed: isNear ? seed : seed + 1_000, steps: 60, more: isNear ? 12 : 0)
            guard let draft = try target(to, place) else { continue }
            guard let now = try equalize(from, to: draft, place) else { continue }
            reached += 1
            #expect(now == intent(to), "\(place)")
            // And it is there: the next time nothing has to be done on hosts, and no object comes or goes.
            let again = try from.plan(from.equalizing(draft, .object(.root)))
            #expect(again.work == nil && !again.isFirstPart, "\(place), again")
            let objects = again.changes.filter { if case .update = $0 { false } else { true } }
            #expect(objects.isEmpty, "\(place), again")
        }
        #expect(reached >= 6, "a test that skips most cases tests little")
    }

    @Test func `a zone that is planted is the zone that it was`() throws {
        let fixture = try Fixture()
        for (network, cluster) in [
            (fixture.v10, fixture.c1), (fixture.nv0, fixture.c1), (fixture.nv0, fixture.c2), (fixture.v11, fixture.c2),
        ] {
            try fixture.builder.attach(network, cluster)
        }
        try fixture.builder.set(fixture.c1, .description, "# left as it is\n\n")
        let draft = try #require(maker.draft(of: fixture.z1, in: fixture.model))
        let builder = ModelBuilder()
        let top = try builder.run(builder.planting(draft, in: .root, .zones, as: "z1"))
        try builder.answer(top.work)
        #expect(
            DraftMaker.intent(of: builder.model, below: top.subject)
                == DraftMaker.intent(of: fixture.model, below: fixture.z1))
        #expect(builder.model.allRealizations.count { _ in true } == fixture.model.allRealizations.count { _ in true })
        // And so it is equal to the draft in all that people wrote.
        let again = try builder.plan(builder.equalizing(draft, .object(top.subject)))
        #expect(again.work == nil && !again.isFirstPart)
        let objects = again.changes.filter { if case .update = $0 { false } else { true } }
        #expect(objects.isEmpty)
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `random zones are planted whole, or not at all`(seed: UInt64) throws {
        let source = try model(seed: seed, steps: 100)
        for zone in source.model.children(of: .root, in: .zones) {
            let draft = try #require(maker.draft(of: zone, in: source.model))
            let name = try #require(source.model.record(zone)).name
            let builder = ModelBuilder()
            let before = ModelSnapshot(builder.model)
            do throws(Refusal) {
                let plan = try builder.run(builder.planting(draft, in: .root, .zones, as: name.text))
                try builder.answer(plan.work)
                #expect(
                    DraftMaker.intent(of: builder.model, below: plan.subject)
                        == DraftMaker.intent(of: source.model, below: zone), "seed \(seed)")
                // Taken back as after a host that refused.
                try builder.run(.progress(.uproot(plan.subject)))
                try builder.converge()
                try builder.run(.progress(.uprooted(plan.subject)))
                #expect(ModelSnapshot(builder.model).records == before.records, "seed \(seed): uprooted")
                #expect(builder.model.allRealizations.count { _ in true } == 0, "seed \(seed): uprooted")
            } catch {
                Issue.record("seed \(seed): \(error.reason)")
            }
        }
    }
}
