/// The first line of an agent: who it is and what its host can do.
public struct AgentHello: Codable, Hashable, Sendable {
    /// The version of the protocol that this module speaks.
    public static let currentProtocolVersion = 1

    /// The version of the protocol that the agent speaks.
    public var protocolVersion: Int
    /// The version of the agent's program.
    public var agentVersion: String
    /// The release of the host's kernel as `uname -r` tells it.
    public var kernelRelease: String
    /// The kinds of links that the kernel can make, by the kernel's names: `bridge`, `vlan`, `vxlan`, …, sorted.
    public var capabilities: [String]

    /// Which machine it is: the UUID of its boot, and the number of the network namespace there. `nil` where the host does
    /// not tell.
    public var machine: String?

    /// Creates a hello.
    public init(
        protocolVersion: Int, agentVersion: String, kernelRelease: String, capabilities: [String],
        machine: String? = nil
    ) {
        self.protocolVersion = protocolVersion
        self.agentVersion = agentVersion
        self.kernelRelease = kernelRelease
        self.capabilities = capabilities
        self.machine = machine
    }
}
