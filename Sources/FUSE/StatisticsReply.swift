import CFUSE
import Glibc

/// The answer with the file system's statistics.
public final class StatisticsReply: Reply, @unchecked Sendable {
    public func succeed(_ statistics: FileSystemStatistics) {
        guard claim() else { return }
        var status = statvfs()
        status.f_bsize = UInt(statistics.blockSize)
        status.f_frsize = UInt(statistics.blockSize)
        status.f_blocks = UInt(statistics.blocks)
        status.f_bfree = UInt(statistics.freeBlocks)
        status.f_bavail = UInt(statistics.availableBlocks)
        status.f_files = UInt(statistics.files)
        status.f_ffree = UInt(statistics.freeFiles)
        status.f_namemax = UInt(statistics.maximumNameLength)
        answer { fuse_reply_statfs($0, &status) }
    }
}
