import Hypervisors
import NetworkModel
import Testing

@Suite("How an agent is started")
struct AgentLaunchTests {
    @Test(
        "one command for each kind of connection",
        arguments: [
            (.local, "/opt/agent --stdio"),
            (.namespace("host1"), "/opt/agent --stdio --netns host1"),
            (
                .ssh(user: nil, host: "10.0.0.5", port: nil),
                "\(AgentLaunchTests.ssh) -- 10.0.0.5 netmodel-agent --stdio"
            ),
            (
                .ssh(user: "root", host: "h", port: 2222),
                "\(AgentLaunchTests.ssh) -p 2222 -- root@h netmodel-agent --stdio"
            ),
            (
                .ssh(user: nil, host: "-oProxyCommand=x", port: nil),
                "\(AgentLaunchTests.ssh) -- -oProxyCommand=x netmodel-agent --stdio"
            ),
        ] as [(HostConnection, String)])
    func command(_ connection: HostConnection, _ command: String) {
        #expect(
            AgentLaunch.command(for: connection, agentPath: "/opt/agent")?.joined(separator: " ") == command)
    }

    static let ssh =
        "ssh -T -oBatchMode=yes -oServerAliveInterval=5 -oServerAliveCountMax=3 -oConnectTimeout=10 -oControlMaster=no "
        + "-oControlPath=none -oForwardAgent=no -oForwardX11=no -oClearAllForwardings=yes -oPermitLocalCommand=no "
        + "-oRemoteCommand=none -oLogLevel=INFO"
}
