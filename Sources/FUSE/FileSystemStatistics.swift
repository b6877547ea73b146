/// What `statvfs` and `df` show of the whole file system.
public struct FileSystemStatistics: Sendable {
    /// Bytes in a block, the unit of the three that follow.
    public var blockSize: UInt64
    public var blocks: UInt64
    public var freeBlocks: UInt64
    /// Free blocks for users other than root.
    public var availableBlocks: UInt64
    /// How many inodes there are, and how many more there may be.
    public var files: UInt64
    public var freeFiles: UInt64
    /// The longest name, bytes.
    public var maximumNameLength: UInt64

    public init(
        blockSize: UInt64 = 4096, blocks: UInt64 = 0, freeBlocks: UInt64 = 0, availableBlocks: UInt64 = 0,
        files: UInt64 = 0, freeFiles: UInt64 = 0, maximumNameLength: UInt64 = 255
    ) {
        self.blockSize = blockSize
        self.blocks = blocks
        self.freeBlocks = freeBlocks
        self.availableBlocks = availableBlocks
        self.files = files
        self.freeFiles = freeFiles
        self.maximumNameLength = maximumNameLength
    }
}
