/// Cuts a stream of bytes into lines and throws away lines that are too long, whatever their length.
///
/// It keeps at most ``longestLine`` bytes.
public struct LineDecoder: Sendable {
    /// The longest line in bytes, without its newline: 1 MiB.
    public static let longestLine = 1 << 20

    /// What was found in the stream.
    public enum Line: Hashable, Sendable {
        /// A line, without its newline.
        case bytes([UInt8])
        /// A line of this many bytes was too long; its bytes are gone.
        case tooLong(bytes: Int)
    }

    private var pending: [UInt8] = []
    private var discarded = 0

    /// Creates a decoder at the start of a stream.
    public init() {}

    /// Takes the next bytes of the stream and returns the lines that are complete now; empty lines are left out.
    public mutating func append(_ bytes: some Sequence<UInt8>) -> [Line] {
        var lines: [Line] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                if discarded > 0 {
                    discarded += 1
                } else if pending.count < Self.longestLine {
                    pending.append(byte)
                } else {
                    discarded = pending.count + 1
                    pending = []
                }
                continue
            }
            if discarded > 0 {
                lines.append(.tooLong(bytes: discarded))
                discarded = 0
            } else if !pending.isEmpty {
                lines.append(.bytes(pending))
                pending.removeAll(keepingCapacity: pending.count < 1 << 16)
            }
        }
        return lines
    }
}
