import FUSE
import NetworkModel
import Synchronization

/// Files that were created or truncated and wait for the write that carries their value. There is no state for an open
/// file: this is all that lies between `open` and `write`.
///
/// Bounded in number, but not in time: whoever has opened a file may take his time to write.
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

    /// Files of each sort; beyond that, the oldest is forgotten.
    private static let limit = 4096

    private let state = Mutex(State())

    func create(_ file: Created) {
        state.withLock { state in
            if state.created.count >= PendingFiles.limit,
                let oldest = state.created.min(by: { $0.value.time < $1.value.time })
            {
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

    /// The name leads to something that was written: whatever else was created under it counts no more.
    func forget(in directory: TreeNode, named name: String) {
        state.withLock { state in
            guard !state.created.isEmpty else { return }
            let stale = state.created.values.filter { $0.directory == directory && $0.name == name }
            for file in stale { state.created[file.node] = nil }
        }
    }

    func truncate(_ inode: InodeNumber) {
        state.withLock { state in
            if state.truncated.count >= PendingFiles.limit,
                let oldest = state.truncated.min(by: { $0.value < $1.value })
            {
                state.truncated[oldest.key] = nil
            }
            state.truncated[inode] = Timestamp.now()
        }
    }

    /// Whether a write at `offset` replaces everything: the first one after a truncation that is not refused.
    func isTruncated(_ inode: InodeNumber, offset: Int64) -> Bool {
        offset == 0 && state.withLock { $0.truncated[inode] != nil }
    }

    /// The value was written, or is gone.
    func forgetTruncation(_ inode: InodeNumber) {
        state.withLock { $0.truncated[inode] = nil }
    }

    /// The write was refused: the old text is seen again at once, and the next write still replaces all of it.
    func endMoment(_ inode: InodeNumber) {
        state.withLock { state in
            if state.truncated[inode] != nil { state.truncated[inode] = 0 }
        }
    }

    /// How long a truncated file looks empty while its write has not come, nanoseconds.
    private static let moment: Int64 = 100_000_000

    /// What is seen of a file that is truncated and not written yet: for a moment it is empty, then it is what it was.
    ///
    /// If a look between truncation and write brought the old size back, the kernel would cut pages when the new one comes,
    /// also the page that the write is being copied from: readers got pieces of values, and a write zeros.
    func asOfNow(_ entry: Entry) -> Entry {
        let truncated: Int64? = state.withLock { state in
            state.truncated.isEmpty ? nil : state.truncated[entry.attributes.inode]
        }
        guard let truncated else { return entry }
        var entry = entry
        entry.attributeTimeout = 0
        let age = Timestamp.now() - truncated
        if (0..<PendingFiles.moment).contains(age) { entry.attributes.size = 0 }
        return entry
    }
}
