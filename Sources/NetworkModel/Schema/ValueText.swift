/// How the text of an attribute file is read. What was written is kept byte for byte; these functions only interpret it.
public enum ValueText {
    /// The longest text of an attribute, in bytes. Longer ones are refused with EFBIG.
    public static let limit = 65_536

    /// - Throws: `value.too-long` (EFBIG).
    public static func checkLength(_ text: String) throws(Refusal) {
        guard text.utf8.count <= limit else {
            throw Refusal(
                "value.too-long", .tooBig, "The text has \(text.utf8.count) bytes; \(limit) are the most.",
                remedy: "Write a shorter text.")
        }
    }

    /// The lines that carry something: trimmed, without empty ones and without comments (`#` first).
    public static func lines(_ text: String) -> [Substring] {
        text.utf8.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let trimmed = trim(Substring(line))
            return trimmed.isEmpty || trimmed.utf8.first == UInt8(ascii: "#") ? nil : trimmed
        }
    }

    /// The only line of a text that must have exactly one.
    ///
    /// - Throws: `value.empty` or `value.several-lines`, both EINVAL.
    public static func single(_ text: String, of attribute: String) throws(Refusal) -> Substring {
        let lines = lines(text)
        guard let first = lines.first else {
            throw Refusal(
                "value.empty", .invalid, "The text written to \(attribute) holds no value.",
                remedy: "Write one value, or remove the file to go back to the default.")
        }
        guard lines.count == 1 else {
            throw Refusal(
                "value.several-lines", .invalid,
                "\(attribute) takes one value, but \(lines.count) lines were written to it.",
                remedy: "Write a single line; lines that begin with # are comments.")
        }
        return first
    }

    /// A decimal number without sign or leading zeros.
    ///
    /// - Throws: `RULE.not-a-number` (EINVAL) or `RULE.out-of-range` (ERANGE), where RULE is the one given.
    public static func number(
        _ text: String, of attribute: String, in range: ClosedRange<Int>, rule: String
    ) throws(Refusal) -> Int {
        let value = try single(text, of: attribute)
        let remedy = "Write a number from \(range.lowerBound) to \(range.upperBound)."
        let digits = value.utf8.first == UInt8(ascii: "-") ? value.dropFirst() : value
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }),
            digits.utf8.count == 1 || digits.utf8.first != UInt8(ascii: "0")
        else {
            throw Refusal(
                "\(rule).not-a-number", .invalid, "\(attribute) must be a number, not \(quoted(value)).", remedy: remedy
            )
        }
        guard let number = Int(value), range.contains(number) else {
            throw Refusal(
                "\(rule).out-of-range", .range,
                "\(attribute) must be from \(range.lowerBound) to \(range.upperBound), not \(quoted(value)).",
                remedy: remedy)
        }
        return number
    }

    /// One word of a fixed list, spelt exactly.
    public static func keyword<Value: RawRepresentable & CaseIterable>(
        _ text: String, of attribute: String, as _: Value.Type, rule: String, error: ErrorNumber = .invalid
    ) throws(Refusal) -> Value where Value.RawValue == String {
        let word = try single(text, of: attribute)
        // Byte by byte: to Swift, the Kelvin sign followed by "VM" equals "KVM".
        if let value = Value.allCases.first(where: { $0.rawValue.utf8.elementsEqual(word.utf8) }) { return value }
        let offered = Value.allCases.map(\.rawValue).joined(separator: ", ")
        throw Refusal(
            rule, error, "\(quoted(word)) is not a value of \(attribute).", remedy: "Write one of: \(offered).")
    }

    /// Text as it may stand in a sentence: at most 80 characters, control characters as `?`.
    public static func quoted(_ text: some StringProtocol) -> String {
        let visible = text.unicodeScalars.prefix(80).map { $0.value < 32 || $0.value == 127 ? "?" : Character($0) }
        return "'" + String(visible) + (text.unicodeScalars.count > 80 ? "…'" : "'")
    }

    private static func trim(_ text: Substring) -> Substring {
        var bytes = text.utf8
        while let first = bytes.first, isBlank(first) { bytes = bytes.dropFirst() }
        while let last = bytes.last, isBlank(last) { bytes = bytes.dropLast() }
        return Substring(bytes)
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }
}
