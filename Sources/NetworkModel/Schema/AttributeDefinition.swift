/// One row of a kind's table: everything that the tree, `state/` and `schema/` need to know of an attribute.
public struct AttributeDefinition: Sendable {
    public let id: AttributeID
    /// The file's name.
    public let name: String
    /// `name` as bytes, for lookups.
    public let nameBytes: [UInt8]
    public let form: Form
    /// One line for `schema/`: what it is.
    public let summary: String
    /// The legal values, in words.
    public let values: String
    /// The default, in words.
    public let defaultValue: String
    /// When it may change, in words.
    public let changes: String
    /// Refuses a text that is wrong whatever the model holds.
    public let check: @Sendable (String) throws(Refusal) -> Void
    /// The value in force, in canonical form; nil where there is none.
    public let effective: @Sendable (ObjectRecord, Model) -> String?

    public enum Form: Sendable, Hashable {
        /// A regular file.
        case file
        /// A symbolic link to an object of this kind.
        case link(Kind)
    }

    public init(
        _ id: AttributeID, _ name: String, form: Form = .file, summary: String, values: String, defaultValue: String,
        changes: String = "at any time",
        check: @escaping @Sendable (String) throws(Refusal) -> Void,
        effective: @escaping @Sendable (ObjectRecord, Model) -> String?
    ) {
        self.id = id
        self.name = name
        self.nameBytes = Array(name.utf8)
        self.form = form
        self.summary = summary
        self.values = values
        self.defaultValue = defaultValue
        self.changes = changes
        self.check = check
        self.effective = effective
    }

    /// Free text of at most 2,048 characters, which every kind of object may carry (ZStack's `description`).
    public static let description = AttributeDefinition(
        .description, "description", summary: "Free text for people.", values: "at most 2048 characters",
        defaultValue: "none",
        check: { (text: String) throws(Refusal) in
            let length = ValueText.withoutLastNewline(text).unicodeScalars.count
            guard length <= 2048 else {
                throw Refusal(
                    "description.too-long", .tooBig, "The description has \(length) characters; 2048 is the most.",
                    remedy: "Shorten it.")
            }
        },
        effective: { record, _ in record.text(.description).map(ValueText.withoutLastNewline) })
}

extension ValueText {
    static func withoutLastNewline(_ text: String) -> String {
        text.utf8.last == UInt8(ascii: "\n") ? String(decoding: text.utf8.dropLast(), as: UTF8.self) : text
    }
}
