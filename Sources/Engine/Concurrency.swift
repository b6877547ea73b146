import Synchronization

/// Runs `body` for each item, at most `limit` at once, and answers in the order of the items.
func concurrently<Item: Sendable, Result: Sendable>(
    _ items: [Item], limit: Int, _ body: @escaping @Sendable (Item) async -> Result
) async -> [Result] {
    await withTaskGroup(of: (Int, Result).self) { group in
        var results = [Result?](repeating: nil, count: items.count)
        var next = 0
        while next < min(limit, items.count) {
            let index = next
            group.addTask { (index, await body(items[index])) }
            next += 1
        }
        while let (index, result) = await group.next() {
            results[index] = result
            if next < items.count {
                let index = next
                group.addTask { (index, await body(items[index])) }
                next += 1
            }
        }
        return results.compactMap { $0 }
    }
}

/// Waits for `body`, or for the task's cancellation; then nil, and `body` goes on by itself. A host that does not answer
/// must not keep a person waiting who gave up.
func unlessCancelled<Result: Sendable>(_ body: @escaping @Sendable () async -> Result) async -> Result? {
    let gate = OneShot<Result?>()
    return await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
            gate.wait(continuation)
            Task.detached { gate.open(await body()) }
        }
    } onCancel: {
        gate.open(nil)
    }
}

/// Resumes a continuation once, with what comes first.
private final class OneShot<Value: Sendable>: Sendable {
    private enum State {
        case empty
        case waiting(CheckedContinuation<Value, Never>)
        case early(Value)
        case done
    }

    private let state = Mutex(State.empty)

    func wait(_ continuation: CheckedContinuation<Value, Never>) {
        let early: Value? = state.withLock { state in
            if case .early(let value) = state {
                state = .done
                return value
            }
            state = .waiting(continuation)
            return nil
        }
        if let early { continuation.resume(returning: early) }
    }

    func open(_ value: Value) {
        let continuation: CheckedContinuation<Value, Never>? = state.withLock { state in
            switch state {
            case .empty:
                state = .early(value)
                return nil
            case .waiting(let continuation):
                state = .done
                return continuation
            case .early, .done: return nil
            }
        }
        continuation?.resume(returning: value)
    }
}
