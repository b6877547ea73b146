import Testing

@testable import NetworkModel

struct HostConnectionTests {
    static let good: [(text: String, connection: HostConnection)] = [
        ("local:", .local), (" local:\n", .local), ("# this machine\nlocal:", .local), ("netns:h1", .namespace("h1")),
        ("netns:a.b_c-d", .namespace("a.b_c-d")), ("netns:...", .namespace("...")),
        ("ssh://h1", .ssh(user: nil, host: "h1", port: nil)),
        ("ssh://root@10.0.0.5", .ssh(user: "root", host: "10.0.0.5", port: nil)),
        ("ssh://root@h1.example.org:2222", .ssh(user: "root", host: "h1.example.org", port: 2222)),
        ("ssh://h1:1", .ssh(user: nil, host: "h1", port: 1)),
        ("ssh://h1:65535", .ssh(user: nil, host: "h1", port: 65535)),
        ("ssh://[2001:db8::1]", .ssh(user: nil, host: "2001:db8::1", port: nil)),
        ("ssh://a@[2001:DB8:0::1]:22", .ssh(user: "a", host: "2001:db8::1", port: 22)),
        ("https://esx1/", .https(host: "esx1", port: nil)),
        ("https://ESX1.example.org", .https(host: "esx1.example.org", port: nil)),
        ("https://10.0.0.5:443/", .https(host: "10.0.0.5", port: nil)),
        ("https://esx1:8443", .https(host: "esx1", port: 8443)),
        ("https://[2001:DB8:0::1]:8443/", .https(host: "2001:db8::1", port: 8443)),
        ("simulator:", .simulator(SimulatorOptions())),
        ("simulator:latency=60000,refuse=check", .simulator(SimulatorOptions(latency: 60_000, refuse: "check"))),
        ("simulator:refuse=realize", .simulator(SimulatorOptions(refuse: "realize"))),
        ("simulator:failure=0.05,seed=7", .simulator(SimulatorOptions(failure: 50_000, seed: 7))),
        ("simulator:failure=0.000001", .simulator(SimulatorOptions(failure: 1))),
        ("simulator:failure=0.123456", .simulator(SimulatorOptions(failure: 123_456))),
        ("simulator:failure=0.5,failure=0", .simulator(SimulatorOptions())),
        ("simulator:failure=1", .simulator(SimulatorOptions(failure: 1_000_000))),
        ("simulator:failure=1.000000", .simulator(SimulatorOptions(failure: 1_000_000))),
        ("simulator:seed=4294967295", .simulator(SimulatorOptions(seed: .max))),
    ]

    @Test(arguments: good)
    func `what is read`(text: String, connection: HostConnection) throws {
        #expect(try HostConnection(text) == connection)
        #expect(try HostConnection(connection.description) == connection)
        #expect(connection.isUnique == (connection.hypervisor != .simulator))
    }

    @Test(arguments: [
        "local", "local:x", "LOCAL:", "netns:", "netns:../x", "netns:.", "netns:..", "netns:a/b", "netns:a b",
        "netns:-x", "netns:a\u{E9}", "netns:a;reboot", "netns:" + String(repeating: "n", count: 256),
        "ssh:", "ssh://", "ssh:/h1", "ssh://-oProxyCommand=x", "ssh://-l", "ssh://root@-oProxyCommand", "ssh://-x@h1",
        "ssh://@h1", "ssh://root@", "ssh://a@b@h1", "ssh://a:b@h1", "ssh://h1:0", "ssh://h1:65536", "ssh://h1:",
        "ssh://h1:-1", "ssh://h1:+1", "ssh://h1:22x", "ssh://h1:000022", "ssh://h1/", "ssh://h1/x", "ssh://h1?x",
        "ssh://$(reboot)", "ssh://h1 -oX=y", "ssh://2001:db8::1", "ssh://[2001:db8::1", "ssh://2001:db8::1]",
        "ssh://[2001:db8::1]x", "ssh://[2001:db8::1]:", "ssh://[2001:db8::1]:0", "ssh://[h1]", "ssh://[]",
        "ssh://[fe80::1%eth0]", "ssh://[1.2.3.4]", "ssh://h\u{E9}", "ssh://" + String(repeating: "h", count: 256),
        "ssh://" + String(repeating: "u", count: 65) + "@h1", "https:", "https://", "https:///",
        "https://h1/sdk", "https://h1//", "https://h1:0/", "https://h1:65536/", "https://h1:/", "https://-h1/",
        "https://.h1/",
        "https://../", "https://h1?x", "https://h1#x", "https://[h1]/", "https://2001:db8::1/", "https://h\u{E9}/",
        "http://h1/",
        "HTTPS://h1/", "simulator", "simulator:x",
        "simulator:latency", "simulator:latency=", "simulator:latency=-1", "simulator:latency=+1",
        "simulator:latency=60001", "simulator:refuse=", "simulator:refuse=all", "simulator:x=1",
        "simulator:failure=", "simulator:failure=-0.1", "simulator:failure=1.1", "simulator:failure=2",
        "simulator:failure=.5", "simulator:failure=0.", "simulator:failure=0.1234567", "simulator:failure=1e-3",
        "simulator:failure=5%", "simulator:failure=nan", "simulator:failure=0.+5", "simulator:seed=",
        "simulator:seed=-1", "simulator:seed=4294967296", "simulator:seed=x", "10.0.0.5",
    ])
    func `what is not`(text: String) {
        do throws(Refusal) {
            let connection = try HostConnection(text)
            Issue.record("read as \(connection)")
        } catch {
            expect(
                error, "host.connection.malformed", .invalid,
                "\(ValueText.quoted(text)) does not say how to reach a host.")
        }
    }

    @Test(arguments: [
        ("ssh://h1", "ssh://root@h1", true), ("ssh://h1", "ssh://h1:22", true),
        ("ssh://a@H1.example.org.", "ssh://h1.example.org", true),
        ("ssh://h1", "ssh://h1:2222", false), ("ssh://h1", "ssh://h2", false), ("netns:h1", "netns:H1", false),
        ("netns:h1", "netns:h1", true), ("ssh://[2001:db8::1]", "ssh://[2001:DB8:0::1]:22", true),
        ("netns:h1", "ssh://h1", false),
    ])
    func `what is the same machine for sure`(one: String, other: String, same: Bool) throws {
        #expect((try HostConnection(one).identity == HostConnection(other).identity) == same)
    }

    @Test(arguments: ["https://root:secret@h1/", "https://secret@h1", "https://@secret/"])
    func `a password is not repeated`(text: String) {
        do throws(Refusal) {
            _ = try HostConnection(text)
            Issue.record("read")
        } catch {
            expect(error, "host.connection.malformed", .invalid)
            #expect(!error.reason.contains("secret") && !error.remedy.contains("secret"))
        }
    }

    @Test(arguments: [("", "value.empty"), ("local:\nlocal:", "value.several-lines")])
    func `one value`(text: String, rule: String) {
        do throws(Refusal) {
            _ = try HostConnection(text)
            Issue.record("read")
        } catch {
            expect(error, rule, .invalid)
        }
    }
}
