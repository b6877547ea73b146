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
        guard let command = AgentLaunch.command(for: connection, agentPath: agentPath) else {
            throw .unreachable("\(connection) is no connection of a KVM host.")
        }
        do throws(AgentConnectionError) {
            return KVMHostChannel(connection: try await AgentConnection.open(launch: command))
        } catch {
            throw .unreachable(error.description)
        }
    }
}
