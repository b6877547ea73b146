import Synchronization

/// Lets a bounded number of connections be opened at once: each starts a process, and all hosts want theirs when the
/// daemon starts. Requests on open connections do not come this way.
///
/// Who does not get on keeps nobody waiting: after `patience` an opening counts no more, so that many hosts that are away
/// do not hold up those that are there. Order: first come, first served, but for those who are in haste.
final class OpeningGate: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let patience: Duration
    private let state: Mutex<State>

    init(limit: Int = 16, patience: Duration = .seconds(2)) {
        self.patience = patience
        state = Mutex(State(free: limit))
    }

    var waitingCount: Int { state.withLock { $0.waiting.count } }
    var freeCount: Int { state.withLock { $0.free } }

    /// Runs `open` when it is its turn.
    ///
    /// - Parameter isUrgent: before all others: a host that waits for a confirmation goes back when none comes in time.
    func pass<Opened: Sendable, Failure: Error>(
        isUrgent: Bool, _ open: () async throws(Failure) -> Opened
    ) async throws(Failure) -> Opened {
        await enter(isUrgent)
        let place = Place(gate: self)
        let patience = patience
        let timer = Task {
            try? await Task.sleep(for: patience)
            place.giveBack()
        }
        defer {
            timer.cancel()
            place.giveBack()
        }
        return try await open()
    }

    private func enter(_ isUrgent: Bool) async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.free > 0 {
                    state.free -= 1
                    return true
                }
                state.waiting.insert(continuation, at: isUrgent ? 0 : state.waiting.count)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    private func leave() {
        let next: CheckedContinuation<Void, Never>? = state.withLock { state in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.free += 1
            return nil
        }
        next?.resume()
    }

    /// One place in the gate, which is given back once.
    private final class Place: Sendable {
        private let gate: OpeningGate
        private let isGone = Atomic<Bool>(false)

        init(gate: OpeningGate) {
            self.gate = gate
        }

        func giveBack() {
            if !isGone.exchange(true, ordering: .acquiringAndReleasing) { gate.leave() }
        }
    }
}
