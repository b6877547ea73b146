/// Which names a new object may have.
public enum NameRules {
    /// - Throws: `name.too-long` (ENAMETOOLONG), `name.malformed` or `name.temporary` (EINVAL).
    static func check(_ name: Name, kind: Kind) throws(Refusal) {
        let text = name.text
        guard text.utf8.count <= 255 else { throw tooLong(bytes: text.utf8.count) }
        let isPlain = text.utf8.allSatisfy { $0 >= 32 && $0 != 127 && $0 != UInt8(ascii: "/") }
        guard !text.isEmpty, text != ".", text != "..", isPlain else {
            throw Refusal(
                "name.malformed", .invalid, "\(ValueText.quoted(text)) cannot be the name of \(kind.titleWithArticle).",
                remedy: "Choose a name without control characters.")
        }
        guard !looksTemporary(text) else {
            throw Refusal(
                "name.temporary", .invalid,
                "\(ValueText.quoted(text)) looks like a temporary file of a tool, so it cannot name \(kind.titleWithArticle).",
                remedy: "Choose a name without a leading dot, a trailing ~ or an ending such as .tmp, .new, .bak, .swp."
            )
        }
    }

    /// `name.too-long`, for a name of so many bytes.
    public static func tooLong(bytes: Int) -> Refusal {
        Refusal(
            "name.too-long", .nameTooLong, "The name has \(bytes) bytes; 255 are the most.",
            remedy: "Choose a shorter name.")
    }

    private static let temporarySuffixes = [
        ".tmp", ".new", ".bak", ".orig", ".rej", ".swp", ".swpx", ".lock", ".cfnew", ".cfsaved", ".puppet-bak",
    ]
    /// With exactly six more characters: sed, perl, ln; with eight: Ansible.
    private static let temporaryPrefixes: [(prefix: String, more: Int)] = [
        ("sed", 6), ("XX", 6), ("Cu", 6), ("tmp", 8),
    ]

    /// Whether sed, perl or ln may have named a temporary so. Unlike ``looksTemporary(_:)`` also where chance gave it small
    /// letters only (one in 200), so people may name something so too: only for places and calls where they do not.
    public static func mayBeRandom(_ text: String) -> Bool {
        temporaryPrefixes.contains { prefix, more in
            text.hasPrefix(prefix) && text.utf8.count == prefix.utf8.count + more
                && text.dropFirst(prefix.count).utf8.allSatisfy(isLetterOrDigit)
        }
    }

    /// Whether tools use such names for files that they rename or remove soon (measured on 20 tools).
    public static func looksTemporary(_ text: String) -> Bool {
        if text.utf8.first == UInt8(ascii: ".") || text.hasSuffix("~") || text == "4913" { return true }
        if text.hasPrefix("#") && text.hasSuffix("#") { return true }
        if temporarySuffixes.contains(where: text.hasSuffix) { return true }
        if text.utf8.count > 4, text.contains(".cf-") { return true }
        if isDated(text) { return true }
        return mayBeRandom(text)
            && text.utf8.dropFirst(2).contains { (65...90).contains($0) || (48...57).contains($0) }
    }

    /// `NAME20261123-4711-a1b2c3`, as Puppet (with `.lock`: its directory) and Chef name them.
    private static func isDated(_ text: String) -> Bool {
        let name = text.hasSuffix(".lock") ? text.dropLast(5) : text[...]
        let parts = name.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false).suffix(3)
        guard parts.count == 3, let date = parts.first, let last = parts.last, date.count > 8 else { return false }
        let pid = parts[parts.startIndex + 1]
        return date.suffix(8).allSatisfy(isDigit) && !pid.isEmpty && pid.allSatisfy(isDigit) && last.count >= 4
            && last.allSatisfy(isLetterOrDigit)
    }

    /// Whether `text` is `name` and a random end of exactly eight characters, or `.o` and six: the names that Python's
    /// `mkstemp` (Salt) and patch make of a file's name.
    public static func looksTemporary(_ text: String, besides name: String) -> Bool {
        guard text.utf8.starts(with: name.utf8) else { return false }
        let more = text.utf8.dropFirst(name.utf8.count)
        guard more.count == 8 else { return false }
        let end = more.starts(with: ".o".utf8) ? more.dropFirst(2) : more
        return end.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "_") } && !end.allSatisfy(isDigit)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
