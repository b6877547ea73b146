import Realization
import Synchronization

/// Lets a bounded number of connections be opened at once: each starts a process, and all hosts want theirs when the
/// daemon starts. Requests on open connections do not come this way.
///
/// Who does not get on keeps nobody waiting: after `patience` an opening counts no more, so that many hosts that are away
/// do not hold up those that are there. Order: by haste, then first come, first served.
final class OpeningGate: Sendable {
    private struct State {
        var free: Int
        var lastID: UInt64 = 0
        /// In the order in which they get on.
        var waiting: [(id: UInt64, haste: ConnectionHaste, asker: CheckedContinuation<Bool, Never>)] = []
    }

    private let patience: Duration
    private let state: Mutex<State>

    init(limit: Int = 16, patience: Duration = .seconds(2)) {
        self.patience = patience
        state = Mutex(State(free: limit))
    }

    var waitingCount: Int { state.withLock { $0.waiting.count } }
    var freeCount: Int { state.withLock { $0.free } }

    /// Runs `open` when it is its turn; in a task that is cancelled at once, so that it can say so.
    func pass<Opened: Sendable, Failure: Error>(
        _ haste: ConnectionHaste, _ open: () async throws(Failure) -> Opened
    ) async throws(Failure) -> Opened {
        guard await enter(haste) else { return try await open() }
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

    /// - Returns: whether there is a place to give back; false where the task was cancelled before it got one.
    private func enter(_ haste: ConnectionHaste) async -> Bool {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { asker in
                let answer: Bool? = state.withLock { state in
                    if Task.isCancelled { return false }
                    if state.free > 0 {
                        state.free -= 1
                        return true
                    }
                    let index = state.waiting.firstIndex { $0.haste < haste } ?? state.waiting.count
                    state.waiting.insert((id, haste, asker), at: index)
                    return nil
                }
                if let answer { asker.resume(returning: answer) }
            }
        } onCancel: {
            let asker = state.withLock { state in
                state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0).asker }
            }
            asker?.resume(returning: false)
        }
    }

    private func leave() {
        let next: CheckedContinuation<Bool, Never>? = state.withLock { state in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst().asker }
            state.free += 1
            return nil
        }
        next?.resume(returning: true)
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
