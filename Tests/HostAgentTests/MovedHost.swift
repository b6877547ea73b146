import AgentProtocol
import Hypervisors

/// A test host whose `eth0` carries its addresses; `eth1` has 10.2.0.5/24 and 2001:db8:2::5/64.
struct MovedHost {
    let host: TestHost

    /// - Parameter commands: of `ip`, done when `eth0` and `eth1` are up.
    static func with(_ commands: [String], _ body: (MovedHost) async throws -> Void) async throws {
        try await TestHost.with { host in
            try await host.exec("sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0")
            let base = [
                "link add eth1 type veth peer name cable1", "link set cable1 up addrgenmode none",
                "link set eth1 up addrgenmode none", "link set eth0 addrgenmode none", "link set eth0 up",
                "addr add 10.2.0.5/24 dev eth1", "addr add 2001:db8:2::5/64 dev eth1 nodad",
            ]
            // A batch finds the family by itself.
            let lines = (base + commands).map { $0.hasPrefix("-6 ") ? String($0.dropFirst(3)) : $0 }
            try await Shell.run("sh", "-c", "ip -n \(host.name) -batch - <<END\n\(lines.joined(separator: "\n"))\nEND")
            let moved = MovedHost(host: host)
            // Duplicate address detection takes its time.
            for _ in 1...50 where try await moved.dump().contains(where: { $0.contains("tentative") }) {
                try await Task.sleep(for: .milliseconds(100))
            }
            try await body(moved)
        }
    }

    /// Addresses, routes of all tables and rules, a line each, in the kernel's order for each family and link.
    func dump() async throws -> [String] {
        let views = [
            try await host.ip("-d", "-o", "-4", "addr", "show"), try await host.ip("-d", "-o", "-6", "addr", "show"),
            try await host.ip("-d", "-o", "-4", "route", "show", "table", "all"),
            try await host.ip("-d", "-o", "-6", "route", "show", "table", "all"), try await host.ip("rule"),
        ]
        return views.joined().split(separator: "\n").map { line in
            // The numbers of links.
            let words = line.split(separator: " ").map(String.init)
            return
                (line.first?.isNumber == true && words.count > 1 && line.contains(" inet")
                ? words.dropFirst() : words[...])
                .joined(separator: " ")
        }.filter { !$0.contains("ff00::/8") && !$0.contains("fe80::/64") }
            .map { $0.replacing(/[0-9]{2,}sec/, with: "TIME") }
    }

    /// Tokens are names of the whole machine.
    func token(_ name: String) -> String { host.name + "-" + name }

    private func ask(_ request: AgentRequest, _ name: String, within: Int) async throws -> L2Outcome? {
        let confirmation = Confirmation(token: token(name), within: within)
        guard case .l2(var outcome) = try await host.agent.request(.guarded(request, by: confirmation)) else {
            return nil
        }
        outcome.unconfirmed = outcome.unconfirmed.map { String($0.dropFirst(host.name.count + 1)) }
        return outcome
    }

    @discardableResult
    func realize(token: String, within: Int = 60) async throws -> L2Outcome? {
        try await ask(.realizeL2(NoVlanTests.spec), token, within: within)
    }

    @discardableResult
    func release(token: String, within: Int = 60) async throws -> L2Outcome? {
        try await ask(.releaseL2(NoVlanTests.spec), token, within: within)
    }

    /// Over a connection of its own, as the daemon does.
    func confirm(_ name: String) async throws {
        let agent = try await AgentConnection.open(launch: AgentProgram.command(for: .namespace(host.name)))
        _ = try await agent.request(.confirm(token: token(name)))
        await agent.close()
    }

    func refusal(_ request: AgentRequest) async throws -> AgentRefusal? {
        do throws(AgentRequestError) {
            _ = try await host.agent.request(request)
            return nil
        } catch {
            guard case .refused(let refusal) = error else { throw error }
            return refusal
        }
    }
}

extension TestHost {
    /// Runs a program on the host.
    @discardableResult
    func exec(_ words: String...) async throws -> String {
        try await Shell.run(["ip", "netns", "exec", name] + words)
    }
}
