/// What was done and how to take it back.
struct UndoLog {
    private var entries: [(what: String, back: () throws(NetlinkError) -> Void)] = []

    /// Remembers how to take back what has just been done.
    mutating func add(_ what: String, _ back: @escaping () throws(NetlinkError) -> Void) {
        entries.append((what, back))
    }

    /// Takes everything back, the last first; goes on after a failure.
    ///
    /// - Returns: what could not be taken back and why, in words.
    mutating func run() -> [String] {
        var failures: [String] = []
        while let entry = entries.popLast() {
            do {
                try entry.back()
            } catch {
                failures.append("\(entry.what) (\(error))")
            }
        }
        return failures
    }
}
