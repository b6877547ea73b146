import AgentProtocol
import Glibc
import Hypervisors
import Testing

/// A move of the host's addresses is taken back unless it is confirmed.
@Suite("Changes that wait for their confirmation", .timeLimit(.minutes(3)))
struct ConfirmTests {
    static let shape = [
        "addr add 10.1.1.5/24 dev eth0", "addr add 2001:db8::5/64 dev eth0 nodad", "route add default via 10.1.1.1",
    ]

    private func isBack(_ host: MovedHost, _ before: [String], within seconds: Int = 20) async throws -> Bool {
        for _ in 1...(seconds * 10) {
            if try await host.dump() == before, try await host.host.link("br_eth0") == nil { return true }
            try await Task.sleep(for: .milliseconds(100))
        }
        return false
    }

    @Test("not confirmed, the host goes back, and says so; it moves again only when somebody asks for it")
    func notConfirmed() async throws {
        try await MovedHost.with(Self.shape) { host in
            let before = try await host.dump()
            try await host.realize(token: "11111111", within: 1)
            #expect(try await isBack(host, before))
            #expect(
                try await host.refusal(.confirm(token: host.token("11111111")))?.rule == "host.change-not-confirmed")
            let again = AgentRequest.guarded(
                .realizeL2(NoVlanTests.spec), by: Confirmation(token: host.token("22222222"), within: 1))
            #expect(try await host.refusal(again)?.rule == "host.change-not-confirmed")
            #expect(try await host.dump() == before)
            let forecast = AgentRequest.guarded(
                .checkL2(NoVlanTests.spec), by: Confirmation(token: host.token("44444444"), isForecast: true))
            #expect(try await host.refusal(forecast) == nil, "an attach would go through")
            #expect(try await host.refusal(again)?.rule == "host.change-not-confirmed", "and nothing was forgotten")
            let check = AgentRequest.guarded(
                .checkL2(NoVlanTests.spec), by: Confirmation(token: host.token("33333333")))
            #expect(try await host.refusal(check) == nil)
            #expect(try await host.refusal(again) == nil)
            #expect(try await isBack(host, before))
        }
    }

    @Test("the agent is killed: its guard goes on")
    func agentKilled() async throws {
        try await MovedHost.with(Self.shape) { host in
            let before = try await host.dump()
            let note = "/tmp/\(host.host.name).agent"
            let command = AgentProgram.command(for: .namespace(host.host.name)).joined(separator: " ")
            let agent = try await AgentConnection.open(launch: ["/bin/sh", "-c", "echo $$ > \(note); exec \(command)"])
            let pid = try #require(pid_t(try await Shell.run("cat", note).prefix { $0.isNumber }))
            try await Shell.run("rm", note)
            _ = try await agent.request(
                .guarded(.realizeL2(NoVlanTests.spec), by: Confirmation(token: host.token("11111111"), within: 2)))
            #expect(kill(pid, SIGKILL) == 0)
            #expect(try await host.dump() != before)
            #expect(try await isBack(host, before))
        }
    }

    @Test("the agent is killed at any moment: in the end the host is as it was", arguments: 0..<12)
    func killedAnywhere(_ step: Int) async throws {
        try await MovedHost.with(Self.shape) { host in
            let before = try await host.dump()
            let note = "/tmp/\(host.host.name).agent"
            let command = AgentProgram.command(for: .namespace(host.host.name)).joined(separator: " ")
            let agent = try await AgentConnection.open(launch: ["/bin/sh", "-c", "echo $$ > \(note); exec \(command)"])
            let pid = try #require(pid_t(try await Shell.run("cat", note).prefix { $0.isNumber }))
            try await Shell.run("rm", note)
            let request = AgentRequest.guarded(
                .realizeL2(NoVlanTests.spec), by: Confirmation(token: host.token("11111111"), within: 1))
            async let answer: AgentResult? = try? await agent.request(request)
            try await Task.sleep(for: .milliseconds(step * 3))
            #expect(kill(pid, SIGKILL) == 0)
            _ = await answer
            // The bridge may be left without a port where no guard was armed yet; the next request finds it.
            for _ in 1...100 {
                if try await host.dump() == before { break }
                try await Task.sleep(for: .milliseconds(100))
            }
            try await Task.sleep(for: .milliseconds(1500))
            #expect(try await host.dump() == before)
            #expect(try await host.host.link("eth0")?.master == nil)
            try await host.release(token: "22222222")
            #expect(try await host.dump() == before)
            #expect(try await host.host.newNames() == ["eth1", "cable1"])
        }
    }

    @Test("the guard is killed too: the next request takes the change back")
    func guardKilled() async throws {
        try await MovedHost.with(Self.shape) { host in
            let before = try await host.dump()
            try await host.realize(token: "11111111")
            let token = host.token("11111111")
            let guardian = try #require(
                pid_t(try await Shell.run("pgrep", "-f", "guard \(token)").prefix { $0.isNumber }))
            #expect(kill(guardian, SIGKILL) == 0)
            try await Task.sleep(for: .milliseconds(200))
            #expect(try await host.refusal(.confirm(token: token))?.rule == "host.change-not-confirmed")
            #expect(try await isBack(host, before))
        }
    }

    @Test("confirmed twice is confirmed; a wrong token is not, nor one of another host, nor what is no token")
    func tokens() async throws {
        try await MovedHost.with(Self.shape) { host in
            try await host.realize(token: "11111111", within: 8)
            let moved = try await host.dump()
            #expect(try await host.refusal(.confirm(token: "99999999"))?.rule == "host.confirm-unknown")
            #expect(try await host.refusal(.confirm(token: "../../etc/passwd"))?.rule == "spec.invalid")
            let other = try await AgentConnection.open(launch: AgentProgram.command(for: .local))
            do throws(AgentRequestError) {
                _ = try await other.request(.confirm(token: host.token("11111111")))
                Issue.record("confirmed from elsewhere")
            } catch {
                guard case .refused(let refusal) = error else { throw error }
                #expect(refusal.rule == "host.confirm-unknown")
            }
            await other.close()
            try await host.confirm("11111111")
            try await host.confirm("11111111")
            try await Task.sleep(for: .seconds(9))
            #expect(try await host.dump() == moved)
        }
    }

    @Test("while a change waits: the same request tells of it, another is refused, a release takes it back")
    func meanwhile() async throws {
        try await MovedHost.with(Self.shape) { host in
            let before = try await host.dump()
            try await host.realize(token: "11111111")
            #expect(try await host.realize(token: "22222222")?.unconfirmed == "11111111")
            let other = NoVlanTests.spec {
                $0.networkUUID = "bbbb"
                $0.physicalInterface = "eth1"
                $0.bridge = "br_eth1"
            }
            let refusal = try await host.refusal(
                .guarded(.realizeL2(other), by: Confirmation(token: host.token("33333333"))))
            #expect(refusal?.rule == "host.change-unconfirmed")
            #expect(try await host.release(token: "44444444")?.unconfirmed == nil)
            #expect(try await isBack(host, before))
        }
    }

    @Test("a release that is not confirmed is taken back: the host stays on the bridge")
    func release() async throws {
        try await MovedHost.with(Self.shape) { host in
            try await host.realize(token: "11111111")
            try await host.confirm("11111111")
            let moved = try await host.dump()
            #expect(try await host.release(token: "22222222", within: 1)?.unconfirmed == "22222222")
            try await Task.sleep(for: .seconds(3))
            #expect(try await host.dump() == moved)
            #expect(try await host.host.link("eth0")?.master == "br_eth0")
        }
    }
}
