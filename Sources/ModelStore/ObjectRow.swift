import NetworkModel

/// From rows to the parts of an `ObjectRecord`. The order of columns is that of `ModelReader`'s queries.
enum ObjectRow {
    static func object(
        _ row: StoreStatement, attributes: [AttributeText], facets: [FacetMetadata]
    ) throws -> ObjectRecord {
        guard let collection = CollectionID(rawValue: try row.integer(2, as: UInt8.self, "collection")) else {
            throw InvalidRow("collection \(row.integer(2)) is unknown")
        }
        guard let kind = Kind(rawValue: try row.integer(3, as: UInt8.self, "kind")) else {
            throw InvalidRow("kind \(row.integer(3)) is unknown")
        }
        guard let phase = ObjectRecord.Phase(rawValue: try row.integer(6, as: UInt8.self, "phase")) else {
            throw InvalidRow("phase \(row.integer(6)) is unknown")
        }
        return ObjectRecord(
            id: try id(row, 0, "id"), kind: kind, parent: try id(row, 1, "parent"), collection: collection,
            name: Name(try row.text(4, "name")), uuid: try uuid(row, 5, "uuid"), phase: phase, attributes: attributes,
            target: row.isNull(7) ? nil : try id(row, 7, "target"), metadata: try metadata(row, from: 8),
            facetMetadata: facets, hiddenCollections: try row.integer(13, as: UInt32.self, "hidden"))
    }

    static func attribute(_ row: StoreStatement) throws -> AttributeText {
        guard let attribute = AttributeID(rawValue: try row.integer(1, as: UInt8.self, "attribute")) else {
            throw InvalidRow("attribute \(row.integer(1)) is unknown")
        }
        return AttributeText(id: attribute, text: try row.text(2, "text"), modified: row.integer(3))
    }

    static func facet(_ row: StoreStatement) throws -> FacetMetadata {
        FacetMetadata(facet: try row.integer(1, as: UInt8.self, "facet"), metadata: try metadata(row, from: 2))
    }

    /// Reads 1...2⁴⁸.
    static func id(_ row: StoreStatement, _ column: Int32, _ name: String) throws -> ObjectID {
        let number = row.integer(column)
        guard number >= 1, number <= 1 << 48 else { throw InvalidRow("\(name) \(number) is out of range") }
        return ObjectID(UInt64(number))
    }

    static func uuid(_ row: StoreStatement, _ column: Int32, _ name: String) throws -> UniqueID {
        try row.withText(column) { digits in
            guard digits.count == 32, let high = hexadecimal(digits, from: 0), let low = hexadecimal(digits, from: 16)
            else { throw InvalidRow("\(name) is not 32 hexadecimal digits") }
            return UniqueID(high: high, low: low)
        }
    }

    private static func metadata(_ row: StoreStatement, from column: Int32) throws -> Metadata {
        Metadata(
            mode: try row.integer(column, as: UInt16.self, "mode"),
            uid: try row.integer(column + 1, as: UInt32.self, "uid"),
            gid: try row.integer(column + 2, as: UInt32.self, "gid"),
            modified: row.integer(column + 3), changed: row.integer(column + 4))
    }

    /// Reads 16 digits, without a branch for each: theirs cannot be foreseen.
    private static func hexadecimal(_ digits: UnsafeBufferPointer<UInt8>, from first: Int) -> UInt64? {
        var value: UInt64 = 0
        var areDigits = true
        for index in first..<first + 16 {
            let decimal = digits[index] &- UInt8(ascii: "0")
            let letter = digits[index] &- UInt8(ascii: "a")
            areDigits = (decimal < 10) != (letter < 6) ? areDigits : false
            value = value << 4 | UInt64(decimal < 10 ? decimal : letter &+ 10)
        }
        return areDigits ? value : nil
    }
}
