/// The identity of a row of the model: an object, an attachment, a range or a realization. Never reused (D2).
public struct ObjectID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// 1...2⁴⁸: the tree packs it into inode numbers together with 16 bits of its own.
    public let rawValue: UInt64

    public init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// The root of the tree, which is always there.
    public static let root = ObjectID(1)

    /// The first number given to anything that a person makes. Those below are kept for fixed rows.
    public static let first = ObjectID(16)

    public var description: String { "#\(rawValue)" }

    public static func < (left: ObjectID, right: ObjectID) -> Bool {
        left.rawValue < right.rawValue
    }
}
