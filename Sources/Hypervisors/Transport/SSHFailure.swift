import NetworkModel

/// What ssh says when it fails, told apart by its words (OpenSSH 8 to 10; they are not translated).
enum SSHFailure {
    private struct Row {
        let rule: String
        /// Any of these, in any line.
        let words: [String]
        let sentence: @Sendable (_ host: String) -> String
        let remedy: @Sendable (_ login: String, _ host: String) -> String
    }

    /// The first row that fits: causes come before what follows from them.
    private static let rows: [Row] = [
        Row(
            rule: "host.ssh.host-key-changed",
            words: [
                "REMOTE HOST IDENTIFICATION HAS CHANGED", " has changed and you have requested strict checking",
                "REVOKED HOST KEY", "is marked as revoked",
            ],
            sentence: {
                "The host key of \($0) is not the one that is known: it was installed anew, or this is another machine."
            },
            remedy: { _, host in
                "Compare the key with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub there); "
                    + "if it is right, ssh-keygen -R \(host), and log in once by hand."
            }),
        Row(
            rule: "host.ssh.host-key-unknown",
            words: ["host key is known for", "Host key verification failed"],
            sentence: { "The host key of \($0) is not known here." },
            remedy: { login, _ in "Log in once as the daemon's user and compare the fingerprint: ssh \(login)." }),
        Row(
            rule: "host.ssh.permission-denied",
            words: ["Permission denied (", "Too many authentication failures", "No supported authentication methods"],
            sentence: { "\($0) does not accept a key of the daemon's user." },
            remedy: { login, _ in
                "Put its public key there (ssh-copy-id \(login)); it must have no passphrase, or be in an agent."
            }),
        Row(
            rule: "host.ssh.name-unknown", words: ["Could not resolve hostname"],
            sentence: { "There is no address for the name \($0)." },
            remedy: { _, host in "Correct the name, or add it (getent hosts \(host))." }),
        Row(
            rule: "host.ssh.refused", words: ["Connection refused"],
            sentence: { "\($0) answers, but no sshd listens at this port." },
            remedy: { _, _ in "Start sshd on the host, or correct the port." }),
        Row(
            rule: "host.ssh.no-route", words: ["No route to host", "Network is unreachable"],
            sentence: { "There is no way to \($0): the host is down, or the network to it." },
            remedy: { _, host in "Check that the host is up and the route to it (ip route get \(host))." }),
        Row(
            rule: "host.ssh.timed-out",
            words: ["timed out", "Timeout, server"],
            sentence: { "\($0) does not answer." },
            remedy: { _, _ in "Check that the host is up and that no firewall drops its packets." }),
        Row(
            rule: "host.ssh.negotiation", words: ["Unable to negotiate", "no matching "],
            sentence: { "ssh and the sshd of \($0) have no algorithm in common." },
            remedy: { login, _ in "See ssh -v \(login), and allow one in the ssh configuration." }),
        Row(
            rule: "host.ssh.configuration",
            words: [
                "Bad configuration option", "Bad owner or permissions", "terminating, ", "keyword ",
                "Can't open user config",
            ],
            sentence: { _ in "The ssh configuration of the daemon's user is wrong." },
            remedy: { login, _ in "See ssh -v \(login)." }),
        Row(
            rule: "host.ssh.closed",
            words: [
                "Connection closed by", "kex_exchange_identification", "Connection reset by", "closed by remote host",
                "Broken pipe",
            ],
            sentence: { "The sshd of \($0) closed the connection." },
            remedy: { _, _ in
                "See the log of sshd there (journalctl -u ssh): MaxStartups, a full disk, an account that is locked."
            }),
    ]

    /// The reason, with ssh's own words; nil where it did not fail, or in no known way.
    static func explain(_ words: [String], _ connection: HostConnection) -> Refusal? {
        guard case .ssh(let user, let host, let port) = connection else { return nil }
        let row = rows.first { row in
            words.contains { line in row.words.contains { line.contains($0) } }
        }
        guard let row else { return nil }
        let login = (port.map { "-p \($0) " } ?? "") + (user.map { $0 + "@" } ?? "") + host
        let known = port.map { "'[\(host)]:\($0)'" } ?? host
        let lines = words.map { line in line.filter { $0 != "\r" } }
        let telling = lines.filter { line in row.words.contains { line.contains($0) } }
        let said = telling.first.map { " ssh says: \($0)" } ?? ""
        let end = said.hasSuffix(".") ? "" : "."
        return Refusal(
            row.rule, .hostUnreachable, row.sentence(host) + said + end, remedy: row.remedy(login, known))
    }
}
