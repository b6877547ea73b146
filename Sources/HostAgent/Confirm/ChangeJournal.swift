import AgentProtocol
import CNetlink
import Glibc

/// The changes of this host that wait for their confirmation, and what became of earlier ones: a file for each in a
/// directory of root's that a reboot empties.
///
/// `TOKEN.pending` holds the ``PendingChange`` and is locked by its guard; `TOKEN.confirmed` and `TOKEN.undone` are what it
/// becomes. Whoever looks or renames holds the ``NamespaceLock``.
struct ChangeJournal {
    enum Fate: String {
        case pending, confirmed, undone
    }

    static let directory = "/run/netmodel-agent"
    /// For how long fates are remembered, in seconds.
    private static let memory = 24 * 3600
    /// The most a file may have, in bytes: some ten thousand routes.
    private static let longest = 64 << 20

    /// The number of the network namespace (`NamespaceLock`).
    let namespace: UInt64

    /// Makes sure that the directory is there and nobody else's.
    ///
    /// - Throws: the error of the system; `EPERM` when it is somebody else's.
    func prepare() throws(NetlinkError) {
        if mkdir(Self.directory, 0o700) != 0, errno != EEXIST { throw NetlinkError(errno: errno) }
        var status = stat()
        guard lstat(Self.directory, &status) == 0 else { throw NetlinkError(errno: errno) }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else {
            throw NetlinkError(errno: EPERM)
        }
        forgetOld()
    }

    func path(_ token: String, _ fate: Fate) -> String { "\(Self.directory)/\(token).\(fate.rawValue)" }

    func has(_ token: String, _ fate: Fate) -> Bool { access(path(token, fate), F_OK) == 0 }

    /// Whether that became of a change of this namespace.
    func knows(_ token: String, _ fate: Fate) -> Bool {
        guard let (_, file) = open(token, fate) else { return false }
        close(file)
        return true
    }

    func write(_ change: PendingChange) throws(NetlinkError) {
        guard let bytes = try? Wire.line(change) else { throw NetlinkError(errno: EINVAL) }
        // Under another name until it is whole.
        let temporary = "\(Self.directory)/\(change.token).new"
        let file = Glibc.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw NetlinkError(errno: errno) }
        defer { close(file) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { throw NetlinkError(errno: errno) }
            rest = rest.dropFirst(count)
        }
        guard rename(temporary, path(change.token, .pending)) == 0 else { throw NetlinkError(errno: errno) }
    }

    /// The change of a token, with its open file; `nil` when it is not pending, or of another namespace.
    func open(_ token: String, _ fate: Fate = .pending) -> (change: PendingChange, file: CInt)? {
        let file = Glibc.open(path(token, fate), O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { return nil }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count < Self.longest {
            let count = read(file, &buffer, buffer.count)
            if count <= 0 { break }
            bytes += buffer.prefix(count)
        }
        guard let change = try? Wire.decode(PendingChange.self, from: bytes), change.token == token,
            change.namespace == namespace
        else {
            close(file)
            return nil
        }
        return (change, file)
    }

    func settle(_ token: String, _ fate: Fate) {
        _ = rename(path(token, .pending), path(token, fate))
    }

    func forget(_ token: String, _ fate: Fate = .pending) {
        unlink(path(token, fate))
    }

    /// The changes of this namespace that were taken back.
    func undone() -> [PendingChange] {
        tokens(.undone).compactMap { token in
            guard let (change, file) = open(token, .undone) else { return nil }
            close(file)
            return change
        }
    }

    /// The changes of this namespace that wait. One whose guard was killed is taken back here and now.
    func pending(_ links: HostLinks) -> [PendingChange] {
        tokens(.pending).compactMap { token in
            guard let (change, file) = open(token) else { return nil }
            defer { close(file) }
            guard flock(file, LOCK_EX | LOCK_NB) == 0 else { return change }
            do {
                try change.revert(links)
                settle(token, .undone)
                return nil
            } catch {
                return change
            }
        }
    }

    private func tokens(_ fate: Fate) -> [String] {
        guard let directory = opendir(Self.directory) else { return [] }
        defer { closedir(directory) }
        var tokens: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasSuffix(".\(fate.rawValue)") else { continue }
            tokens.append(String(name.dropLast(fate.rawValue.count + 1)))
        }
        return tokens
    }

    private func forgetOld() {
        for fate in [Fate.confirmed, .undone] {
            for token in tokens(fate) {
                var status = stat()
                guard lstat(path(token, fate), &status) == 0, time(nil) - status.st_ctim.tv_sec > Self.memory else {
                    continue
                }
                unlink(path(token, fate))
            }
        }
    }
}
