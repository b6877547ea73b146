/// The number by which the kernel and a file system speak of a file, directory or link.
///
/// Numbers are chosen by the file system. They must never be used again for something else while the session lives:
/// the layer answers generation 1 for all of them.
public struct InodeNumber: RawRepresentable, Hashable, Sendable {
    /// The number as it travels. 0 is no inode.
    public let rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// The directory that is mounted; the kernel fixes its number at 1.
    public static let root = InodeNumber(rawValue: 1)
}

extension InodeNumber: CustomStringConvertible {
    public var description: String { String(rawValue) }
}
