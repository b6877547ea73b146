import AgentProtocol
import Glibc
import Hypervisors
import Testing

@Suite("Requests and their ends", .timeLimit(.minutes(1)))
struct AgentRequestTests {
    private func failure(
        _ connection: AgentConnection, timeout: Duration = .seconds(30)
    ) async -> AgentRequestError? {
        do throws(AgentRequestError) {
            _ = try await connection.request(.ping, timeout: timeout)
            return nil
        } catch {
            return error
        }
    }

    @Test("answers come in any order, a late one is dropped, a refusal is a refusal")
    func order() async throws {
        // Reads three requests, then answers the third, the first, one that nobody asked, and refuses the second.
        let connection = try await AgentConnection.open(
            launch: FakeAgent.greeting(
                #"read a; read b; read c; "#
                    + #"echo '{"id":3,"ok":{"type":"pong"}}'; echo '{"id":1,"ok":{"type":"inventory","links":[]}}'; "#
                    + #"echo '{"id":99,"ok":{"type":"pong"}}'; "#
                    + #"echo '{"id":2,"refused":{"errno":16,"reason":"Busy.","remedy":"Wait.","rule":"x.y"}}'; "#
                    + "cat >/dev/null"))
        var answers: [Result<AgentResult, AgentRequestError>] = []
        await withTaskGroup(of: Result<AgentResult, AgentRequestError>.self) { group in
            for _ in 1...3 {
                group.addTask {
                    do throws(AgentRequestError) {
                        return .success(try await connection.request(.ping))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            for await answer in group { answers.append(answer) }
        }
        #expect(answers.contains(.success(.pong)))
        #expect(answers.contains(.success(.inventory([], next: nil))))
        #expect(
            answers.contains(
                .failure(.refused(AgentRefusal(rule: "x.y", errno: 16, reason: "Busy.", remedy: "Wait.")))))
        await connection.close()
    }

    @Test("the answer that comes twice, or again with another text, is taken once and for its own request only")
    func duplicateAnswer() async throws {
        let connection = try await AgentConnection.open(
            launch: FakeAgent.greeting(
                #"read a; echo '{"id":1,"ok":{"type":"pong"}}'; echo '{"id":1,"ok":{"type":"pong"}}'; "#
                    + #"echo '{"id":1,"refused":{"errno":16,"reason":"Busy.","remedy":"Wait.","rule":"x.y"}}'; "#
                    + #"read b; echo '{"id":1,"ok":{"type":"pong"}}'; "#
                    + #"echo '{"id":2,"ok":{"type":"inventory","links":[]}}'; "#
                    + #"read c; echo '{"id":3,"ok":{"type":"pong"}}'; cat >/dev/null"#))
        #expect(try await connection.request(.ping) == .pong)
        #expect(try await connection.request(.inventory(after: 0)) == .inventory([], next: nil))
        #expect(try await connection.request(.ping) == .pong)
        await connection.close()
    }

    @Test("no answer in time; the connection goes on")
    func timeout() async throws {
        let connection = try await AgentConnection.open(
            launch: FakeAgent.greeting(#"read a; read b; echo '{"id":2,"ok":{"type":"pong"}}'; cat >/dev/null"#))
        #expect(await failure(connection, timeout: .milliseconds(200)) == .timedOut(.milliseconds(200)))
        #expect(await failure(connection) == nil)
        await connection.close()
    }

    @Test("a request can be given up")
    func cancelled() async throws {
        let connection = try await AgentConnection.open(launch: FakeAgent.greeting("cat >/dev/null"))
        let task = Task { await failure(connection) }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        #expect(await task.value == .cancelled)
        let early = Task {
            try? await Task.sleep(for: .seconds(60))
            return await failure(connection)
        }
        early.cancel()
        #expect(await early.value == .cancelled)
        await connection.close()
    }

    @Test("all requests in flight fail when the agent dies, and later ones at once")
    func agentKilled() async throws {
        let connection = try await AgentConnection.open(
            launch: FakeAgent.greeting("read a; echo 'out of memory' >&2; kill -9 $$"))
        let reason = "the agent was ended by signal 9; its last words: out of memory"
        await withTaskGroup(of: AgentRequestError?.self) { group in
            for _ in 1...100 { group.addTask { await failure(connection) } }
            for await error in group {
                #expect(error == .connectionLost(reason: reason) || error == .notSent(reason: reason))
            }
        }
        #expect(await connection.closed() == reason)
        #expect(await failure(connection) == .notSent(reason: reason))
        for await _ in connection.events { Issue.record("an event from the dead") }
    }

    @Test(
        "an agent that breaks the protocol is left",
        arguments: [
            (
                "echo nonsense",
                "it sent a line that is no message (it is not valid JSON, or a number in it is out of range): nonsense"
            ),
            (FakeAgent.hello, "it said hello twice"),
            ("head -c 2000000 /dev/zero | tr '\\0' x; echo", "it sent a line that is too long"),
            (
                #"echo '{"refused":{"errno":74,"reason":"What?","remedy":"","rule":"agent.malformed-line"}}'"#, "What?"
            ),
        ])
    func protocolBroken(_ script: String, _ reason: String) async throws {
        let connection = try await AgentConnection.open(
            launch: FakeAgent.greeting("read a; \(script); cat >/dev/null"))
        #expect(await failure(connection) == .connectionLost(reason: reason))
        #expect(await connection.closed() == reason)
        #expect(await failure(connection) == .notSent(reason: reason))
    }

    @Test("events arrive in order")
    func events() async throws {
        let connection = try await AgentConnection.open(
            launch: FakeAgent.greeting(
                #"for i in 1 2 3; do echo "{\"event\":{\"name\":\"eth$i\",\"what\":\"changed\"}}"; done"#))
        var names: [String] = []
        for await event in connection.events { names.append(event.name) }
        #expect(names == ["eth1", "eth2", "eth3"])
    }

    @Test("closing: a deaf agent is killed, and no process is left")
    func deaf() async throws {
        let connection = try await AgentConnection.open(
            launch: FakeAgent.script("trap '' TERM; \(FakeAgent.hello); while :; do sleep 1; done"))
        let clock = ContinuousClock()
        let duration = await clock.measure { await connection.close() }
        #expect(duration > .seconds(2) && duration < .seconds(10))
        #expect(await connection.closed() == "it was closed")
    }

    @Test("a connection that nobody holds any more ends")
    func forgotten() async throws {
        var pid: pid_t?
        do {
            let connection = try await AgentConnection.open(
                launch: FakeAgent.greeting(
                    #"printf '{"event":{"what":"gone","name":"%s"}}\n' $$; exec cat >/dev/null"#))
            for await event in connection.events {
                pid = pid_t(event.name)
                break
            }
        }
        let agent = try #require(pid)
        for _ in 1...100 where kill(agent, 0) == 0 { try await Task.sleep(for: .milliseconds(100)) }
        #expect(kill(agent, 0) == -1)
    }

    @Test("opening and closing many leaves no descriptor and no zombie; a child inherits three descriptors")
    func leaks() async throws {
        func cycle() async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 1...10 {
                    group.addTask {
                        let connection = try await AgentConnection.open(
                            launch: FakeAgent.greeting(
                                #"read a; printf '{"event":{"what":"changed","name":"'; "#
                                    + #"stat --printf='%F ' -L /proc/$$/fd/*; echo '"}}'; cat >/dev/null"#))
                        Task { _ = try? await connection.request(.ping) }
                        for await event in connection.events {
                            #expect(event.name == "fifo fifo fifo ")
                            break
                        }
                        await connection.close()
                    }
                }
                try await group.waitForAll()
            }
        }
        for _ in 1...3 { try await cycle() }
        // Other tests have children, too, but not for long.
        var left = zombies()
        for _ in 1...50 where !left.isEmpty {
            try await Task.sleep(for: .milliseconds(100))
            let now = zombies()
            left = left.filter { now.contains($0) }
        }
        #expect(left == [])
    }

    /// `/proc/PID/stat` of the children of this process that nobody has waited for.
    private func zombies() -> [String] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var found: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard Int(name) != nil, let file = fopen("/proc/\(name)/stat", "r") else { continue }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 512)
            guard fgets(&line, 512, file) != nil else { continue }
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if text.contains(") Z \(getpid()) ") {
                found.append(text)
            }
        }
        return found
    }
}
