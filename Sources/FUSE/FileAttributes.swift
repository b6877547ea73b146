import CFUSE
import Glibc

/// What `stat` shows of a file, directory or link.
public struct FileAttributes: Sendable {
    public var inode: InodeNumber
    /// The type (`S_IFREG`, `S_IFDIR`, `S_IFLNK`, …) and the permissions, as in `st_mode`.
    public var mode: UInt32
    public var linkCount: UInt32
    public var uid: UInt32
    public var gid: UInt32
    /// Bytes. It must be exact: a reader stops there, and the kernel drops cached contents when it or
    /// ``modificationTime`` changes.
    public var size: Int64
    /// Nanoseconds since 1970, as are the other two.
    public var accessTime: Int64
    public var modificationTime: Int64
    public var changeTime: Int64

    public init(
        inode: InodeNumber, mode: UInt32, linkCount: UInt32 = 1, uid: UInt32 = 0, gid: UInt32 = 0, size: Int64 = 0,
        accessTime: Int64 = 0, modificationTime: Int64 = 0, changeTime: Int64 = 0
    ) {
        self.inode = inode
        self.mode = mode
        self.linkCount = linkCount
        self.uid = uid
        self.gid = gid
        self.size = size
        self.accessTime = accessTime
        self.modificationTime = modificationTime
        self.changeTime = changeTime
    }
}

/// A name's answer: what it leads to, and how long the kernel may believe that.
public struct Entry: Sendable {
    public var attributes: FileAttributes
    /// Seconds for which the name may be taken to lead to this inode without asking again.
    public var entryTimeout: Double
    /// Seconds for which the attributes may be taken to hold without asking again.
    public var attributeTimeout: Double

    public init(attributes: FileAttributes, entryTimeout: Double, attributeTimeout: Double) {
        self.attributes = attributes
        self.entryTimeout = entryTimeout
        self.attributeTimeout = attributeTimeout
    }
}

/// The size that `stat` gives for the file system's preferred read, bytes.
private let preferredBlockSize = 4096

extension FileAttributes {
    var status: stat {
        var status = stat()
        status.st_ino = UInt(inode.rawValue)
        status.st_mode = mode
        status.st_nlink = UInt(linkCount)
        status.st_uid = uid
        status.st_gid = gid
        status.st_size = Int(size)
        status.st_blksize = preferredBlockSize
        status.st_blocks = Int((size &+ 511) / 512)
        status.st_atim = timespec(nanosecondsSinceEpoch: accessTime)
        status.st_mtim = timespec(nanosecondsSinceEpoch: modificationTime)
        status.st_ctim = timespec(nanosecondsSinceEpoch: changeTime)
        return status
    }

    /// The same in the layout of the kernel's protocol.
    var wire: fuse_attr {
        let access = timespec(nanosecondsSinceEpoch: accessTime)
        let modification = timespec(nanosecondsSinceEpoch: modificationTime)
        let change = timespec(nanosecondsSinceEpoch: changeTime)
        var wire = fuse_attr()
        wire.ino = inode.rawValue
        wire.size = UInt64(bitPattern: size)
        wire.blocks = UInt64(bitPattern: (size &+ 511) / 512)
        wire.atime = UInt64(bitPattern: Int64(access.tv_sec))
        wire.mtime = UInt64(bitPattern: Int64(modification.tv_sec))
        wire.ctime = UInt64(bitPattern: Int64(change.tv_sec))
        wire.atimensec = UInt32(access.tv_nsec)
        wire.mtimensec = UInt32(modification.tv_nsec)
        wire.ctimensec = UInt32(change.tv_nsec)
        wire.mode = mode
        wire.nlink = linkCount
        wire.uid = uid
        wire.gid = gid
        wire.blksize = UInt32(preferredBlockSize)
        return wire
    }
}

extension Entry {
    /// Every inode's generation: numbers are never used again.
    static let generation: UInt64 = 1

    var parameters: fuse_entry_param {
        var parameters = fuse_entry_param()
        parameters.ino = attributes.inode.rawValue
        parameters.generation = Self.generation
        parameters.attr = attributes.status
        parameters.attr_timeout = attributeTimeout
        parameters.entry_timeout = entryTimeout
        return parameters
    }

    /// The same in the layout of the kernel's protocol.
    var wire: fuse_entry_out {
        let entry = WireTimeout(seconds: entryTimeout)
        let attribute = WireTimeout(seconds: attributeTimeout)
        var wire = fuse_entry_out()
        wire.nodeid = attributes.inode.rawValue
        wire.generation = Self.generation
        wire.entry_valid = entry.seconds
        wire.entry_valid_nsec = entry.nanoseconds
        wire.attr_valid = attribute.seconds
        wire.attr_valid_nsec = attribute.nanoseconds
        wire.attr = attributes.wire
        return wire
    }
}

/// A timeout as the protocol has it. Negative and not-a-number count as 0, too long as the longest that fits.
struct WireTimeout {
    let seconds: UInt64
    let nanoseconds: UInt32

    init(seconds timeout: Double) {
        guard timeout > 0 else {
            seconds = 0
            nanoseconds = 0
            return
        }
        let whole = min(timeout, 4e9).rounded(.down)
        seconds = UInt64(whole)
        nanoseconds = UInt32(max(0, min((timeout - whole) * 1e9, 999_999_999)))
    }
}

extension timespec {
    init(nanosecondsSinceEpoch total: Int64) {
        let (seconds, rest) = total.quotientAndRemainder(dividingBy: 1_000_000_000)
        self =
            rest < 0
            ? timespec(tv_sec: Int(seconds - 1), tv_nsec: Int(rest + 1_000_000_000))
            : timespec(tv_sec: Int(seconds), tv_nsec: Int(rest))
    }

    /// Nanoseconds since 1970, the nearest that fits if it is centuries away.
    var nanosecondsSinceEpoch: Int64 {
        let (product, overflow) = Int64(tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return tv_sec < 0 ? .min : .max }
        let (sum, overflowed) = product.addingReportingOverflow(Int64(tv_nsec))
        return overflowed ? .max : sum
    }
}
