import FUSE
import NetworkModel
import Synchronization

/// Inode numbers that differ from what follows from the model (`TreeNode.inode`), and how often the kernel has looked
/// up those that are not for ever.
///
/// A rename moves a name with its inode, as on any file system: what takes another's place has a number that the kernel
/// does not take for the old one's, with its size, its pages and its links. So a staged file keeps its number when it
/// becomes an attribute, and an attribute its number when it gets a temporary name; the old number stands for what was
/// there before until the kernel forgets it. Empty as long as nobody renames.
final class InodeAliases: Sendable {
    private struct State {
        /// By the number that follows from the model.
        var current: [InodeNumber: InodeNumber] = [:]
        var meaning: [InodeNumber: TreeNode] = [:]
        /// Lookups that the kernel has of numbers in the staged area.
        var lookups: [InodeNumber: UInt64] = [:]
        var nextFresh: UInt64 = 1 << 59
    }

    private let state = Mutex(State())

    func node(_ inode: InodeNumber) -> TreeNode? {
        let known = state.withLock { $0.meaning.isEmpty ? nil : $0.meaning[inode] }
        return known ?? TreeNode(inode)
    }

    /// The number by which the kernel knows a node, or will.
    func inode(of node: TreeNode) -> InodeNumber { current(node.inode) }

    func current(_ base: InodeNumber) -> InodeNumber {
        state.withLock { state in
            if state.meaning.isEmpty { return base }
            if let number = state.current[base] { return number }
            // Its own number went with another name.
            guard state.meaning[base] != nil, let node = TreeNode(base) else { return base }
            let fresh = TreeNode.staged(state.nextFresh).inode
            state.nextFresh += 1
            state.current[base] = fresh
            state.meaning[fresh] = node
            return fresh
        }
    }

    func asKnown(_ entry: Entry) -> Entry {
        var entry = entry
        entry.attributes.inode = current(entry.attributes.inode)
        return entry
    }

    // MARK: - Renames

    /// `file` was renamed to the temporary file `staged`: the kernel's number goes with the name.
    func moveAway(_ file: TreeNode, to staged: TreeNode) {
        state.withLock { state in
            let number = state.current.removeValue(forKey: file.inode) ?? file.inode
            state.meaning[number] = staged
            state.current[staged.inode] = number
        }
    }

    /// What `adopt` has done, to take it back.
    struct Adoption: Sendable {
        let staged: TreeNode
        let target: TreeNode
        let former: TreeNode?
        fileprivate let number: InodeNumber
        fileprivate let old: InodeNumber?
    }

    /// `staged` was renamed to `target`, over what `former` is kept of.
    @discardableResult
    func adopt(_ staged: TreeNode, as target: TreeNode, former: TreeNode?) -> Adoption {
        state.withLock { state in
            let number = state.current.removeValue(forKey: staged.inode) ?? staged.inode
            let old = state.current[target.inode] ?? (state.meaning[target.inode] == nil ? target.inode : nil)
            if let old, old != number {
                state.meaning[old] = former
                if let former { state.current[former.inode] = old }
            }
            state.current[target.inode] = number
            state.meaning[number] = target
            if number == target.inode {
                state.current[number] = nil
                state.meaning[number] = nil
            }
            return Adoption(staged: staged, target: target, former: former, number: number, old: old)
        }
    }

    /// The rename was refused after all.
    func takeBack(_ adoption: Adoption) {
        state.withLock { state in
            let base = adoption.target.inode
            if let former = adoption.former { state.current[former.inode] = nil }
            if let old = adoption.old {
                state.current[base] = old == base ? nil : old
                state.meaning[old] = old == base ? nil : adoption.target
            } else {
                state.current[base] = nil
            }
            let isOwn = adoption.number == adoption.staged.inode
            state.meaning[adoption.number] = isOwn ? nil : adoption.staged
            state.current[adoption.staged.inode] = isOwn ? nil : adoption.number
        }
    }

    // MARK: - What the kernel knows

    private static func isCounted(_ inode: InodeNumber) -> Bool {
        if case .staged = TreeNode(inode) { true } else { false }
    }

    /// Before an answer that counts a lookup.
    func count(_ inode: InodeNumber) {
        guard InodeAliases.isCounted(inode) else { return }
        state.withLock { $0.lookups[inode, default: 0] += 1 }
    }

    /// The kernel did not take the answer.
    func uncount(_ inode: InodeNumber) {
        guard InodeAliases.isCounted(inode) else { return }
        state.withLock { state in
            let count = state.lookups[inode] ?? 0
            state.lookups[inode] = count > 1 ? count - 1 : nil
        }
    }

    /// Answers what the number stood for when the kernel knows it no more; nil while it does.
    func forget(_ inode: InodeNumber, lookups: UInt64) -> TreeNode? {
        state.withLock { state in
            if InodeAliases.isCounted(inode) {
                let count = state.lookups[inode] ?? 0
                guard count <= lookups else {
                    state.lookups[inode] = count - lookups
                    return nil
                }
                state.lookups[inode] = nil
            }
            let node = state.meaning[inode] ?? TreeNode(inode)
            // An attribute, object or collection goes by its own number again.
            if let node, node.isIntent, state.meaning[inode] != nil {
                state.meaning[inode] = nil
                if state.current[node.inode] == inode { state.current[node.inode] = nil }
            }
            return node
        }
    }

    /// The temporary file that the number stood for is no more.
    func release(_ inode: InodeNumber, of staged: TreeNode) {
        state.withLock { state in
            guard state.meaning[inode] == staged else { return }
            state.meaning[inode] = nil
            state.current[staged.inode] = nil
        }
    }
}
