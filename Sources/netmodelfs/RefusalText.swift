import ArgumentParser
import Glibc

/// A refusal as the file `errors` has it: a line of fields, then the indented reason and remedy.
struct RefusalText {
    /// To the second.
    let time: String
    let session: Int32?
    /// The words of the first line.
    let fields: [Substring]
    let explanation: String

    static func all(in text: String) -> [RefusalText] {
        var refusals: [RefusalText] = []
        var lines = text.split(separator: "\n")[...]
        while let head = lines.popFirst() {
            var body: [Substring] = []
            while let next = lines.first, next.hasPrefix("    ") {
                body.append(next.dropFirst(4))
                lines.removeFirst()
            }
            let fields = head.split(separator: " ")
            guard fields.count > 1 else { continue }
            let session = fields.first { $0.hasPrefix("session=") }.flatMap { Int32($0.dropFirst("session=".count)) }
            refusals.append(
                RefusalText(
                    time: String(fields[0]), session: session, fields: fields,
                    explanation: "\(fields[1]): \(body.joined(separator: "\n"))"))
        }
        return refusals
    }
}

/// How far somebody has read: up to a second, and how many refusals of that second. The time alone would not do: two
/// commands are easily refused within a second, and each refusal is to be told once.
struct RefusalMark: ExpressibleByArgument, CustomStringConvertible, Sendable {
    private let time: String
    private let count: Int

    private init(time: String, count: Int) {
        self.time = time
        self.count = count
    }

    init?(argument: String) {
        let parts = argument.split(separator: "/")
        guard parts.count == 2, parts[0].utf8.count == 20, parts[0].hasSuffix("Z"), let count = Int(parts[1]) else {
            return nil
        }
        self.init(time: String(parts[0]), count: count)
    }

    var description: String { "\(time)/\(count)" }

    /// What is new in `refusals`, and the mark after it. Times as in `errors` compare as text.
    func advance(over refusals: [RefusalText]) -> (new: [RefusalText], next: RefusalMark) {
        let new = refusals.filter { $0.time == time }.dropFirst(count) + refusals.filter { $0.time > time }
        guard let last = new.map(\.time).max() else { return ([], self) }
        return (Array(new), RefusalMark(time: last, count: refusals.count { $0.time == last }))
    }
}

extension RefusalText {
    /// The last refusal that the calling thread got from a mount.
    static func ofThisThread(in mountPoint: String) -> RefusalText? {
        let own = "pid=\(thread)"
        let refusals = try? all(in: FileContent.text(of: mountPoint + "/errors"))
        return refusals?.last { $0.fields.contains { $0 == own } }
    }

    /// The number of this thread, which is what a request carries.
    private static var thread: Substring {
        var bytes = [CChar](repeating: 0, count: 64)
        let count = readlink("/proc/thread-self", &bytes, bytes.count)
        let text = String(decoding: bytes.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.split(separator: "/").last ?? ""
    }
}
