import Engine
import Glibc

/// What the options of a mount come to: those that netmodelfs understands itself, and those for the kernel.
struct MountSettings {
    /// For `FUSE.Session`.
    var sessionOptions: [String] = []
    var engine = EngineOptions()
    /// The host agent's program.
    var agentPath: String

    /// - Parameter options: As given with `-o`, each one or several with commas between.
    init(_ options: [String], store: String) throws {
        agentPath = MountSettings.standardAgentPath()
        var source: String?
        for option in options.flatMap({ $0.split(separator: ",").map(String.init) }) {
            let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
            switch (parts[0], parts.count > 1 ? parts[1] : nil) {
            case ("agent", let path?): agentPath = path
            case ("realize", "async"): engine.realizesInBackground = true
            case ("realize", "sync"): engine.realizesInBackground = false
            case ("realize", let word): throw Failure("realize=\(word ?? "") is not an option; it is realize=sync or realize=async.")
            case ("fsname", let name?): source = name
            // Words for mount(8) and systemd, which come along from fstab.
            case ("_netdev", nil), ("nofail", nil), ("auto", nil), ("noauto", nil), ("users", nil), ("nouser", nil):
                continue
            case (let name, _) where name.hasPrefix("x-") || name == "user" || name == "comment": continue
            default: sessionOptions.append(option)
            }
        }
        // findmnt and `mount -a` tell by the source whether it is mounted already.
        sessionOptions += ["fsname=\(source ?? store)", "subtype=netmodelfs", "default_permissions"]
    }

    /// The agent beside this program, else the one in PATH.
    private static func standardAgentPath() -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard length > 0 else { return "netmodel-agent" }
        let own = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let folder = own.lastIndex(of: "/").map { own[..<$0] } ?? ""
        let beside = folder + "/netmodel-agent"
        return access(String(beside), X_OK) == 0 ? String(beside) : "netmodel-agent"
    }
}
