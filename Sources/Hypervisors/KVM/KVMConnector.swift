import Logging
import NetworkModel
import Realization

/// Reaches KVM hosts: starts the agent in a namespace, on this machine or through OpenSSH.
public struct KVMConnector: HypervisorConnector {
    public let hypervisorType = HypervisorType.kvm
    private let agentPath: String
    private let logger: Logger

    /// - Parameter agentPath: The agent's program on this machine.
    public init(agentPath: String, logger: Logger) {
        self.agentPath = agentPath
        self.logger = logger
    }

    public func connect(_ connection: HostConnection) async throws(HostFailure) -> any HostChannel {
        let opened = try await open(connection)
        return KVMHostChannel(connection: opened) { () async throws(HostFailure) in
            try await open(connection, isProof: true)
        }
    }

    /// - Parameter isProof: whether the connection shall prove that the host can be reached: it shares none that is there.
    private func open(
        _ connection: HostConnection, isProof: Bool = false
    ) async throws(HostFailure) -> AgentConnection {
        guard var command = AgentLaunch.command(for: connection, agentPath: agentPath) else {
            throw .unreachable("\(connection) is no connection of a KVM host.")
        }
        if isProof, case .ssh = connection { command.insert("-oControlPath=none", at: 1) }
        do throws(AgentConnectionError) {
            return try await AgentConnection.open(launch: command)
        } catch {
            throw .unreachable(error.description)
        }
    }
}
