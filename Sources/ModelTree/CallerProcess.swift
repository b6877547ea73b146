import FUSE
import Glibc

/// The process behind a request, as far as `/proc` tells: it waits for the answer, so it is still there.
struct CallerProcess: Sendable {
    let uid: UInt32
    let pid: Int32
    /// Its session: what a person has in one terminal. 0 if it is not known.
    let session: Int32
    /// Its name, at most 15 bytes (`comm`).
    let command: String

    init(_ caller: Caller) {
        uid = caller.uid
        pid = caller.pid
        (command, session) = CallerProcess.look(caller.pid)
    }

    /// Reads `/proc/PID/stat`: `PID (COMMAND) STATE PPID PGRP SESSION …`; the command may hold blanks and parentheses.
    private static func look(_ pid: Int32) -> (String, Int32) {
        let descriptor = open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return ("?", 0) }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return ("?", 0) }
        let text = buffer[..<count]
        guard let start = text.firstIndex(of: UInt8(ascii: "(")), let end = text.lastIndex(of: UInt8(ascii: ")")),
            start < end
        else { return ("?", 0) }
        let command = String(decoding: text[(start + 1)..<end].map { $0 < 32 ? UInt8(ascii: "?") : $0 }, as: UTF8.self)
        let fields = text[(end + 1)...].split(separator: UInt8(ascii: " "))
        let session = fields.count > 3 ? Int32(String(decoding: fields[3], as: UTF8.self)) : nil
        return (command, session ?? 0)
    }
}
