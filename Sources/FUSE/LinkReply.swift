import CFUSE
import Glibc

/// The answer with a symbolic link's text.
public final class LinkReply: Reply, @unchecked Sendable {
    /// The longest text the kernel takes, bytes; a longer one is answered ENAMETOOLONG.
    public static let maximumLength = 4095

    public func succeed(_ text: UnsafeRawBufferPointer) {
        guard text.count <= Self.maximumLength else { return fail(ENAMETOOLONG) }
        guard claim() else { return }
        answer { fuse_reply_buf($0, text.baseAddress?.assumingMemoryBound(to: CChar.self), text.count) }
    }

    public func succeed(_ text: String) {
        var text = text
        text.withUTF8 { succeed(UnsafeRawBufferPointer($0)) }
    }
}
