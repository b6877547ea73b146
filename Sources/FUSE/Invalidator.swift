import CFUSE
import Glibc
import Logging

/// Makes the kernel forget what it has cached and cannot know to have changed.
///
/// A message of this kind waits in the kernel for locks that are held by whoever waits for an answer of the file
/// system. So messages are only queued here, and sent from one thread of their own; every method may be called from
/// anywhere, also from a request's handler and under the file system's own locks.
///
/// A message equal to one that still waits is not queued again, so the queue is never longer than there are different
/// things to forget. What the kernel does not have cached costs nothing but the message.
public final class Invalidator: Sendable {
    private struct State {
        var queue: [Message] = []
        var waiting: Set<Message> = []
        /// Continued when everything queued before is sent.
        var flushes: [CheckedContinuation<Void, Never>] = []
        var isOpen = true
    }

    private let state = Monitor(State())
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    /// Forget the contents (or a directory's list) and the attributes of `inode`.
    public func invalidate(inode: InodeNumber) {
        enqueue(.contents(inode))
    }

    /// Forget the attributes of `inode`, but keep its contents.
    public func invalidateAttributes(inode: InodeNumber) {
        enqueue(.attributes(inode))
    }

    /// Forget what `name` in `parent` leads to, or that it leads nowhere; also the list of `parent`.
    public func invalidateEntry(parent: InodeNumber, name: some Sequence<UInt8>) {
        enqueue(.entry(parent, Array(name)))
    }

    /// `name` in `parent`, which led to `child`, is gone: whoever watches (inotify) is told, and a process whose
    /// working directory it is finds it removed.
    public func deleteEntry(parent: InodeNumber, child: InodeNumber, name: some Sequence<UInt8>) {
        enqueue(.deletion(parent, child, Array(name)))
    }

    /// Returns when all that was queued before has been sent, or the session has ended.
    ///
    /// Not to be awaited by what a request waits for: the messages may be waiting for that request.
    public func flush() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.update { state in
                if state.isOpen {
                    state.flushes.append(continuation)
                }
                return state.isOpen
            }
            if !isOpen {
                continuation.resume()
            }
        }
    }

    private func enqueue(_ message: Message) {
        state.update { state in
            guard state.isOpen, state.waiting.insert(message).inserted else { return }
            state.queue.append(message)
        }
    }

    /// Sends what is queued until ``close()``; the body of the thread.
    func send(through connection: Connection) {
        while true {
            let work = state.wait { state -> (messages: [Message], flushes: [CheckedContinuation<Void, Never>])? in
                guard !state.queue.isEmpty || !state.flushes.isEmpty else {
                    return state.isOpen ? nil : ([], [])
                }
                // Taken out before it is sent: what changes from now on needs another message.
                defer {
                    state.queue.removeAll()
                    state.flushes.removeAll()
                    state.waiting.removeAll(keepingCapacity: state.waiting.count <= 1024)
                }
                return (state.queue, state.flushes)
            }
            guard let work, !(work.messages.isEmpty && work.flushes.isEmpty) else { return }
            for message in work.messages where !connection.isStopping {
                let result = message.send(through: connection)
                // ENOENT: the kernel has nothing cached there. ENOTEMPTY: a directory still has children in use.
                if result != 0, result != -ENOENT, result != -ENOTEMPTY, !connection.isStopping {
                    logger.warning(
                        "The kernel refused to drop something from its cache.",
                        metadata: ["what": "\(message)", "error": "\(errorText(-result))"])
                }
            }
            resume(work.flushes)
        }
    }

    /// Lets the thread end; what is queued is sent no more once the connection is closed.
    func close() {
        let flushes = state.update { state in
            state.isOpen = false
            defer { state.flushes.removeAll() }
            return state.flushes
        }
        resume(flushes)
    }

    private func resume(_ flushes: [CheckedContinuation<Void, Never>]) {
        for flush in flushes {
            flush.resume()
        }
    }

    private enum Message: Hashable {
        case contents(InodeNumber)
        case attributes(InodeNumber)
        case entry(InodeNumber, [UInt8])
        case deletion(InodeNumber, InodeNumber, [UInt8])

        func send(through connection: Connection) -> Int32 {
            switch self {
            case .contents(let inode):
                return fuse_lowlevel_notify_inval_inode(connection.session, inode.rawValue, 0, 0)
            case .attributes(let inode):
                return fuse_lowlevel_notify_inval_inode(connection.session, inode.rawValue, -1, 0)
            case .entry(let parent, let name):
                return Self.withCString(name) {
                    fuse_lowlevel_notify_inval_entry(connection.session, parent.rawValue, $0, name.count)
                }
            case .deletion(let parent, let child, let name):
                return Self.withCString(name) {
                    fuse_lowlevel_notify_delete(
                        connection.session, parent.rawValue, child.rawValue, $0, name.count)
                }
            }
        }

        private static func withCString(_ name: [UInt8], _ body: (UnsafePointer<CChar>?) -> Int32) -> Int32 {
            (name + [0]).withUnsafeBytes { body($0.baseAddress?.assumingMemoryBound(to: CChar.self)) }
        }
    }
}
