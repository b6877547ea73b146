/// Finds out what commands would come to on hosts: plans them one after another on the model itself, as if every host had
/// done what each asks of it, and takes all of it back.
///
/// Whoever owns the model holds its lock from the first command until `takeBack`, and nobody sees what was tried.
public final class Forecaster {
    /// What becomes of one network on one host.
    private struct Course {
        let networkPath: String
        let hostPath: String
        let hypervisor: HypervisorType
        let status: HostStatus
        var before: L2Specification?
        var after: L2Specification?
        /// Whether it was to be something else in between.
        var changes = false
        var isReleased = false
    }

    /// What goes comes first, what is made of the rest second; more would be a mistake in a plan.
    private static let mostParts = 3

    private let model: Model
    private let context: PlanContext
    private let trial: ModelTrial
    private let nextID: ObjectID
    private var courses: [Model.Pair: Course] = [:]
    /// Realizations that hosts have not done yet.
    private var waiting = OrderedIDs()
    private var rounds: [Forecast.Round] = []
    private var inquiries: [Forecast.Inquiry] = []
    private var connecting: Set<ObjectID> = []
    private var givenUp: Set<ObjectID> = []
    /// Hosts that something goes off, and in which round first: what they say before that is no answer for later rounds.
    private var releasing: [ObjectID: Int] = [:]
    private var budget: ForecastBudget

    /// Steps of planning; keeps the model for some tens of milliseconds.
    public static let mostSteps = 6_000

    /// - Parameter mostSteps: about two for each network on each host that the commands concern.
    public init(_ model: Model, _ context: PlanContext, mostSteps: Int = Forecaster.mostSteps) {
        self.model = model
        self.context = context
        budget = ForecastBudget(limit: mostSteps)
        trial = ModelTrial(model)
        nextID = model.nextID
    }

    // MARK: - What it takes

    /// Why there is no forecast: it takes too many steps (`plan.too-large`, EFBIG).
    public var excess: Refusal? { budget.excess }

    /// To be asked before the first command of many.
    ///
    /// - Throws: `plan.too-large` (EFBIG).
    public func checkSize(ofCommands commands: [Command], removals: [ObjectID]) throws(Refusal) {
        var steps = 0
        for command in commands where steps <= budget.limit {
            steps += model.estimatedSteps(command, most: budget.limit)
        }
        for id in removals where steps <= budget.limit {
            steps += model.estimatedSteps(toRemove: [id], most: budget.limit)
        }
        try budget.check(steps)
    }

    /// Whether the removal of objects with all below them is refused for that; looks at no more of them than that takes.
    public static func isTooLarge(_ removals: [ObjectID], in model: Model) -> Bool {
        model.estimatedSteps(toRemove: removals, most: mostSteps) > mostSteps
    }

    // MARK: - Commands

    /// The command is planned as the ones before have left the model.
    ///
    /// - Throws: what it would be refused with; then it has come to nothing. `plan.too-large` (EFBIG).
    public func plan(_ command: Command) throws(Refusal) {
        for _ in 0..<Forecaster.mostParts {
            try budget.check(model.estimatedSteps(command, most: budget.limit))
            budget.spend(1)
            let plan = try model.plan(command, context)
            apply(plan.changes)
            if let work = plan.work {
                inquiries = []
                try finish(work)
                rounds.append(Forecast.Round(work: work, inquiries: inquiries))
            }
            if !plan.isFirstPart { return }
        }
    }

    /// An object goes with all below it, as `rm -r` takes it away: what is in use first, and the attributes of an L2 network
    /// before it.
    ///
    /// - Throws: what stands in the way; what went before has gone all the same, as it has with `rm -r`.
    public func remove(_ id: ObjectID) throws(Refusal) {
        let records = model.subtree(of: id)
        for kind in [Kind.clusterAttachment, .host] {
            for record in records where record.kind == kind { try plan(.delete(record.id)) }
        }
        var left = Array(records.reversed().filter { $0.kind != .clusterAttachment && $0.kind != .host })
        // Some can go only when others have gone.
        var isFirst = true
        while !left.isEmpty {
            var refused: [(record: ObjectRecord, refusal: Refusal)] = []
            for record in left {
                do throws(Refusal) { try removeAlone(record) } catch { refused.append((record, error)) }
            }
            // In the first round attributes have gone, of what others are below.
            if let first = refused.first, refused.count == left.count, !isFirst { throw first.refusal }
            left = refused.map(\.record)
            isFirst = false
        }
    }

    private func removeAlone(_ record: ObjectRecord) throws(Refusal) {
        do throws(Refusal) {
            try plan(.delete(record.id))
        } catch {
            let definition = KindDefinition.of(record.kind)
            guard definition.form == .directory else {
                // It goes with what it is below.
                if definition.form == .file { try plan(.leave(record.id, .value, isFinal: false)) }
                throw error
            }
            for attribute in record.attributes where definition.attribute(attribute.id) != nil {
                do throws(Refusal) { try plan(.unset(record.id, attribute.id)) } catch {
                    // What is needed as long as the object is there.
                    do throws(Refusal) { try plan(.leave(record.id, attribute.id, isFinal: false)) } catch { continue }
                }
            }
            try plan(.delete(record.id))
        }
    }

    /// Files that were removed a moment ago go for good, as far as they can.
    public func settle(_ leavings: [Model.Leaving]) {
        var left = leavings
        while !left.isEmpty {
            let refused = left.filter { leaving in
                do throws(Refusal) {
                    try plan(.settle(leaving.object, leaving.attribute, left: nil))
                    return false
                } catch {
                    return true
                }
            }
            if refused.count == left.count { return }
            left = refused
        }
    }

    // MARK: - As if hosts had done it

    private func apply(_ changes: [Change]) {
        for change in changes {
            switch change {
            case .insertRealization(let new): note(from: nil, to: new)
            case .updateRealization(let old, let new): note(from: old, to: new)
            case .removeRealization(let old): note(from: old, to: nil)
            case .insert, .remove, .update: break
            }
            budget.spend(change.steps)
            trial.apply(change, at: context.now)
        }
    }

    private func note(from old: RealizationRecord?, to new: RealizationRecord?) {
        guard let record = new ?? old else { return }
        if let new, !new.isConverged { waiting.insert(new.id) } else { waiting.remove(record.id) }
        guard old?.wanted != new?.wanted || old?.wantedGeneration != new?.wantedGeneration else { return }
        let pair = Model.Pair(first: record.network, second: record.host)
        var course = courses[pair] ?? course(of: record, before: old?.wanted)
        course.after = new?.wanted
        if course.after != course.before { course.changes = true }
        if old?.wanted != nil, new?.wanted == nil {
            course.isReleased = true
            if releasing[record.host] == nil { releasing[record.host] = rounds.count }
        }
        courses[pair] = course
    }

    private func course(of record: RealizationRecord, before: L2Specification?) -> Course {
        let host = model.record(record.host)
        let cluster = host.flatMap { model.record($0.parent) }
        return Course(
            networkPath: model.path(of: record.network), hostPath: model.path(of: record.host),
            hypervisor: cluster.map { Cluster($0).hypervisor } ?? .kvm, status: model.status(ofHost: record.host),
            before: before, after: before)
    }

    /// The steps that the engine writes down when every host agrees.
    private func finish(_ work: HostWork) throws(Refusal) {
        switch work {
        case .attach(let id):
            inquire(model.record(id).map { model.realizations(of: $0) } ?? [], needsAll: false)
            converge()
            let replaced = model.record(id).flatMap { model.replaced(by: $0)?.id }
            try perform(.attached(id))
            if let replaced { try finish(.detach(replaced)) }
        case .detach(let id):
            converge()
            try perform(.detached(id))
        case .connect(let host):
            connecting.insert(host)
            // Nothing is there yet of what is wanted there.
            for pair in courses.keys where pair.second == host && courses[pair]?.after != nil {
                courses[pair]?.before = nil
            }
            converge()
            try perform(.connected(host))
        case .release(let host, let remove):
            givenUp.insert(host)
            converge()
            try perform(remove ? .hostRemoved(host) : .disconnected(host))
        case .reshape(let network, _, _):
            inquire(model.realizations(ofNetwork: network), needsAll: true)
            converge()
        case .instantiate, .deinstantiate: converge()
        case .ports(let work):
            inquire(work.plugged.compactMap { model.realization(of: $0.network, on: $0.host) }, needsAll: true)
            converge()
            try perform(.moved(work.vm))
            converge()
        case .resume(let host):
            // What was put off is done now.
            for record in model.realizations(ofHost: host) where !record.isConverged {
                let pair = Model.Pair(first: record.network, second: host)
                if courses[pair] == nil { courses[pair] = course(of: record, before: record.applied) }
                courses[pair]?.after = record.wanted
                waiting.insert(record.id)
            }
            converge()
        case .arrive(let top, let works):
            try finish(.all(works))
            try perform(.arrived(top))
        case .all(let works):
            let connects = works.filter { if case .connect = $0 { true } else { false } }
            let others = works.filter { if case .connect = $0 { false } else { true } }
            for work in connects + others { try finish(work) }
        }
    }

    private func perform(_ progress: Progress) throws(Refusal) {
        apply(try model.plan(.progress(progress), context).changes)
    }

    /// Every host does what is wanted of it by now.
    private func converge() {
        for id in waiting.all {
            guard let record = model.realization(id) else { continue }
            let done = Progress.applied(realization: id, record.wanted, generation: record.wantedGeneration)
            // Never refused: it is news.
            if let plan = try? model.plan(.progress(done), context) { apply(plan.changes) }
        }
        waiting = OrderedIDs()
    }

    private func inquire(_ records: [RealizationRecord], needsAll: Bool) {
        let questions = records.compactMap { record -> Forecast.Inquiry.Question? in
            guard let wanted = record.wanted, !connecting.contains(record.host),
                releasing[record.host].map({ $0 == rounds.count }) ?? true
            else { return nil }
            return Forecast.Inquiry.Question(
                realization: record.id, network: record.network, host: record.host,
                hostPath: model.path(of: record.host), wanted: wanted)
        }
        inquiries.append(Forecast.Inquiry(questions: questions, needsAll: needsAll))
    }

    // MARK: - The end

    /// What came of all commands so far.
    public func forecast() -> Forecast {
        var entries: [Forecast.Entry] = []
        for (pair, course) in courses {
            guard let action = Forecaster.action(course) else { continue }
            entries.append(
                Forecast.Entry(
                    network: pair.first, host: pair.second,
                    networkPath: course.networkPath, hostPath: course.hostPath, hypervisor: course.hypervisor,
                    action: action, before: course.before, after: course.after,
                    obstacle: obstacle(pair.second, course, action)))
        }
        entries.sort { ($0.networkPath, $0.hostPath, $0.network) < ($1.networkPath, $1.hostPath, $1.network) }
        return Forecast(entries: entries, rounds: rounds)
    }

    private static func action(_ course: Course) -> Forecast.Entry.Action? {
        switch (course.before, course.after) {
        case (nil, nil): nil
        case (nil, .some): .realize
        case (.some, nil): .release
        case (let before?, let after?) where before != after: .update
        default: course.isReleased ? .renew : course.changes ? .update : nil
        }
    }

    private func obstacle(
        _ host: ObjectID, _ course: Course, _ action: Forecast.Entry.Action
    ) -> Forecast.Entry.Obstacle? {
        if connecting.contains(host), action != .release { return .connecting }
        if action != .release, let record = model.record(host), Host(record).state(in: model) == .maintenance {
            return .maintenance
        }
        if course.status.isConnected { return nil }
        return givenUp.contains(host) ? .givenUp : .absent(course.status)
    }

    /// The model is as it was before the first command.
    public func takeBack() {
        trial.takeBack(at: context.now)
        model.nextID = nextID
    }
}
