import FUSE
import NetworkModel
import Synchronization

/// Files that were created or truncated and wait for the write that carries their value. There is no state for an open
/// file: this is all that lies between `open` and `write`.
///
/// Bounded in number, and forgotten after some seconds: nothing depends on it but the next write.
final class PendingFiles: Sendable {
    /// A file that was created and never written. It has no value and is in no listing.
    struct Created: Sendable {
        let node: TreeNode
        let directory: TreeNode
        let name: String
        var metadata: Metadata
        /// After a refused write it is gone for everybody but who still has it open.
        var isRefused = false
        /// Nanoseconds since 1970.
        let time: Int64
    }

    private struct State {
        var created: [TreeNode: Created] = [:]
        /// Inodes whose next write at offset 0 replaces all, and when they were truncated.
        var truncated: [InodeNumber: Int64] = [:]
    }

    private static let limit = 1024
    /// A tool that created a file writes to it at once.
    private static let lifetime: Int64 = 30_000_000_000

    private let state = Mutex(State())

    func create(_ file: Created) {
        state.withLock { state in
            state.created = state.created.filter { file.time - $0.value.time < PendingFiles.lifetime }
            if state.created.count >= PendingFiles.limit, let oldest = state.created.min(by: { $0.value.time < $1.value.time }) {
                state.created[oldest.key] = nil
            }
            state.created[file.node] = file
        }
    }

    func created(_ node: TreeNode) -> Created? {
        state.withLock { $0.created[node] }
    }

    /// What a name in a directory leads to.
    func created(in directory: TreeNode, named name: String) -> Created? {
        state.withLock { state in
            if state.created.isEmpty { return nil }
            return state.created.values.first { !$0.isRefused && $0.directory == directory && $0.name == name }
        }
    }

    func update(_ node: TreeNode, _ change: @Sendable (inout Created) -> Void) {
        state.withLock { state in
            guard var file = state.created[node] else { return }
            change(&file)
            state.created[node] = file
        }
    }

    @discardableResult
    func remove(_ node: TreeNode) -> Created? {
        state.withLock { $0.created.removeValue(forKey: node) }
    }

    func truncate(_ inode: InodeNumber) {
        let now = Timestamp.now()
        state.withLock { state in
            if state.truncated.count >= PendingFiles.limit {
                state.truncated = state.truncated.filter { now - $0.value < PendingFiles.lifetime }
                if state.truncated.count >= PendingFiles.limit { state.truncated = [:] }
            }
            state.truncated[inode] = now
        }
    }

    /// Whether a write at `offset` replaces everything: the first one after a truncation.
    func takeTruncation(_ inode: InodeNumber, offset: Int64) -> Bool {
        state.withLock { state in
            guard let time = state.truncated.removeValue(forKey: inode) else { return false }
            return offset == 0 && Timestamp.now() - time < PendingFiles.lifetime
        }
    }
}
