import Foundation
import TestKit
import Testing

extension RealMounts {
    @Suite("Tool matrix") struct ToolMatrixTests {
        /// Each row in a zone and an L3 network of its own, all in one mount. Once all are done, and nothing removed is
        /// kept in force any more, everything is looked at again.
        @Test func everyToolWorksAndEveryRefusalIsSeen() throws {
            let mount = try MountedModel()
            let scratch = mount.directory + "/tools"
            try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
            try ToolMatrix.typing.write(toFile: scratch + "/type.py", atomically: true, encoding: .utf8)
            let programs = Set(ToolMatrix.rows.flatMap { $0.programs + [$0.shell[0]] })
            let missing = programs.filter { !Shell.has($0) }
            var runs: [RowRun] = []
            for (index, row) in ToolMatrix.rows.enumerated() {
                if let program = (row.programs + [row.shell[0]]).first(where: missing.contains) {
                    Issue.record("\(row.name): \(program) is not installed; Tests/run installs it")
                    continue
                }
                var run = RowRun(row, number: index + 1, mount: mount, scratch: scratch)
                let prepared = run.prepare()
                guard prepared.status == 0 else {
                    Issue.record("\(row.name) could not be prepared: \(prepared)")
                    continue
                }
                let problems = run.run()
                #expect(problems.isEmpty, "\(row.name): \(problems.joined(separator: "; "))\n\(run.outcome)")
                if !row.settles {
                    let differences = run.differences()
                    #expect(differences.isEmpty, "\(row.name): \(differences.joined(separator: "; "))\n\(run.outcome)")
                }
                runs.append(run)
            }
            // A value that was removed stays in force for two seconds.
            usleep(2_500_000)
            for run in runs {
                var differences = run.differences()
                if !differences.isEmpty {
                    usleep(1_000_000)
                    differences = run.differences()
                }
                #expect(
                    differences.isEmpty,
                    "\(run.row.name), settled: \(differences.joined(separator: "; "))\n\(run.outcome)")
            }
            #expect(StateChecker(mount.root).problems == [])
            #expect(mount.isRunning)
        }

        @Test func theTableIsAsLongAsPromised() {
            #expect(ToolMatrix.rows.count >= 90)
            #expect(Set(ToolMatrix.rows.map(\.name)).count == ToolMatrix.rows.count)
            #expect(ToolMatrix.rows.filter(\.isRefusal).count >= 40)
        }
    }
}

/// A row on its way.
private struct RowRun {
    let row: ToolRow
    private let name: String
    private let mount: MountedModel
    private let environment: [String: String]
    private var old: [String: String] = [:]
    /// What the line came to, in words.
    private(set) var outcome = "not run"

    init(_ row: ToolRow, number: Int, mount: MountedModel, scratch: String) {
        self.row = row
        self.mount = mount
        name = "t\(number)"
        environment = [
            "Z": "\(mount.root)/zones/\(name)", "L": "\(mount.root)/l3/\(name)", "N": name, "T": "\(scratch)/\(name)",
            "TYPE": "\(scratch)/type.py", "LC_ALL": "C",
        ]
    }

    mutating func prepare() -> ShellResult {
        let result = mount.run(ToolMatrix.fixture + row.before, environment: environment)
        old = entries()
        return result
    }

    /// Runs the line. Answers what is wrong with its status, what it said and what was recorded.
    mutating func run() -> [String] {
        let result = mount.run(row.line, timeout: 30, shell: row.shell, environment: environment)
        outcome = "\(result)"
        var problems: [String] = []
        switch row.status {
        case .exactly(let status):
            if result.status != status { problems.append("the status is \(result.status), not \(status)") }
        case .failure:
            if result.status == 0 || result.status == 124 { problems.append("the status is \(result.status)") }
        }
        if let message = row.message.map(filled),
            !(result.output + "\n" + result.errors).lowercased().contains(message.lowercased())
        {
            problems.append("it does not say '\(message)'")
        }
        if !row.rules.isEmpty {
            let records = mount.refusals.filter { record in
                let text = (record.fields["path"] ?? "") + " " + record.reason
                return text.contains("zones/\(name)/") || text.contains("l3/\(name)/")
            }
            for rule in row.rules where !records.contains(where: { $0.rule == rule }) {
                problems.append("errors has no \(rule), only \(records.map(\.rule))")
            }
        }
        return problems
    }

    /// What is not as the row wants it.
    func differences() -> [String] {
        let new = entries()
        var problems = row.changes.compactMap { problem($0, new) }
        for path in Set(old.keys).union(new.keys).sorted() where old[path] != new[path] && !isExpected(path) {
            problems.append("\(path) was \(old[path] ?? "absent"), is \(new[path] ?? "absent")")
        }
        return problems
    }

    private func problem(_ change: ToolRow.Change, _ new: [String: String]) -> String? {
        let entry = new[change.path]
        let isRight: Bool
        switch change {
        case .file(_, let text):
            // The first line tells kind, rights and size.
            let parts = entry?.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            isRight = parts?.count == 2 && parts?[0].hasPrefix("file ") == true && parts?[1] == filled(text)
        case .link(_, let text): isRight = entry == "link \(filled(text))"
        case .directory: isRight = entry?.hasPrefix("directory ") == true
        case .mode(_, let mode): isRight = entry?.contains(" \(String(mode, radix: 8)) ") == true
        case .absent: isRight = entry == nil
        }
        return isRight ? nil : "\(change) expected, but it is \(entry ?? "absent")"
    }

    /// Whether this may be different: it is declared, or on the way to what is, or below it. In `state/` much follows
    /// from what was changed, so that there only declared changes are looked at.
    private func isExpected(_ path: String) -> Bool {
        let isState = path.hasPrefix("state/")
        if isState, !row.changes.isEmpty { return true }
        if isState, path.hasSuffix("/inventory.json") { return true }
        if path.split(separator: "/").contains(where: { row.leftovers.contains(String($0)) }) { return true }
        return row.changes.contains { change in
            path == change.path || path.hasPrefix(change.path + "/")
                || (old[path] == nil && change.path.hasPrefix(path + "/"))
                || (old[path] == nil && isPremade(path, besides: change.path))
        }
    }

    /// A collection that comes with a new object, whose place is above or beside a declared one.
    private func isPremade(_ path: String, besides declared: String) -> Bool {
        let collections: Set<String> = ["clusters", "hosts", "l2", "ranges", "reserved"]
        let parts = path.split(separator: "/").map(String.init)
        guard let last = parts.last, collections.contains(last) else { return false }
        let object = parts.dropLast().joined(separator: "/")
        return old[object] == nil && (declared + "/").hasPrefix(object + "/")
    }

    private func filled(_ text: String) -> String {
        text.replacingOccurrences(of: "$Z", with: "\(mount.root)/zones/\(name)")
            .replacingOccurrences(of: "$N", with: name)
    }

    // MARK: - What is there

    /// Everything of the row's zone and L3 network: kind, mode, owner and text by path.
    private func entries() -> [String: String] {
        var entries: [String: String] = [:]
        for (short, long) in [
            ("Z", "zones/\(name)"), ("L", "l3/\(name)"), ("state/Z", "state/zones/\(name)"),
            ("state/L", "state/l3/\(name)"),
        ] where Calls.exists(mount.root + "/" + long) {
            var waiting = [""]
            while let place = waiting.popLast() {
                let path = mount.root + "/" + long + place
                entries[short + place] = RowRun.describe(path)
                if entries[short + place]?.hasPrefix("directory ") == true {
                    waiting += (Calls.names(path) ?? []).map { place + "/" + $0 }
                }
            }
        }
        return entries
    }

    private static func describe(_ path: String) -> String {
        guard let status = Calls.status(path) else { return "not there" }
        let rights = "\(String(status.st_mode & 0o7777, radix: 8)) \(status.st_uid):\(status.st_gid)"
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return "directory \(rights)"
        case S_IFLNK: return "link \(Calls.linkText(path) ?? "?")"
        case S_IFREG: return "file \(rights) \(status.st_size)\n\(Calls.text(path) ?? "unreadable")"
        default: return "something \(status.st_mode)"
        }
    }
}
