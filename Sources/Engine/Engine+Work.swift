import NetworkModel
import Realization

/// One realization and the session of its host, as a step of work.
struct RealizationJob: Sendable {
    let realization: ObjectID
    let host: ObjectID
    let hostPath: String
    let session: HostSession?
    let wanted: L2Specification?
}

extension Engine {
    /// Work on hosts that follows a stored intent. What it throws has been undone.
    func run(_ work: HostWork) async throws(Refusal) {
        switch work {
        case .attach(let id): try await attach(id)
        case .detach(let id): await detach(id)
        case .connect(let host): try await connect(host)
        case .release(let host, let remove): await release(host, remove: remove)
        case .reshape(let network, let previous, let attempted):
            try await reshape(network, previous: previous, attempted: attempted)
        case .instantiate(let network, let host): try await realize(network, forVMOn: host)
        case .deinstantiate(let network, let host):
            await settle { model in model.realization(of: network, on: host).map { [$0] } ?? [] }
        case .ports(let work): try await run(work)
        case .arrive(let top, let works): try await arrive(top, works)
        case .all(let works): try await runAll(works)
        // In the background, when the command is answered.
        case .resume: break
        }
    }

    /// Hosts that left maintenance are brought up to date. Not before the command is answered: until then it is not certain
    /// what they shall have, and they would be passed over.
    func resumeHosts(after work: HostWork) {
        switch work {
        case .resume(let host): if let session = session(of: host) { Task { await session.resume() } }
        case .arrive(_, let works), .all(let works): for work in works { resumeHosts(after: work) }
        default: break
        }
    }

    // MARK: - Networks

    private func attach(_ id: ObjectID) async throws(Refusal) {
        if options.realizesInBackground {
            let replaced = read { model in model.record(id).flatMap { model.replaced(by: $0)?.id } }
            await perform(.attached(id))
            let jobs = jobs(ofAttachment: id)
            Task {
                _ = await settle(jobs)
                if let replaced { await finishDetach(replaced) }
            }
            return
        }
        let jobs = jobs(ofAttachment: id)
        if let refusal = await check(jobs) ?? interruption() {
            await perform(.withdraw(id, untouched: true))
            await perform(.detached(id))
            throw refusal
        }
        let outcome = await unlessCancelled { await self.settle(jobs) }
        if let refusal = outcome?.refusal ?? interruption() {
            await perform(.withdraw(id, untouched: false))
            // Whoever pressed Ctrl-C is answered now; the stored intent is worked off in any case.
            if outcome == nil { Task { await self.finishDetach(id) } } else { await finishDetach(id) }
            throw refusal
        }
        let replaced = read { model in model.record(id).flatMap { model.replaced(by: $0)?.id } }
        await perform(.attached(id))
        if let replaced { await finishDetach(replaced) }
        placeWaitingVMs()
        // A host that was away may have come back while the attachment was only being tried.
        if let absent = outcome?.absentSessions, !absent.isEmpty {
            Task { for session in absent { await session.settleAll() } }
        }
        let ends = read { model in model.record(id).flatMap { record in record.target.map { (record.parent, $0) } } }
        if let (network, cluster) = ends {
            for plugin in registry.attachExtensions { plugin.afterAttach(network: network, cluster: cluster) }
        }
    }

    /// Never fails because of a host: what could not be released stays on the clean-up list.
    private func detach(_ id: ObjectID) async {
        await finishDetach(id)
    }

    func finishDetach(_ id: ObjectID) async {
        _ = await settle(jobs(ofAttachment: id))
        await perform(.detached(id))
    }

    private func reshape(
        _ network: ObjectID, previous: ObjectRecord, attempted: ObjectRecord
    ) async throws(Refusal) {
        let jobs = jobs { $0.realizations(ofNetwork: network) }
        if options.realizesInBackground {
            Task { _ = await settle(jobs) }
            return
        }
        if let refusal = await check(jobs) ?? interruption() {
            await perform(.restore(previous, attempted: attempted, untouched: true))
            throw refusal
        }
        let outcome = await settle(jobs)
        if let refusal = outcome.refusal ?? outcome.absence ?? interruption() {
            await perform(.restore(previous, attempted: attempted, untouched: false))
            _ = await settle(jobs)
            throw refusal
        }
    }

    // MARK: - Hosts

    private func connect(_ host: ObjectID) async throws(Refusal) {
        await closeSession(of: host)
        guard let session = openSession(of: host) else { return }
        if options.realizesInBackground {
            await perform(.connected(host))
            await session.connectWhenPossible()
            return
        }
        let path = read { $0.path(of: host) }
        do throws(HostFailure) {
            try await session.connect()
        } catch {
            await disconnect(host, untouched: true)
            throw Engine.refusal(connecting: path, error)
        }
        let jobs = jobs { model in model.realizations(ofHost: host) }
        if let refusal = await check(jobs) ?? interruption() {
            // Somebody who attaches to the cluster meanwhile may have told it.
            await disconnect(host, untouched: false)
            throw refusal
        }
        // Untagged networks first: they take the interface that the VLANs stand on.
        for stage in [jobs.filter { $0.wanted?.isTagged != true }, jobs.filter { $0.wanted?.isTagged == true }] {
            if let refusal = await settle(stage).refusal ?? interruption() {
                await disconnect(host, untouched: false)
                throw refusal
            }
        }
        await perform(.connected(host))
        placeWaitingVMs()
        // What was attached to the cluster meanwhile.
        Task {
            await session.collectOrphans()
            await session.settleAll()
        }
    }

    private func release(_ host: ObjectID, remove: Bool) async {
        _ = await settle(jobs { model in model.realizations(ofHost: host) })
        await closeSession(of: host)
        await perform(remove ? .hostRemoved(host) : .disconnected(host))
        setStatus(ofHost: host, .unconfigured)
    }

    /// Takes everything off a host whose connection does not come to be, then uses its former connection again.
    func disconnect(_ host: ObjectID, untouched: Bool) async {
        await perform(.disconnecting(host, untouched: untouched))
        _ = await settle(jobs { model in model.realizations(ofHost: host) })
        await closeSession(of: host)
        await perform(.disconnected(host))
        if session(of: host) == nil { setStatus(ofHost: host, .unconfigured) }
        await openSession(of: host)?.connectWhenPossible()
    }

    // MARK: - Steps

    private func jobs(ofAttachment id: ObjectID) -> [RealizationJob] {
        jobs { model in model.record(id).map { model.realizations(of: $0) } ?? [] }
    }

    func jobs(_ realizations: (Model) -> [RealizationRecord]) -> [RealizationJob] {
        let records = read { model in realizations(model).map { ($0, model.path(of: $0.host)) } }
        return sessions.withLock { sessions in
            records.map { record, path in
                RealizationJob(
                    realization: record.id, host: record.host, hostPath: path, session: sessions[record.host],
                    wanted: record.wanted)
            }
        }
    }

    /// Asks every host that can be asked; the refusal, if any of them refuses.
    func check(_ jobs: [RealizationJob]) async -> Refusal? {
        let outcomes = await onHosts(jobs) { job -> HostSession.Outcome in
            guard let session = job.session, let wanted = job.wanted else { return .pending("") }
            return await unlessCancelled { await session.check(wanted) } ?? .pending("")
        }
        return SettleOutcome(jobs: jobs, outcomes: outcomes).refusal
    }

    /// Works off realizations, whatever comes of it.
    func settle(_ realizations: (Model) -> [RealizationRecord]) async {
        _ = await settle(jobs(realizations))
    }

    func settle(_ jobs: [RealizationJob]) async -> SettleOutcome {
        let outcomes = await onHosts(jobs) { job -> HostSession.Outcome in
            guard let session = job.session else { return .pending("The host has no connection.") }
            return await session.settle(job.realization)
        }
        return SettleOutcome(jobs: jobs, outcomes: outcomes)
    }

    /// Runs `body` for each job, on all hosts at once, and answers in the order of the jobs. The slowest host decides how
    /// long that takes, however many there are; no host has more to do at once than it is given anyway.
    func onHosts(
        _ jobs: [RealizationJob], _ body: @escaping @Sendable (RealizationJob) async -> HostSession.Outcome
    ) async -> [HostSession.Outcome] {
        let hosts = Array(Dictionary(grouping: jobs.indices) { jobs[$0].host }.values)
        let outcomes = await concurrently(hosts, limit: hosts.count) { indices in
            await concurrently(indices, limit: HostSession.requestsAtOnce) { await body(jobs[$0]) }
        }
        var ordered = [HostSession.Outcome](repeating: .settled, count: jobs.count)
        for (indices, outcomes) in zip(hosts, outcomes) {
            for (index, outcome) in zip(indices, outcomes) { ordered[index] = outcome }
        }
        return ordered
    }

    func interruption() -> Refusal? {
        guard Task.isCancelled else { return nil }
        return Refusal(
            "operation.interrupted", .interrupted,
            "The operation was interrupted, and what was done on hosts is undone.",
            remedy: "Give the command again.")
    }

    private static func refusal(connecting path: String, _ failure: HostFailure) -> Refusal {
        let remedy = "Check that the host is up and that the connection in @/\(path)/connection is right."
        switch failure {
        case .refused(let refusal):
            return Refusal(
                refusal.rule, .inputOutput, "\(path) refused: \(refusal.reason)", objects: [path],
                remedy: refusal.remedy)
        case .unreachable(let reason):
            return Refusal(
                "host.unreachable", .hostUnreachable, "\(path) cannot be reached: \(reason)", objects: [path],
                remedy: remedy)
        case .unconnected(let refusal):
            return Refusal(
                refusal.rule, refusal.error, "\(path) cannot be reached: \(refusal.reason)", objects: [path],
                remedy: refusal.remedy)
        }
    }
}

/// What came of one step on several hosts.
struct SettleOutcome: Sendable {
    /// Of the first host that refused, naming all that did.
    let refusal: Refusal?
    /// Of the first host that could not be asked, for work that needs all of them.
    let absence: Refusal?
    let absentSessions: [HostSession]

    init(jobs: [RealizationJob], outcomes: [HostSession.Outcome]) {
        let absent = zip(jobs, outcomes).compactMap { job, outcome -> (path: String, reason: String)? in
            if case .pending(let reason) = outcome { (job.hostPath, reason) } else { nil }
        }
        absentSessions = zip(jobs, outcomes).compactMap { job, outcome in
            if case .pending = outcome { job.session } else { nil }
        }
        absence = absent.first.map { first in
            SettleOutcome.absence(of: absent.map(\.path), "\(first.path) cannot be reached: \(first.reason)")
        }
        let refused = zip(jobs, outcomes).compactMap { job, outcome -> (path: String, refusal: Refusal)? in
            if case .refused(let refusal) = outcome { (job.hostPath, refusal) } else { nil }
        }
        guard let first = refused.first else {
            refusal = nil
            return
        }
        let others = refused.count > 1 ? " (\(refused.count) hosts refused)" : ""
        refusal = Refusal(
            first.refusal.rule, .inputOutput, "\(first.path) refused: \(first.refusal.reason)\(others)",
            objects: refused.map(\.path), remedy: first.refusal.remedy)
    }

    /// Hosts that have to be there and are not.
    static func absence(of paths: [String], _ reason: String) -> Refusal {
        Refusal(
            "host.unreachable", .hostUnreachable, reason, objects: paths,
            remedy: "Try again when the host is Connected.")
    }
}
