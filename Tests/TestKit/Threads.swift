import Foundation
import Synchronization

/// Threads for system calls that block.
public enum Threads {
    /// Runs `body` with 0..<count, each on a thread of its own.
    ///
    /// - Returns: False if they are not all done after `seconds`: then they hang, and are left behind.
    public static func run(
        _ count: Int, within seconds: Double, _ body: @escaping @Sendable (Int) -> Void
    ) -> Bool {
        let group = DispatchGroup()
        for number in 0..<count {
            group.enter()
            let thread = Thread {
                body(number)
                group.leave()
            }
            thread.stackSize = 1 << 20
            thread.start()
        }
        return group.wait(timeout: .now() + seconds) == .success
    }
}

/// A value that several threads change.
public final class Shared<Value: Sendable>: Sendable {
    private let state: Mutex<Value>

    public init(_ value: Value) { state = Mutex(value) }

    public var value: Value { state.withLock { $0 } }

    public func update<Result: Sendable>(_ change: @Sendable (inout Value) -> Result) -> Result {
        state.withLock { (value: inout Value) -> Result in change(&value) }
    }
}

/// Waits until something is so.
///
/// - Returns: False if it is not after `seconds`.
public func eventually(within seconds: Double = 10, _ isSo: () -> Bool) -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while !isSo() {
        if Date() > end { return false }
        usleep(20_000)
    }
    return true
}
