import Foundation

/// User-mode Linux: a kernel of our own, with 802.1Q and VLAN-filtering bridges, for tests that need more than the
/// machine's kernel has.
public enum Lab {
    /// Whether this process runs in it.
    public static let isInside = ProcessInfo.processInfo.environment["NETMODELFS_LAB"] == "1"

    /// Whether tests that need VLANs have to be run in it: the machine's own kernel has no 802.1Q.
    public static let isNeeded = !isInside && !TestHosts.hasVLANs

    /// Boots it, runs a command there, and powers it off.
    ///
    /// - Parameter timeout: Seconds, booting included.
    public static func run(_ command: [String], timeout: Int) -> ShellResult {
        let words = command.map { "'" + $0.replacingOccurrences(of: "'", with: "'\\''") + "'" }.joined(separator: " ")
        return Shell.run(
            "'\(Programs.repository)/mount-helper/netmodelfs-lab' --timeout \(timeout) --mem 1500M -- \(words)",
            environment: ["NETMODELFS_BIN": Programs.directory], timeout: Double(timeout + 60))
    }

    /// Runs tests of this very test program in it.
    ///
    /// - Parameter filter: A regular expression, as for `swift test --filter`.
    public static func runTests(_ filter: String, timeout: Int) -> TestReport {
        let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return TestReport(
            run(
                [
                    "env", "NETMODELFS_BIN=\(Programs.directory)", program, "--testing-library", "swift-testing",
                    "--filter", filter,
                ],
                timeout: timeout))
    }
}

/// What a run of swift-testing said.
public struct TestReport: Sendable {
    public let result: ShellResult
    /// Tests that passed and that were skipped, by name.
    public let passed: [String]
    public let skipped: [String]
    /// One text for each issue that was recorded.
    public let issues: [String]
    /// Whether the runner got to its end and was content.
    public let hasPassed: Bool

    init(_ result: ShellResult) {
        self.result = result
        // The runner writes to standard error when it is called directly, and in colours to a terminal.
        let plain = (result.output + "\n" + result.errors).replacingOccurrences(
            of: "\u{1B}\\[[0-9;]*m", with: "", options: .regularExpression)
        let lines = plain.split(separator: "\n").map(String.init)
        func names(_ mark: String, _ end: String) -> [String] {
            lines.compactMap { line in
                guard line.hasPrefix(mark + " Test "), let range = line.range(of: end) else { return nil }
                return String(line[line.index(line.startIndex, offsetBy: mark.count + 6)..<range.lowerBound])
            }.filter { !$0.hasPrefix("run with ") && !$0.hasPrefix("case ") }
        }
        passed = names("✔", " passed after") + names("✔", " with ")
        skipped = names("➜", " skipped")
        var issues: [String] = []
        for (index, line) in lines.enumerated() where line.hasPrefix("✘ Test ") && line.contains(" recorded an issue") {
            let more = lines[(index + 1)...].prefix { $0.hasPrefix("↳") }
            issues.append(([line] + more).joined(separator: "\n"))
        }
        self.issues = issues
        hasPassed =
            result.status == 0 && lines.contains { $0.hasPrefix("✔ Test run with ") && !$0.contains(" 0 tests") }
    }
}
