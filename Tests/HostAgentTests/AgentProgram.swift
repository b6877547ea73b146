import Glibc
import Hypervisors
import NetworkModel

/// The agent's program, as the package's build made it.
enum AgentProgram {
    /// Beside the test program; `NETMODEL_AGENT` names another.
    static let path: String = {
        if let path = getenv("NETMODEL_AGENT") { return String(cString: path) }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let program = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return program.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            + "/netmodel-agent"
    }()

    /// How it is started on a host.
    static func command(for connection: HostConnection) -> [String] {
        AgentLaunch.command(for: connection, agentPath: path) ?? []
    }
}
