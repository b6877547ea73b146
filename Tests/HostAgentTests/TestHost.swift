import AgentProtocol
import FoundationEssentials
import Glibc
import Hypervisors
import Synchronization
import Testing

/// A host: a network namespace with an `eth0` (whose cable leads to `cable0` in the same namespace) and an agent.
struct TestHost: Sendable {
    /// A link as `ip -j -d link` shows it.
    struct View: Decodable {
        struct Info: Decodable {
            struct Settings: Decodable {
                var stpState: Int?
                var forwardDelay: Int?
                var nfCallIptables: Int?
                var id: Int?
            }
            var infoKind: String?
            var infoData: Settings?
        }
        var ifname: String
        var link: String?
        var address: String?
        var master: String?
        var mtu: Int
        var ifalias: String?
        var flags: [String]
        var group: String?
        var inet6AddrGenMode: String?
        var linkinfo: Info?

        var isUp: Bool { flags.contains("UP") }
    }

    let name: String
    let agent: AgentConnection
    private let firstNames: Set<String>

    private static let count = Atomic(0)

    /// Makes a host, runs `body`, and removes the host whatever happens.
    static func with(_ body: (TestHost) async throws -> Void) async throws {
        let number = count.add(1, ordering: .relaxed).newValue
        let name = "nmt-\(getpid())-\(number)"
        try await Shell.run("ip", "netns", "add", name)
        do {
            try await Shell.run(
                "ip", "-n", name, "link", "add", "eth0", "type", "veth", "peer", "name", "cable0")
            // Without an address that comes by itself.
            try await Shell.run("ip", "-n", name, "link", "set", "cable0", "up", "addrgenmode", "none")
            let firstNames = Set(try await views(of: name).keys)
            let agent = try await AgentConnection.open(
                launch: AgentProgram.command(for: .namespace(name)))
            do {
                try await body(TestHost(name: name, agent: agent, firstNames: firstNames))
            } catch {
                await agent.close()
                throw error
            }
            await agent.close()
        } catch {
            try await Shell.run("ip", "netns", "delete", name)
            throw error
        }
        try await Shell.run("ip", "netns", "delete", name)
    }

    /// Whether VLAN devices can be made here, in the agent's own words.
    static let has8021q: @Sendable () async throws -> Bool = {
        let agent = try await AgentConnection.open(
            launch: AgentProgram.command(for: .local))
        await agent.close()
        return agent.hello.capabilities.contains("vlan")
    }

    static let lacks8021q: @Sendable () async throws -> Bool = { try await !has8021q() }

    // MARK: Looking

    /// `ip -n HOST …`
    @discardableResult
    func ip(_ words: String...) async throws -> String {
        try await Shell.run(["ip", "-n", name] + words)
    }

    func links() async throws -> [String: View] {
        try await Self.views(of: name)
    }

    private static func views(of host: String) async throws -> [String: View] {
        let text = try await Shell.run("ip", "-n", host, "-j", "-d", "link", "show")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let views = try decoder.decode([View].self, from: Data(text.utf8))
        return Dictionary(views.map { ($0.ifname, $0) }) { first, _ in first }
    }

    /// The names of the links that came after the host was made (some modules put links of theirs into every namespace).
    func newNames() async throws -> Set<String> {
        Set(try await links().keys).subtracting(firstNames)
    }

    func link(_ name: String) async throws -> View? {
        try await links()[name]
    }

    /// Everything that `ip` knows of links and global addresses, a link a line, without what changes by itself: timers,
    /// queues, carrier.
    func snapshot() async throws -> [String] {
        let views = try await ip("-d", "-o", "addr", "show", "scope", "global") + ip("-d", "-o", "link", "show")
        return views.split(separator: "\n").map { line in
            var words = line.split(separator: " ").map(String.init)
            for volatile in ["qdisc", "state", "_timer", "timer"] {
                while let index = words.firstIndex(where: { $0 == volatile || $0.hasSuffix(volatile) }) {
                    words.removeSubrange(index..<min(index + 2, words.count))
                }
            }
            return words.joined(separator: " ").replacing("NO-CARRIER,", with: "").replacing(",LOWER_UP", with: "")
        }
    }

    func expectUnchanged(
        since before: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let after = try await snapshot()
        #expect(after.filter { !before.contains($0) } == [], sourceLocation: sourceLocation)
        #expect(before.filter { !after.contains($0) } == [], sourceLocation: sourceLocation)
    }

    // MARK: Asking

    func check(_ spec: L2Spec) async throws(AgentRequestError) -> L2Outcome? {
        guard case .l2(let outcome) = try await agent.request(.checkL2(spec)) else { return nil }
        return outcome
    }

    func inspect(_ spec: L2Spec) async throws(AgentRequestError) -> L2Outcome? {
        guard case .l2(let outcome) = try await agent.request(.inspectL2(spec)) else { return nil }
        return outcome
    }

    @discardableResult
    func realize(_ spec: L2Spec) async throws(AgentRequestError) -> L2Outcome? {
        guard case .l2(let outcome) = try await agent.request(.realizeL2(spec)) else { return nil }
        return outcome
    }

    @discardableResult
    func release(_ spec: L2Spec) async throws(AgentRequestError) -> L2Outcome? {
        guard case .l2(let outcome) = try await agent.request(.releaseL2(spec)) else { return nil }
        return outcome
    }

    func inventory() async throws(AgentRequestError) -> [LinkRecord] {
        try await inventory(after: 0).links
    }

    func inventory(after: UInt32) async throws(AgentRequestError) -> (links: [LinkRecord], next: UInt32?) {
        guard case .inventory(let links, let next) = try await agent.request(.inventory(after: after)) else {
            return ([], nil)
        }
        return (links, next)
    }

    /// Check and realization must both refuse, with this rule and sentence, and change nothing.
    func expectRefusal(
        _ spec: L2Spec, rule: String, errno: Int32, _ reason: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try await snapshot()
        for request in [AgentRequest.checkL2(spec), .realizeL2(spec)] {
            do throws(AgentRequestError) {
                let result = try await agent.request(request)
                Issue.record("not refused: \(result)", sourceLocation: sourceLocation)
            } catch {
                guard case .refused(let refusal) = error else {
                    Issue.record("\(error)", sourceLocation: sourceLocation)
                    continue
                }
                #expect(refusal.rule == rule, sourceLocation: sourceLocation)
                #expect(refusal.errno == errno, sourceLocation: sourceLocation)
                #expect(refusal.reason == reason, sourceLocation: sourceLocation)
                #expect(!refusal.remedy.isEmpty, sourceLocation: sourceLocation)
            }
        }
        try await expectUnchanged(since: before, sourceLocation: sourceLocation)
    }
}
