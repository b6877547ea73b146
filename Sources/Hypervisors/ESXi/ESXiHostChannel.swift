import NetworkModel
import Realization
import Synchronization

/// An ESXi host that is logged in to.
public final class ESXiHostChannel: HostChannel {
    /// What the host says of itself, such as `VMware ESXi 8.0.3 build-24022510`.
    public let detail: String
    private let host: ESXiHost
    private let end = AsyncStream<String>.makeStream(bufferingPolicy: .bufferingOldest(1))
    /// Why the host is given up; nil while it answers.
    private let failure = Mutex<String?>(nil)

    init(host: ESXiHost, detail: String) {
        self.host = host
        self.detail = detail
    }

    public func ping() async throws(HostFailure) {
        try await ask { (host) throws(HostFailure) in try await host.ping() }
    }

    public func closed() async -> String {
        for await reason in end.stream { return reason }
        return failure.withLock { $0 } ?? "The connection was closed."
    }

    public func close() async {
        let failed = failure.withLock { $0 }
        host.interrupt.set()
        if failed == nil { await host.close() } else { await host.drop() }
        end.continuation.yield(failed ?? "The connection was closed.")
        end.continuation.finish()
    }

    /// What somebody changed on the host of what was made for `network`, in sentences; empty where nothing was.
    public func drift(of network: L2Specification) async throws(HostFailure) -> [String] {
        try await ask { (host) throws(HostFailure) in try await host.drift(of: network) }
    }

    public func marks() async throws(HostFailure) -> [HostMark] {
        try await ask { (host) throws(HostFailure) in try await host.marks() }
    }

    public func collect(_ mark: HostMark) async throws(HostFailure) {
        try await ask { (host) throws(HostFailure) in try await host.collect(mark) }
    }

    func ask<Answer: Sendable>(
        _ work: (ESXiHost) async throws(HostFailure) -> Answer
    ) async throws(HostFailure) -> Answer {
        do throws(HostFailure) {
            return try await work(host)
        } catch {
            throw noted(error)
        }
    }

    private func noted(_ error: HostFailure) -> HostFailure {
        if case .unreachable(let reason) = error {
            failure.withLock { if $0 == nil { $0 = reason } }
        }
        return error
    }
}
