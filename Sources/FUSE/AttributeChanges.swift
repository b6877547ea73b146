import CFUSE
import Glibc

/// What a SETATTR request wants changed; `nil` where it leaves things as they are.
///
/// Truncation arrives here too, as ``size``: `O_TRUNC` as a request of its own with size 0, before the first write.
public struct AttributeChanges: Sendable {
    /// A time to set.
    public enum TimeChange: Sendable, Equatable {
        /// The time at which the change is made.
        case now
        /// Nanoseconds since 1970.
        case at(Int64)
    }

    /// The new mode; its type bits, if there are any, say what the file is already.
    public var mode: UInt32?
    public var uid: UInt32?
    public var gid: UInt32?
    /// The new size in bytes.
    public var size: Int64?
    public var accessTime: TimeChange?
    public var modificationTime: TimeChange?

    public init(
        mode: UInt32? = nil, uid: UInt32? = nil, gid: UInt32? = nil, size: Int64? = nil,
        accessTime: TimeChange? = nil, modificationTime: TimeChange? = nil
    ) {
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.size = size
        self.accessTime = accessTime
        self.modificationTime = modificationTime
    }
}

extension AttributeChanges {
    /// Takes from `status` the members that `mask` (`FUSE_SET_ATTR_…`) declares valid.
    init(_ status: stat, mask: Int32) {
        func has(_ bit: Int32) -> Bool { mask & bit != 0 }
        mode = has(FUSE_SET_ATTR_MODE) ? status.st_mode : nil
        uid = has(FUSE_SET_ATTR_UID) ? status.st_uid : nil
        gid = has(FUSE_SET_ATTR_GID) ? status.st_gid : nil
        size = has(FUSE_SET_ATTR_SIZE) ? Int64(status.st_size) : nil
        accessTime =
            has(FUSE_SET_ATTR_ATIME_NOW)
            ? .now : has(FUSE_SET_ATTR_ATIME) ? .at(status.st_atim.nanosecondsSinceEpoch) : nil
        modificationTime =
            has(FUSE_SET_ATTR_MTIME_NOW)
            ? .now : has(FUSE_SET_ATTR_MTIME) ? .at(status.st_mtim.nanosecondsSinceEpoch) : nil
    }
}
