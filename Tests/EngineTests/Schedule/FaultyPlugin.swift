import NetworkModel
import Realization
import Synchronization

/// Whether a daemon lives. What it asks for afterwards does not happen.
final class Mortality: Sendable {
    private let state = Mutex(true)

    var isAlive: Bool { state.withLock { $0 } }

    func end() { state.withLock { $0 = false } }

    /// What `body` does is done wholly while the daemon lives, or not at all.
    func whileAlive<Result: Sendable>(_ body: () -> Result) -> Result? {
        state.withLock { $0 ? body() : nil }
    }
}

struct FaultyConnector: HypervisorConnector {
    let hosts: FaultyHosts
    let life: Mortality
    var hypervisorType: HypervisorType { .kvm }

    func connect(
        _ connection: HostConnection, haste: ConnectionHaste
    ) async throws(HostFailure) -> any HostChannel {
        guard case .namespace(let host) = connection else { throw .unreachable("There is no such host.") }
        let channel = FaultyChannel(hosts: hosts, life: life, host: host)
        try? await Task.sleep(for: .microseconds(100))
        try hosts.connect(channel, life)
        return channel
    }
}

/// A connection of one daemon to one of the faulty hosts.
final class FaultyChannel: HostChannel {
    let hosts: FaultyHosts
    let life: Mortality
    let host: String
    let number: Int
    let changes: AsyncStream<String>
    private let changesSink: AsyncStream<String>.Continuation
    private let end = AsyncStream<String>.makeStream()

    init(hosts: FaultyHosts, life: Mortality, host: String) {
        self.hosts = hosts
        self.life = life
        self.host = host
        number = hosts.newNumber()
        (changes, changesSink) = AsyncStream.makeStream()
    }

    var detail: String { "faulty" }

    var machine: String? { host }

    func ping() async throws(HostFailure) {
        guard hosts.isOpen(self) else { throw .unreachable("The host does not answer.") }
    }

    func closed() async -> String {
        for await reason in end.stream { return reason }
        return "The connection was closed."
    }

    func close() async {
        hosts.close(self)
        cut("The connection was closed.")
    }

    /// The daemon is told that the connection is at its end.
    func cut(_ reason: String) {
        end.continuation.yield(reason)
        end.continuation.finish()
        changesSink.finish()
    }

    /// The daemon is told that a link changed.
    func tell(_ name: String) { changesSink.yield(name) }

    func marks() async throws(HostFailure) -> [HostMark] {
        guard life.isAlive else { throw .unreachable("The daemon is dead.") }
        return try hosts.marks(of: self)
    }

    func collect(_ mark: HostMark) async throws(HostFailure) {
        guard life.isAlive else { throw .unreachable("The daemon is dead.") }
        try hosts.collect(mark, self)
    }

    func perform(_ step: String, _ network: L2Specification) async throws(HostFailure) {
        guard life.isAlive else { throw .unreachable("The daemon is dead.") }
        let (fault, request) = try hosts.take(step, network, self)
        hosts.note("\(host): \(step) \(network.bridge)\(fault.map { ", \($0)" } ?? "")")
        try? await Task.sleep(for: .microseconds(Int.random(in: 0...500)))
        switch fault {
        case .refused:
            throw .refused(Refusal("host.test", .noDevice, "The host has no eth0.", remedy: "Add one."))
        case .lost: throw .unreachable("The host did not answer in time.")
        case .late:
            let (hosts, host) = (hosts, host)
            Task {
                try? await Task.sleep(for: .milliseconds(Int.random(in: 0...4)))
                try? hosts.perform(request, of: host, fault: nil)
            }
            throw .unreachable("The host did not answer in time.")
        case .cutBefore:
            await close()
            throw .unreachable("The connection is lost.")
        case .answerLost, .half, .cutAfter:
            try? hosts.perform(request, of: host, fault: fault)
            if fault != .answerLost { await close() }
            throw .unreachable("The connection is lost.")
        case .twice, nil: try hosts.perform(request, of: host, fault: fault)
        }
        guard life.isAlive else { throw .unreachable("The daemon is dead.") }
    }
}

struct FaultyBackend: L2NetworkRealizationExtensionPoint {
    let supportedL2NetworkType: L2NetworkType
    var supportedHypervisorType: HypervisorType { .kvm }

    func check(_ network: L2Specification, on host: FaultyChannel) async throws(HostFailure) {
        try await host.perform("check", network)
    }

    func realize(_ network: L2Specification, on host: FaultyChannel) async throws(HostFailure) {
        try await host.perform("realize", network)
    }

    func release(_ network: L2Specification, on host: FaultyChannel) async throws(HostFailure) {
        try await host.perform("release", network)
    }

    func inspect(_ network: L2Specification, on host: FaultyChannel) async throws(HostFailure) -> [String] {
        guard try host.isAnswering() else { return [] }
        guard let bridge = host.hosts.bridges(of: host.host)[network.bridge] else { return ["The bridge is missing."] }
        return bridge.isWhole ? [] : ["The bridge is not whole."]
    }
}

extension FaultyChannel {
    fileprivate func isAnswering() throws(HostFailure) -> Bool {
        guard life.isAlive, hosts.isOpen(self) else { throw .unreachable("The host does not answer.") }
        return true
    }
}
