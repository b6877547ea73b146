import NetworkModel

/// The model and the queue to the store, behind the one lock that orders all commands (D3).
///
/// Lock order: this lock is the innermost; nothing is called under it that takes another.
///
/// `@unchecked Sendable`: every access to the variables is made in `withLock`, under `lock`.
final class EngineState: @unchecked Sendable {
    /// A planned command whose changes are applied in memory but not stored yet.
    struct Pending {
        let changes: [Change]
        let isByCaller: Bool
        let completion: @Sendable (Refusal?) -> Void
    }

    struct Variables {
        let model: Model
        /// In the order in which they were planned and applied.
        var queue: [Pending] = []
        /// Whether a writer is under way or called for.
        var isWriterDue = false
        var revision: Int64
        /// The time of the last command, nanoseconds since 1970. Each command has a time of its own, so that a kernel
        /// that compares times sees every change.
        var lastTime: Int64 = 0

        mutating func makeTime() -> Int64 {
            lastTime = max(WallClock.now(), lastTime + 1)
            return lastTime
        }
    }

    private let lock = Lock()
    private var variables: Variables

    init(model: sending Model, revision: Int64) {
        variables = Variables(model: model, revision: revision)
    }

    func withLock<Result, Failure: Error>(_ body: (inout Variables) throws(Failure) -> Result) throws(Failure) -> Result
    {
        lock.lock()
        defer { lock.unlock() }
        return try body(&variables)
    }
}
