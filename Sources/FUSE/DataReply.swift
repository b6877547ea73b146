import CFUSE

/// The answer with a file's contents.
public final class DataReply: Reply, @unchecked Sendable {
    /// Where in the file the reader wants to read, bytes from the start.
    public let offset: Int64
    /// How much the reader wants at most, bytes.
    public let size: Int

    init(_ request: Request, offset: Int64, size: Int) {
        self.offset = offset
        self.size = size
        super.init(request, .read)
    }

    /// Answers `bytes`, those from ``offset`` on; what is more than ``size`` is cut.
    public func succeed(_ bytes: UnsafeRawBufferPointer) {
        guard claim() else { return }
        answer {
            fuse_reply_buf($0, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), min(bytes.count, size))
        }
    }

    /// Answers the wanted part of a file whose whole contents are `contents`.
    public func succeed(partOf contents: UnsafeRawBufferPointer) {
        guard offset >= 0, offset < contents.count else {
            return succeed(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        succeed(UnsafeRawBufferPointer(rebasing: contents[Int(offset)...]))
    }

    /// Answers the wanted part of a file whose whole contents are `contents`.
    public func succeed(partOf contents: [UInt8]) {
        contents.withUnsafeBytes { succeed(partOf: $0) }
    }
}
