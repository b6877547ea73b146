import FUSE
import NetworkModel
import Synchronization

/// Inode numbers that differ from what follows from the model (`TreeNode.inode`).
///
/// The kernel moves a renamed name with all that it remembers of it. When a file that it may remember for long is renamed
/// to a temporary name, the number stays with the temporary file, and the file that is written in its place gets another.
/// Empty as long as nobody renames an attribute or range away.
final class InodeAliases: Sendable {
    private struct State {
        /// By the number that follows from the model.
        var current: [InodeNumber: InodeNumber] = [:]
        var meaning: [InodeNumber: TreeNode] = [:]
    }

    private let state = Mutex(State())

    /// The four bits below the area, which numbers of objects do not reach.
    private static let turnShift: UInt64 = 56
    private static let turns: UInt64 = 15 << 56

    func node(_ inode: InodeNumber) -> TreeNode? {
        let known = state.withLock { $0.meaning.isEmpty ? nil : $0.meaning[inode] }
        if let known { return known }
        guard inode.rawValue >> 60 == 0 else { return TreeNode(inode) }
        return TreeNode(InodeNumber(rawValue: inode.rawValue & ~InodeAliases.turns))
    }

    /// The number by which the kernel knows a node.
    func inode(of node: TreeNode) -> InodeNumber { current(node.inode) }

    func current(_ inode: InodeNumber) -> InodeNumber {
        state.withLock { $0.current.isEmpty ? inode : $0.current[inode] ?? inode }
    }

    func asKnown(_ entry: Entry) -> Entry {
        var entry = entry
        entry.attributes.inode = current(entry.attributes.inode)
        return entry
    }

    /// `file` was renamed to the temporary file `staged`: the kernel's number goes with the name.
    func moveAway(_ file: TreeNode, to staged: TreeNode) {
        state.withLock { state in
            let base = file.inode
            let number = state.current[base] ?? base
            state.meaning[number] = staged
            state.current[staged.inode] = number
            var turn = number.rawValue
            repeat {
                turn = turn & ~InodeAliases.turns | (turn &+ 1 << InodeAliases.turnShift) & InodeAliases.turns
            } while state.meaning[InodeNumber(rawValue: turn)] != nil && turn != number.rawValue
            let fresh = InodeNumber(rawValue: turn & ~InodeAliases.turns == base.rawValue ? turn : base.rawValue)
            state.current[base] = fresh
            state.meaning[fresh] = file
        }
    }

    /// The temporary file `staged` was renamed to `file`: if it has a number that the kernel may remember, that is the
    /// file's from now on.
    func moveBack(_ staged: TreeNode, to file: TreeNode) {
        state.withLock { state in
            guard let number = state.current.removeValue(forKey: staged.inode) else { return }
            if let old = state.current[file.inode] { state.meaning[old] = nil }
            state.current[file.inode] = number
            state.meaning[number] = file
        }
    }

    /// The kernel does not know the number any more, which stood for a temporary file that is gone.
    func forget(_ inode: InodeNumber, _ staged: TreeNode) {
        state.withLock { state in
            guard state.meaning[inode] == staged else { return }
            state.meaning[inode] = nil
            state.current[staged.inode] = nil
        }
    }
}
