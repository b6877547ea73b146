import FUSE
import Glibc
import NetworkModel

/// A file, directory or link that a tool makes on its way: it means nothing until it is renamed.
struct StagedNode {
    /// Where it is: beside what people wrote, or in a staged directory.
    enum Place: Hashable {
        case tree(TreeNode)
        case staged(UInt64)
    }

    /// Nil when its name was removed and somebody may still have it open.
    var place: Place?
    var name: [UInt8]
    /// Type and permissions, as in `st_mode`.
    var mode: UInt32
    var uid: UInt32
    var gid: UInt32
    /// Nanoseconds since 1970.
    var accessed: Int64
    var modified: Int64
    var changed: Int64
    /// The text of a file or link.
    var bytes: [UInt8] = []
    var children = StagedListing()
    /// Whose allowance it counts against.
    let maker: UInt32
    /// Of a node directly in the tree: when anybody last asked for it or what is in it, nanoseconds since 1970.
    var used: Int64
    /// How many directories it holds.
    var directories: UInt32 = 0

    var type: UInt32 { mode & S_IFMT }
    var isDirectory: Bool { type == S_IFDIR }

    func attributes(_ inode: InodeNumber) -> FileAttributes {
        FileAttributes(
            inode: inode, mode: mode, linkCount: isDirectory ? 2 + directories : place == nil ? 0 : 1, uid: uid,
            gid: gid, size: Int64(bytes.count), accessTime: accessed, modificationTime: modified, changeTime: changed)
    }

    /// As metadata of what it becomes.
    var metadata: Metadata {
        Metadata(mode: UInt16(mode & 0o7777), uid: uid, gid: gid, modified: modified, changed: changed)
    }
}

/// The members of a directory, by name and in the order in which they were made.
struct StagedListing {
    private(set) var names: [[UInt8]: UInt64] = [:]
    /// Ascending: a number is the cookie of its entry.
    private(set) var order: [UInt64] = []

    var isEmpty: Bool { order.isEmpty }

    mutating func insert(_ serial: UInt64, _ name: [UInt8]) {
        names[name] = serial
        order.insert(serial, at: index(atOrAfter: serial))
    }

    mutating func remove(_ serial: UInt64, _ name: [UInt8]) {
        names[name] = nil
        let index = index(atOrAfter: serial)
        if index < order.count, order[index] == serial { order.remove(at: index) }
    }

    func after(_ serial: UInt64) -> ArraySlice<UInt64> { order[index(atOrAfter: serial + 1)...] }

    private func index(atOrAfter serial: UInt64) -> Int {
        guard let last = order.last, last >= serial else { return order.count }
        var low = 0
        var high = order.count
        while low < high {
            let middle = (low + high) / 2
            if order[middle] < serial { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
