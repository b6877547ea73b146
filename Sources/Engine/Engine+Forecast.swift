import Dispatch
import Glibc
import NetworkModel
import Realization

/// What is asked about without being done.
public enum ForecastStep: Sendable {
    case command(Command)
    /// The object goes with all below it, as `rm -r` takes it away.
    case removal(ObjectID)
    /// What means nothing to the model, such as a temporary file.
    case nothing
}

/// What some steps would come to on hosts, and what those say to it.
public struct HostForecast: Sendable {
    public struct Line: Sendable {
        public let entry: Forecast.Entry
        /// Nil where the host is not asked: it never is before a removal, nor before its tunnels change. One that cannot be
        /// asked and has to be, refuses.
        public let answer: HostSession.Outcome?
    }

    /// By network, then by host.
    public let lines: [Line]
    /// What somebody would be told who took the steps; empty if all would go through.
    public let refusals: [Refusal]
}

extension Engine {
    /// Finds out what steps would come to, one after another, and asks the hosts that would be asked. Nothing is changed, stored
    /// or told to anybody.
    ///
    /// Returns at once: forecasts wait for each other, and then for the hosts, on threads of their own.
    ///
    /// - Parameter completion: called once, from any thread. Its own refusals are `operation.interrupted` and `plan.too-large`
    ///   (EFBIG); what the steps are refused is part of the forecast.
    @discardableResult
    public func forecast(
        _ steps: [ForecastStep], completion: @escaping @Sendable (Result<HostForecast, Refusal>) -> Void
    ) -> Operation {
        let operation = Operation()
        operation.attach(
            Task {
                do throws(Refusal) {
                    let (forecast, refusals) = try await self.foreseeInTurn(steps, operation)
                    let answers = await self.ask(forecast)
                    if Task.isCancelled { throw Engine.questionGivenUp }
                    completion(.success(self.outcome(forecast, answers, refusals)))
                } catch {
                    completion(.failure(error))
                }
            })
        return operation
    }

    private static let questionGivenUp = Refusal(
        "operation.interrupted", .interrupted, "The question was given up.", remedy: "Ask again.")

    /// What a network is on a host, in the words of its hypervisor.
    public func facts(of network: L2Specification, on hypervisor: HypervisorType) -> [Fact] {
        registry.realization(of: network.type, on: hypervisor)?.facts(network) ?? network.facts
    }

    // MARK: - The model

    private typealias Foreseen = (forecast: Forecast, refusals: [Refusal])

    /// One forecast at a time has the lock, and then leaves it alone for as long as it had it: however many are asked for,
    /// others get at the model for half of the time.
    private func foreseeInTurn(_ steps: [ForecastStep], _ operation: Operation) async throws(Refusal) -> Foreseen {
        let result: Result<Foreseen, Refusal>? = await unlessCancelled {
            await withCheckedContinuation { done in
                self.forecaster.async {
                    if operation.isCancelled { return done.resume(returning: .failure(Engine.questionGivenUp)) }
                    let (result, time) = self.foresee(steps)
                    done.resume(returning: result)
                    usleep(UInt32(min(time, .milliseconds(500)) / .microseconds(1)))
                }
            }
        }
        guard let result else { throw Engine.questionGivenUp }
        return try result.get()
    }

    /// Answers as well for how long it had the lock.
    private func foresee(_ steps: [ForecastStep]) -> (Result<Foreseen, Refusal>, Duration) {
        state.withLock { variables in
            let clock = ContinuousClock()
            let start = clock.now
            let forecaster = Forecaster(
                variables.model, PlanContext(now: variables.makeTime()), mostSteps: options.mostForecastSteps)
            let result = Engine.foresee(steps, forecaster, variables.model)
            forecaster.takeBack()
            return (result, clock.now - start)
        }
    }

    private static func foresee(
        _ steps: [ForecastStep], _ forecaster: Forecaster, _ model: Model
    ) -> Result<Foreseen, Refusal> {
        do throws(Refusal) {
            try forecaster.checkSize(
                ofCommands: steps.compactMap { if case .command(let command) = $0 { command } else { nil } },
                removals: steps.compactMap { if case .removal(let id) = $0 { id } else { nil } })
        } catch {
            return .failure(error)
        }
        var refusals: [Refusal] = []
        for step in steps {
            do throws(Refusal) {
                try Engine.foresee(step, forecaster, model)
            } catch {
                refusals.append(error)
            }
            // What is foreseen in part is none.
            if let excess = forecaster.excess { return .failure(excess) }
        }
        return .success((forecaster.forecast(), refusals))
    }

    /// As `submit` would have it: a file that was removed a moment ago does not count where it stands in the way.
    private static func foresee(
        _ step: ForecastStep, _ forecaster: Forecaster, _ model: Model
    ) throws(Refusal) {
        let plan = { () throws(Refusal) in
            switch step {
            case .command(let command): try forecaster.plan(command)
            case .removal(let id): try forecaster.remove(id)
            case .nothing: break
            }
        }
        guard !model.leavings.isEmpty else { return try plan() }
        var own: Model.Leaving?
        if case .command(let command) = step {
            own = written(by: command)
            forecaster.settle(foundations(of: command).flatMap { Engine.leavings(of: $0, model) })
        }
        do throws(Refusal) {
            try plan()
        } catch {
            let others = model.leavings.filter { $0 != own }
            guard !others.isEmpty else { throw error }
            forecaster.settle(Array(others))
            try plan()
        }
    }

    // MARK: - The hosts

    private func ask(_ forecast: Forecast) async -> [Forecast.Inquiry.Question: HostSession.Outcome] {
        let questions = forecast.rounds.flatMap(\.inquiries).flatMap(\.questions)
        let sessions = sessions.withLock { $0 }
        let jobs = questions.map { RealizationJob($0, session: sessions[$0.host]) }
        let outcomes = await onHosts(jobs) { job -> HostSession.Outcome in
            guard let session = job.session, let wanted = job.wanted else {
                return .pending("The host has no connection.")
            }
            return await unlessCancelled { await session.check(wanted, isForecast: true) } ?? .pending("")
        }
        return Dictionary(zip(questions, outcomes)) { first, _ in first }
    }

    private func outcome(
        _ forecast: Forecast, _ answers: [Forecast.Inquiry.Question: HostSession.Outcome], _ refusals: [Refusal]
    ) -> HostForecast {
        struct Place: Hashable {
            let network: ObjectID
            let host: ObjectID
        }
        var byPlace: [Place: HostSession.Outcome] = [:]
        for inquiry in forecast.rounds.flatMap(\.inquiries) {
            for question in inquiry.questions {
                byPlace[Place(network: question.network, host: question.host)] = answers[question].map { answer in
                    guard inquiry.needsAll, case .pending(let reason) = answer else { return answer }
                    return .refused(SettleOutcome.absence(of: [question.hostPath], reason))
                }
            }
        }
        // In the background, hosts are told without having been asked, and nobody waits for them.
        let met = options.realizesInBackground ? [] : forecast.rounds.compactMap { Engine.refusal(of: $0, answers) }
        return HostForecast(
            lines: forecast.entries.map { entry in
                HostForecast.Line(entry: entry, answer: byPlace[Place(network: entry.network, host: entry.host)])
            }, refusals: met + refusals)
    }

    /// What the work of a plan would be refused with, in the words that it would be refused in.
    private static func refusal(
        of round: Forecast.Round, _ answers: [Forecast.Inquiry.Question: HostSession.Outcome]
    ) -> Refusal? {
        let refusals = round.inquiries.compactMap { inquiry -> Refusal? in
            let jobs = inquiry.questions.map { RealizationJob($0, session: nil) }
            let outcome = SettleOutcome(
                jobs: jobs, outcomes: inquiry.questions.map { answers[$0] ?? .pending("The host was not asked.") })
            return outcome.refusal ?? (inquiry.needsAll ? outcome.absence : nil)
        }
        guard !refusals.isEmpty else { return nil }
        return switch round.work {
        case .arrive: refusal(refusals, Engine.notArrived)
        case .all: refusal(refusals, Engine.partlyUndone)
        default: refusals.first
        }
    }
}

extension RealizationJob {
    fileprivate init(_ question: Forecast.Inquiry.Question, session: HostSession?) {
        self.init(
            realization: question.realization, host: question.host, hostPath: question.hostPath, session: session,
            wanted: question.wanted)
    }
}
