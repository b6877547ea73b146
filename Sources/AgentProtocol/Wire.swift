import FoundationEssentials

/// One JSON object a line, in UTF-8.
public enum Wire {
    /// Why a line cannot be read.
    public struct Malformed: Error, Hashable, Sendable {
        /// What is wrong, as part of a sentence.
        public var reason: String
        /// The number of the request, when at least that could be read.
        public var id: UInt64?
    }

    /// The value as one line, with its newline; keys are sorted, so equal values give equal lines.
    ///
    /// - Throws: `EncodingError`, for instance for text that is no Unicode.
    public static func line(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var bytes = [UInt8](try encoder.encode(value))
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    /// The value in a line.
    ///
    /// - Throws: ``Malformed``, with the request's number if the line has one.
    public static func decode<Value: Decodable>(_ type: Value.Type, from line: [UInt8]) throws(Malformed) -> Value {
        guard String(validating: line, as: UTF8.self) != nil else {
            throw Malformed(reason: "it is not UTF-8", id: nil)
        }
        let data = Data(line)
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            let id = (try? JSONDecoder().decode(Numbered.self, from: data))?.id
            throw Malformed(reason: Self.describe(error), id: id)
        }
    }

    private struct Numbered: Decodable {
        var id: UInt64
    }

    private static func describe(_ error: any Error) -> String {
        func place(_ path: [any CodingKey]) -> String {
            path.isEmpty ? "" : " in \(path.map(\.stringValue).joined(separator: "."))"
        }
        switch error {
        case DecodingError.keyNotFound(let key, let context):
            return "\(key.stringValue) is missing\(place(context.codingPath))"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            return "a value of another type is needed\(place(context.codingPath))"
        case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
            return context.debugDescription
        default:
            // The decoder says the same of a number that does not fit.
            return "it is not valid JSON, or a number in it is out of range"
        }
    }
}
