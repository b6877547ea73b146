import Engine
import Logging
import ModelStore
import NetworkModel
import Realization
import Synchronization
import TestKit

/// One random schedule: commands, faults of hosts, and deaths of the daemon in any order; then quiet, and a look whether all
/// is as it was wanted.
final class Schedule: Sendable {
    /// A command under way, and what it may change.
    struct Claim {
        let what: String
        /// From what, to what.
        var wishes: [Wish: (old: String?, new: String?)]
    }

    struct State {
        var intent: Intent = [:]
        var claims: [Int: Claim] = [:]
        var lastClaim = 0
        var problems: [String] = []
        /// Nobody gives commands until it is known what the former daemon left.
        var isRestarting = false
    }

    /// A command that may be given to the daemon that lives.
    struct Permit {
        let number: Int
        let what: String
        let daemon: Daemon
    }

    /// A daemon's life.
    struct Daemon: Sendable {
        let life: Mortality
        let engine: Engine
    }

    let hosts: FaultyHosts
    let state = Mutex(State())
    private let below: any ModelStore
    private let daemon: Mutex<Daemon>

    private init(seed: UInt64, below: any ModelStore) throws {
        hosts = FaultyHosts(seed: seed, store: try below.load().records.first?.uuid ?? UniqueID(high: 0, low: 0))
        self.below = below
        daemon = Mutex(try Self.daemon(below, hosts))
    }

    /// - Returns: what is wrong in the end, with the diary of the run; empty when all is well.
    static func run(seed: UInt64, store: any ModelStore, steps: Int) async throws -> [String] {
        let schedule = try Schedule(seed: seed, below: store)
        await schedule.engine.start()
        await schedule.build()
        var random = SeededRandom(seed: seed)
        schedule.hosts.setFaults(random.pick([0, 5, 10, 20, 40]))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<steps where schedule.isSound { await schedule.step(&random, &group) }
        }
        await schedule.calm()
        await schedule.engine.stop()
        let problems = schedule.state.withLock { $0.problems }
        return problems.isEmpty
            ? [] : problems + ["--- seed \(seed), milliseconds and what happened:"] + schedule.hosts.diary
    }

    var engine: Engine { daemon.withLock { $0.engine } }
    var life: Mortality { daemon.withLock { $0.life } }
    var isSound: Bool { state.withLock { $0.problems.isEmpty } }

    func complain(_ problem: String) {
        hosts.note("PROBLEM \(problem)")
        state.withLock { $0.problems.append(problem) }
    }

    // MARK: - Daemons

    private static func daemon(_ below: any ModelStore, _ hosts: FaultyHosts) throws -> Daemon {
        let life = Mortality()
        var registry = ExtensionRegistry()
        registry.register(FaultyConnector(hosts: hosts, life: life))
        for type in L2NetworkType.allCases { registry.register(FaultyBackend(supportedL2NetworkType: type)) }
        var options = EngineOptions(settleTime: .milliseconds(2))
        options.timing = ReconcilerTiming(
            firstPause: .milliseconds(1), longestPause: .milliseconds(4), pingInterval: .milliseconds(10),
            inspectionPause: .milliseconds(1), searchPause: .milliseconds(1))
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let engine = try Engine(
            store: MortalStore(below, life: life), registry: registry, options: options, logger: logger)
        return Daemon(life: life, engine: engine)
    }

    /// SIGKILL, and a new daemon on what was committed.
    func kill() async {
        hosts.note("the daemon is killed")
        let dead = daemon.withLock { $0 }
        let claims = state.withLock { state in
            dead.life.end()
            state.isRestarting = true
            defer { state.claims = [:] }
            return state.claims
        }
        // Not a part of its death: only its tasks shall come to an end.
        Task { await dead.engine.stop() }
        do {
            let next = try Self.daemon(below, hosts)
            daemon.withLock { $0 = next }
            await next.engine.start()
        } catch {
            complain("no daemon starts any more: \(error)")
            return
        }
        await until("all phases are stable after a restart") {
            self.phases.isEmpty
        } describing: {
            self.phases
        }
        adopt(claims)
        state.withLock { $0.isRestarting = false }
    }

    private var phases: [String] {
        engine.read { model in
            model.allRecords.filter { $0.phase != .stable || !$0.leaving.isEmpty }
                .map { "\(model.path(of: $0.id)) is \($0.phase)" }
        }
    }

    /// What was answered must hold; of what was under way, the one or the other.
    private func adopt(_ claims: [Int: Claim]) {
        let found = engine.read { Intent($0) }
        let problems = state.withLock { state in
            var problems: [String] = []
            for claim in claims.values {
                for (wish, values) in claim.wishes {
                    if found[wish] != values.old, found[wish] != values.new {
                        problems.append(
                            "\(wish) is \(found[wish] ?? "nothing") after a restart in \(claim.what), neither \(values)"
                        )
                    }
                    state.intent[wish] = found[wish]
                }
            }
            return problems + found.differences(from: state.intent).map { "after a restart: " + $0 }
        }
        for problem in problems { complain(problem) }
    }

    // MARK: - Commands

    /// Claims what a command may change; nil while another one is about to.
    func claim(_ what: String, _ wish: @Sendable (Intent) -> [(Wish, String?)]) -> Permit? {
        let daemon = daemon.withLock { $0 }
        return state.withLock { state in
            guard daemon.life.isAlive, !state.isRestarting else { return nil }
            let wishes = wish(state.intent)
            guard !state.claims.values.contains(where: { claim in wishes.contains { claim.wishes[$0.0] != nil } })
            else { return nil }
            state.lastClaim += 1
            let intent = state.intent
            var claim = Claim(what: what, wishes: [:])
            for (wish, new) in wishes { claim.wishes[wish] = (intent[wish], new) }
            state.claims[state.lastClaim] = claim
            return Permit(number: state.lastClaim, what: what, daemon: daemon)
        }
    }

    /// Runs a command whose wishes were claimed. False when it was refused or nobody answered.
    @discardableResult
    func run(_ permit: Permit, cancelAfter: Duration? = nil, _ command: Command) async -> Bool {
        let what = permit.what
        let life = permit.daemon.life
        hosts.note("\(what) …")
        let answer = AsyncStream<Bool>.makeStream()
        let operation = permit.daemon.engine.submit(command) { result in
            self.answered(permit, result)
            answer.continuation.yield((try? result.get()) != nil)
            answer.continuation.finish()
        }
        if let cancelAfter {
            Task {
                try? await Task.sleep(for: cancelAfter)
                operation.cancel()
            }
        }
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await success in answer.stream { return success }
                return false
            }
            group.addTask {
                for _ in 0..<6000 where life.isAlive && !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(5))
                }
                if life.isAlive, !Task.isCancelled { self.complain("\(what) was never answered") }
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }

    private func answered(_ permit: Permit, _ result: Result<ObjectID, Refusal>) {
        let what = permit.what
        // In one step with the claim: a daemon that dies now has either answered or not.
        let line: String? = state.withLock { state in
            guard permit.daemon.life.isAlive, let claim = state.claims.removeValue(forKey: permit.number) else {
                return nil
            }
            switch result {
            case .success:
                for (wish, values) in claim.wishes { state.intent[wish] = values.new }
                return "\(what): done"
            case .failure(let refusal):
                if refusal.rule.hasPrefix("store.") { state.problems.append("\(what): \(refusal.reason)") }
                return "\(what): \(refusal.rule)"
            }
        }
        if let line { hosts.note(line) }
    }

    // MARK: - Waiting

    /// Waits for what must come true; generously, since the machine may be loaded.
    func until(
        _ what: String, _ condition: @Sendable () -> Bool, describing: @Sendable () -> [String] = { [] }
    ) async {
        for _ in 0..<10000 {
            if condition() { return }
            try? await Task.sleep(for: .milliseconds(2))
        }
        complain("never came true: \(what) \(describing().joined(separator: "; "))")
    }
}
