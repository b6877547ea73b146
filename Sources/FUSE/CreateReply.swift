import CFUSE

/// The answer to the creation of a file that is open from then on.
public final class CreateReply: Reply, @unchecked Sendable {
    /// Answers the new file's entry, which counts one lookup of its inode.
    ///
    /// - Returns: Whether the kernel took the answer. If not, the request had been aborted and no lookup counts.
    @discardableResult
    public func succeed(_ entry: Entry) -> Bool {
        guard claim() else { return false }
        var parameters = entry.parameters
        // All zero: no handle, no direct I/O, and nothing cached is kept.
        var file = fuse_file_info()
        return answer { fuse_reply_create($0, &parameters, &file) }
    }
}
