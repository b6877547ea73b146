import Foundation
import TestKit

/// A configuration-management tool that keeps the network of `configuration-management/network.*` in a mount. The
/// values are those of the files as they are in the repository, but for the place of the mount and the VLAN.
protocol ConfigurationTool {
    init(_ mount: MountedModel) throws

    /// What the tool says of VLAN 5000 in the network's file: where the tool has a hook for checks, the explanation.
    static var explanation: String { get }
    /// What it says of it where no hook looks at it first.
    static var refusal: String { get }

    /// Makes the network so.
    ///
    /// - Parameter isDryRun: Only tells what would be changed.
    func apply(vlan: Int, isDryRun: Bool) throws -> ToolRun
    /// Removes the L2 network and what stands on it.
    func remove() throws -> ToolRun
    /// Makes the content of one file so, without a hook.
    func write(_ text: String, to path: String) throws -> ToolRun
}

extension ConfigurationTool {
    static var explanation: String { "l2.vlan.out-of-range: vlan must be from 1 to 4094, not '5000'." }
    static var refusal: String { "Numerical result out of range" }
}

/// What a run of a tool came to.
struct ToolRun: CustomStringConvertible {
    let result: ShellResult
    /// Whether the tool says that something could not be done.
    let hasFailed: Bool
    /// What it says it changed, or would change: one line each.
    let changes: [String]

    var description: String { "failed: \(hasFailed)\nchanges: \(changes)\n\(result)" }
}

/// Where a tool has its files: a directory beside the mount, which goes with it.
struct ToolDirectory {
    let mount: MountedModel
    let path: String

    init(_ mount: MountedModel) throws {
        self.mount = mount
        path = mount.directory + "/tool"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// The directory with the files that are shown to people.
    static let source = (#filePath as NSString).deletingLastPathComponent + "/configuration-management"

    /// Copies a file of the repository, with some of its text replaced.
    ///
    /// - Returns: The copy's path.
    func copy(_ name: String, replacing replacements: [String: String] = [:]) throws -> String {
        var text = try String(contentsOfFile: ToolDirectory.source + "/" + name, encoding: .utf8)
        for (old, new) in replacements {
            guard text.contains(old) else { throw MountedModel.NotMounted(description: "\(name) has no \(old)") }
            text = text.replacingOccurrences(of: old, with: new)
        }
        return try file(name, text)
    }

    func file(_ name: String, _ text: String) throws -> String {
        try text.write(toFile: path + "/" + name, atomically: true, encoding: .utf8)
        return path + "/" + name
    }

    /// Runs a command line, not in the mount, with texts of errors in English.
    func run(_ command: String, environment: [String: String] = [:]) -> ShellResult {
        mount.run(
            command, in: path, timeout: 120,
            environment: environment.merging(["LC_ALL": "C.UTF-8", "HOME": path]) { own, _ in own })
    }
}

extension ShellResult {
    /// Both streams, line by line, without blanks around them.
    var lines: [String] {
        (output + "\n" + errors).split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    }
}
