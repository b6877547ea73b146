import CFUSE

/// The answer to a write.
public final class WriteReply: Reply, @unchecked Sendable {
    /// How much was to be written, bytes.
    public let size: Int

    init(_ request: Request, size: Int) {
        self.size = size
        super.init(request, .write)
    }

    /// Answers that everything was written.
    public func succeed() {
        succeed(count: size)
    }

    /// Answers that the first `count` bytes were written; more than ``size`` counts as all.
    public func succeed(count: Int) {
        guard claim() else { return }
        answer { fuse_reply_write($0, max(0, min(count, size))) }
    }
}
