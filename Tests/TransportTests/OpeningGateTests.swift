import Realization
import Synchronization
import Testing

@testable import Hypervisors

/// Connections that are opened at once.
@Suite(.timeLimit(.minutes(1)))
struct OpeningGateTests {
    /// Openings that last until they are told to end.
    private final class Openings: Sendable {
        private let state = Mutex((begun: [String](), ends: [String: AsyncStream<Void>.Continuation]()))

        var begun: [String] { state.withLock { $0.begun } }

        func run(_ name: String) async {
            let end = AsyncStream<Void>.makeStream()
            state.withLock { state in
                state.begun.append(name)
                state.ends[name] = end.continuation
            }
            for await _ in end.stream {}
        }

        func end(_ name: String) { state.withLock { $0.ends.removeValue(forKey: name) }?.finish() }
    }

    private func until(_ condition: () -> Bool) async {
        while !condition() { try? await Task.sleep(for: .milliseconds(1)) }
    }

    @Test("so many and no more, in the order they came, and first those in haste")
    func order() async {
        let gate = OpeningGate(limit: 2, patience: .seconds(3600))
        let openings = Openings()
        await withTaskGroup(of: Void.self) { group in
            func open(_ name: String, _ haste: ConnectionHaste = .usual) {
                group.addTask { await gate.pass(haste) { await openings.run(name) } }
            }
            open("a")
            await until { openings.begun == ["a"] }
            open("b")
            await until { openings.begun == ["a", "b"] }
            let waiting: [(String, ConnectionHaste)] = [
                ("away", .background), ("c", .usual), ("d", .usual), ("urgent", .atOnce), ("urgent too", .atOnce),
            ]
            for (number, (name, haste)) in waiting.enumerated() {
                open(name, haste)
                await until { gate.waitingCount == number + 1 }
            }
            #expect(openings.begun == ["a", "b"])
            openings.end("b")
            await until { openings.begun.count == 3 }
            openings.end("a")
            await until { openings.begun.count == 4 }
            for name in ["urgent", "urgent too", "c"] {
                let count = openings.begun.count
                openings.end(name)
                await until { openings.begun.count == count + 1 }
            }
            #expect(openings.begun == ["a", "b", "urgent", "urgent too", "c", "d", "away"])
            for name in ["d", "away"] { openings.end(name) }
        }
        #expect(gate.waitingCount == 0 && gate.freeCount == 2)
    }

    @Test("who gives up does not wait, and takes no place")
    func cancellation() async {
        let gate = OpeningGate(limit: 1, patience: .seconds(3600))
        let openings = Openings()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await gate.pass(.usual) { await openings.run("a") } }
            await until { openings.begun == ["a"] }
            let waiting = Task { await gate.pass(.usual) { Task.isCancelled } }
            await until { gate.waitingCount == 1 }
            waiting.cancel()
            #expect(await waiting.value)
            #expect(gate.waitingCount == 0 && gate.freeCount == 0)
            openings.end("a")
        }
        #expect(gate.freeCount == 1)
    }

    @Test("one that does not get on holds up nobody")
    func patience() async {
        let gate = OpeningGate(limit: 1, patience: .milliseconds(1))
        let openings = Openings()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await gate.pass(.usual) { await openings.run("dead") } }
            await until { openings.begun == ["dead"] }
            await gate.pass(.usual) {}
            openings.end("dead")
        }
        // Its place was given back once only.
        #expect(gate.freeCount == 1)
    }
}
