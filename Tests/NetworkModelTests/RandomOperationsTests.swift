import Testing

@testable import NetworkModel

/// Random commands: whatever they are, a refused one changes nothing, an applied one keeps the invariants, and its
/// changes taken back leave the model as it was.
struct RandomOperationsTests {
    @Test(arguments: 1...24 as ClosedRange<UInt64>)
    func `random commands`(seed: UInt64) throws {
        let builder = ModelBuilder()
        builder.checksInvariants = false
        var commands = RandomCommands(builder: builder, random: SplitMix64(seed: seed))
        var history: [Change] = []
        var tally: [Bool: Int] = [:]
        var before = ModelSnapshot(builder.model)
        let empty = before
        for step in 0..<250 {
            settleHosts(in: builder, &commands.random)
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
                if let answers = try answers(plan.work, builder, &commands.random) {
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
        #expect(ModelSnapshot(builder.model) == empty, "seed \(seed): the whole history taken back")
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
        _ work: HostWork?, _ builder: ModelBuilder, _ random: inout SplitMix64
    ) throws(Refusal) -> [Change]? {
        let isRefused = random.chance(30)
        let untouched = random.chance(50)
        var steps: [Progress] = []
        switch work {
        case .ports(let work) where !isRefused: steps = random.chance(80) ? [.moved(work.vm)] : []
        case .connect(let host) where !isRefused: steps = random.chance(80) ? [.connected(host)] : []
        case .release(let host, let remove) where random.chance(80):
            steps = [remove ? .hostRemoved(host) : .disconnected(host)]
        case _ where !isRefused: return nil
        case .connect(let host): steps = [.disconnecting(host, untouched: untouched), .disconnected(host)]
        case .reshape(_, let previous, _): steps = [.restore(previous, untouched: untouched)]
        case .attach(let id): steps = [.withdraw(id, untouched: untouched), .detached(id)]
        case .ports(let work): steps = work.plugged.isEmpty ? [] : [.unplugged(work.changed)]
        case .instantiate(let network, let host): steps = [.deinstantiate(network, host: host)]
        case .detach, .release, .resume, .deinstantiate, .arrive, .all, nil: return nil
        }
        var changes: [Change] = []
        for step in steps { changes += try builder.run(.progress(step)).changes }
        return changes
    }
}
