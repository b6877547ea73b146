import Glibc

/// The mounts that this process sees, from `/proc/self/mountinfo`.
///
/// Reading the table asks no file system anything, so it works also where `stat` would fail or hang.
public enum MountTable {
    /// One mount.
    public struct Entry: Equatable, Sendable {
        /// The device, such as "0:53"; the same for all mounts of one file system.
        public var device: String
        /// Where it is mounted, an absolute path.
        public var mountPoint: String
        /// What is mounted, such as a device or the option `fsname`.
        public var source: String
        /// Such as "ext4" or "fuse.netmodelfs".
        public var type: String
        /// The options of the mount, then those of the file system.
        public var options: [String]
    }

    /// All mounts, in the order of the kernel: of several at one place, the last hides the others.
    public static func entries() throws(SessionError) -> [Entry] {
        parse(try readFile("/proc/self/mountinfo"))
    }

    /// The mounts of one type, such as "fuse.netmodelfs".
    public static func entries(ofType type: String) throws(SessionError) -> [Entry] {
        try entries().filter { $0.type == type }
    }

    /// The mount at `path`, the topmost if there are several; `nil` if none is right there.
    public static func entry(at path: String) throws(SessionError) -> Entry? {
        let place = resolve(path)
        return try entries().last { $0.mountPoint == place }
    }

    /// Removes what a killed daemon has left at `path`: FUSE mounts whose server is gone (ENOTCONN).
    ///
    /// A mount that answers is left alone. This asks the file system at `path`, so it must not be called by the thread
    /// that would have to answer.
    ///
    /// - Returns: How many mounts were removed.
    @discardableResult
    public static func clearDeadMount(at path: String) throws(SessionError) -> Int {
        let place = resolve(path)
        var count = 0
        while let entry = try entry(at: place), entry.type == "fuse" || entry.type.hasPrefix("fuse."), isDead(place) {
            guard umount2(place, Int32(MNT_DETACH)) == 0 else {
                throw .unmount(place, errno: errno)
            }
            count += 1
        }
        return count
    }

    /// Whether the server of the mount at `path` is gone.
    static func isDead(_ path: String) -> Bool {
        var status = stat()
        if stat(path, &status) != 0 {
            return errno == ENOTCONN
        }
        // The kernel may know the attributes by heart, but never the statistics.
        var statistics = statvfs()
        return statvfs(path, &statistics) != 0 && errno == ENOTCONN
    }

    /// An absolute path without links. The last component is not followed if it cannot be asked, as in a dead mount.
    static func resolve(_ path: String) -> String {
        func real(_ path: String) -> String? {
            guard let resolved = realpath(path, nil) else { return nil }
            defer { free(resolved) }
            return String(cString: resolved)
        }
        if let whole = real(path) { return whole }
        var trimmed = path[...]
        while trimmed.count > 1, trimmed.last == "/" {
            trimmed.removeLast()
        }
        guard let slash = trimmed.lastIndex(of: "/") else {
            return (real(".") ?? "") + "/" + trimmed
        }
        let parent = real(slash == trimmed.startIndex ? "/" : String(trimmed[..<slash]))
        guard let parent else { return String(trimmed) }
        return (parent == "/" ? "" : parent) + String(trimmed[slash...])
    }

    /// Lines of the form `36 35 98:0 /root /mount/point rw,noatime shared:1 - ext4 /dev/sda rw,errors=continue`.
    static func parse(_ table: [UInt8]) -> [Entry] {
        table.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let fields = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            guard fields.count > 6, let dash = fields[6...].firstIndex(where: { $0.elementsEqual("-".utf8) }),
                fields.count > dash + 3
            else { return nil }
            let options = [fields[5], fields[dash + 3]].flatMap { $0.split(separator: UInt8(ascii: ",")) }
            return Entry(
                device: unescape(fields[2]), mountPoint: unescape(fields[4]), source: unescape(fields[dash + 2]),
                type: unescape(fields[dash + 1]), options: options.map(unescape))
        }
    }

    /// Undoes the kernel's escapes, a backslash and three octal digits for space, tab, newline and backslash.
    private static func unescape(_ field: ArraySlice<UInt8>) -> String {
        var bytes: [UInt8] = []
        var rest = field
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                bytes.append(value)
                rest.removeFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func readFile(_ path: String) throws(SessionError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .mountTable(errno: errno) }
        defer { close(file) }
        var contents: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(file, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .mountTable(errno: errno) }
            guard count > 0 else { return contents }
            contents.append(contentsOf: piece[..<count])
        }
    }
}
