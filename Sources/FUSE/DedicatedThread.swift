import Glibc

/// A thread of one's own, outside Swift's thread pools, for work that blocks.
///
/// A file system must not be served from a pool: a task that touches the mounted files would hold the very thread that
/// has to answer it. Signals meant for the process are blocked in such a thread; they belong to the program.
public struct DedicatedThread: @unchecked Sendable {
    // `@unchecked`: a thread's id is a plain value.
    private let id: pthread_t

    /// Starts a thread.
    ///
    /// - Parameters:
    ///   - name: What `ps -L` and `top -H` show; cut at 15 bytes.
    ///   - stackSize: Bytes.
    /// - Throws: ``SessionError/thread(errno:)``
    public init(
        name: String, stackSize: Int = 2 << 20, _ body: @escaping @Sendable () -> Void
    ) throws(SessionError) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackSize)
        let work = Unmanaged.passRetained(Work(name: name, body: body))
        var id = pthread_t()
        let code = pthread_create(
            &id, &attributes,
            { argument in
                guard let argument else { return nil }
                let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                DedicatedThread.blockSignals()
                DedicatedThread.setName(work.name)
                work.body()
                return nil
            }, work.toOpaque())
        guard code == 0 else {
            work.release()
            throw .thread(errno: code)
        }
        self.id = id
    }

    /// Waits until the thread has ended. Either this or ``detach()`` is to be called, once.
    public func join() {
        pthread_join(id, nil)
    }

    /// Lets the thread go its way.
    public func detach() {
        pthread_detach(id)
    }

    private final class Work {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = String(decoding: name.utf8.prefix(15), as: UTF8.self)
            self.body = body
        }
    }

    /// Names the calling thread; without effect where `/proc` is not mounted.
    private static func setName(_ name: String) {
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        _ = write(file, name, name.utf8.count)
        close(file)
    }

    /// Blocks all signals but those that tell of this thread's own faults.
    private static func blockSignals() {
        var signals = sigset_t()
        sigfillset(&signals)
        for signal in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS] {
            sigdelset(&signals, signal)
        }
        pthread_sigmask(SIG_SETMASK, &signals, nil)
    }
}
