import AgentProtocol
import Glibc

/// The host's Open vSwitch, through `ovs-vsctl`: its database has no C library, and this tool is its stable interface. Each call
/// is one transaction, of which all or nothing happens.
struct OpenVSwitch {
    /// The key of our mark in `external-ids`; its value is the UUID of the network.
    static let mark = "netmodelfs"
    /// The key of the store that had it made.
    static let storeMark = "netmodelfs-store"

    private let database: [String]

    /// The Open vSwitch of the machine; in a namespace that is a host of its own, the one whose run directory is
    /// `/run/openvswitch-NAME`, since the machine's makes its bridges in a namespace of its own.
    init(namespace: String?) {
        database = namespace.map { ["--db=unix:/run/openvswitch-\($0)/db.sock"] } ?? []
    }

    /// - Throws: `host.no-openvswitch` or `host.openvswitch-failed`.
    @discardableResult
    func perform(_ words: [String], toDo step: String) throws(AgentRefusal) -> String {
        let result = try run(words)
        guard result.status == 0 else { throw .openVSwitchFailed(step, result.errors) }
        return result.output
    }

    /// The network that a bridge belongs to: nil where there is no such bridge, empty where it is not ours.
    func owner(ofBridge name: String) throws(AgentRefusal) -> String? {
        let status = try run(["br-exists", name])
        if status.status == 2 { return nil }
        guard status.status == 0 else { throw .openVSwitchFailed("look for the bridge \(name)", status.errors) }
        let value = try perform(
            ["--if-exists", "get", "Bridge", name, "external_ids:\(Self.mark)"], toDo: "read the bridge \(name)")
        return value.filter { $0 != "\"" && $0 != "\n" }
    }

    /// The bridges whose mark tells the store, with that mark.
    func markedBridges(among names: Set<String>) throws(AgentRefusal) -> [(name: String, mark: LinkMark)] {
        let step = "list the bridges"
        // A record without the key never matches (ovs-vsctl(8), "find").
        let found = try perform(
            ["--bare", "--columns=name", "find", "Bridge", "external_ids:\(Self.storeMark)!=\"\""], toDo: step)
        var marked: [(name: String, mark: LinkMark)] = []
        for name in found.split(separator: "\n").map(String.init) where names.contains(name) {
            let keys = [Self.storeMark, Self.mark].flatMap { ["--", "get", "Bridge", name, "external_ids:\($0)"] }
            let values = try perform(Array(keys.dropFirst()), toDo: step).filter { $0 != "\"" }.split(separator: "\n")
            guard values.count == 2 else { continue }
            marked.append((name, LinkMark(storeUUID: String(values[0]), networkUUID: String(values[1]))))
        }
        return marked
    }

    /// The ports that were made for a network.
    func ports(of networkUUID: String) throws(AgentRefusal) -> [String] {
        try perform(
            ["--bare", "--columns=name", "find", "Port", "external_ids:\(Self.mark)=\"\(networkUUID)\""],
            toDo: "list the ports of the network"
        ).split(separator: "\n").map(String.init).sorted()
    }

    /// What the switch itself says of tunnels that it could not make.
    func complaints(about networkUUID: String) throws(AgentRefusal) -> [String] {
        try perform(
            ["--bare", "--columns=error", "find", "Interface", "external_ids:\(Self.mark)=\"\(networkUUID)\""],
            toDo: "read the tunnels"
        ).split(separator: "\n").map(String.init)
    }

    private func run(_ words: [String]) throws(AgentRefusal) -> HostProgram.Result {
        do throws(NetlinkError) {
            return try HostProgram.run("ovs-vsctl", database + ["--timeout=10"] + words)
        } catch {
            throw error.errno == ENOENT ? .noOpenVSwitch : .openVSwitchFailed("run ovs-vsctl", "\(error)")
        }
    }
}

extension AgentRefusal {
    static let noOpenVSwitch = AgentRefusal(
        rule: "host.no-openvswitch", errno: EPROTONOSUPPORT, reason: "This host has no Open vSwitch (ovs-vsctl).",
        remedy: "Install Open vSwitch on the host (Debian: openvswitch-switch), or use another type of network.")

    static func openVSwitchFailed(_ step: String, _ errors: String) -> AgentRefusal {
        let said = errors.split(separator: "\n").suffix(3).joined(separator: " ").prefix(500)
        return AgentRefusal(
            rule: "host.openvswitch-failed", errno: EIO,
            reason: "Open vSwitch of this host could not \(step): it says \"\(said)\".",
            remedy: "See that ovsdb-server and ovs-vswitchd run on the host and the kernel has their modules.")
    }
}
