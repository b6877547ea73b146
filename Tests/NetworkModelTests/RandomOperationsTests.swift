import Testing

@testable import NetworkModel

/// Random commands: whatever they are, a refused one changes nothing, an applied one keeps the invariants, and its
/// changes taken back leave the model as it was.
struct RandomOperationsTests {
    @Test(arguments: 1...24 as ClosedRange<UInt64>)
    func `random commands`(seed: UInt64) throws {
        try run(ModelBuilder(), seed: seed, shareOfVMs: 25)
    }

    /// On a world where VMs find hosts and addresses.
    @Test(arguments: 101...116 as ClosedRange<UInt64>)
    func `random commands for VMs`(seed: UInt64) throws {
        let lab = try VMLab()
        for vm in [
            try lab.vm("a", on: lab.a), try lab.vm("b", on: lab.a, lab.b), try lab.vm("c", on: lab.dual, lab.b),
            try lab.vm("d", on: lab.dual),
        ] { try lab.start(vm) }
        try run(lab.builder, seed: seed, shareOfVMs: 85)
    }

    private func run(_ builder: ModelBuilder, seed: UInt64, shareOfVMs: Int) throws {
        builder.checksInvariants = false
        var commands = RandomCommands(builder: builder, random: SplitMix64(seed: seed), shareOfVMs: shareOfVMs)
        var pending: [PortWork] = []
        var history: [Change] = []
        var tally: [Bool: Int] = [:]
        var before = ModelSnapshot(builder.model)
        let beginning = before
        for step in 0..<250 {
            settleHosts(in: builder, &commands.random)
            if !pending.isEmpty, commands.random.chance(25) {
                // Hosts answer late, when other things have been done since.
                let work = pending.remove(at: Int.random(in: 0..<pending.count, using: &commands.random))
                history += try follow(work, isRefused: commands.random.chance(50), builder)
                if !hold(builder, "seed \(seed), step \(step): late answer to \(work)") { return }
                before = ModelSnapshot(builder.model)
            }
            let command = commands.next()
            let place = "seed \(seed), step \(step): \(command)"
            do throws(Refusal) {
                let plan = try builder.plan(command)
                #expect(ModelSnapshot(builder.model) == before, "planning changed the model; \(place)")
                builder.apply(plan.changes)
                let after = ModelSnapshot(builder.model)
                // Taken back, and done again.
                builder.apply(plan.changes.reversed().map(\.inverse))
                #expect(ModelSnapshot(builder.model) == before, "not taken back; \(place)")
                if !hold(builder, place) { return }
                builder.apply(plan.changes)
                #expect(ModelSnapshot(builder.model) == after, "not done again; \(place)")
                if !hold(builder, place) { return }
                var changes = plan.changes
                if let answers = try answers(plan.work, &pending, builder, &commands.random) {
                    changes += answers
                    if !hold(builder, place + ", answered") { return }
                }
                before = ModelSnapshot(builder.model)
                history += changes
                tally[true, default: 0] += 1
            } catch {
                #expect(ModelSnapshot(builder.model) == before, "refused by \(error.rule), but changed; \(place)")
                tally[false, default: 0] += 1
            }
        }
        for change in history.reversed() { builder.model.apply(change.inverse, at: builder.now) }
        #expect(ModelSnapshot(builder.model) == beginning, "seed \(seed): the whole history taken back")
        _ = hold(builder, "seed \(seed): the whole history taken back")
        // A run that refuses everything, or nothing, tests nothing.
        #expect(tally[true, default: 0] > 50 && tally[false, default: 0] > 20, "seed \(seed): \(tally)")
    }

    private func hold(_ builder: ModelBuilder, _ place: @autoclosure () -> String) -> Bool {
        let broken = ModelInvariants.broken(in: builder.model)
        if !broken.isEmpty { Issue.record("\(place()): \(broken)") }
        return broken.isEmpty
    }

    /// Hosts come and go; that is not stored.
    private func settleHosts(in builder: ModelBuilder, _ random: inout SplitMix64) {
        for record in builder.model.allRecords where record.kind == .host && random.chance(30) {
            builder.model.setStatus(ofHost: record.id, random.chance(80) ? .connected("") : .disconnected("cable"))
        }
    }

    /// As if hosts had answered what was just planned: the changes that follow, which now and then undo it.
    private func answers(
        _ work: HostWork?, _ pending: inout [PortWork], _ builder: ModelBuilder, _ random: inout SplitMix64
    ) throws(Refusal) -> [Change]? {
        let isRefused = random.chance(30)
        let untouched = random.chance(50)
        var steps: [Progress] = []
        switch work {
        case .ports(let work) where random.chance(40):
            pending.append(work)
            return nil
        case .ports(let work): return try follow(work, isRefused: isRefused, builder)
        case .connect(let host) where !isRefused: steps = random.chance(80) ? [.connected(host)] : []
        case .release(let host, let remove) where random.chance(80):
            steps = [remove ? .hostRemoved(host) : .disconnected(host)]
        case _ where !isRefused: return nil
        case .connect(let host): steps = [.disconnecting(host, untouched: untouched), .disconnected(host)]
        case .reshape(_, let previous, _): steps = [.restore(previous, untouched: untouched)]
        case .attach(let id): steps = [.withdraw(id, untouched: untouched), .detached(id)]
        case .instantiate(let network, let host): steps = [.deinstantiate(network, host: host)]
        case .detach, .release, .resume, .deinstantiate, .arrive, .all, nil: return nil
        }
        var changes: [Change] = []
        for step in steps { changes += try builder.run(.progress(step)).changes }
        return changes
    }

    /// What the engine does when hosts took or refused ports.
    private func follow(_ work: PortWork, isRefused: Bool, _ builder: ModelBuilder) throws(Refusal) -> [Change] {
        if isRefused, !work.plugged.isEmpty { return try builder.run(.progress(.unplugged(work.changed))).changes }
        return work.isMove ? try builder.run(.progress(.moved(work.vm))).changes : []
    }
}
