import CFUSE
import Glibc

/// The answer with an extended attribute's value, or with the list of their names.
public final class ExtendedAttributeReply: Reply, @unchecked Sendable {
    /// The room that the caller has, bytes; 0 if it asks how much it needs.
    public let size: Int

    init(_ request: Request, _ operation: Operation, size: Int) {
        self.size = size
        super.init(request, operation)
    }

    /// Answers `value`, or its length to a caller that asks for it, or ERANGE if the caller has too little room.
    public func succeed(_ value: UnsafeRawBufferPointer) {
        guard size == 0 || value.count <= size else { return fail(ERANGE) }
        guard claim() else { return }
        answer {
            size == 0
                ? fuse_reply_xattr($0, value.count)
                : fuse_reply_buf($0, value.baseAddress?.assumingMemoryBound(to: CChar.self), value.count)
        }
    }

    public func succeed(_ value: String) {
        var value = value
        value.withUTF8 { succeed(UnsafeRawBufferPointer($0)) }
    }

    /// Answers a list of names.
    public func succeed(names: [String]) {
        var list: [UInt8] = []
        for name in names {
            list.append(contentsOf: name.utf8)
            list.append(0)
        }
        list.withUnsafeBytes { succeed($0) }
    }
}
