import CFUSE

/// The answer with a file's attributes.
public final class AttributesReply: Reply, @unchecked Sendable {
    /// - Parameter timeout: Seconds for which the kernel may use them without asking again.
    public func succeed(_ attributes: FileAttributes, timeout: Double) {
        guard claim() else { return }
        var status = attributes.status
        answer { fuse_reply_attr($0, &status, timeout) }
    }
}
