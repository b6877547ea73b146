import CFUSE

/// The answer of what a name leads to.
public final class EntryReply: Reply, @unchecked Sendable {
    /// Answers the entry, which counts one lookup of its inode, see ``FileSystem/forget(inode:lookups:)``.
    ///
    /// - Returns: Whether the kernel took the answer. If not, the request had been aborted and no lookup counts.
    @discardableResult
    public func succeed(_ entry: Entry) -> Bool {
        guard claim() else { return false }
        var parameters = entry.parameters
        return answer { fuse_reply_entry($0, &parameters) }
    }

    /// Answers a lookup: there is no such name, and the kernel need not ask again for `timeout` seconds.
    public func absent(timeout: Double) {
        guard claim() else { return }
        var parameters = fuse_entry_param()
        parameters.entry_timeout = timeout
        answer { fuse_reply_entry($0, &parameters) }
    }
}
