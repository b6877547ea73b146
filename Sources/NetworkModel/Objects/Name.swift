/// The name of an object: one component of a path. Compared byte by byte, as file names are, and not as Swift compares
/// strings (where two spellings of one accented letter are equal).
public struct Name: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    /// Takes any text; whether it may be given to a new object is for `NameRules` to say.
    public init(_ text: String) {
        self.text = text
    }

    public var description: String { text }

    public static func == (left: Name, right: Name) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
