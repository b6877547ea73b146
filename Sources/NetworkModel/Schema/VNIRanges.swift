/// The numbers that a zone keeps for its L2VxlanNetworks (paper: the VNI range of a VXLAN pool).
public struct VNIRanges: Hashable, Sendable {
    public let numbers: IntervalSet<Int32>

    /// Reads numbers and ranges between blanks, commas and line ends: `1000-1999, 3000`. Ranges that touch or overlap are
    /// one.
    ///
    /// - Throws: `value.empty`, `zone.vni-ranges.malformed` or `zone.vni-ranges.reversed` (EINVAL), or
    ///   `zone.vni-ranges.out-of-range` (ERANGE). ZStack: VX-01.
    init(_ text: String) throws(Refusal) {
        var set = IntervalSet<Int32>()
        for line in ValueText.lines(text) {
            for word in line.split(whereSeparator: { $0 == "," || $0 == " " || $0 == "\t" }) {
                set.insert(try VNIRanges.range(word))
            }
        }
        guard !set.isEmpty else {
            throw Refusal(
                "value.empty", .invalid, "The text written to vni-ranges holds no range.",
                remedy: "Write ranges such as 1000-1999, or remove the file to have no pool.")
        }
        numbers = set
    }

    private static func range(_ word: Substring) throws(Refusal) -> ClosedRange<Int32> {
        let ends = word.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let limits = ends.map { end in
            end.utf8.allSatisfy { (48...57).contains($0) } && end.utf8.first != UInt8(ascii: "0") ? Int(end) : nil
        }
        guard let low = limits.first ?? nil, let high = limits.last ?? nil else {
            throw Refusal(
                "zone.vni-ranges.malformed", .invalid, "\(ValueText.quoted(word)) is no range of VNIs.",
                remedy: "Write ranges such as 1000-1999, or single numbers.")
        }
        guard low <= high else {
            throw Refusal(
                "zone.vni-ranges.reversed", .invalid, "The range \(word) begins after its end.",
                remedy: "Write the lower number first: \(high)-\(low)")
        }
        guard L2Network.vnis.contains(low), L2Network.vnis.contains(high) else {
            throw Refusal(
                "zone.vni-ranges.out-of-range", .range,
                "VNIs are from \(L2Network.vnis.lowerBound) to \(L2Network.vnis.upperBound), which \(word) exceeds.",
                remedy: "Choose numbers in between.")
        }
        return Int32(low)...Int32(high)
    }

    /// As `state/` shows it: `1000-1999 3000`.
    var text: String {
        numbers.intervals.map {
            $0.lowerBound == $0.upperBound ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)"
        }
        .joined(separator: " ")
    }
}

extension ObjectRecord {
    /// Of a zone; nil where it has no pool.
    var vniRanges: VNIRanges? { text(.vniRanges).flatMap { try? VNIRanges($0) } }
}
