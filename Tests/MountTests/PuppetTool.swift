import TestKit

/// Puppet without a server: `network.pp`, and `network-absent.pp` to remove it.
struct PuppetTool: ConfigurationTool {
    private let directory: ToolDirectory

    init(_ mount: MountedModel) throws {
        directory = try ToolDirectory(mount)
    }

    static let isInstalled = Shell.has("puppet")

    func apply(vlan: Int, isDryRun: Bool) throws -> ToolRun {
        try run("network.pp", ["$vlan = 10": "$vlan = \(vlan)"], isDryRun ? "--noop" : "")
    }

    func remove() throws -> ToolRun { try run("network-absent.pp", [:], "") }

    func write(_ text: String, to path: String) -> ToolRun {
        run("-e \"file { '\(directory.mount.root)/\(path)': content => '\(text)', backup => false }\"")
    }

    private func run(_ name: String, _ replacements: [String: String], _ options: String) throws -> ToolRun {
        let all = replacements.merging(["'/net'": "'\(directory.mount.root)'"]) { own, _ in own }
        return run("\(options) '\(try directory.copy(name, replacing: all))'")
    }

    private func run(_ arguments: String) -> ToolRun {
        let result = directory.run(
            "puppet apply --detailed-exitcodes --color=false --vardir '\(directory.path)/var'"
                + " --confdir '\(directory.path)/etc' \(arguments)")
        let changes = result.lines.filter {
            $0.hasPrefix("Notice: /Stage[main]/Main/File[") && ($0.contains("]/ensure: ") || $0.contains("]/content: "))
        }
        // 0: nothing to do, 2: something was changed, 4: something failed, 6: both; 1: it could not be tried.
        return ToolRun(result: result, hasFailed: result.status != 0 && result.status != 2, changes: changes)
    }
}
