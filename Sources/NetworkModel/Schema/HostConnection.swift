/// How the daemon reaches a host.
public enum HostConnection: Hashable, Sendable, CustomStringConvertible {
    /// `local:` – the machine that the daemon runs on.
    case local
    /// `netns:NAME` – a network namespace of that machine.
    case namespace(String)
    /// `ssh://[USER@]HOST[:PORT]` – through OpenSSH with its own configuration and keys.
    case ssh(user: String?, host: String, port: UInt16?)
    /// `https://HOST[:PORT]/` – the vSphere API of an ESXi host; nil is port 443. Who logs in is not said here: the model
    /// holds nothing secret.
    case https(host: String, port: UInt16?)
    /// `simulator:[KEY=VALUE,…]` – no host at all.
    case simulator(SimulatorOptions)

    /// What may be written, for people.
    static let forms =
        "local:, netns:NAME, ssh://[USER@]HOST[:PORT], https://HOST[:PORT]/ (ESXi), simulator:[\(SimulatorOptions.form)]"

    /// - Throws: `host.connection.malformed` (EINVAL).
    public init(_ text: String) throws(Refusal) {
        let word = String(try ValueText.single(text, of: "connection"))
        if word == "local:" {
            self = .local
        } else if word.hasPrefix("netns:") {
            self = try HostConnection.readNamespace(word)
        } else if word.hasPrefix("ssh://") {
            self = try HostConnection.readSSH(word)
        } else if word.hasPrefix("https://") {
            self = try HostConnection.readHTTPS(word)
        } else if word.hasPrefix("simulator:") {
            self = try HostConnection.readSimulator(word)
        } else {
            throw HostConnection.malformed(word)
        }
    }

    public var description: String {
        switch self {
        case .local: return "local:"
        case .namespace(let name): return "netns:\(name)"
        case .ssh(let user, let host, let port):
            return "ssh://" + (user.map { $0 + "@" } ?? "") + HostConnection.authority(host, port)
        case .https(let host, let port):
            return "https://\(HostConnection.authority(host, port))/"
        case .simulator(let options): return "simulator:\(options)"
        }
    }

    /// `HOST` or `HOST:PORT`; an IPv6 address is in brackets.
    public static func authority(_ host: String, _ port: UInt16?) -> String {
        (host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host) + (port.map { ":\($0)" } ?? "")
    }

    /// The hypervisor whose hosts are reached in this way.
    public var hypervisor: HypervisorType {
        switch self {
        case .simulator: .simulator
        case .https: .esxi
        case .local, .namespace, .ssh: .kvm
        }
    }

    /// Two hosts may not be the same machine; simulated ones are never the same.
    public var isUnique: Bool { hypervisor != .simulator }

    /// The machine that is meant, as far as that can be known without asking anybody: two connections with the same one
    /// are not for two hosts.
    ///
    /// For ssh, the user does not matter, a name is the same in upper and lower case and with a dot at its end, and the
    /// port is 22 where none is given. OpenSSH's configuration may say otherwise of all of them; then the port written out
    /// tells the hosts apart. Aliases and several addresses of one machine are not found here.
    public var identity: HostConnection {
        guard case .ssh(_, let host, let port) = self else { return self }
        var name = host.lowercased()
        if name.hasSuffix("."), name.utf8.count > 1 { name.removeLast() }
        return .ssh(user: nil, host: name, port: port ?? 22)
    }

    private static func malformed(_ word: String) -> Refusal {
        Refusal(
            "host.connection.malformed", .invalid, "\(ValueText.quoted(word)) does not say how to reach a host.",
            remedy: "Write one of \(forms).")
    }

    private static func readNamespace(_ word: String) throws(Refusal) -> HostConnection {
        let name = word.dropFirst("netns:".utf8.count)
        // A name of /run/netns: one path component, and no option of ip(8).
        guard !name.isEmpty, name.utf8.count <= 255, name != ".", name != "..", !name.hasPrefix("-"),
            name.utf8.allSatisfy(isPlain)
        else { throw malformed(word) }
        return .namespace(String(name))
    }

    private static func readSSH(_ word: String) throws(Refusal) -> HostConnection {
        var rest = word.dropFirst("ssh://".utf8.count)
        var user: String?
        if let at = rest.lastIndex(of: "@") {
            user = String(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        let (host, port) = try readAuthority(rest, of: word)
        if let user {
            guard !user.isEmpty, user.utf8.count <= 64, !user.hasPrefix("-"), user.utf8.allSatisfy(isPlain) else {
                throw malformed(word)
            }
        }
        return .ssh(user: user, host: host, port: port)
    }

    private static func readHTTPS(_ word: String) throws(Refusal) -> HostConnection {
        var rest = word.dropFirst("https://".utf8.count)
        // Not quoted: refusals are logged.
        guard !rest.utf8.contains(UInt8(ascii: "@")) else {
            throw Refusal(
                "host.connection.malformed", .invalid, "A connection over https names no user and no password.",
                remedy: "Write https://HOST[:PORT]/, and user and password to the host's credentials file.")
        }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        let (host, port) = try readAuthority(rest, of: word)
        // It names the credentials file, too.
        guard !host.hasPrefix(".") else { throw malformed(word) }
        // Names of hosts do not tell case apart, so that two spellings are one host; 443 is what https means.
        return .https(host: host.lowercased(), port: port == 443 ? nil : port)
    }

    /// `HOST[:PORT]`, where HOST is a name, an IPv4 address, or an IPv6 address in brackets.
    private static func readAuthority(
        _ text: Substring, of word: String
    ) throws(Refusal) -> (host: String, port: UInt16?) {
        var rest = text
        var port: UInt16?
        if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") {
            let address = rest[rest.index(after: rest.startIndex)..<end]
            let tail = rest[rest.index(after: end)...]
            guard let canonical = IPv6Address(address) else { throw malformed(word) }
            if !tail.isEmpty {
                guard tail.hasPrefix(":"), let number = portNumber(tail.dropFirst()) else { throw malformed(word) }
                port = number
            }
            rest = Substring(canonical.description)
        } else if let colon = rest.lastIndex(of: ":") {
            guard let number = portNumber(rest[rest.index(after: colon)...]) else { throw malformed(word) }
            port = number
            rest = rest[..<colon]
            guard rest.utf8.allSatisfy(isPlain) else { throw malformed(word) }
        } else if !rest.utf8.allSatisfy(isPlain) {
            throw malformed(word)
        }
        // A leading dash would be read as an option by ssh(1).
        guard !rest.isEmpty, rest.utf8.count <= 255, !rest.hasPrefix("-") else { throw malformed(word) }
        return (String(rest), port)
    }

    private static func portNumber(_ text: Substring) -> UInt16? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }),
            let port = UInt16(text), port > 0
        else { return nil }
        return port
    }

    private static func readSimulator(_ word: String) throws(Refusal) -> HostConnection {
        guard let options = SimulatorOptions(word.dropFirst("simulator:".utf8.count)) else { throw malformed(word) }
        return .simulator(options)
    }

    /// Letters, digits, dot, dash, underscore: enough for host, user and namespace names, and safe in any command line.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
