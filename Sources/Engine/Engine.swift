import Dispatch
import Logging
import ModelStore
import NetworkModel
import Realization
import Synchronization

/// The one write path: plan → apply in memory → make durable → work on hosts → answer (D3).
///
/// Commands are planned one after another under one lock. Their changes show in memory at once, as an unsynced write of
/// any file system does, but a caller is answered only when they are on disk; if the disk refuses them, they are taken
/// back together with everything planned after them.
public final class Engine: Sendable {
    let state: EngineState
    let store: any ModelStore
    let registry: ExtensionRegistry
    let options: EngineOptions
    let logger: Logger
    let waitingRounds = WaitingRounds()
    let sessions = Mutex<[ObjectID: HostSession]>([:])
    private let observer = Mutex<(any EngineObserver)?>(nil)
    /// The writer: the only one who talks to the store.
    private let writer = DispatchQueue(label: "netmodelfs.writer")
    /// Forecasts, one after another.
    let forecaster = DispatchQueue(label: "netmodelfs.forecaster")
    private let isStopping = Atomic<Bool>(false)

    /// Loads the model from the store. Hosts are not touched before `start`.
    ///
    /// - Throws: what the store says.
    public init(
        store: any ModelStore, registry: ExtensionRegistry, options: EngineOptions = EngineOptions(), logger: Logger
    ) throws(StoreFailure) {
        let stored = try store.load()
        let now = WallClock.now()
        let model = Model(root: Metadata(mode: 0o755, uid: 0, gid: 0, modified: now, changed: now))
        for record in stored.records { model.apply(.insert(record), at: record.metadata.modified) }
        for record in stored.realizations { model.apply(.insertRealization(record), at: record.changed) }
        model.nextID = max(model.nextID, stored.nextID)
        self.state = EngineState(model: model, revision: stored.revision)
        self.store = store
        self.registry = registry
        self.options = options
        self.logger = logger
    }

    public func observe(_ observer: any EngineObserver) {
        self.observer.withLock { $0 = observer }
    }

    /// Reads the model under the lock. Keep it short: every request waits for it.
    public func read<Result, Failure: Error>(_ body: (Model) throws(Failure) -> Result) throws(Failure) -> Result {
        try state.withLock { (variables) throws(Failure) in try body(variables.model) }
    }

    /// A number that was never given before.
    public func makeID() -> ObjectID {
        state.withLock { $0.model.makeID() }
    }

    /// Runs a command. `completion` is called exactly once, from any thread, possibly before this returns; with the id
    /// of the command's object when everything is durable and on the hosts.
    ///
    /// - Parameter applied: called under the lock, in the moment in which what the command does begins to show. It may take
    ///   locks of its own, which are never held around a call of the engine.
    @discardableResult
    public func submit(
        _ command: Command, applied: (@Sendable () -> Void)? = nil,
        completion: @escaping @Sendable (Result<ObjectID, Refusal>) -> Void
    ) -> Operation {
        let operation = Operation()
        let planned = Mutex<Plan?>(nil)
        let answer: @Sendable (Result<ObjectID, Refusal>) -> Void = { result in
            // Before the answer, which tells the kernel for how long it may believe what it sees.
            if let plan = planned.withLock({ $0 }) {
                self.read { model in
                    model.setInFlight(plan.objectsInFlight, false)
                    for former in plan.work?.reshaped ?? [] { model.holdWires(of: former, false) }
                }
            }
            completion(result)
        }
        do throws(Refusal) {
            let leaving = try askExtensions(before: command)
            let plan = try applySettling(command) { refusal in
                if let refusal { return answer(.failure(refusal)) }
                guard let plan = planned.withLock({ $0 }) else { return }
                self.tellPeers(of: plan.changes)
                self.tellExtensions(after: command, leaving)
                if command.mayHelpVMs, plan.changes.contains(where: \.mayHelpVMs) { self.placeWaitingVMs() }
                guard let work = plan.work else { return answer(.success(plan.subject)) }
                operation.attach(
                    Task {
                        do throws(Refusal) {
                            try await self.run(work)
                            if plan.isFirstPart {
                                // The rest of it, now that the hosts are rid of what goes.
                                answer(try await self.submit(again: command))
                            } else {
                                answer(.success(plan.subject))
                            }
                        } catch {
                            answer(.failure(error))
                        }
                        self.resumeHosts(after: work)
                    })
            } planned: { model, plan in
                model.setInFlight(plan.objectsInFlight, true)
                for former in plan.work?.reshaped ?? [] { model.holdWires(of: former, true) }
                planned.withLock { $0 = plan }
                applied?()
            }
            if plan.changes.isEmpty { completion(.success(plan.subject)) }
        } catch {
            completion(.failure(error))
        }
        return operation
    }

    private func submit(again command: Command) async throws(Refusal) -> Result<ObjectID, Refusal> {
        await withCheckedContinuation { continuation in
            submit(command) { continuation.resume(returning: $0) }
        }
    }

    /// The same as `apply`; but where a file that was removed a moment ago may stand in the way, that goes for good first.
    private func applySettling(
        _ command: Command, stored: @escaping @Sendable (Refusal?) -> Void, planned: (Model, Plan) -> Void
    ) throws(Refusal) -> Plan {
        settleFoundations(of: command)
        var isInTheWay = false
        do throws(Refusal) {
            return try apply(command, isInTheWay: &isInTheWay, stored: stored, planned: planned)
        } catch {
            guard command.waitsForSettling, isInTheWay else { throw error }
            settleAll(before: command)
            return try apply(command, isInTheWay: &isInTheWay, stored: stored, planned: planned)
        }
    }

    /// Whether a command would be accepted, as `submit` would have it: a file that was removed a moment ago does not count
    /// where it stands in the way.
    public func check(_ command: Command) throws(Refusal) {
        try state.withLock { (variables) throws(Refusal) in
            let model = variables.model
            let context = PlanContext(now: variables.makeTime())
            do throws(Refusal) {
                _ = try model.plan(command, context)
            } catch {
                guard !model.leavings.isEmpty else { throw error }
                let own = Engine.written(by: command)
                let trial = ModelTrial(model)
                defer { trial.takeBack(at: context.now) }
                for leaving in model.leavings where leaving != own {
                    guard
                        let plan = try? model.plan(
                            .settle(leaving.object, leaving.attribute, left: nil), context)
                    else { continue }
                    for change in plan.changes { trial.apply(change, at: context.now) }
                }
                _ = try model.plan(command, context)
            }
        }
    }

    /// What a command would come to, without doing it.
    public func plan(_ command: Command) throws(Refusal) -> Plan {
        try state.withLock { (variables) throws(Refusal) in
            try variables.model.plan(command, PlanContext(now: variables.makeTime()))
        }
    }

    /// Waits until everything that was submitted is stored, then closes the store and the hosts' connections.
    public func stop() async {
        isStopping.store(true, ordering: .relaxed)
        let open = sessions.withLock { sessions in
            defer { sessions = [:] }
            return Array(sessions.values)
        }
        await withTaskGroup(of: Void.self) { group in
            for session in open { group.addTask { await session.end() } }
        }
        await withCheckedContinuation { done in writer.async { done.resume() } }
        store.close()
    }

    // MARK: - The write path

    /// Plans and applies under the lock and calls the writer. `planned` is called under the lock, before `stored` can be.
    ///
    /// - Parameter isInTheWay: Whether files that were removed a moment ago may be why it was refused. Told as it was when
    ///   it was planned: another thread may have settled them since.
    @discardableResult
    private func apply(
        _ command: Command, isInTheWay: inout Bool, stored: @escaping @Sendable (Refusal?) -> Void,
        planned: (Model, Plan) -> Void
    ) throws(Refusal) -> Plan {
        var callsWriter = false
        let plan = try state.withLock { (variables) throws(Refusal) -> Plan in
            let time = variables.makeTime()
            let plan: Plan
            do throws(Refusal) { plan = try variables.model.plan(command, PlanContext(now: time)) } catch {
                let own = Engine.written(by: command)
                isInTheWay = variables.model.leavings.contains { $0 != own }
                throw error
            }
            planned(variables.model, plan)
            guard !plan.changes.isEmpty else { return plan }
            for change in plan.changes { variables.model.apply(change, at: time) }
            variables.queue.append(
                EngineState.Pending(changes: plan.changes, isByCaller: command.isByCaller, completion: stored))
            callsWriter = !variables.isWriterDue
            variables.isWriterDue = true
            return plan
        }
        if callsWriter { writer.async { self.writeAll() } }
        return plan
    }

    /// Runs on the writer. Takes whatever waits in one transaction, again and again until nothing waits.
    private func writeAll() {
        while true {
            let (batch, revision, nextID) = state.withLock { variables in
                defer { variables.queue = [] }
                if variables.queue.isEmpty { variables.isWriterDue = false }
                return (variables.queue, variables.revision, variables.model.nextID)
            }
            if batch.isEmpty { return }
            do throws(StoreFailure) {
                let next = try store.commit(batch.flatMap(\.changes), nextID: nextID, after: revision)
                state.withLock { $0.revision = next }
                let observer = observer.withLock { $0 }
                for pending in batch {
                    observer?.committed(pending.changes, byCaller: pending.isByCaller)
                    pending.completion(nil)
                }
            } catch {
                takeBack(batch, failure: error)
            }
        }
    }

    /// The disk refused: everything in memory that is not on disk goes, latest first.
    private func takeBack(_ batch: [EngineState.Pending], failure: StoreFailure) {
        logger.error("the store refused a change", metadata: ["reason": "\(failure.reason)"])
        let lost = state.withLock { variables in
            let lost = batch + variables.queue
            variables.queue = []
            let time = variables.makeTime()
            for pending in lost.reversed() {
                for change in pending.changes.reversed() { variables.model.apply(change.inverse, at: time) }
            }
            return lost
        }
        let refusal = failure.refusal
        let observer = observer.withLock { $0 }
        for pending in lost {
            observer?.undone(pending.changes)
            pending.completion(refusal)
        }
    }

    // MARK: - Progress of work on hosts

    /// Stores a step of work on hosts. A full disk is waited out: the step has happened and must be written down.
    func perform(_ progress: Progress) async {
        var pause = Duration.milliseconds(50)
        // What does not fit what is stored is tried without what was stored together with it, and then never fits.
        var tries = 20
        while true {
            do throws(Refusal) {
                try await performOnce(progress)
                return
            } catch {
                logger.warning("progress is not stored yet", metadata: ["reason": "\(error.reason)"])
                tries -= error.rule == StoreFailure.conflictRule ? 1 : 0
                if tries == 0 {
                    logger.critical(
                        "progress is given up", metadata: ["what": "\(progress)", "reason": "\(error.reason)"])
                    return
                }
            }
            if isStopping.load(ordering: .relaxed) { return }
            // Not cancelled by a caller's Ctrl-C: the undo itself comes this way.
            let wait = pause
            await Task.detached { _ = try? await Task.sleep(for: wait) }.value
            pause = min(pause * 2, .seconds(5))
        }
    }

    private func performOnce(_ progress: Progress) async throws(Refusal) {
        let refusal: Refusal? = await withCheckedContinuation { continuation in
            let changes = Mutex<[Change]>([])
            var ignored = false
            do throws(Refusal) {
                let plan = try apply(.progress(progress), isInTheWay: &ignored) { refusal in
                    if refusal == nil { self.tellPeers(of: changes.withLock { $0 }) }
                    continuation.resume(returning: refusal)
                } planned: { _, plan in
                    changes.withLock { $0 = plan.changes }
                }
                if plan.changes.isEmpty { continuation.resume(returning: nil) }
            } catch {
                continuation.resume(returning: error)
            }
        }
        if let refusal { throw refusal }
    }

    // MARK: - Extensions

    /// Answers the network that is to be deleted, if it is one that somebody wants to hear of.
    private func askExtensions(before command: Command) throws(Refusal) -> ObjectRecord? {
        switch command {
        case .create(let new) where new.collection == .l2Networks:
            for plugin in registry.createExtensions { try plugin.beforeCreateL2Network(new) }
            return nil
        case .delete(let id):
            guard !registry.deleteExtensions.isEmpty, let record = read({ $0.record(id) }) else { return nil }
            for plugin in registry.deleteExtensions where plugin.supportedKind == record.kind {
                try plugin.preDelete(record)
            }
            return record
        default: return nil
        }
    }

    private func tellExtensions(after command: Command, _ deleted: ObjectRecord?) {
        if let deleted {
            for plugin in registry.deleteExtensions where plugin.supportedKind == deleted.kind {
                plugin.afterDelete(deleted)
            }
        }
        guard case .create(let new) = command, new.collection == .l2Networks, !registry.createExtensions.isEmpty,
            let record = read({ $0.record(new.id) })
        else { return }
        for plugin in registry.createExtensions {
            do {
                try plugin.afterCreateL2Network(record)
            } catch {
                logger.warning("an extension failed after an L2 network was made", metadata: ["reason": "\(error)"])
            }
        }
    }

    func notifyDrift(ofNetwork network: String, onHost host: String, _ drift: [String]) {
        logger.notice(
            drift.isEmpty ? "drift is gone" : "drift",
            metadata: ["network": "\(network)", "host": "\(host)", "what": "\(drift.joined(separator: " "))"])
        observer.withLock { $0 }?.driftChanged(ofNetwork: network, onHost: host, drift)
    }

    func notifyOrphans(onHost host: String, found: [String], collected: [String]) {
        for what in found { logger.notice("orphan", metadata: ["host": "\(host)", "what": "\(what)"]) }
        for what in collected { logger.notice("orphan collected", metadata: ["host": "\(host)", "what": "\(what)"]) }
        observer.withLock { $0 }?.orphansChanged(onHost: host, found: found, collected: collected)
    }

    func notifyStatus(ofHost host: ObjectID, path: String, _ status: HostStatus) {
        observer.withLock { $0 }?.statusChanged(ofHost: host, path: path, status)
    }
}

extension Command {
    /// Whether the kernel knows of what it does: a caller gave it through the mount.
    var isByCaller: Bool {
        switch self {
        case .progress, .settle, .stay, .equalize, .place, .detachByForce: false
        default: true
        }
    }

    /// Whether a file that was removed a moment ago may stand in its way.
    var waitsForSettling: Bool {
        switch self {
        case .progress, .settle, .stay, .place: false
        default: true
        }
    }
}

extension Command {
    /// Not where a VM that waits is tried: a host that refuses it would be asked for ever.
    fileprivate var mayHelpVMs: Bool {
        if case .place = self { false } else { true }
    }
}

extension Change {
    /// Whether VMs that wait may have a place after it: something is different for them, or one came that has not been tried.
    fileprivate var mayHelpVMs: Bool {
        switch self {
        case .insert(let record): record.kind != .nic
        case .remove(let record): record.kind != .vm && record.kind != .nic
        case .update(let old, let new):
            old.kind != .vm && old.kind != .nic && (old.attributes != new.attributes || old.target != new.target)
        case .insertRealization, .removeRealization, .updateRealization: false
        }
    }
}

extension StoreFailure {
    static let conflictRule = "store.conflict"

    /// What a caller is told whose change could not be stored.
    var refusal: Refusal {
        switch kind {
        case .full: Refusal("store.full", .noSpace, reason, remedy: remedy)
        case .readOnly: Refusal("store.read-only", .readOnly, reason, remedy: remedy)
        case .conflict: Refusal(StoreFailure.conflictRule, .inputOutput, reason, remedy: remedy)
        default: Refusal("store.failed", .inputOutput, reason, remedy: remedy)
        }
    }
}
