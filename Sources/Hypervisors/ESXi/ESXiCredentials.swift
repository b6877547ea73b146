import Glibc
import NetworkModel

/// Who logs in to an ESXi host, and how the host proves who it is: from a file that only root reads.
///
///     user=root
///     password=anything up to the end of the line
///     fingerprint=AB:CD:…       the SHA-256 of the host's certificate; or
///     ca-file=/etc/…/ca.pem     who signed it; without either the authorities of the system
struct ESXiCredentials: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    let user: String
    let password: String
    let trust: HTTPSClient.Trust

    /// Neither logs nor crash reports get the password.
    var description: String { "credentials of \(user)" }
    var customMirror: Mirror { Mirror(self, children: ["user": user]) }

    /// - Throws: `esxi.credentials.missing` (ENOENT), `.unsafe` (EACCES), `.malformed` (EINVAL); no refusal repeats a value.
    static func read(directory: String, name: String) throws(Refusal) -> ESXiCredentials {
        let path = directory + "/" + name
        try checkDirectory(directory, path)
        let file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else {
            throw errno == ELOOP ? unsafe(path, "is a link") : missing(path, String(cString: strerror(errno)))
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw missing(path, String(cString: strerror(errno))) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw unsafe(path, "is no file") }
        guard status.st_uid == 0 else { throw unsafe(path, "is not root's") }
        guard status.st_mode & 0o077 == 0 else { throw unsafe(path, "may be used by others than root") }
        var bytes = [UInt8](repeating: 0, count: 16_385)
        let count = Glibc.read(file, &bytes, bytes.count)
        guard count >= 0 else { throw missing(path, String(cString: strerror(errno))) }
        guard count < bytes.count else { throw malformed(path, "is longer than 16 KiB") }
        guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
            throw malformed(path, "is no UTF-8 text")
        }
        return try parse(text, path)
    }

    static func parse(_ text: String, _ path: String) throws(Refusal) -> ESXiCredentials {
        var values: [Substring: String] = [:]
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix("#") || line.utf8.allSatisfy({ $0 == 32 || $0 == 9 }) { continue }
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, ["user", "password", "fingerprint", "ca-file"].contains(parts[0]) else {
                throw malformed(path, "has no KEY=VALUE with a key that is known in line \(index + 1)")
            }
            guard values.updateValue(String(parts[1]), forKey: parts[0]) == nil else {
                throw malformed(path, "has a second \(parts[0])")
            }
        }
        guard let user = values["user"], !user.isEmpty, let password = values["password"], !password.isEmpty else {
            throw malformed(path, "has no user or no password")
        }
        return ESXiCredentials(user: user, password: password, trust: try trust(values, path))
    }

    private static func trust(_ values: [Substring: String], _ path: String) throws(Refusal) -> HTTPSClient.Trust {
        switch (values["fingerprint"], values["ca-file"]) {
        case (nil, nil): return .authorities(file: nil)
        case (nil, let file?):
            guard file.hasPrefix("/") else { throw malformed(path, "has a ca-file that is no absolute path") }
            return .authorities(file: file)
        case (let text?, nil):
            guard let bytes = fingerprint(text) else {
                throw malformed(path, "has a fingerprint that is not the 32 bytes of a SHA-256")
            }
            return .fingerprint(bytes)
        case (_?, _?): throw malformed(path, "has a fingerprint and a ca-file, of which only one can count")
        }
    }

    /// 64 hexadecimal digits, with or without colons.
    private static func fingerprint(_ text: String) -> [UInt8]? {
        let digits = text.utf8.filter { $0 != UInt8(ascii: ":") && $0 != 32 }
        let values = digits.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard values.count == 64, digits.count == 64 else { return nil }
        return stride(from: 0, to: 64, by: 2).map { UInt8(values[$0] * 16 + values[$0 + 1]) }
    }

    /// Who may write to the directory may put another file there.
    private static func checkDirectory(_ directory: String, _ path: String) throws(Refusal) {
        var status = stat()
        guard stat(directory, &status) == 0 else { throw missing(path, String(cString: strerror(errno))) }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == 0, status.st_mode & 0o022 == 0 else {
            throw unsafe(directory, "is not a directory that only root may write to")
        }
    }

    private static func missing(_ path: String, _ reason: String) -> Refusal {
        Refusal(
            "esxi.credentials.missing", .notFound, "The host's credentials cannot be read from \(path): \(reason).",
            remedy: "Write user=NAME and password=PASSWORD to that file, as root, with mode 0600.")
    }

    private static func unsafe(_ path: String, _ what: String) -> Refusal {
        Refusal(
            "esxi.credentials.unsafe", .access, "The host's credentials are not used: \(path) \(what).",
            remedy:
                "chown root and chmod 0600 the file; chmod 0700 its directory. Then change the password, which others may have read."
        )
    }

    private static func malformed(_ path: String, _ what: String) -> Refusal {
        Refusal(
            "esxi.credentials.malformed", .invalid, "The host's credentials are not understood: \(path) \(what).",
            remedy: "Write lines user=NAME, password=PASSWORD, and fingerprint=SHA-256 or ca-file=PATH where needed.")
    }
}
