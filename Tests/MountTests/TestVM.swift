import TestKit
import Testing

/// A VM of the zone `zones/z`, with a NIC `n0`, `n1`, … on each of some L3 networks.
struct TestVM {
    let mount: MountedModel
    let path: String

    /// Makes it, Stopped.
    ///
    /// - Parameters:
    ///   - guest: the network namespace that is its guest; nil: its NICs are taps.
    ///   - host: `CLUSTER/HOST` where it shall run.
    ///   - owner: the uid of its directory.
    @discardableResult
    init(
        _ mount: MountedModel, _ name: String, on networks: [String], guest: String? = nil, host: String? = nil,
        owner: Int = 0, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        self.mount = mount
        path = "zones/z/vms/\(name)"
        var lines = ["set -e; mkdir \(path); chown \(owner) \(path)"]
        if let guest { lines.append("echo netns:\(guest) > \(path)/guest") }
        if let host { lines.append("ln -s ../../clusters/\(TestVM.place(host)) \(path)/host") }
        for (number, network) in networks.enumerated() {
            lines.append("mkdir \(path)/nics/n\(number)")
            lines.append("ln -s ../../../../../../l3/\(network) \(path)/nics/n\(number)/l3")
        }
        expectSuccess(mount.run(lines.joined(separator: "\n")), "made \(name)", sourceLocation: sourceLocation)
    }

    /// `c/h` as a link has it.
    static func place(_ host: String) -> String { host.replacingOccurrences(of: "/", with: "/hosts/") }

    /// Runs a command in the mount and then tells why it was refused; its status is the command's.
    static func explained(_ mount: MountedModel, _ command: String) -> ShellResult {
        mount.run("\(command); s=$?; netmodelfs why; exit $s")
    }

    func write(_ state: String) -> ShellResult { mount.run("echo \(state) > \(path)/state") }

    func start(sourceLocation: SourceLocation = #_sourceLocation) {
        expectSuccess(write("Running"), "start of \(path)", sourceLocation: sourceLocation)
        #expect(fact("status") == "Running", sourceLocation: sourceLocation)
    }

    func stop(sourceLocation: SourceLocation = #_sourceLocation) {
        expectSuccess(write("Stopped"), "stop of \(path)", sourceLocation: sourceLocation)
        #expect(fact("status") == "Stopped" && fact("placed-on") == "", sourceLocation: sourceLocation)
    }

    /// A line of `state/`, without its end.
    func fact(_ name: String) -> String {
        String((mount.text("state/\(path)/\(name)") ?? "absent").prefix { $0 != "\n" })
    }

    /// A line of `state/` of one of its NICs.
    func fact(_ name: String, nic: Int) -> String { fact("nics/n\(nic)/\(name)") }

    /// All that `state/` tells of it and its NICs.
    var inventories: [String: String] {
        let nics = Calls.names("\(mount.root)/state/\(path)/nics") ?? []
        let places = [""] + nics.map { "nics/\($0)/" }
        return Dictionary(
            uniqueKeysWithValues: places.map { ($0, mount.text("state/\(path)/\($0)inventory.json") ?? "absent") })
    }

    func address(_ nic: Int = 0) -> String { fact("ip", nic: nic) }
    func port(_ nic: Int = 0) -> String { fact("internal-name", nic: nic) }

    /// Gives the guest the address that `state/` tells, as DHCP would.
    func configure(_ guests: TestGuests, _ guest: Int, nic: Int = 0, sourceLocation: SourceLocation = #_sourceLocation)
    {
        let address = fact("addresses", nic: nic)
        #expect(address.contains("/24"), "\(path)", sourceLocation: sourceLocation)
        expectSuccess(
            guests.run(guest, "ip addr add \(address) dev eth\(nic)"), "the address of \(path)",
            sourceLocation: sourceLocation)
    }
}
