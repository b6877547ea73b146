import FUSE
import Glibc

/// Names whose lookup is answered in a way of its own.
extension MemoryFileSystem {
    func special(_ name: String, _ reply: EntryReply) -> Bool {
        switch name {
        case "dropped":
            break
        case "twice":
            reply.fail(EBUSY)
            reply.fail(EPERM)
        case "enosys":
            reply.fail(ENOSYS)
        case "zero":
            reply.fail(0)
        case "large":
            reply.fail(4095)
        case "negative":
            reply.fail(-ENOENT)
        case "absent":
            reply.absent(timeout: 1e6)
        case "later":
            answerLater(reply)
        case "blocked":
            block(reply)
        case "first", "second":
            meet(name, reply)
        case "registered-late":
            withLock { $0.waiting.append(reply) }
        default:
            return false
        }
        return true
    }

    /// From another thread, after a while.
    private func answerLater(_ reply: EntryReply) {
        let thread = try? DedicatedThread(name: "later") {
            usleep(50_000)
            let attributes = FileAttributes(inode: InodeNumber(rawValue: 1 << 40), mode: S_IFREG | 0o600, size: 42)
            reply.succeed(Entry(attributes: attributes, entryTimeout: 1, attributeTimeout: 1))
        }
        thread?.detach()
    }

    /// Waits until it is interrupted.
    private func block(_ reply: EntryReply) {
        withLock { $0.waiting.append(reply) }
        reply.onInterrupt { [weak self, weak reply] in
            reply?.fail(EINTR)
            self?.withLock { $0.interrupts += 1 }
            self?.withLock { $0.waiting.removeAll() }
        }
    }

    /// "first" is answered only once "second" is here.
    private func meet(_ name: String, _ reply: EntryReply) {
        if name == "second" {
            let others = withLock { state in
                defer { state.waiting = [] }
                return state.waiting
            }
            for other in others {
                other.fail(EXFULL)
            }
            reply.fail(EXFULL)
        } else {
            withLock { $0.waiting.append(reply) }
        }
    }
}
