import Foundation

/// Network namespaces as guests of VMs. They belong to no host: a VM's `guest` brings them a NIC. Removed when let go of.
public final class TestGuests {
    public let names: [String]

    /// - Parameter count: 1...9.
    public init(_ count: Int) throws {
        let prefix = "t" + UUID().uuidString.prefix(6).lowercased()
        names = (1...count).map { "\(prefix)-g\($0)" }
        // IPv6 says nothing that nobody asked for.
        let script = names.map {
            "ip netns add \($0) && ip -n \($0) link set lo up && "
                + "ip netns exec \($0) sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1"
        }
        let result = Shell.run(script.joined(separator: " && "))
        if result.status != 0 { throw MountedModel.NotMounted(description: "no test guests: \(result)") }
    }

    deinit {
        Shell.run(names.map { "ip netns del \($0) 2>/dev/null" }.joined(separator: "; "))
    }

    /// Runs a command in a guest.
    @discardableResult
    public func run(_ index: Int, _ command: String, timeout: Double = 30) -> ShellResult {
        Shell.run("ip netns exec \(names[index]) \(command)", timeout: timeout)
    }

    /// Which of these addresses answer to a guest. All are asked at the same time.
    ///
    /// - Parameter expected: those that shall answer: they get longer, so that a busy machine does not look like a network that
    ///   is cut.
    public func reached(from index: Int, of addresses: [String], expected: Set<String>) -> Set<String> {
        let pings = addresses.map { address in
            let patience = expected.contains(address) ? "-c 1 -w 20" : "-c 2 -i 0.2 -W 1"
            return "{ ping \(patience) \(address) > /dev/null && echo \(address); } &"
        }
        let script = pings.joined(separator: " ") + " wait"
        return Set(run(index, "bash -c '\(script)'", timeout: 60).output.split(separator: "\n").map(String.init))
    }

    /// Whether one address answers to a guest.
    public func reaches(_ index: Int, _ address: String, isExpected: Bool) -> Bool {
        !reached(from: index, of: [address], expected: isExpected ? [address] : []).isEmpty
    }
}
