import Engine
import Glibc
import Hypervisors

/// What the options of a mount come to: those that netmodelfs understands itself, and those for the kernel.
struct MountSettings {
    /// For `FUSE.Session`.
    var sessionOptions: [String] = []
    var engine = EngineOptions()
    var kvm = KVMOptions()
    var esxi = ESXiOptions()
    /// The host agent's program.
    var agentPath: String

    /// - Parameters:
    ///   - options: As given with `-o`, each one or several with commas between.
    ///   - sloppy: Ignore what is not known, as mount(8) asks with `-s`.
    init(_ options: [String], store: String, sloppy: Bool = false) throws {
        agentPath = MountSettings.standardAgentPath()
        var source: String?
        for option in options.flatMap({ $0.split(separator: ",").map(String.init) }) {
            let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
            switch (parts[0], parts.count > 1 ? parts[1] : nil) {
            case ("agent", let path?): agentPath = path
            case ("credentials", let path?):
                // The daemon's working directory is not the caller's.
                guard path.hasPrefix("/") else { throw Failure("credentials=\(path) is no absolute path.") }
                esxi.credentialsDirectory = path
            case ("realize", "async"): engine.realizesInBackground = true
            case ("realize", "sync"): engine.realizesInBackground = false
            case ("realize", let word):
                throw Failure("realize=\(word ?? "") is not an option; it is realize=sync or realize=async.")
            case ("drift", "repair"): engine.repairsDrift = true
            case ("drift", "report"): engine.repairsDrift = false
            case ("detach", "keep"): kvm.keepsBridges = true
            case ("detach", "delete"): kvm.keepsBridges = false
            case ("bridge-iptables", "off"): kvm.disablesIptables = true
            case ("bridge-iptables", "on"): kvm.disablesIptables = false
            case ("confirm", let text):
                guard let time = text.flatMap(Int.init), (1...3600).contains(time) else {
                    throw Failure("confirm=\(text ?? "") is not an option; it is confirm=SECONDS, 1 to 3600.")
                }
                kvm.confirmTime = time
            case ("fsname", let name?): source = name
            case (let name, _) where MountSettings.isForOthers(name): continue
            case (let name, nil) where MountSettings.flags.contains(name): sessionOptions.append(option)
            default:
                // Here, before a store is made for a mount that cannot be.
                guard sloppy else { throw Failure("The mount option \"\(option)\" is not known.") }
            }
        }
        let name = source ?? store
        // FUSE.Session takes its options with commas between.
        guard !name.utf8.contains(UInt8(ascii: ",")) else {
            throw Failure("\(name) cannot be mounted: a comma in its path would end a mount option. Rename it.")
        }
        // findmnt and `mount -a` tell by the source whether it is mounted already.
        sessionOptions += ["fsname=\(name)", "subtype=netmodelfs", "default_permissions"]
    }

    /// What `FUSE.Session` understands.
    private static let flags: Set<String> = [
        "allow_other", "default_permissions", "defaults", "ro", "rw", "suid", "nosuid", "dev", "nodev", "exec",
        "noexec",
        "sync", "async", "dirsync", "atime", "noatime", "diratime", "nodiratime", "relatime", "strictatime",
    ]

    /// Words for mount(8), systemd and people, which come along from fstab and mean nothing to a file system.
    private static func isForOthers(_ name: String) -> Bool {
        words.contains(name) || name.hasPrefix("x-") || name.hasPrefix("X-")
    }

    private static let words: Set<String> = [
        "_netdev", "nofail", "auto", "noauto", "user", "users", "nouser", "nousers", "owner", "noowner", "group",
        "nogroup",
        "comment", "silent", "loud", "norelatime", "nostrictatime", "nolazytime", "nomand", "noiversion",
    ]

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
