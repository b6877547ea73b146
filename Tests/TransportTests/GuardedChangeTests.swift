import AgentProtocol
@testable import Hypervisors
import NetworkModel
import Realization
import Synchronization
import Testing

/// Changes that a host undoes by itself unless it is reached anew.
struct GuardedChangeTests {
    @Test("a host that was told nothing need not prove anything: nobody waits for it")
    func notSent() async throws {
        let connection = try await AgentConnection.open(launch: FakeAgent.greeting("cat >/dev/null"))
        await connection.close()
        let openings = Mutex(0)
        let host = KVMHostChannel(connection: connection, place: .local, options: KVMOptions()) {
            () async throws(HostFailure) in
            openings.withLock { $0 += 1 }
            throw .unreachable("It is gone.")
        }
        do throws(HostFailure) {
            try await host.askGuarded(.ping, within: 30)
            Issue.record("a dead connection answered")
        } catch {
            #expect(error == .unreachable("The connection to the agent was lost: it was closed."))
        }
        #expect(openings.withLock { $0 } == 0)
    }
}
