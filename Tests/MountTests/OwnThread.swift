import Dispatch
import Testing

/// Runs tests on a thread of their own. They wait for programs and disks, and must not keep the few threads that all
/// asynchronous tests of the process share.
struct OwnThread: SuiteTrait, TestTrait, TestScoping {
    let isRecursive = true

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(ThreadExecutor(), operation: function)
    }

    private final class ThreadExecutor: TaskExecutor {
        private let queue = DispatchQueue(label: "netmodelfs.test")

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }
    }
}

extension Trait where Self == OwnThread {
    static var ownThread: Self { OwnThread() }
}
