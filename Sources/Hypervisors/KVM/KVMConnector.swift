import Logging
import NetworkModel
import Realization

/// Reaches KVM hosts: starts the agent in a namespace, on this machine or through OpenSSH.
public struct KVMConnector: HypervisorConnector {
    public let hypervisorType = HypervisorType.kvm
    private let agentPath: String
    private let programFile: AgentProgramFile
    private let gate = OpeningGate()
    private let options: KVMOptions
    private let logger: Logger

    /// - Parameter agentPath: The agent's program on this machine.
    public init(agentPath: String, options: KVMOptions = KVMOptions(), logger: Logger) {
        self.options = options
        self.agentPath = agentPath
        programFile = AgentProgramFile(path: agentPath)
        self.logger = logger
    }

    public func connect(
        _ connection: HostConnection, haste: ConnectionHaste
    ) async throws(HostFailure) -> any HostChannel {
        let opened = try await open(connection, haste)
        return KVMHostChannel(connection: opened, place: connection, options: options) { () async throws(HostFailure) in
            // A host that waits for a confirmation goes back when none comes in time.
            try await open(connection, .atOnce)
        }
    }

    /// A connection of its own: none that is there is shared (`ControlPath=none`), so it proves that the host is reached.
    private func open(
        _ connection: HostConnection, _ haste: ConnectionHaste
    ) async throws(HostFailure) -> AgentConnection {
        do throws(AgentConnectionError) {
            return try await gate.pass(haste) { () async throws(AgentConnectionError) in
                if case .ssh = connection { try await openBehindSSH(connection) } else { try await launch(connection) }
            }
        } catch {
            throw .unconnected(error.refusal(connecting: connection))
        }
    }

    private func launch(_ connection: HostConnection) async throws(AgentConnectionError) -> AgentConnection {
        guard let command = AgentLaunch.command(for: connection, agentPath: agentPath) else {
            throw .programNotFound("\(connection)")
        }
        return try await AgentConnection.open(launch: command)
    }

    /// The agent is run there, and first put there where it is missing or another one.
    private func openBehindSSH(_ connection: HostConnection) async throws(AgentConnectionError) -> AgentConnection {
        let program = try await programFile.current()
        let bootstrap = AgentBootstrap.command(for: program)
        guard let command = AgentLaunch.command(for: connection, remoteCommand: bootstrap) else {
            throw .programNotFound("\(connection)")
        }
        // A slow login is no dead host: sshd may look up names, a shell read a long profile.
        return try await AgentConnection.open(launch: command, program: program, timeout: .seconds(40))
    }
}
