import Synchronization

/// What is to be done when a request is interrupted, for the few requests that care.
///
/// libfuse tells of an interrupt with the request's own lock held, and so must neither be answered there nor made to
/// wait. Hence an action is only marked there, and run from a thread of the session that holds nothing.
///
/// Invariant: an action is in `expected` or in `arrived`, or gone; the answer removes it, under the same lock, before
/// the request is freed. So an action never starts after the answer, and an address never means two requests.
final class RequestInterrupts: Sendable {
    typealias Action = @Sendable () -> Void

    private struct State {
        var expected: [UInt: Action] = [:]
        var arrived: [UInt: Action] = [:]
    }

    private let state = Monitor(State())
    private let anyArrived = Atomic<Bool>(false)

    func expect(_ request: OpaquePointer, _ action: @escaping Action) {
        let key = UInt(bitPattern: request)
        state.update { $0.expected[key] = action }
    }

    /// The kernel has interrupted the request.
    func arrive(_ request: OpaquePointer) {
        let key = UInt(bitPattern: request)
        let found = state.update { state in
            guard let action = state.expected.removeValue(forKey: key) else { return false }
            state.arrived[key] = action
            return true
        }
        if found {
            anyArrived.store(true, ordering: .releasing)
        }
    }

    /// The action of one request whose interrupt has come.
    func takeArrived(_ request: OpaquePointer) -> Action? {
        let key = UInt(bitPattern: request)
        return state.update { $0.arrived.removeValue(forKey: key) }
    }

    /// The request is about to be answered.
    func forget(_ request: OpaquePointer) {
        let key = UInt(bitPattern: request)
        // Outside the lock: letting go of an action may let go of a reply.
        let actions = state.update {
            ($0.expected.removeValue(forKey: key), $0.arrived.removeValue(forKey: key))
        }
        withExtendedLifetime(actions) {}
    }

    /// Runs the actions whose interrupts have come. To be called by the session's threads, between requests.
    func runArrived() {
        guard anyArrived.load(ordering: .relaxed), anyArrived.exchange(false, ordering: .acquiring) else { return }
        while let action = state.update({ $0.arrived.popFirst()?.value }) {
            action()
        }
    }
}
