import AgentProtocol
import Glibc
import Hypervisors
import Testing

@testable import HostAgent

@Suite("What a host tells of itself", .timeLimit(.minutes(2)))
struct InventoryTests {
    @Test("more links of ours than fit in an answer come in several, each link once")
    func pages() async throws {
        try await TestHost.with { host in
            let count = Inventory.mostLinks + 3
            // Text that takes six times its length in JSON, as much as an alias holds.
            let rest = String(repeating: "\u{1}", count: 200)
            let script = """
                for i in $(seq \(count)); do
                  echo "link add b$i type bridge"; echo "link set b$i alias netmodelfs:5555:aaaa-$i-\(rest)"
                done | ip -n \(host.name) -batch -
                """
            try await Shell.run("sh", "-c", script)
            let first = try await host.inventory(after: 0)
            let next = try #require(first.next)
            #expect(first.links.count == Inventory.mostLinks)
            let second = try await host.inventory(after: next)
            #expect(second.links.count == 3 && second.next == nil)
            #expect(Set((first.links + second.links).map(\.name)) == Set((1...count).map { "b\($0)" }))
            #expect(first.links.first?.networkUUID == "aaaa-1-\(rest)")
            let answer = AgentMessage.done(id: .max, .inventory(first.links, next: next))
            #expect(try Wire.line(answer).count <= LineDecoder.longestLine)
            // Exactly as many as fit need no further answer.
            for name in ["b1", "b2", "b3"] { try await host.ip("link", "delete", name) }
            let whole = try await host.inventory(after: 0)
            #expect(whole.links.count == Inventory.mostLinks && whole.next == nil)
        }
    }

    @Test("an answer that is too long for a line is refused, and nothing else is lost")
    func longAnswer() throws {
        var ends: [CInt] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { close(ends[0]) }
        let writer = LineWriter(ends[1])
        let step = String(repeating: "x", count: LineDecoder.longestLine)
        let long = AgentMessage.done(id: 3, .l2(L2Outcome(steps: [step])))
        #expect(writer.write(long))
        #expect(writer.write(.event(AgentEvent(name: step, what: .gone))))
        #expect(writer.write(.done(id: 4, .pong)))
        close(ends[1])
        var decoder = LineDecoder()
        var lines: [AgentMessage] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(ends[0], &buffer, buffer.count)
            guard count > 0 else { break }
            for case .bytes(let line) in decoder.append(buffer[..<count]) {
                lines.append(try Wire.decode(AgentMessage.self, from: line))
            }
        }
        let bytes = try Wire.line(long).count - 1
        let refusal = AgentRefusal.answerTooLong(bytes: bytes)
        #expect(lines == [.refused(id: 3, refusal), .done(id: 4, .pong)])
        #expect(refusal.rule == "agent.answer-too-long")
        #expect(refusal.reason == "The answer of \(bytes) bytes is longer than the 1048576 bytes of a line.")
    }

    @Test("all connections to a machine tell that it is the same, and another namespace is another machine")
    func machine() async throws {
        try await TestHost.with { host in
            let machine = try #require(host.agent.hello.machine)
            // Under another name.
            let path = "/run/netns/\(host.name)-b"
            try await Shell.run("touch", path)
            try await Shell.run("mount", "--bind", "/run/netns/\(host.name)", path)
            let again = try await AgentConnection.open(
                launch: AgentProgram.command(for: .namespace("\(host.name)-b")))
            await again.close()
            try await Shell.run("umount", path)
            try await Shell.run("rm", path)
            #expect(again.hello.machine == machine)
            try await TestHost.with { other in
                let another = try #require(other.agent.hello.machine)
                #expect(another != machine)
            }
        }
    }
}
