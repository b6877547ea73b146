import NetworkModel

/// Values as the model has them.
extension StoreStatement.Value {
    static func id(_ id: ObjectID) -> Self { .integer(Int64(bitPattern: id.rawValue)) }
    static func optional(_ id: ObjectID?) -> Self { id.map { .id($0) } ?? .null }
    static func optional(_ text: String?) -> Self { text.map { .text($0) } ?? .null }
    static func optional(_ number: Int?) -> Self { number.map { .integer(Int64($0)) } ?? .null }
    /// A number of at most 32 bits.
    static func number(_ number: some BinaryInteger) -> Self { .integer(Int64(truncatingIfNeeded: number)) }

    /// 32 hexadecimal digits.
    static func uuid(_ uuid: UniqueID) -> Self {
        .text(
            String(unsafeUninitializedCapacity: 32) { digits in
                for index in 0..<32 {
                    let half = index < 16 ? uuid.high : uuid.low
                    let nibble = UInt8(truncatingIfNeeded: half >> UInt64(60 - index % 16 * 4)) & 15
                    digits[index] = nibble < 10 ? nibble + UInt8(ascii: "0") : nibble - 10 + UInt8(ascii: "a")
                }
                return 32
            })
    }
}
