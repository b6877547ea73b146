import Foundation
import TestKit

/// Salt without a master: `network.sls`, and `network-absent.sls` to remove it.
struct SaltTool: ConfigurationTool {
    private let directory: ToolDirectory

    init(_ mount: MountedModel) throws {
        directory = try ToolDirectory(mount)
        _ = try directory.file("minion", "file_client: local\nid: test\nroot_dir: \(directory.path)/salt\n")
    }

    /// Salt is no package of Debian's: `Tests/run` puts it where caches are.
    static let program: String? = {
        let cache = ProcessInfo.processInfo.environment["XDG_CACHE_HOME"] ?? ""
        let own = (cache.isEmpty ? "/var/cache" : cache) + "/netmodelfs-tests/salt/bin/salt-call"
        if access(own, X_OK) == 0 { return own }
        return Shell.has("salt-call") ? "salt-call" : nil
    }()

    func apply(vlan: Int, isDryRun: Bool) -> ToolRun {
        run("state.apply network\(isDryRun ? " test=True" : "")", pillar: "vlan: \(vlan)")
    }

    func remove() -> ToolRun { run("state.apply network-absent", pillar: "") }

    func write(_ text: String, to path: String) -> ToolRun {
        run("state.single file.managed name='\(directory.mount.root)/\(path)' contents='\(text)'")
    }

    private func run(_ arguments: String, pillar: String) -> ToolRun {
        run("\(arguments) pillar='{net: \(directory.mount.root), \(pillar)}'")
    }

    private func run(_ arguments: String) -> ToolRun {
        let result = directory.run(
            "'\(SaltTool.program ?? "salt-call")' --local --retcode-passthrough --out=json --log-level=quiet"
                + " --config-dir='\(directory.path)' --file-root='\(ToolDirectory.source)' \(arguments)")
        let states = SaltTool.states(result.output)
        let changes = states.filter { state in
            // null: it would be changed. A change that failed is told of as well, and is none.
            if state.value["result"] is NSNull { return true }
            let told = state.value["changes"] as? [String: Any] ?? [:]
            return state.value["result"] as? Bool == true && !told.isEmpty
        }
        return ToolRun(
            result: result, hasFailed: result.status != 0 || states.isEmpty, changes: changes.map(\.key).sorted())
    }

    private static func states(_ output: String) -> [String: [String: Any]] {
        let all = try? JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
        return all?["local"] as? [String: [String: Any]] ?? [:]
    }
}
