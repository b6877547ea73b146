/// Ranges and reserved ranges of an L3 network, which stand beside each other on one wire.
extension DraftPlanner {
    /// A range that is there and shall be another.
    struct ChangedRange {
        let record: ObjectRecord
        let file: Draft.File
        let path: String
    }

    func compareFiles(
        _ id: ObjectID, _ collection: CollectionDefinition, _ files: [Draft.File], _ existing: [ObjectRecord],
        path: String, _ differences: Differences
    ) {
        let drafts = Dictionary(files.map { (Name($0.name), $0) }) { first, _ in first }
        var changed: [ChangedRange] = []
        for record in existing {
            let below = DraftPlanner.join(path, record.name.text)
            guard let file = drafts[record.name] else {
                remove(record, path: below, differences)
                continue
            }
            let isSame =
                file.text == record.fileText(.value)
                && DraftPlanner.isSame(record.metadata, file.metadata, isLink: false)
            if !isSame { changed.append(ChangedRange(record: record, file: file, path: below)) }
        }
        if !changed.isEmpty {
            ranges.append(
                Step(path: path) { () throws(Refusal) in
                    self.change(changed)
                    return Plan(changes: [], subject: id)
                })
        }
        let names = Set(existing.map(\.name))
        for file in files where !names.contains(Name(file.name)) {
            makeRange(file, in: id, collection, path: DraftPlanner.join(path, file.name))
        }
    }

    /// One after the other as far as that goes; those that stand in each other's way (places changed, a whole network
    /// renumbered) are taken out together, and then put back as they shall be.
    private func change(_ changed: [ChangedRange]) {
        var waiting = changed
        while !waiting.isEmpty {
            let refused = waiting.filter { range in
                do throws(Refusal) {
                    apply(
                        try model.plan(
                            .set(
                                range.record.id, .value, text: DraftPlanner.text(of: range.file),
                                ownership: range.file.ownership), context))
                    return false
                } catch {
                    return true
                }
            }
            if refused.count == waiting.count { break }
            waiting = refused
        }
        for range in waiting { if let record = model.record(range.record.id) { apply(.remove(record)) } }
        run(
            waiting.map { range in
                Step(path: range.path) { () throws(Refusal) in
                    let record = range.record
                    return try self.model.plan(
                        .create(
                            NewObject(
                                id: record.id, uuid: record.uuid, parent: record.parent,
                                collection: record.collection, name: record.name, ownership: range.file.ownership,
                                text: DraftPlanner.text(of: range.file))), self.context)
                }
            })
    }
}
