import Glibc
import Subprocess
import SystemPackage

/// The agent's program as hosts behind ssh are to run it.
public struct AgentProgram: Sendable {
    /// 64 lower-case hexadecimal digits.
    public let sha256: String
    /// In bytes.
    public let size: Int
    /// What it answers to `--version`.
    public let version: String
    /// The machine that it runs on, as `uname -m` tells it: `x86_64`, `aarch64`, …
    public let machine: String
    let contents: Contents

    /// Shared by all connections that send it, and gone with the last.
    final class Contents: Sendable {
        let bytes: [UInt8]

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
        }
    }

    init(sha256: String, version: String, machine: String, contents: Contents) {
        self.sha256 = sha256
        self.size = contents.bytes.count
        self.version = version
        self.machine = machine
        self.contents = contents
    }

    /// The bytes, in pieces of at most `size`.
    func pieces(of size: Int) -> some Sequence<[UInt8]> {
        let bytes = contents.bytes
        return stride(from: 0, to: bytes.count, by: size).lazy.map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
    }
}

/// The agent's program on this machine. What is known of it is found out once, and again when the file has changed: an upgrade
/// may replace it while the daemon runs.
///
/// The digest is coreutils' `sha256sum`, which the hosts use as well: one digest at the start is not worth building a
/// cryptographic library for.
public actor AgentProgramFile {
    private struct Stamp: Equatable {
        let device: UInt64
        let inode: UInt64
        let size: Int64
        let seconds: Int
        let nanoseconds: Int
    }

    private let path: String
    private var known: (stamp: Stamp, sha256: String, version: String)?
    private weak var contents: AgentProgram.Contents?

    /// - Parameter path: a name without `/` is looked for in `PATH`.
    public init(path: String) {
        self.path = path
    }

    /// The program as it is now.
    ///
    /// - Throws: `programNotFound` or `launchFailed`.
    public func current() async throws(AgentConnectionError) -> AgentProgram {
        let file = try await resolved()
        guard let stamp = Self.stamp(of: file) else { throw .programNotFound(file) }
        if let known, known.stamp == stamp, let contents {
            return program(known.sha256, known.version, contents)
        }
        let bytes = try Self.read(file)
        let sha256: String
        let version: String
        if let known, known.stamp == stamp {
            (sha256, version) = (known.sha256, known.version)
        } else {
            sha256 = try await Self.word(.name("sha256sum"), ["--", file])
            version = try await Self.word(.path(FilePath(file)), ["--version"])
        }
        guard Self.isDigest(sha256), Self.isPlain(version) else {
            throw .launchFailed(program: file, reason: "its digest or version is not one: \(sha256), \(version)")
        }
        known = (stamp, sha256, version)
        let contents = AgentProgram.Contents(bytes)
        self.contents = contents
        return program(sha256, version, contents)
    }

    private func program(_ sha256: String, _ version: String, _ contents: AgentProgram.Contents) -> AgentProgram {
        var names = utsname()
        uname(&names)
        let machine = withUnsafeBytes(of: names.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return AgentProgram(sha256: sha256, version: version, machine: machine, contents: contents)
    }

    private func resolved() async throws(AgentConnectionError) -> String {
        guard !path.contains("/") else { return path }
        do {
            return try await Executable.name(path).resolveExecutablePath(in: .inherit).string
        } catch {
            throw .programNotFound(path)
        }
    }

    private static func stamp(of file: String) -> Stamp? {
        var status = stat()
        guard stat(file, &status) == 0 else { return nil }
        return Stamp(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
            seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
    }

    private static func read(_ file: String) throws(AgentConnectionError) -> [UInt8] {
        do {
            let descriptor = try FileDescriptor.open(file, .readOnly, options: .closeOnExec)
            return try descriptor.closeAfter {
                var bytes: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 1 << 20)
                while true {
                    let count = try buffer.withUnsafeMutableBytes { try descriptor.read(into: $0) }
                    if count == 0 { return bytes }
                    bytes += buffer[..<count]
                }
            }
        } catch {
            throw .launchFailed(program: file, reason: "it cannot be read: \(error)")
        }
    }

    /// The first word that a program prints.
    private static func word(_ program: Executable, _ arguments: [String]) async throws(AgentConnectionError) -> String
    {
        do {
            let result = try await Subprocess.run(
                program, arguments: Arguments(arguments), output: .string(limit: 4096), error: .discarded)
            return result.standardOutput.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
        } catch {
            throw .launchFailed(program: "\(program)", reason: "\(error)")
        }
    }

    private static func isDigest(_ text: String) -> Bool {
        text.utf8.count == 64 && text.allSatisfy { $0.isHexDigit && !$0.isUppercase }
    }

    /// Safe as a word of a command line.
    private static func isPlain(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "+"):
                    true
                default: false
                }
            }
    }
}
