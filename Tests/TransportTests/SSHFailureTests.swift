import NetworkModel
import Testing

@testable import Hypervisors

@Suite("What ssh says when it fails")
struct SSHFailureTests {
    private static let host = HostConnection.ssh(user: "root", host: "h1", port: 2222)

    @Test(
        "each reason has a rule",
        arguments: [
            (
                ["No ED25519 host key is known for [h1]:2222 and you have requested strict checking."],
                "host-key-unknown"
            ),
            (["Host key verification failed."], "host-key-unknown"),
            (
                [
                    "Host key for [h1]:2222 has changed and you have requested strict checking.",
                    "Host key verification failed.",
                ], "host-key-changed"
            ),
            (["root@h1: Permission denied (publickey)."], "permission-denied"),
            (["Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures"], "permission-denied"),
            (["ssh: Could not resolve hostname h1: Name or service not known"], "name-unknown"),
            (["ssh: connect to host h1 port 2222: Connection refused"], "refused"),
            (["ssh: connect to host h1 port 2222: No route to host"], "no-route"),
            (["ssh: connect to host h1 port 2222: Connection timed out"], "timed-out"),
            (["Connection timed out during banner exchange"], "timed-out"),
            (["Timeout, server h1 not responding."], "timed-out"),
            (
                ["Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. Their offer: ssh-dss"],
                "negotiation"
            ),
            (["/root/.ssh/config: line 3: Bad configuration option: foo"], "configuration"),
            (["kex_exchange_identification: Connection closed by remote host"], "closed"),
        ])
    func rules(_ words: [String], _ rule: String) {
        let refusal = SSHFailure.explain(words, Self.host)
        #expect(refusal?.rule == "host.ssh." + rule)
        #expect(refusal?.reason.contains(words[0]) == true)
        #expect(refusal?.remedy.isEmpty == false)
    }

    @Test("what it does not know, and what is not ssh's, is left to others")
    func unknown() {
        #expect(SSHFailure.explain(["Segmentation fault"], Self.host) == nil)
        #expect(SSHFailure.explain(["Connection refused"], .namespace("h1")) == nil)
    }

    @Test("the remedies name the login as it is written")
    func remedies() {
        let words = ["Host key for [h1]:2222 has changed and you have requested strict checking."]
        #expect(SSHFailure.explain(words, Self.host)?.remedy.contains("ssh-keygen -R '[h1]:2222',") == true)
        let denied = SSHFailure.explain(["Permission denied (publickey)."], Self.host)
        #expect(denied?.remedy.contains("ssh-copy-id -p 2222 root@h1") == true)
    }
}
