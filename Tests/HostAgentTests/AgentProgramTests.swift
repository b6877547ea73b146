import AgentProtocol
import Glibc
import Hypervisors
import Subprocess
import SystemPackage
import Testing

@Suite("The agent's program", .timeLimit(.minutes(2)))
struct AgentProgramTests {
    /// Runs the agent with this input, which stays open for a moment after the last byte.
    private func run(
        _ arguments: [String], input: [UInt8], awaitLines: Int = 1
    ) async throws -> (lines: [AgentMessage], status: TerminationStatus) {
        let result = try await Subprocess.run(
            .path(FilePath(AgentProgram.path)), arguments: Arguments(arguments), input: .inputWriter,
            output: .sequence, error: .discarded
        ) { execution in
            _ = try await execution.standardInputWriter.write(input)
            var decoder = LineDecoder()
            var messages: [AgentMessage] = []
            for try await buffer in execution.standardOutput {
                for case .bytes(let line) in buffer.withUnsafeBytes({ decoder.append($0) }) {
                    messages.append(try Wire.decode(AgentMessage.self, from: line))
                }
                if messages.count >= awaitLines { try await execution.standardInputWriter.finish() }
            }
            return messages
        }
        return (result.closureResult, result.terminationStatus)
    }

    @Test("a daemon that says nothing is taken for gone, if that is asked for")
    func idle() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        // Its input stays open: it waits for a line that never comes.
        let (lines, status) = try await run(["--stdio", "--idle-exit", "1"], input: [], awaitLines: 2)
        #expect(lines.count == 1)
        #expect(status == .exited(0))
        #expect(clock.now - start > .milliseconds(900))
        let (_, refused) = try await run(["--stdio", "--idle-exit", "0"], input: [])
        #expect(refused == .exited(64))
    }

    @Test("lines that are no requests are refused one by one, and the next one is answered")
    func malformed() async throws {
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: LineDecoder.longestLine + 1)
        var input = Array("nonsense\n{\"id\":5,\"op\":\"reboot\"}\n".utf8)
        input += [0x7B, 0xFF, 0x7D, 0x0A]
        input += long + [0x0A]
        input += Array("{\"id\":6,\"op\":\"ping\"}\n".utf8)
        let (lines, status) = try await run(["--stdio"], input: input, awaitLines: 6)
        #expect(status == .exited(0))
        #expect(
            Array(lines.dropFirst()) == [
                .refused(id: nil, .malformedLine("it is not valid JSON, or a number in it is out of range")),
                .refused(id: 5, .malformedLine("no request is called \"reboot\"")),
                .refused(id: nil, .malformedLine("it is not UTF-8")),
                .refused(id: nil, .lineTooLong(bytes: LineDecoder.longestLine + 1)),
                .done(id: 6, .pong),
            ])
    }

    @Test("the end of the input is the end of the agent")
    func endOfInput() async throws {
        let (lines, status) = try await run(["--stdio"], input: [])
        #expect(status == .exited(0))
        guard case .hello(let hello) = lines.first else {
            Issue.record("no hello")
            return
        }
        #expect(hello.protocolVersion == 1)
        #expect(hello.capabilities.contains("bridge"))
        #expect(hello.capabilities == hello.capabilities.sorted())
    }

    @Test("SIGTERM ends the agent with status 0", arguments: [SIGTERM, SIGINT])
    func terminated(_ number: Int32) async throws {
        let result = try await Subprocess.run(
            .path(FilePath(AgentProgram.path)), arguments: ["--stdio"], input: .inputWriter, output: .sequence,
            error: .discarded
        ) { execution in
            for try await _ in execution.standardOutput {
                try execution.send(signal: Signal(rawValue: number))
            }
        }
        #expect(result.terminationStatus == .exited(0))
    }

    @Test(
        "wrong starts are explained",
        arguments: [
            (["--stdio", "--netns", "no-such-host"], 3, "This machine has no network namespace no-such-host"),
            (["--stdio", "--netns", "../x"], 3, "\"../x\" is not a name of a network namespace."),
            ([], 64, "--stdio is the only way to be spoken to"),
        ] as [([String], Int32, String)])
    func wrongStart(_ arguments: [String], _ status: Int32, _ words: String) async throws {
        let result = try await Subprocess.run(
            .path(FilePath(AgentProgram.path)), arguments: Arguments(arguments), output: .string(limit: 4096),
            error: .string(limit: 4096))
        #expect(result.terminationStatus == .exited(status))
        #expect(result.standardError.contains(words))
    }

    @Test("probing for what the kernel can do leaves nothing behind")
    func probe() async throws {
        try await TestHost.with { host in
            let names = try await host.newNames()
            #expect(names == [])
        }
    }

    @Test("many requests in flight, each with its own answer")
    func manyPings() async throws {
        try await TestHost.with { host in
            try await withThrowingTaskGroup(of: AgentResult.self) { group in
                for _ in 1...1000 { group.addTask { try await host.agent.request(.ping) } }
                for try await result in group { #expect(result == .pong) }
            }
        }
    }

    @Test("KV-12: two agents on one host, both asked at once: one after the other")
    func serialised() async throws {
        try await TestHost.with { host in
            let second = try await AgentConnection.open(
                launch: AgentProgram.command(for: .namespace(host.name)))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for agent in [host.agent, second] {
                    for _ in 1...10 {
                        group.addTask { _ = try await agent.request(.realizeL2(NoVlanTests.spec)) }
                        group.addTask { _ = try await agent.request(.releaseL2(NoVlanTests.spec)) }
                    }
                }
                try await group.waitForAll()
            }
            await second.close()
            try await host.realize(NoVlanTests.spec)
            #expect(try await host.link("eth0")?.master == "br_eth0")
        }
    }

    @Test("an agent killed in the middle of its work: the request fails, the next agent goes on")
    func killed() async throws {
        try await TestHost.with { host in
            let note = "/tmp/\(host.name).pid"
            let command = AgentProgram.command(for: .namespace(host.name))
            let agent = try await AgentConnection.open(
                launch: ["/bin/sh", "-c", "echo $$ > \(note); exec \(command.joined(separator: " "))"])
            let pid = try #require(pid_t(try await Shell.run("cat", note).prefix { $0.isNumber }))
            try await Shell.run("rm", note)
            try await withThrowingTaskGroup(of: AgentRequestError?.self) { group in
                for _ in 1...200 {
                    for request in [AgentRequest.realizeL2(NoVlanTests.spec), .releaseL2(NoVlanTests.spec)] {
                        group.addTask {
                            do throws(AgentRequestError) {
                                _ = try await agent.request(request)
                                return nil
                            } catch {
                                return error
                            }
                        }
                    }
                }
                // The first answer is there, so the next request is being worked on.
                var failures = [try await group.next() ?? nil]
                #expect(kill(pid, SIGKILL) == 0)
                for try await failure in group { failures.append(failure) }
                let lost = failures.compactMap(\.self)
                #expect(!lost.isEmpty)
                #expect(lost.allSatisfy { $0 == .connectionLost(reason: "the agent was ended by signal 9") })
            }
            try await host.realize(NoVlanTests.spec)
            #expect(try await host.link("eth0")?.master == "br_eth0")
            try await host.release(NoVlanTests.spec)
            #expect(try await host.newNames() == [])
        }
    }

    @Test("changes of our links and of those below them are told, others not")
    func events() async throws {
        try await TestHost.with { host in
            try await host.realize(NoVlanTests.spec)
            try await host.ip("link", "set", "cable0", "mtu", "1400")
            try await host.ip("link", "set", "br_eth0", "down")
            try await host.ip("link", "delete", "eth0")
            var seen: [AgentEvent] = []
            for await event in host.agent.events {
                seen.append(event)
                if event == AgentEvent(name: "eth0", what: .gone) { break }
            }
            #expect(seen.contains(AgentEvent(name: "br_eth0", what: .appeared)))
            #expect(seen.contains(AgentEvent(name: "br_eth0", what: .changed)))
            #expect(!seen.contains { $0.name == "cable0" })
        }
    }

    @Test("what somebody else puts in the place of a link of ours is told, and when it goes")
    func namesake() async throws {
        try await TestHost.with { host in
            try await host.realize(NoVlanTests.spec)
            try await host.ip("link", "delete", "br_eth0")
            for name in ["brX", "br_eth0"] {
                try await host.ip("link", "add", name, "type", "bridge")
                try await host.ip("link", "delete", name)
            }
            try await host.ip("link", "delete", "eth0")
            var seen: [AgentEvent] = []
            for await event in host.agent.events {
                seen.append(event)
                if event == AgentEvent(name: "eth0", what: .gone) { break }
            }
            let bridge = seen.filter { $0.name == "br_eth0" && $0.what != .changed }
            #expect(bridge.map(\.what) == [.appeared, .gone, .appeared, .gone])
            #expect(!seen.contains { $0.name == "brX" })
        }
    }
}
