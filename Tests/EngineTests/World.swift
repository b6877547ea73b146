import Hypervisors
import NetworkModel
import Realization
import Synchronization

/// A daemon's life: it ends for good after a number of steps, as with SIGKILL.
final class Life: Sendable {
    private let state = Mutex((steps: 0, last: Int.max))

    /// Counts a step. False when the daemon is dead: nothing more of it may take effect.
    func step() -> Bool {
        state.withLock { state in
            guard state.steps < state.last else { return false }
            state.steps += 1
            return true
        }
    }

    var isAlive: Bool { state.withLock { $0.steps < $0.last } }

    var steps: Int { state.withLock { $0.steps } }

    func end(after steps: Int) { state.withLock { $0.last = $0.steps + steps } }
}

/// Hosts that outlive daemons, and what is on them.
final class World: Sendable {
    struct State {
        /// By host, the networks on it.
        var networks: [String: Set<L2Specification>] = [:]
        var calls: [String] = []
        /// Hosts that do not answer at present.
        var unreachable: Set<String> = []
        /// (host, step) → how many more times to refuse; -1 for ever.
        var refusals: [String: Int] = [:]
        /// A host that does not answer this step as long as it is here.
        var stuck: Set<String> = []
        /// A host that cannot be reached any more when it is asked this.
        var silent: Set<String> = []
        /// By step, those who wait for each other in it.
        var meetings: [String: Meeting] = [:]
        /// By host, how often it was asked whether it is there.
        var pings: [String: Int] = [:]
        var open: [String: [AsyncStream<Void>.Continuation]] = [:]
        /// The store that the marks on the hosts name; without it they tell of no marks.
        var store: UniqueID?
        /// By host, what else carries a mark there.
        var strays: [String: [HostMark]] = [:]
        /// Other names of hosts.
        var aliases: [String: String] = [:]
        /// By host, which machine it says it is.
        var machines: [String: String] = [:]
        /// By host, who hears of changes of links.
        var listeners: [String: [AsyncStream<String>.Continuation]] = [:]
    }

    let state = Mutex(State())

    /// False where the answer never comes.
    func call(
        _ host: String, _ step: String, _ network: L2Specification?, _ life: Life
    ) throws(HostFailure) -> Bool {
        let outcome: Result<Bool, HostFailure> = state.withLock { state in
            // Under the lock: what a dead daemon began must not take effect later.
            guard life.step() else { return .success(false) }
            state.calls.append("\(step) \(host)\(network.map { " " + $0.bridge } ?? "")")
            if state.unreachable.contains(host) { return .failure(.unreachable("The host does not answer.")) }
            if state.stuck.contains("\(host) \(step)") { return .success(false) }
            if state.silent.contains("\(host) \(step)") { return .failure(.unreachable("The host fell silent.")) }
            if let left = state.refusals["\(host) \(step)"], left != 0 {
                state.refusals["\(host) \(step)"] = left - 1
                return .failure(.refused(Refusal("host.test", .noDevice, "The host has no eth0.", remedy: "Add one.")))
            }
            if let network {
                // A host knows a network by its mark: other peers or another MTU are changed in place.
                let place = state.aliases[host] ?? host
                if step == "realize" || step == "release" {
                    state.networks[place] = state.networks[place]?.filter { $0.networkUUID != network.networkUUID }
                }
                if step == "realize" { state.networks[place, default: []].insert(network) }
            }
            return .success(true)
        }
        return try outcome.get()
    }

    func isStuck(_ host: String, _ step: String) -> Bool { state.withLock { $0.stuck.contains("\(host) \(step)") } }

    var calls: [String] { state.withLock { $0.calls } }
    var networks: [String: Set<L2Specification>] { state.withLock { $0.networks.filter { !$0.value.isEmpty } } }
    func change(_ body: (inout sending State) -> Void) { state.withLock { body(&$0) } }

    /// The host goes away: open connections end.
    func drop(_ host: String) {
        change { $0.unreachable.insert(host) }
        cut(host)
    }

    /// Open connections to the host end; it can be reached anew at once.
    func cut(_ host: String) {
        let open = state.withLock { $0.open.removeValue(forKey: host) ?? [] }
        open.forEach { $0.finish() }
    }

    /// A link of the host has changed.
    func tell(_ host: String, _ link: String) {
        for listener in state.withLock({ $0.listeners[host] ?? [] }) { listener.yield(link) }
    }

    func marks(of host: String) -> [HostMark] {
        state.withLock { state in
            let place = state.aliases[host] ?? host
            let networks = (state.networks[place] ?? []).map {
                HostMark(
                    store: state.store, network: $0.networkUUID, bridge: $0.bridge,
                    devices: [$0.device].compactMap { $0 })
            }
            return networks + (state.strays[place] ?? [])
        }
    }

    func collect(_ mark: HostMark, on host: String) {
        change { state in
            let place = state.aliases[host] ?? host
            state.networks[place] = state.networks[place]?.filter { $0.networkUUID != mark.network }
            state.strays[place]?.removeAll { $0 == mark }
        }
    }

    /// The host starts anew: it has nothing any more, and its connections end.
    func reboot(_ host: String) {
        change { $0.networks[host] = nil }
        cut(host)
    }

    /// A registry whose KVM hosts are in this world.
    func registry(_ life: Life) -> ExtensionRegistry {
        var registry = ExtensionRegistry()
        registry.register(WorldConnector(world: self, life: life))
        for type in L2NetworkType.allCases { registry.register(WorldBackend(supportedL2NetworkType: type)) }
        registry.registerSimulator()
        return registry
    }
}

/// A number of hosts that do not answer before all of them were asked.
final class Meeting: Sendable {
    private let state: Mutex<(missing: Int, waiting: [CheckedContinuation<Void, Never>])>

    init(of count: Int) {
        state = Mutex((count, []))
    }

    /// Whether somebody waits in it.
    var isAwaited: Bool { state.withLock { !$0.waiting.isEmpty } }

    func join() async {
        await withCheckedContinuation { continuation in
            let all = state.withLock { state in
                state.missing -= 1
                state.waiting.append(continuation)
                guard state.missing <= 0 else { return [CheckedContinuation<Void, Never>]() }
                defer { state.waiting = [] }
                return state.waiting
            }
            for one in all { one.resume() }
        }
    }
}

/// Waits for ever: the daemon is dead.
func sleepForEver() async {
    while true { try? await Task.sleep(for: .seconds(3600)) }
}

struct WorldConnector: HypervisorConnector {
    let world: World
    let life: Life
    var hypervisorType: HypervisorType { .kvm }

    func connect(
        _ connection: HostConnection, haste: ConnectionHaste
    ) async throws(HostFailure) -> any HostChannel {
        guard case .namespace(let host) = connection else { throw .unreachable("no such host") }
        guard try world.call(host, "connect", nil, life) else {
            await sleepForEver()
            throw .unreachable("dead")
        }
        return WorldChannel(world: world, life: life, host: host)
    }
}

final class WorldChannel: HostChannel {
    let world: World
    let life: Life
    let host: String
    let changes: AsyncStream<String>
    private let end = AsyncStream<Void>.makeStream()

    init(world: World, life: Life, host: String) {
        let (changes, listener) = AsyncStream.makeStream(of: String.self)
        self.changes = changes
        self.world = world
        self.life = life
        self.host = host
        let continuation = end.continuation
        world.change {
            $0.open[host, default: []].append(continuation)
            $0.listeners[host, default: []].append(listener)
        }
    }

    var machine: String? { world.state.withLock { $0.machines[host] } }

    var detail: String { "test" }

    func ping() async throws(HostFailure) {
        let isThere = world.state.withLock { state in
            state.pings[host, default: 0] += 1
            return !state.unreachable.contains(host)
        }
        guard isThere else { throw .unreachable("The host does not answer.") }
    }

    func closed() async -> String {
        for await _ in end.stream { break }
        return "The host is gone."
    }

    func close() async { end.continuation.finish() }

    func marks() async throws(HostFailure) -> [HostMark] {
        guard world.state.withLock({ $0.store != nil }) else { return [] }
        try await perform("marks", nil)
        return world.marks(of: host)
    }

    func collect(_ mark: HostMark) async throws(HostFailure) {
        try await perform("collect", nil)
        world.collect(mark, on: host)
    }

    func perform(_ step: String, _ network: L2Specification?) async throws(HostFailure) {
        while try !world.call(host, step, network, life) {
            // Until the host answers again; for ever, if the daemon is dead.
            repeat {
                try? await Task.sleep(for: .milliseconds(1))
            } while !life.isAlive || world.isStuck(host, step)
        }
        await world.state.withLock { $0.meetings[step] }?.join()
    }
}

struct WorldBackend: L2NetworkRealizationExtensionPoint {
    let supportedL2NetworkType: L2NetworkType
    var supportedHypervisorType: HypervisorType { .kvm }

    func check(_ network: L2Specification, on host: WorldChannel) async throws(HostFailure) {
        try await host.perform("check", network)
    }

    func realize(_ network: L2Specification, on host: WorldChannel) async throws(HostFailure) {
        try await host.perform("realize", network)
    }

    func release(_ network: L2Specification, on host: WorldChannel) async throws(HostFailure) {
        try await host.perform("release", network)
    }
}
