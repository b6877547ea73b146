import FUSE
import NetworkModel
import Synchronization

/// The last refusals: `errors`, the extended attribute, and what `netmodelfs why` reads.
final class RefusalLog: Sendable {
    /// One refusal, with who asked for what.
    struct Record: Sendable {
        let time: Int64
        let process: CallerProcess
        /// `write`, `mkdir`, `symlink`, …
        let operation: String
        /// Below the mount point.
        let path: String
        let refusal: Refusal
        /// The directory and the file that it was about.
        let inodes: [InodeNumber]
        fileprivate let number: UInt64
    }

    /// Kept of each user, and shown to root of all.
    static let limit = 100
    /// Users whose refusals are kept; beyond that, the one who was refused longest ago is forgotten.
    private static let users = 256

    private struct State {
        var byUser: [UInt32: [Record]] = [:]
        var count: UInt64 = 0
        var lastTime: Int64 = 0
    }

    private let state = Mutex(State())
    private let mountPoint: String

    init(mountPoint: String) {
        self.mountPoint = mountPoint
        state.withLock { $0.lastTime = Timestamp.now() }
    }

    /// When the last refusal was, nanoseconds since 1970.
    var lastTime: Int64 { state.withLock { $0.lastTime } }

    /// Number of refusals since the start.
    var count: UInt64 { state.withLock { $0.count } }

    func add(_ refusal: Refusal, by process: CallerProcess, operation: String, path: String, inodes: [InodeNumber]) {
        state.withLock { state in
            state.count += 1
            state.lastTime = max(Timestamp.now(), state.lastTime + 1)
            let record = Record(
                time: state.lastTime, process: process, operation: operation, path: path, refusal: refusal,
                inodes: inodes,
                number: state.count)
            var own = state.byUser[process.uid] ?? []
            if own.count >= RefusalLog.limit { own.removeFirst() }
            own.append(record)
            state.byUser[process.uid] = own
            if state.byUser.count > RefusalLog.users,
                let oldest = state.byUser.min(by: { ($0.value.last?.number ?? 0) < ($1.value.last?.number ?? 0) })
            {
                state.byUser[oldest.key] = nil
            }
        }
    }

    /// The text of `errors` for a user: root sees all, others their own.
    func text(for uid: UInt32) -> (bytes: [UInt8], time: Int64) {
        let (records, time) = state.withLock { (RefusalLog.visible($0, to: uid), $0.lastTime) }
        return (Array(records.map(render).joined().utf8), time)
    }

    /// The last refusal that was about an inode.
    func last(about inode: InodeNumber, for uid: UInt32) -> String? {
        let records = state.withLock { RefusalLog.visible($0, to: uid) }
        guard let record = records.last(where: { $0.inodes.contains(inode) }) else { return nil }
        return explanation(of: record.refusal)
    }

    /// What a person is told of a refusal: two lines.
    func explanation(of refusal: Refusal) -> String {
        "\(refusal.rule): \(absolute(refusal.reason))\nRemedy: \(absolute(refusal.remedy))"
    }

    private static func visible(_ state: State, to uid: UInt32) -> [Record] {
        guard uid == 0 else { return state.byUser[uid] ?? [] }
        return Array(state.byUser.values.joined().sorted { $0.number < $1.number }.suffix(limit))
    }

    /// Three lines: who, what and where; the reason; the remedy.
    private func render(_ record: Record) -> String {
        let refusal = record.refusal
        let objects = refusal.objects.isEmpty ? "" : " objects=" + refusal.objects.map(field).joined(separator: ",")
        return """
            \(Timestamp.text(record.time)) \(refusal.rule) \(refusal.error.symbol) \(record.operation) \
            path=\(field(record.path))\(objects) uid=\(record.process.uid) pid=\(record.process.pid) \
            session=\(record.process.session) command=\(field(record.process.command))
                \(absolute(refusal.reason))
                Remedy: \(absolute(refusal.remedy))

            """
    }

    /// One word: blanks and control characters as `%XX`.
    private func field(_ text: String) -> String {
        var word: [UInt8] = []
        for byte in text.utf8 {
            if byte <= 32 || byte == 127 || byte == UInt8(ascii: "%") {
                let digits = String(byte, radix: 16, uppercase: true)
                word.append(contentsOf: "%\(digits.utf8.count < 2 ? "0" : "")\(digits)".utf8)
            } else {
                word.append(byte)
            }
        }
        return String(decoding: word, as: UTF8.self)
    }

    /// With the mount point in place of `@`.
    private func absolute(_ sentence: String) -> String {
        let parts = sentence.split(separator: "@/", omittingEmptySubsequences: false)
        return parts.joined(separator: mountPoint + "/").replacingLineBreaks
    }
}

extension String {
    fileprivate var replacingLineBreaks: String {
        utf8.contains(UInt8(ascii: "\n")) ? String(map { $0.isNewline ? " " : $0 }) : self
    }
}
