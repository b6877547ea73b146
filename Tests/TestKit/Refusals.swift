/// One record of the file `errors`.
public struct RefusalRecord: Equatable, Sendable {
    /// `l2.attach.vlan-conflict`
    public let rule: String
    /// `EINVAL`
    public let symbol: String
    /// `write`, `mkdir`, …
    public let operation: String
    /// `path`, `objects`, `uid`, `pid`, `session`, `command`.
    public let fields: [String: String]
    public let reason: String
    public let remedy: String

    public static func all(in text: String) -> [RefusalRecord] {
        var records: [RefusalRecord] = []
        var lines = text.split(separator: "\n")[...]
        while let head = lines.popFirst() {
            let words = head.split(separator: " ").map(String.init)
            guard words.count > 4, let reason = lines.popFirst(), let remedy = lines.popFirst() else { break }
            var fields: [String: String] = [:]
            for word in words.dropFirst(4) {
                let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                fields[parts[0]] = parts.count > 1 ? parts[1] : ""
            }
            records.append(
                RefusalRecord(
                    rule: words[1], symbol: words[2], operation: words[3], fields: fields,
                    reason: String(reason.drop { $0 == " " }), remedy: String(remedy.drop { $0 == " " })))
        }
        return records
    }
}

extension MountedModel {
    /// What `errors` shows to root.
    public var refusals: [RefusalRecord] { RefusalRecord.all(in: text("errors") ?? "") }

    /// The number of refusals since the daemon's start, from `metrics`.
    public var refusalCount: Int {
        let line = text("metrics")?.split(separator: "\n").first { $0.hasPrefix("netmodelfs_refusals_total ") }
        return line.flatMap { Int($0.split(separator: " ")[1]) } ?? -1
    }
}
