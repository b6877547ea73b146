/// Which searches for orphans are under way or wanted on one host, and who waits for them. Belongs to the session's actor.
struct OrphanSearches {
    private(set) var isUnderWay = false
    /// Asked for while one was under way, which may have asked the host too early: one more for all of them.
    private(set) var askers: [CheckedContinuation<Void, Never>] = []
    /// What is to be realized and waits for the search.
    private(set) var held: [CheckedContinuation<Void, Never>] = []
    /// What was held and may go on, and is not done yet. It comes before the next search.
    private var released = 0
    /// When the last one ended.
    private(set) var lastEnd: ContinuousClock.Instant?
    /// Whether a link changed when nothing could be searched for.
    var isDue = false

    /// Whether one can begin now.
    var canBegin: Bool { !isUnderWay && released == 0 }

    /// - Returns: who asked for this one and waits until it has ended; nil when none may begin or none is asked for.
    mutating func beginNext() -> [CheckedContinuation<Void, Never>]? {
        guard canBegin, !askers.isEmpty else { return nil }
        defer { askers = [] }
        isUnderWay = true
        isDue = false
        return askers
    }

    mutating func ask(_ asker: CheckedContinuation<Void, Never>) { askers.append(asker) }

    mutating func hold(_ work: CheckedContinuation<Void, Never>) { held.append(work) }

    /// - Returns: what may go on now; each of it tells by `heldIsDone` when it is done.
    mutating func end() -> [CheckedContinuation<Void, Never>] {
        isUnderWay = false
        lastEnd = .now
        defer { held = [] }
        released = held.count
        return held
    }

    mutating func heldIsDone() { released -= 1 }
}
