import FUSE
import Glibc
import NetworkModel

/// The process behind a request, as far as `/proc` tells: it waits for the answer, so it is still there.
struct CallerProcess: Sendable {
    let uid: UInt32
    let pid: Int32
    /// Its session: what a person has in one terminal. 0 if it is not known.
    let session: Int32
    /// Its name, at most 15 bytes (`comm`).
    let command: String

    private let gid: UInt32

    init(_ caller: Caller) {
        uid = caller.uid
        gid = caller.gid
        pid = caller.pid
        (command, session) = CallerProcess.look(CallerProcess.leader(of: caller.pid))
    }

    /// Whether it is a program that removes a file to be rid of it, and never to write it anew. One that removes whole
    /// directories goes on to what stands in the way, so it does not count.
    var removesForGood: Bool {
        guard command == "rm" || command == "unlink" else { return false }
        return !arguments.contains { word in
            word.elementsEqual("--recursive".utf8)
                || word.first == UInt8(ascii: "-") && word.dropFirst().first != UInt8(ascii: "-")
                    && word.contains { $0 == UInt8(ascii: "r") || $0 == UInt8(ascii: "R") }
        }
    }

    /// Whether `name` is the last part of one of the paths it was given.
    func names(_ name: String) -> Bool {
        arguments.contains { $0.split(separator: UInt8(ascii: "/")).last?.elementsEqual(name.utf8) == true }
    }

    /// Without the program's own name; the first 4096 bytes of them.
    private var arguments: ArraySlice<ArraySlice<UInt8>> {
        CallerProcess.bytes("/proc/\(pid)/cmdline", 4096).split(separator: 0).dropFirst()
    }

    /// Nil for root. Groups beside the primary one are no part of a request.
    var credentials: Credentials? {
        guard uid != 0 else { return nil }
        let status = String(decoding: CallerProcess.bytes("/proc/\(pid)/status", 65_536), as: UTF8.self)
        let line = status.split(separator: "\n").first { $0.hasPrefix("Groups:") } ?? ""
        let groups = line.split(whereSeparator: \.isWhitespace).compactMap { UInt32($0) }
        return Credentials(uid: uid, groups: Set(groups + [gid]))
    }

    private static func bytes(_ path: String, _ most: Int) -> ArraySlice<UInt8> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: most)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        return buffer[..<max(0, count)]
    }

    /// The process that a thread is of, whose name people know.
    private static func leader(of thread: Int32) -> Int32 {
        let status = String(decoding: bytes("/proc/\(thread)/status", 512), as: UTF8.self)
        let line = status.split(separator: "\n").first { $0.hasPrefix("Tgid:") }
        return line?.split(whereSeparator: \.isWhitespace).last.flatMap { Int32($0) } ?? thread
    }

    /// Reads `/proc/PID/stat`: `PID (COMMAND) STATE PPID PGRP SESSION …`; the command may hold blanks and parentheses.
    private static func look(_ pid: Int32) -> (String, Int32) {
        let text = bytes("/proc/\(pid)/stat", 512)
        guard let start = text.firstIndex(of: UInt8(ascii: "(")), let end = text.lastIndex(of: UInt8(ascii: ")")),
            start < end
        else { return ("?", 0) }
        let command = String(decoding: text[(start + 1)..<end].map { $0 < 32 ? UInt8(ascii: "?") : $0 }, as: UTF8.self)
        let fields = text[(end + 1)...].split(separator: UInt8(ascii: " "))
        let session = fields.count > 3 ? Int32(String(decoding: fields[3], as: UTF8.self)) : nil
        return (command, session ?? 0)
    }
}
