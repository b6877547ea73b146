import CFUSE
import Glibc

/// The answer with a piece of a directory's list: entries are packed straight into the buffer that is sent.
///
/// Filled by one thread at a time. Every entry carries a cookie, a number above 0 and below 2^63, by which the reader
/// asks to go on behind it; an entry that did not fit is asked for again.
///
/// `@unchecked Sendable` for the reason named at ``Reply``; `used` and the buffer belong to the thread that fills.
public final class DirectoryReply: Reply, @unchecked Sendable {
    /// Whether the kernel wants whole entries (READDIRPLUS).
    public let plus: Bool

    /// `nil` if there was no memory for it.
    private let buffer: UnsafeMutableRawPointer?
    private let capacity: Int
    private var used = 0
    private var refused = false

    /// More than the kernel asks for at once, bytes.
    private static let maximumCapacity = 1 << 20

    init(_ request: Request, size: Int, plus: Bool) {
        self.plus = plus
        capacity = max(0, min(size, Self.maximumCapacity))
        buffer = malloc(max(capacity, 1))
        super.init(request, .readDirectory)
    }

    deinit {
        free(buffer)
    }

    /// Adds an entry together with its attributes; without ``plus``, only its name, number and type are sent.
    ///
    /// With ``plus`` each added entry counts one lookup of its inode, but not of "." and "..", which are to be added
    /// with ``add(name:inode:type:cookie:)``.
    ///
    /// - Returns: `false` if the buffer is full: it is time to ``finish()``.
    @discardableResult
    public func add(name: NameBytes, entry: Entry, cookie: UInt64) -> Bool {
        guard plus else {
            return add(name: name, inode: entry.attributes.inode, type: entry.attributes.mode, cookie: cookie)
        }
        let header = MemoryLayout<fuse_entry_out>.size
        guard let place = reserve(header: header, name: name) else { return false }
        place.storeBytes(of: entry.wire, as: fuse_entry_out.self)
        pack(
            at: place + header, name: name, inode: entry.attributes.inode, type: entry.attributes.mode,
            cookie: cookie)
        return true
    }

    /// Adds an entry without attributes; the kernel will look it up when it is used.
    ///
    /// - Parameter type: The file type as in a mode (`S_IFDIR`, …); its other bits are ignored.
    /// - Returns: `false` if the buffer is full: it is time to ``finish()``.
    @discardableResult
    public func add(name: NameBytes, inode: InodeNumber, type: UInt32, cookie: UInt64) -> Bool {
        let header = plus ? MemoryLayout<fuse_entry_out>.size : 0
        guard let place = reserve(header: header, name: name) else { return false }
        // An entry with node number 0 tells the kernel that there are no attributes.
        memset(place, 0, header)
        pack(at: place + header, name: name, inode: inode, type: type, cookie: cookie)
        return true
    }

    /// The same for a name that is at hand as text.
    @discardableResult
    public func add(name: String, entry: Entry, cookie: UInt64) -> Bool {
        var name = name
        return name.withUTF8 { add(name: $0, entry: entry, cookie: cookie) }
    }

    /// The same for a name that is written in the program, such as ".".
    @discardableResult
    public func add(name: StaticString, inode: InodeNumber, type: UInt32, cookie: UInt64) -> Bool {
        name.withUTF8Buffer { add(name: $0, inode: inode, type: type, cookie: cookie) }
    }

    /// Answers what was added; nothing if the list has ended.
    ///
    /// - Returns: Whether the kernel took the answer. If not, none of its lookups count.
    @discardableResult
    public func finish() -> Bool {
        guard buffer != nil else {
            fail(ENOMEM)
            return false
        }
        guard used > 0 || !refused else {
            // Empty would mean the end of the list.
            fail(EINVAL)
            return false
        }
        guard claim() else { return false }
        return answer { fuse_reply_buf($0, buffer?.assumingMemoryBound(to: CChar.self), used) }
    }

    /// Room for an entry, aligned to 8 bytes as every entry is.
    private func reserve(header: Int, name: NameBytes) -> UnsafeMutableRawPointer? {
        let length = (header + MemoryLayout<fuse_dirent>.size + name.count + 7) & ~7
        guard let buffer, !refused, length <= capacity - used else {
            refused = true
            return nil
        }
        defer { used += length }
        return buffer + used
    }

    private func pack(
        at place: UnsafeMutableRawPointer, name: NameBytes, inode: InodeNumber, type: UInt32, cookie: UInt64
    ) {
        var entry = fuse_dirent()
        entry.ino = inode.rawValue
        entry.off = cookie
        entry.namelen = UInt32(truncatingIfNeeded: name.count)
        entry.type = (type & S_IFMT) >> 12
        place.storeBytes(of: entry, as: fuse_dirent.self)
        let text = place + MemoryLayout<fuse_dirent>.size
        let padding = -name.count & 7
        memset(text + name.count, 0, padding)
        if let start = name.baseAddress {
            memcpy(text, start, name.count)
        }
    }
}
