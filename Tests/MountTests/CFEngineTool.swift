import Foundation
import TestKit

/// CFEngine's agent alone: `network.cf`, and `network-absent.cf` to remove it.
struct CFEngineTool: ConfigurationTool {
    private let directory: ToolDirectory

    init(_ mount: MountedModel) throws {
        directory = try ToolDirectory(mount)
        // The agent looks for its other programs there.
        let made = directory.run("mkdir -m 700 work && ln -s \"$(dirname \"$(command -v cf-promises)\")\" work/bin")
        guard made.status == 0 else { throw MountedModel.NotMounted(description: "CFEngine has no place: \(made)") }
    }

    static let isInstalled = Shell.has("cf-agent")

    /// CFEngine has no hook.
    static let explanation = "rename: Numerical result out of range"

    func apply(vlan: Int, isDryRun: Bool) throws -> ToolRun {
        try run("network.cf", ["\"10\"": "\"\(vlan)\""], isDryRun ? "--dry-run" : "")
    }

    func remove() throws -> ToolRun { try run("network-absent.cf", [:], "") }

    func write(_ text: String, to path: String) throws -> ToolRun {
        let bodies = """
            bundle edit_line all { insert_lines: "\(text)"; }
            body edit_defaults anew { empty_file_before_editing => "true"; edit_backup => "false"; }
            """
        return try run(promise: "edit_line => all, edit_defaults => anew", path: path, bodies)
    }

    /// The attribute `content` writes in place.
    func writeInPlace(_ text: String, to path: String) throws -> ToolRun {
        try run(promise: "content => \"\(text)\"", path: path, "")
    }

    private func run(promise: String, path: String, _ bodies: String) throws -> ToolRun {
        let policy = """
            body common control { bundlesequence => { "one" }; }
            bundle agent one { files: "\(directory.mount.root)/\(path)" create => "true", \(promise); }
            \(bodies)

            """
        return run("-f '\(try directory.file("one.cf", policy))'")
    }

    private func run(_ name: String, _ replacements: [String: String], _ options: String) throws -> ToolRun {
        let all = replacements.merging(["\"/net\"": "\"\(directory.mount.root)\""]) { own, _ in own }
        return run("\(options) -f '\(try directory.copy(name, replacing: all))'")
    }

    private func run(_ arguments: String) -> ToolRun {
        // An agent takes no policy that others may write to.
        let result = directory.run(
            "chmod 600 *.cf"
                + " && cf-agent --workdir '\(directory.path)/work' --no-lock --inform --color=never \(arguments)")
        let changes = result.lines.filter {
            // A file is created empty, and then updated.
            ($0.hasPrefix("info: ") && !$0.hasPrefix("info: Created file ")) || $0.hasPrefix("warning: Should ")
        }
        // Its status is 0 in any case.
        let hasFailed = result.status != 0 || result.lines.contains { $0.hasPrefix("error: ") }
        return ToolRun(result: result, hasFailed: hasFailed, changes: changes)
    }
}
