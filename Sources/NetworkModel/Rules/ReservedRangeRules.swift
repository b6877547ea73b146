/// Rules for reserved ranges (ZStack: facts §2.6).
enum ReservedRangeRules {
    static func check(_ record: ObjectRecord, replacing old: ObjectRecord?, _ model: Model) throws(Refusal) {
        guard let text = record.text(.value), old?.text(.value) != text else { return }
        let range = try ReservedRange(text)
        let l3Path = model.path(of: record.parent)
        let first = model.firstChild(of: record.parent, in: .ranges) { model.range($0)?.family == range.family }
        guard let first, let anchor = model.range(first) else {
            let hasOthers = model.firstChild(of: record.parent, in: .ranges) { model.range($0) != nil } != nil
            throw Refusal(
                "reserved.no-range", .addressNotAvailable,
                "\(l3Path) has no \(hasOthers ? range.family.name + " " : "")range that addresses could be kept back from.",
                objects: [l3Path], remedy: "Write a range to @/\(l3Path)/ranges/ first.")
        }
        guard anchor.subnet.contains(range.start), anchor.subnet.contains(range.end) else {
            throw Refusal(
                "reserved.outside-subnet", .addressNotAvailable,
                "\(range.title) does not lie in \(anchor.subnet), the subnet of \(model.path(of: first)).",
                objects: [model.path(of: first)], remedy: "Choose addresses of \(anchor.subnet).")
        }
        for other in model.children(of: record.parent, in: .reserved) where other != record.id {
            guard let value = model.reservedRange(other), value.family == range.family,
                value.interval.overlaps(range.interval)
            else { continue }
            throw Refusal(
                "reserved.overlap", .addressInUse,
                "\(range.title) overlaps \(value.title) of \(model.path(of: other)).",
                objects: [model.path(of: other)], remedy: "Choose addresses outside it, or change it first.")
        }
    }
}
