import AgentProtocol
import NetworkModel
import Realization

/// A KVM host: the agent on it.
public struct KVMHostChannel: HostChannel {
    let connection: AgentConnection
    /// Where it leads to.
    let place: HostConnection
    let options: KVMOptions
    /// Opens another connection to the same host.
    let reconnect: @Sendable () async throws(HostFailure) -> AgentConnection

    public var detail: String {
        "netmodel-agent \(connection.hello.agentVersion), Linux \(connection.hello.kernelRelease)"
    }

    public var machine: String? { connection.hello.machine }

    public func ping() async throws(HostFailure) {
        try await ask(.ping)
    }

    public func closed() async -> String {
        let reason = await connection.closed()
        return SSHFailure.explain([reason], place).map { HostFailure.unconnected($0).reason } ?? reason
    }

    public func close() async {
        await connection.close()
    }

    /// The agent tells of each link that is ours or carries ours.
    public var changes: AsyncStream<String> {
        let events = connection.events
        return AsyncStream(bufferingPolicy: .bufferingNewest(4096)) { sink in
            let task = Task {
                for await event in events { sink.yield(event.name) }
                sink.finish()
            }
            sink.onTermination = { _ in task.cancel() }
        }
    }

    /// Sends one request and waits for its answer, at most as long as the transport allows.
    @discardableResult
    func ask(_ request: AgentRequest) async throws(HostFailure) -> AgentResult {
        try await Self.ask(request, connection)
    }

    static func ask(
        _ request: AgentRequest, _ connection: AgentConnection, timeout: Duration = .seconds(30)
    ) async throws(HostFailure) -> AgentResult {
        do throws(AgentRequestError) {
            return try await connection.request(request, timeout: timeout)
        } catch {
            throw HostFailure(error)
        }
    }
}

extension HostFailure {
    init(_ error: AgentRequestError) {
        switch error {
        case .refused(let refusal):
            self = .refused(
                Refusal(refusal.rule, ErrorNumber(rawValue: refusal.errno), refusal.reason, remedy: refusal.remedy))
        case .notSent, .connectionLost, .timedOut, .cancelled: self = .unreachable(error.description)
        }
    }
}
