import AgentProtocol
import Glibc
import Hypervisors
import Testing

@Suite("Opening a connection")
struct AgentOpeningTests {
    private func failure(
        _ command: [String], environment: [String: String] = [:], timeout: Duration = .seconds(15)
    ) async -> AgentConnectionError? {
        do throws(AgentConnectionError) {
            let connection = try await AgentConnection.open(
                launch: command, environment: environment, timeout: timeout)
            await connection.close()
            return nil
        } catch {
            return error
        }
    }

    @Test("the hello is there, the environment is passed on")
    func hello() async throws {
        let connection = try await AgentConnection.open(
            launch: FakeAgent.script(FakeAgent.hello.replacing("6.1", with: "'$KERNEL'") + "; cat >/dev/null"),
            environment: ["KERNEL": "7.0"])
        #expect(connection.hello.agentVersion == "9")
        #expect(connection.hello.kernelRelease == "7.0")
        #expect(connection.hello.capabilities == ["bridge"])
        await connection.close()
        #expect(await connection.closed() == "it was closed")
    }

    @Test("a program that does not exist", arguments: ["/nonexistent/netmodel-agent", "netmodel-agent-nonexistent"])
    func notFound(_ program: String) async {
        let error = await failure([program, "--stdio"])
        #expect(error == .programNotFound(program))
        #expect(error?.description == "The program \(program) does not exist on this machine.")
    }

    @Test("a program that ends early is quoted")
    func endsEarly() async {
        let error = await failure(
            FakeAgent.script("for i in 1 2 3 4 5 6; do echo word $i >&2; done; exit 255"))
        #expect(
            error
                == .endedEarly(
                    how: "exited with status 255", lastWords: ["word 2", "word 3", "word 4", "word 5", "word 6"]))
        #expect(
            error?.description == "The agent exited with status 255 before it said hello; its last words: "
                + "word 2 / word 3 / word 4 / word 5 / word 6.")
    }

    @Test("a program that says nothing is ended")
    func silent() async {
        let error = await failure(FakeAgent.script("echo waiting >&2; exec sleep 600"), timeout: .seconds(3))
        #expect(error == .helloTimedOut(.seconds(3), lastWords: ["waiting"]))
        #expect(error?.description == "The agent did not say hello within 3.0 seconds; its last words: waiting.")
    }

    @Test("a program that says something else", arguments: ["Welcome to host1!", #"{"id":1,"ok":{"type":"pong"}}"#])
    func stranger(_ line: String) async {
        let error = await failure(FakeAgent.script("echo '\(line)'; cat >/dev/null"))
        #expect(error == .notAnAgent(firstLine: line))
        #expect(error?.description == "What was launched is not netmodel-agent; its first line is: \(line)")
    }

    @Test("another version of the protocol")
    func otherVersion() async {
        let hello = FakeAgent.hello.replacing(#""protocolVersion":1"#, with: #""protocolVersion":2"#)
        let error = await failure(FakeAgent.script("\(hello); cat >/dev/null"))
        #expect(error == .protocolMismatch(agent: 2, daemon: 1, agentVersion: "9"))
        #expect(
            error?.description == "The agent (version 9) speaks version 2 of the protocol, the daemon version 1: "
                + "install the agent that came with the daemon.")
    }

    @Test("opening can be given up")
    func cancelled() async {
        let task = Task { await failure(FakeAgent.script("exec sleep 600")) }
        try? await Task.sleep(for: .milliseconds(100))
        task.cancel()
        #expect(await task.value == .cancelled)
    }
}
