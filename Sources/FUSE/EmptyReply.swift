import CFUSE

/// The answer to a request that succeeds without anything to tell.
public final class EmptyReply: Reply, @unchecked Sendable {
    public func succeed() {
        guard claim() else { return }
        answer { fuse_reply_err($0, 0) }
    }
}
