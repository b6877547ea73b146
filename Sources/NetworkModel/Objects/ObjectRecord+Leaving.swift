/// Files of an object that were removed a moment ago and whose values are still in force, with the time of removal.
///
/// Kept as the text of an attribute that is no file, `ATTRIBUTE:TIME` for each, so that a daemon that is killed in that
/// moment still knows of the removal.
extension ObjectRecord {
    /// Attribute and time of removal (nanoseconds since 1970), in the order in which they left.
    public var leaving: [(attribute: AttributeID, since: Int64)] {
        guard let text = text(.leaving) else { return [] }
        return text.split(separator: " ").compactMap { entry in
            let parts = entry.split(separator: ":")
            guard parts.count == 2, let number = UInt8(parts[0]), let id = AttributeID(rawValue: number),
                let since = Int64(parts[1])
            else { return nil }
            return (id, since)
        }
    }

    /// The text of a file that is there.
    public func fileText(_ id: AttributeID) -> String? { isLeaving(id) ? nil : text(id) }

    public func isLeaving(_ id: AttributeID) -> Bool { leavingSince(id) != nil }

    public func leavingSince(_ id: AttributeID) -> Int64? {
        guard attribute(.leaving) != nil else { return nil }
        return leaving.first { $0.attribute == id }?.since
    }

    /// - Parameter since: nanoseconds since 1970; nil for a file that is back, or gone for good.
    mutating func setLeaving(_ id: AttributeID, _ since: Int64?) {
        guard attribute(.leaving) != nil || since != nil else { return }
        var all = leaving.filter { $0.attribute != id }
        if let since { all.append((id, since)) }
        let text = all.map { "\($0.attribute.rawValue):\($0.since)" }.joined(separator: " ")
        set(.leaving, text.isEmpty ? nil : text)
    }

    /// Whether nothing of what people wrote is left but what was just removed.
    var isBare: Bool {
        let definition = KindDefinition.of(kind)
        return attributes.allSatisfy { definition.attribute($0.id) == nil || isLeaving($0.id) }
    }
}
