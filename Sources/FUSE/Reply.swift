import CFUSE
import Glibc
import Logging
import Synchronization

/// The answer that a request is still owed.
///
/// A reply is answered exactly once, at once or later, from any thread. A second answer is ignored, and logged. A reply
/// that is let go of without an answer is logged as an error and answered EIO, so that no caller hangs.
///
/// `@unchecked Sendable`: `request` belongs to libfuse and is freed by the answer. It is touched only by the one who
/// set ``answered`` in `state`, or while ``registering`` is set, which keeps answers waiting.
public class Reply: @unchecked Sendable {
    let request: OpaquePointer
    let connection: Connection
    let operation: Operation

    /// The bits of `state`.
    private static let answered: UInt8 = 1
    private static let registering: UInt8 = 2
    private static let interruptible: UInt8 = 4
    private let state = Atomic<UInt8>(0)

    /// Takes over a request that ``Connection/accept()`` has counted.
    init(_ request: Request, _ operation: Operation) {
        self.request = request.handle
        connection = request.connection
        self.operation = operation
    }

    deinit {
        guard state.load(ordering: .acquiring) & Self.answered == 0 else { return }
        connection.logger.error("A request was dropped without an answer.", metadata: ["request": "\(operation)"])
        if claim() {
            answer { fuse_reply_err($0, EIO) }
        }
    }

    /// Answers that the request failed; `code` becomes the caller's `errno`.
    ///
    /// Only 1…511 are error numbers to the kernel (anything else would leave the caller hanging), and ENOSYS would be
    /// remembered for the whole mount. Both are logged and answered EIO.
    public func fail(_ code: Int32) {
        guard claim() else { return }
        let usable = (1...511).contains(code) && code != ENOSYS
        if !usable {
            connection.logger.error(
                "A request was failed with an error number that must not be used.",
                metadata: ["request": "\(operation)", "errno": "\(code)"])
        }
        answer { fuse_reply_err($0, usable ? code : EIO) }
    }

    /// Answers ENOSYS: the kernel will not send this kind of request again **for the whole mount**.
    ///
    /// To be used where that is meant for ever: the kernel then reports EOPNOTSUPP for extended attributes, and success
    /// for `fsync`.
    public func neverSupported() {
        guard claim() else { return }
        answer { fuse_reply_err($0, ENOSYS) }
    }

    /// Has `action` called when the kernel interrupts the request: its caller got a signal and waits no longer
    /// willingly.
    ///
    /// The request is still to be answered, EINTR for example. `action` runs at most once, never starts after the
    /// answer, and runs on a thread of the session without any lock held; if the interrupt has come already, it runs at
    /// once on the calling thread. It must not block. A second registration replaces the first.
    ///
    /// An action that uses the reply should hold it weakly, or a reply dropped without an answer is not noticed.
    public func onInterrupt(_ action: @escaping @Sendable () -> Void) {
        while true {
            let current = state.load(ordering: .acquiring)
            guard current & Self.answered == 0 else { return }
            if current & Self.registering == 0,
                state.compareExchange(
                    expected: current, desired: current | Self.registering | Self.interruptible,
                    ordering: .acquiringAndReleasing
                ).exchanged
            {
                break
            }
            sched_yield()
        }
        connection.interrupts.expect(request, action)
        // Calls back right here if the interrupt has come already.
        fuse_req_interrupt_func(request, { request, _ in Connection.interrupted(request) }, nil)
        let interrupted = connection.interrupts.takeArrived(request)
        state.bitwiseAnd(~Self.registering, ordering: .releasing)
        interrupted?()
    }

    /// Makes the caller the one who answers; `false` if somebody has already.
    final func claim() -> Bool {
        while true {
            let current = state.load(ordering: .acquiring)
            guard current & Self.answered == 0 else {
                connection.logger.error("A request was answered twice.", metadata: ["request": "\(operation)"])
                return false
            }
            guard current & Self.registering == 0 else {
                sched_yield()
                continue
            }
            if state.compareExchange(
                expected: current, desired: current | Self.answered, ordering: .acquiringAndReleasing
            ).exchanged {
                if current & Self.interruptible != 0 {
                    connection.interrupts.forget(request)
                }
                return true
            }
        }
    }

    /// Sends the answer; to be called once, after ``claim()``. `false` if the kernel did not take it.
    ///
    /// A request that was aborted, or a connection that has ended, is not an error of ours.
    @discardableResult
    final func answer(_ send: (OpaquePointer) -> Int32) -> Bool {
        let result = send(request)
        if result != 0, result != -ENOENT, !connection.isStopping {
            connection.logger.error(
                "The kernel refused an answer.",
                metadata: ["request": "\(operation)", "error": "\(errorText(-result))"])
        }
        connection.requestEnded()
        return result == 0
    }
}

/// The kinds of request, as the log names them.
enum Operation: UInt8 {
    case lookup, getAttributes, setAttributes, readLink, symbolicLink, makeDirectory, makeNode, create, hardLink
    case removeDirectory, unlink, rename, read, write, synchronize, synchronizeDirectory, readDirectory, statistics
    case getExtendedAttribute, listExtendedAttributes, setExtendedAttribute, removeExtendedAttribute
}
