import Engine
import Logging
import ModelStore
import NetworkModel
import Realization
import Synchronization
import Testing

/// An engine over a world of test hosts, and words to use it with.
final class Bench: Sendable {
    let world: World
    let life: Life
    let store: MemoryStore
    let engine: Engine

    init(
        world: World = World(), after previous: Bench? = nil, options: EngineOptions? = nil,
        initial: MemoryStore.State = MemoryStore.State(), extensions: [any PreVmInstantiateResourceExtensionPoint] = []
    ) async throws {
        let life = Life()
        self.world = world
        self.life = life
        let store = previous?.store.reopened(life) ?? MemoryStore(initial, life: life)
        self.store = store
        var quick = EngineOptions()
        quick.timing = ReconcilerTiming(
            firstPause: .milliseconds(5), longestPause: .milliseconds(20), pingInterval: .seconds(60))
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        var registry = world.registry(life)
        for plugin in extensions { registry.register(plugin) }
        engine = try Engine(store: store, registry: registry, options: options ?? quick, logger: logger)
        await engine.start()
    }

    @discardableResult
    func run(_ command: Command) async -> Result<ObjectID, Refusal> {
        await withCheckedContinuation { done in
            engine.submit(command) { done.resume(returning: $0) }
        }
    }

    /// Runs a command that may never be answered, since the daemon dies. True if it was answered with success.
    func runUntilDead(_ command: Command, limit: Duration = .milliseconds(400)) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            let answer = AsyncStream<Bool>.makeStream()
            engine.submit(command) { result in
                answer.continuation.yield((try? result.get()) != nil)
                answer.continuation.finish()
            }
            group.addTask {
                for await success in answer.stream { return success }
                return false
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            let first = await group.next() ?? false
            group.cancelAll()
            // On a busy machine it may not have come as far as to where it dies.
            life.end(after: 0)
            return first
        }
    }

    private var ownership: Ownership { Ownership(uid: 0, gid: 0, mode: 0o755) }

    func new(
        in parent: ObjectID, _ collection: CollectionID, _ name: String, text: String? = nil, target: ObjectID? = nil
    ) -> Command {
        var generator = SystemRandomNumberGenerator()
        return .create(
            NewObject(
                id: engine.makeID(), uuid: .random(using: &generator), parent: parent, collection: collection,
                name: Name(name),
                ownership: ownership, text: text, target: target))
    }

    @discardableResult
    func make(_ parent: ObjectID, _ collection: CollectionID, _ name: String) async throws -> ObjectID {
        try await run(new(in: parent, collection, name)).get()
    }

    func set(_ id: ObjectID, _ attribute: AttributeID, _ text: String) async -> Result<ObjectID, Refusal> {
        await run(.set(id, attribute, text: text, ownership: nil))
    }

    func network(_ zone: ObjectID, _ name: String, vlan: Int? = nil, interface: String = "eth0") async throws
        -> ObjectID
    {
        let id = try await make(zone, .l2Networks, name)
        _ = try await set(id, .physicalInterface, interface).get()
        if let vlan { _ = try await set(id, .vlan, "\(vlan)").get() }
        return id
    }

    func attach(_ network: ObjectID, _ cluster: ObjectID, as name: String = "c") -> Command {
        new(in: network, .attachments, name, text: "../../../clusters/\(name)", target: cluster)
    }

    func host(_ cluster: ObjectID, _ name: String) async throws -> ObjectID {
        let id = try await make(cluster, .hosts, name)
        _ = try await set(id, .connection, "netns:\(name)").get()
        return id
    }

    /// Waits until a condition holds; at most half a minute, against hanging.
    func eventually(_ what: String, _ condition: @Sendable () -> Bool) async {
        for _ in 0..<6000 {
            if condition() { return }
            try? await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("never came true: \(what)")
    }

    /// What hosts carry is what the model wants of them, and nothing is left half done.
    func checkConsistent(_ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation) {
        let problems: [String] = engine.read { model in
            var problems: [String] = []
            var wanted: [String: Set<L2Specification>] = [:]
            for record in model.allRecords {
                if record.phase != .stable {
                    problems.append("\(model.path(of: record.id)) is left in phase \(record.phase)")
                }
                guard record.kind == .host, case .namespace(let name)? = Host(record).connection else { continue }
                let networks = Set(model.wantedNetworks(ofHost: record.id).map(\.wanted))
                if !networks.isEmpty { wanted[name] = networks }
            }
            if wanted != self.world.networks {
                problems.append("hosts have \(self.world.networks), wanted is \(wanted)")
            }
            for record in model.allRealizations where !record.isConverged || record.failure != nil {
                problems.append("realization \(record.id) is not converged")
            }
            return problems
        }
        #expect(problems.isEmpty, comment, sourceLocation: sourceLocation)
    }

    var isSettled: Bool {
        engine.read { model in
            model.allRealizations.allSatisfy { $0.isConverged && $0.wanted != nil }
                && model.allRecords.allSatisfy { $0.phase == .stable }
        }
    }
}
