import Foundation

/// Network namespaces as hosts: each has an `eth0` without addresses on one switch, which is a namespace of its own.
/// Removed when it is let go of.
public final class TestHosts {
    public let names: [String]
    public let prefix: String

    /// Whether this kernel can make VLAN devices and VLAN-filtering bridges.
    public static let hasVLANs: Bool =
        Shell.run(
            """
            ns=nmfs-probe-$$
            ip netns add $ns && ip -n $ns link add probe0 type veth peer name probe1 &&
              ip -n $ns link add link probe0 name probe0.5 type vlan id 5 && ip -n $ns link add probe2 type bridge vlan_filtering 1
            status=$?; ip netns del $ns; exit $status
            """
        ).status == 0

    /// - Parameter count: 1...9.
    public init(_ count: Int) throws {
        let prefix = "t" + UUID().uuidString.prefix(6).lowercased()
        self.prefix = prefix
        names = (1...count).map { "\(prefix)-h\($0)" }
        let filtering = TestHosts.hasVLANs ? "vlan_filtering 1" : ""
        var script = """
            set -e
            ip netns add \(prefix)-sw
            ip -n \(prefix)-sw link add switch type bridge \(filtering)
            ip -n \(prefix)-sw link set switch up

            """
        for index in names.indices { script += TestHosts.booting(prefix, index, names[index]) }
        let result = Shell.run(script)
        if result.status != 0 { throw MountedModel.NotMounted(description: "no test hosts: \(result)") }
    }

    private static func booting(_ prefix: String, _ index: Int, _ name: String) -> String {
        """
        ip netns add \(name)
        ip -n \(name) link set lo up
        ip -n \(name) link add eth0 type veth peer name p\(index + 1) netns \(prefix)-sw
        ip netns exec \(name) sysctl -qw net.ipv6.conf.all.disable_ipv6=1 || true
        ip -n \(name) link set eth0 up
        ip -n \(prefix)-sw link set p\(index + 1) master switch up
        \(hasVLANs ? "ip netns exec \(prefix)-sw bridge vlan add vid 2-4094 dev p\(index + 1)" : "")

        """
    }

    /// Deletes a host, with all that is on it.
    public func stop(_ index: Int) -> ShellResult {
        // Its cable as well, which the kernel takes away only when nobody is in the namespace any more.
        Shell.run("ip netns del \(names[index]) && { ip -n \(prefix)-sw link del p\(index + 1) 2>/dev/null || true; }")
    }

    /// Makes a host that was stopped anew.
    public func boot(_ index: Int) -> ShellResult {
        Shell.run("set -e\n" + TestHosts.booting(prefix, index, names[index]))
    }

    deinit {
        Shell.run((names + ["\(prefix)-sw"]).map { "ip netns del \($0) 2>/dev/null" }.joined(separator: "; "))
    }

    /// Runs a command in a host.
    @discardableResult
    public func run(_ index: Int, _ script: String, timeout: Double = 30) -> ShellResult {
        Shell.run(
            "ip netns exec \(names[index]) bash -c '\(script.replacingOccurrences(of: "'", with: "'\\''"))'",
            timeout: timeout)
    }

    /// The names of a host's links but `lo` and `eth0`.
    public func links(_ index: Int) -> Set<String> {
        let lines = Shell.run("ip -n \(names[index]) -o link").output.split(separator: "\n")
        let names = lines.compactMap { line -> String? in
            line.split(separator: " ").dropFirst().first.map { String($0.prefix { $0 != ":" && $0 != "@" }) }
        }
        return Set(names).subtracting(["lo", "eth0"])
    }
}
