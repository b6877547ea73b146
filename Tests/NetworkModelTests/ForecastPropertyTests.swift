import Testing

@testable import NetworkModel

/// What a forecast says is what then happens, whatever the command.
struct ForecastPropertyTests {
    private typealias Wants = [Model.Pair: L2Specification]

    private func wants(_ model: Model) -> Wants {
        var wants: Wants = [:]
        for record in model.allRealizations {
            wants[Model.Pair(first: record.network, second: record.host)] = record.wanted
        }
        return wants
    }

    /// The forecast of a command, or its refusal; the model is as before.
    private func forecast(
        _ command: Command, _ builder: ModelBuilder, _ place: @autoclosure () -> String
    ) -> Result<Forecast, Refusal> {
        let before = ModelMemory(builder.model)
        let forecaster = Forecaster(builder.model, PlanContext(now: builder.now + 1))
        let result: Result<Forecast, Refusal>
        do throws(Refusal) {
            try forecaster.plan(command)
            result = .success(forecaster.forecast())
        } catch {
            result = .failure(error)
        }
        forecaster.takeBack()
        #expect(ModelMemory(builder.model) == before, "changed by a forecast; \(place())")
        let broken = ModelInvariants.broken(in: builder.model)
        #expect(broken.isEmpty, "\(place())")
        return result
    }

    /// The command is done, and was foreseen. Answers how many lines there were; nil where it is refused.
    private func expectForeseen(
        _ command: Command, _ builder: ModelBuilder, hostsAnswer: Bool = true, _ place: @autoclosure () -> String
    ) throws -> Int? {
        let foreseen = forecast(command, builder, place())
        let before = wants(builder.model)
        let start = builder.journal.count
        do throws(Refusal) {
            if hostsAnswer {
                try builder.complete(command)
            } else {
                try attachOnly(try builder.run(command).work, builder)
            }
        } catch {
            guard case .failure(let refusal) = foreseen else {
                Issue.record("\(error.rule) was not foreseen; \(place())")
                return nil
            }
            #expect(refusal == error, "\(place())")
            return nil
        }
        guard case .success(let forecast) = foreseen else {
            Issue.record("\(foreseen) was foreseen, and not met; \(place())")
            return nil
        }
        let after = wants(builder.model)
        // Of hosts that are connected, or left maintenance, what they shall have is new to them.
        let anew = Set(
            forecast.rounds.flatMap { hosts(anew: $0.work) })
        var expected: [Model.Pair: String] = [:]
        for pair in Set(before.keys).union(after.keys) where before[pair] != after[pair] {
            expected[pair] = after[pair] == nil ? "release" : before[pair] == nil ? "realize" : "update"
        }
        for case .updateRealization(let old, let new) in builder.journal[start...]
        where old.wanted != nil && new.wanted == nil {
            let pair = Model.Pair(first: new.network, second: new.host)
            if let now = after[pair], now == before[pair] { expected[pair] = "renew" }
        }
        var found: [Model.Pair: String] = [:]
        for entry in forecast.entries {
            let pair = Model.Pair(first: entry.network, second: entry.host)
            #expect(entry.after == after[pair], "\(entry); \(place())")
            guard !anew.contains(entry.host) else {
                expected[pair] = nil
                continue
            }
            #expect(entry.before == before[pair], "\(entry); \(place())")
            // Tunnels that change and change back are told, since hosts are.
            if entry.action == .update, entry.before == entry.after { continue }
            found[pair] = entry.action.rawValue
        }
        for pair in expected.keys where anew.contains(pair.second) {
            Issue.record("nothing was foreseen for \(pair); \(place())")
            expected[pair] = nil
        }
        #expect(found == expected, "\(place())")
        return forecast.entries.count
    }

    private func hosts(anew work: HostWork) -> [ObjectID] {
        switch work {
        case .connect(let host), .resume(let host): [host]
        case .arrive(_, let works), .all(let works): works.flatMap { hosts(anew: $0) }
        default: []
        }
    }

    /// Hosts are away: what is wanted of them waits.
    private func attachOnly(_ work: HostWork?, _ builder: ModelBuilder) throws(Refusal) {
        switch work {
        case .attach(let id) where builder.model.record(id).flatMap({ builder.model.replaced(by: $0) }) == nil:
            try builder.run(.progress(.attached(id)))
        case .detach(let id): try builder.run(.progress(.detached(id)))
        default: try builder.answer(work)
        }
    }

    /// Mostly what has to do with hosts, in a world that has some.
    private func next(_ tunnels: OverlayTests.Tunnels, _ commands: inout RandomCommands) -> Command {
        let model = tunnels.model
        func any(_ kind: Kind) -> ObjectID? {
            let ids = model.allRecords.filter { $0.kind == kind }.map(\.id)
            return ids.isEmpty ? nil : commands.random.pick(ids)
        }
        guard commands.random.chance(70), let network = any(.l2Network), let cluster = any(.cluster),
            let host = any(.host)
        else { return commands.next() }
        switch Int.random(in: 0..<12, using: &commands.random) {
        case 0..<5: return tunnels.builder.attaching(network, cluster, name: commands.random.pick(["a", "b", "c"]))
        case 5: return any(.clusterAttachment).map { .delete($0) } ?? commands.next()
        case 6: return tunnels.builder.setting(network, .vlan, commands.random.pick(["10", "11", "12"]))
        case 7: return tunnels.builder.setting(network, .mtu, commands.random.pick(["1400", "1600"]))
        case 8: return tunnels.builder.setting(host, .state, commands.random.pick(["Maintenance", "Enabled"]))
        case 9: return .unset(host, commands.random.pick([.state, .connection]))
        case 10: return tunnels.builder.setting(host, .connection, commands.random.pick(["netns:h1", "netns:h7"]))
        default: return .instantiate(network, host: host)
        }
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `any command does what was foreseen`(seed: UInt64) throws {
        let tunnels = try OverlayTests.Tunnels()
        let builder = tunnels.builder
        builder.checksInvariants = false
        var commands = RandomCommands(builder: builder, random: SplitMix64(seed: seed + 100))
        var lines = 0
        var refused = 0
        for step in 0..<150 {
            for record in builder.model.allRecords where record.kind == .host && commands.random.chance(20) {
                let isConnected = record.text(.connection) != nil && commands.random.chance(85)
                builder.model.setStatus(ofHost: record.id, isConnected ? .connected("") : .disconnected("cable"))
                builder.model.setOrphans(ofHost: record.id, isConnected ? [.sample(record.id)] : [])
            }
            for record in builder.model.allRealizations where commands.random.chance(5) {
                builder.model.setDrift(of: record.id, ["It is another one."])
            }
            let command = next(tunnels, &commands)
            if case .progress = command { continue }
            let count = try expectForeseen(
                command, builder, hostsAnswer: commands.random.chance(80), "seed \(seed), step \(step): \(command)")
            if let count { lines += count } else { refused += 1 }
        }
        #expect(refused > 20, "seed \(seed): a run that refuses nothing tests nothing")
        #expect(lines > 10, "seed \(seed): a run in which little happens on hosts tests little")
    }

    /// Changes that are only tried, whatever they are: all that was found out is there again.
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `a trial leaves no trace`(seed: UInt64) throws {
        let tunnels = try OverlayTests.Tunnels()
        let builder = tunnels.builder
        builder.checksInvariants = false
        var commands = RandomCommands(builder: builder, random: SplitMix64(seed: seed + 300))
        var removed: Set<Kind> = []
        for step in 0..<40 {
            for record in builder.model.allRecords where record.kind == .host {
                builder.model.setStatus(ofHost: record.id, .connected("\(step)"))
                builder.model.setOrphans(ofHost: record.id, [.sample(record.id)])
                try builder.model.enterMachine("machine of \(record.id.rawValue)", record.id)
            }
            for record in builder.model.allRealizations { builder.model.setDrift(of: record.id, ["\(step)"]) }
            let before = ModelMemory(builder.model)
            let nextID = builder.model.nextID
            let trial = ModelTrial(builder.model)
            for record in builder.model.allRecords where record.kind == .host && commands.random.chance(30) {
                // Whatever it still has.
                for realization in builder.model.realizations(ofHost: record.id) {
                    trial.apply(.removeRealization(realization), at: builder.now + 1)
                }
                trial.apply(.remove(record), at: builder.now + 1)
                removed.insert(record.kind)
            }
            for _ in 0..<10 {
                guard let plan = try? builder.model.plan(next(tunnels, &commands), PlanContext(now: builder.now + 1))
                else { continue }
                for change in plan.changes {
                    if case .remove(let record) = change { removed.insert(record.kind) }
                    trial.apply(change, at: builder.now + 1)
                }
            }
            trial.takeBack(at: builder.now + 1)
            builder.model.nextID = nextID
            #expect(ModelMemory(builder.model) == before, "seed \(seed), step \(step)")
            #expect(ModelInvariants.broken(in: builder.model).isEmpty, "seed \(seed), step \(step)")
            do throws(Refusal) { try builder.complete(next(tunnels, &commands)) } catch { continue }
        }
        #expect(removed.contains(.host), "a trial that removes no host tests little")
    }

    @Test func `any tree becomes any other as was foreseen`() throws {
        var lines = 0
        for seed in 1...16 as ClosedRange<UInt64> {
            let models = try [(seed, 0), (seed % 2 == 0 ? seed : seed + 1_000, 12)].map { seed, more in
                let tunnels = try OverlayTests.Tunnels()
                tunnels.builder.checksInvariants = false
                var commands = RandomCommands(builder: tunnels.builder, random: SplitMix64(seed: seed))
                for _ in 0..<(40 + more) {
                    let command = next(tunnels, &commands)
                    if case .progress = command { continue }
                    do throws(Refusal) { try tunnels.builder.complete(command) } catch { continue }
                }
                for record in tunnels.model.allRecords where record.kind == .host && record.text(.connection) != nil {
                    tunnels.model.setStatus(ofHost: record.id, .connected("test"))
                }
                return tunnels.builder
            }
            let draft = try #require(DraftMaker().draft(of: models[1].model))
            let empty = ModelBuilder()
            lines +=
                try expectForeseen(
                    empty.equalizing(draft, .object(.root)), empty, "seed \(seed), from nothing") ?? 0
            lines +=
                try expectForeseen(
                    models[0].equalizing(draft, .object(.root)), models[0], "seed \(seed)") ?? 0
        }
        #expect(lines > 20, "a test in which little happens on hosts tests little")
    }
}
