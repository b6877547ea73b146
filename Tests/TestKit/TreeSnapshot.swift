import Foundation

/// Everything that a tree shows: names, kinds, permissions, owners, sizes, texts.
public struct TreeSnapshot: Equatable, Sendable {
    /// By path below the root.
    public private(set) var entries: [String: String] = [:]

    /// What tells of time, and so differs though nothing was changed.
    private static let volatile: Set<String> = ["errors", "events", "metrics"]

    /// - Parameters:
    ///   - state: Also what is below `state/`.
    ///   - times: Also the modification time of files and links that people wrote.
    public init(_ root: String, state: Bool = true, times: Bool = false) {
        var waiting = [""]
        while let directory = waiting.popLast() {
            guard let listed = Calls.listing(root + "/" + directory) else {
                entries[directory] = "unreadable"
                continue
            }
            for (name, isDirectory) in listed {
                let path = directory.isEmpty ? name : directory + "/" + name
                if TreeSnapshot.volatile.contains(path) || path == "schema" || (path == "state" && !state) { continue }
                // A name that is listed twice is found out here as well.
                entries[path, default: ""] += TreeSnapshot.describe(root, path, isDirectory: isDirectory, times)
                if isDirectory { waiting.append(path) }
            }
        }
    }

    /// Without what tools put there for a moment, which no restart outlives: all below a name such as `.tmp`, `x~`,
    /// `a.tmp` or `sedAB12cd`.
    public var withoutStaged: TreeSnapshot {
        var snapshot = self
        snapshot.entries = entries.filter { path, _ in
            !path.split(separator: "/").contains {
                $0.hasPrefix(".") || $0.hasSuffix("~") || $0.hasSuffix(".tmp") || $0 == "sedAB12cd"
            }
        }
        return snapshot
    }

    private static func describe(_ root: String, _ path: String, isDirectory: Bool, _ times: Bool) -> String {
        // An object's inventory holds all that its other files hold.
        if path.hasPrefix("state/"), !isDirectory, !path.hasSuffix("/inventory.json"), !path.contains("/hosts/") {
            return "file"
        }
        return describe(root + "/" + path, path, times)
    }

    private static func describe(_ place: String, _ path: String, _ times: Bool) -> String {
        guard let status = Calls.status(place) else { return "not there" }
        let rights = "\(String(status.st_mode & 0o7777, radix: 8)) \(status.st_uid):\(status.st_gid)"
        let time = times && !path.hasPrefix("state/") ? " \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)" : ""
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return "directory \(rights) \(status.st_nlink)"
        case S_IFLNK: return "link \(rights) \(status.st_size)\(time) \(Calls.linkText(place) ?? "?")"
        case S_IFREG:
            let text = Calls.text(place)?.replacingOccurrences(of: "\0", with: "\\0")
            // When a host's state was last told is no part of the state.
            let lines = text?.split(separator: "\n", omittingEmptySubsequences: false).filter {
                !$0.hasPrefix("changed ")
            }
            return "file \(rights) \(status.st_size)\(time) \(lines?.joined(separator: "\n") ?? "unreadable")"
        default: return "something \(status.st_mode)"
        }
    }

    /// What is different, for people; empty if nothing is.
    public func differences(from other: TreeSnapshot) -> String {
        let paths = Set(entries.keys).union(other.entries.keys).sorted()
        return paths.filter { entries[$0] != other.entries[$0] }.prefix(20).map { path in
            "\(path): was \(other.entries[path] ?? "absent"), is \(entries[path] ?? "absent")"
        }.joined(separator: "\n")
    }
}
