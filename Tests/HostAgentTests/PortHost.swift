import AgentProtocol
import Glibc
import Hypervisors
import Testing

/// A test host with guests: network namespaces beside it.
struct PortHost {
    let host: TestHost
    /// Names of network namespaces.
    let guests: [String]

    /// Whether taps can be made here; the agent makes a node that is missing.
    static let hasTaps: @Sendable () async throws -> Bool = {
        try await Shell.run("sh", "-c", "grep -qw tun /proc/misc || modprobe -q tun; grep -cw tun /proc/misc || true")
            .hasPrefix("1")
    }

    /// Makes a host with so many guests, runs `body`, and removes all whatever happens.
    static func with(guests count: Int = 0, _ body: (PortHost) async throws -> Void) async throws {
        try await TestHost.with { host in
            let guests = (0..<count).map { "\(host.name)-g\($0)" }
            for guest in guests { try await Shell.run("ip", "netns", "add", guest) }
            do {
                try await body(PortHost(host: host, guests: guests))
            } catch {
                for guest in guests { try await Shell.run("ip", "netns", "delete", guest) }
                throw error
            }
            for guest in guests { try await Shell.run("ip", "netns", "delete", guest) }
        }
    }

    /// The network that the ports are in.
    static func spec(_ ports: L2Spec.Port...) -> L2Spec {
        NoVlanTests.spec {
            $0.storeUUID = "5555"
            $0.ports = ports
        }
    }

    static func tap(_ vm: Int, mtu: Int? = nil, owner: UInt32 = 0) -> L2Spec.Port {
        L2Spec.Port(name: "vnic\(vm).0", mac: "fa:00:00:00:00:0\(vm)", mtu: mtu, owner: owner, guest: .tap)
    }

    /// A port of VM `vm` that leads to a guest.
    func veth(_ vm: Int, _ guest: Int, device: String = "eth0", mtu: Int? = nil) -> L2Spec.Port {
        L2Spec.Port(
            name: "vnic\(vm).0", mac: "fa:00:00:00:00:0\(vm)", mtu: mtu,
            guest: .namespace(guests[guest], device: device))
    }

    /// `ip -n GUEST …`
    @discardableResult
    func ip(guest: Int, _ words: String...) async throws -> String {
        try await Shell.run(["ip", "-n", guests[guest]] + words)
    }

    /// The ports that the host has, in the order of their names.
    func ports() async throws -> [String] {
        try await host.links().keys.filter { $0.hasPrefix("vnic") }.sorted()
    }

    /// A file of `/sys/class/net/NAME`.
    func setting(_ file: String, of name: String) async throws -> String {
        String(try await host.exec("cat", "/sys/class/net/\(name)/\(file)").prefix { $0 != "\n" })
    }

    /// What is refused, after which all is as before.
    func refusal(realizing spec: L2Spec) async throws -> AgentRefusal? {
        let before = try await host.snapshot()
        do throws(AgentRequestError) {
            _ = try await host.realize(spec)
            return nil
        } catch {
            guard case .refused(let refusal) = error else { throw error }
            try await host.expectUnchanged(since: before)
            return refusal
        }
    }
}
