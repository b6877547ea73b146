import Foundation

/// System calls as tests make them. Those that change something answer their `errno`, 0 for success; those that read
/// answer nil where they fail.
public enum Calls {
    public static func makeDirectory(_ path: String, mode: mode_t = 0o755) -> Int32 { number(mkdir(path, mode)) }
    public static func removeDirectory(_ path: String) -> Int32 { number(rmdir(path)) }
    public static func unlink(_ path: String) -> Int32 { number(Foundation.unlink(path)) }
    public static func symlink(_ target: String, _ path: String) -> Int32 { number(Foundation.symlink(target, path)) }
    public static func rename(_ old: String, _ new: String) -> Int32 { number(Foundation.rename(old, new)) }

    /// `renameat2`, which Glibc's module does not offer to Swift. Flags: 1 `RENAME_NOREPLACE`, 2 `RENAME_EXCHANGE`.
    public static func rename(_ old: String, _ new: String, flags: UInt32) -> Int32 {
        typealias Function =
            @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32
        guard let symbol = dlsym(nil, "renameat2") else { return ENOSYS }
        return number(unsafeBitCast(symbol, to: Function.self)(AT_FDCWD, old, AT_FDCWD, new, flags))
    }

    /// Calls all four functions for extended attributes, which Glibc's module does not offer to Swift; what they answer
    /// does not matter.
    public static func touchExtendedAttributes(_ path: String, _ name: String, size: Int, flags: Int32) {
        typealias Get =
            @convention(c) (UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeMutableRawPointer?, Int) -> Int
        typealias List = @convention(c) (UnsafePointer<CChar>, UnsafeMutableRawPointer?, Int) -> Int
        typealias Set =
            @convention(c) (UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeRawPointer, Int, Int32) -> Int32
        typealias Remove = @convention(c) (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Int32
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: max(1, size), alignment: 1)
        defer { buffer.deallocate() }
        guard let get = dlsym(nil, "lgetxattr"), let list = dlsym(nil, "llistxattr"), let set = dlsym(nil, "lsetxattr"),
            let remove = dlsym(nil, "lremovexattr")
        else { return }
        _ = unsafeBitCast(get, to: Get.self)(path, name, buffer, size)
        _ = unsafeBitCast(list, to: List.self)(path, buffer, size)
        _ = unsafeBitCast(set, to: Set.self)(path, name, "v", 1, flags)
        _ = unsafeBitCast(remove, to: Remove.self)(path, name)
    }

    public static func truncate(_ path: String, _ size: Int) -> Int32 { number(Foundation.truncate(path, size)) }

    /// `open`, one `write` of everything, `close`.
    public static func write(
        _ path: String, _ text: String, flags: Int32 = O_CREAT | O_TRUNC, mode: mode_t = 0o644
    ) -> Int32 {
        let file = open(path, O_WRONLY | O_CLOEXEC | flags, mode)
        guard file >= 0 else { return errno }
        defer { close(file) }
        return number(Foundation.write(file, text, text.utf8.count))
    }

    /// The bytes of a file, read to its end.
    public static func bytes(_ path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Foundation.read(file, &piece, piece.count)
            guard count >= 0 else { return nil }
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
        }
    }

    public static func text(_ path: String) -> String? {
        bytes(path).map { String(decoding: $0, as: UTF8.self) }
    }

    public static func linkText(_ path: String) -> String? {
        var bytes = [UInt8](repeating: 0, count: 70_000)
        let count = bytes.withUnsafeMutableBytes { buffer in
            guard let start = buffer.baseAddress?.assumingMemoryBound(to: CChar.self) else { return -1 }
            return readlink(path, start, buffer.count)
        }
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// Of the name itself, not of what a link leads to.
    public static func status(_ path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }

    public static func exists(_ path: String) -> Bool { status(path) != nil }

    /// What a directory holds, in the order of the listing, without `.` and `..`.
    public static func listing(_ path: String) -> [(name: String, isDirectory: Bool)]? {
        guard let directory = opendir(path) else { return nil }
        defer { closedir(directory) }
        var entries: [(name: String, isDirectory: Bool)] = []
        while let entry = readdir(directory) {
            let name = name(of: entry)
            if name != ".", name != ".." { entries.append((name, Int(entry.pointee.d_type) == Int(DT_DIR))) }
        }
        return entries
    }

    /// The names in a directory in the order of the listing, without `.` and `..`.
    public static func names(_ path: String) -> [String]? {
        listing(path)?.map(\.name)
    }

    public static func name(of entry: UnsafeMutablePointer<dirent>) -> String {
        withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
    }

    /// The text of an error number, as shells print it.
    public static func message(_ number: Int32) -> String { String(cString: strerror(number)) }

    private static func number(_ result: some SignedInteger) -> Int32 { result < 0 ? errno : 0 }
}
