import Foundation

/// A failed system call.
struct CallError: Error, Equatable, CustomStringConvertible {
    let number: Int32

    init(_ number: Int32 = errno) {
        self.number = number
    }

    var description: String { String(cString: strerror(number)) }
}

private func check<Number: SignedInteger>(_ result: Number) throws -> Number {
    guard result >= 0 else { throw CallError() }
    return result
}

/// System calls that throw their `errno`.
enum Calls {
    static func read(_ path: String) throws -> String {
        let file = try check(open(path, O_RDONLY))
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = try check(Foundation.read(file, &piece, piece.count))
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += piece[..<count]
        }
    }

    static func write(_ path: String, _ text: String, _ flags: Int32 = O_CREAT | O_TRUNC) throws {
        let file = try check(open(path, O_WRONLY | flags, 0o644))
        defer { close(file) }
        _ = try check(Foundation.write(file, text, text.utf8.count))
    }

    static func status(_ path: String) throws -> stat {
        var status = stat()
        _ = try check(lstat(path, &status))
        return status
    }

    static func makeDirectory(_ path: String) throws { _ = try check(mkdir(path, 0o755)) }
    static func removeDirectory(_ path: String) throws { _ = try check(rmdir(path)) }
    static func unlink(_ path: String) throws { _ = try check(Foundation.unlink(path)) }
    static func rename(_ old: String, _ new: String) throws { _ = try check(Foundation.rename(old, new)) }
    static func link(_ old: String, _ new: String) throws { _ = try check(Foundation.link(old, new)) }
    static func symlink(_ target: String, _ path: String) throws { _ = try check(Foundation.symlink(target, path)) }
    static func makeFIFO(_ path: String) throws { _ = try check(mkfifo(path, 0o600)) }
    static func chmod(_ path: String, _ mode: mode_t) throws { _ = try check(Foundation.chmod(path, mode)) }
    static func truncate(_ path: String, _ size: Int) throws { _ = try check(Foundation.truncate(path, size)) }

    static func readLink(_ path: String) throws -> String {
        var bytes = [UInt8](repeating: 0, count: 5000)
        let count = try bytes.withUnsafeMutableBytes {
            guard let start = $0.baseAddress?.assumingMemoryBound(to: CChar.self) else { throw CallError(EFAULT) }
            return try check(readlink(path, start, $0.count))
        }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// The names in a directory but "." and "..", in its order; `each` is called after every name.
    static func list(_ path: String, each: (Int) throws -> Void = { _ in }) throws -> [String] {
        guard let directory = opendir(path) else { throw CallError() }
        defer { closedir(directory) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." {
                names.append(name)
                try each(names.count)
            }
            errno = 0
        }
        guard errno == 0 else { throw CallError() }
        return names
    }
}

/// The error number that `body` fails with, 0 if it does not.
func errorNumber(_ body: () throws -> Void) -> Int32 {
    do {
        try body()
        return 0
    } catch {
        return (error as? CallError)?.number ?? -1
    }
}
