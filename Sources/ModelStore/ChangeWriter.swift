import GRDB
import NetworkModel

/// Writes changes into the tables, within a transaction that is open.
struct ChangeWriter {
    let db: Database
    /// For failures.
    let path: String

    /// - Throws: `StoreFailure.conflict` when the stored revision is not `revision` or a change does not fit what is
    ///   stored; `DatabaseError`.
    func write(_ changes: [Change], nextID: ObjectID, after revision: Int64) throws {
        let advance = "UPDATE meta SET value = ?1 + 1 WHERE key = 'revision' AND value = ?1"
        guard try run(advance, [.integer(revision)]) == 1 else {
            let stored = try Int64.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'revision'")
            throw StoreFailure.conflict(
                path,
                "The store \(path) is at revision \(stored.map(String.init) ?? "unknown"), and the change was made for "
                    + "revision \(revision).")
        }
        var mark = nextID
        for change in changes {
            try write(change)
            if let id = ChangeWriter.newID(change), id >= mark { mark = ObjectID(id.rawValue + 1) }
        }
        try run("UPDATE meta SET value = ?1 WHERE key = 'next_id' AND value < ?1", [.id(mark)])
    }

    private static func newID(_ change: Change) -> ObjectID? {
        switch change {
        case .insert(let record): record.id
        case .insertRealization(let record): record.id
        case .remove, .update, .removeRealization, .updateRealization: nil
        }
    }

    private func write(_ change: Change) throws {
        switch change {
        case .insert(let record) where record.id == .root, .update(_, let record) where record.id == .root:
            try putRoot(record)
        // The inverse of putting the root: it was there before, and it stays.
        case .remove(let record) where record.id == .root: break
        case .insert(let record): try insert(record)
        case .remove(let record):
            try expectOne("DELETE FROM object WHERE id = ?", [.id(record.id)], "object", record.id)
        case .update(let old, let new): try update(old, new)
        case .insertRealization(let record): try run(RealizationRow.insertion, RealizationRow.values(record))
        case .removeRealization(let record):
            try expectOne("DELETE FROM realization WHERE id = ?", [.id(record.id)], "realization", record.id)
        case .updateRealization(_, let new):
            try expectOne(RealizationRow.update, RealizationRow.values(new), "realization", new.id)
        }
    }

    // MARK: - Objects

    private func insert(_ record: ObjectRecord) throws {
        let metadata = record.metadata
        try run(
            """
            INSERT INTO object (id, parent, collection, kind, name, uuid, phase, target,
                mode, uid, gid, modified, changed, hidden)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .id(record.id), .id(record.parent), .number(record.collection.rawValue), .number(record.kind.rawValue),
                .text(record.name.text), .uuid(record.uuid), .number(record.phase.rawValue),
                .optional(record.target),
                .number(metadata.mode), .number(metadata.uid), .number(metadata.gid), .integer(metadata.modified),
                .integer(metadata.changed), .number(record.hiddenCollections),
            ])
        try insertParts(of: record)
    }

    private func insertParts(of record: ObjectRecord) throws {
        for attribute in record.attributes { try insert(attribute, of: record.id) }
        for facet in record.facetMetadata { try insert(facet, of: record.id) }
    }

    /// The root is in every store, so all of it is written, whatever it was before.
    private func putRoot(_ record: ObjectRecord) throws {
        try updateRow(record)
        try run(
            "UPDATE object SET name = ?, uuid = ? WHERE id = 1",
            [.text(record.name.text), .uuid(record.uuid)])
        try run("DELETE FROM attribute WHERE object = 1", [])
        try run("DELETE FROM facet WHERE object = 1", [])
        try insertParts(of: record)
    }

    private func update(_ old: ObjectRecord, _ new: ObjectRecord) throws {
        guard old.id == new.id, old.kind == new.kind, old.parent == new.parent, old.collection == new.collection,
            old.uuid == new.uuid
        else {
            throw StoreFailure.conflict(path, "A change would make object \(old.id.rawValue) into another object.")
        }
        let id = StoreStatement.Value.id(new.id)
        if old.phase != new.phase || old.metadata != new.metadata || old.hiddenCollections != new.hiddenCollections {
            try updateRow(new)
        }
        // On their own, since each is in an index.
        if old.name != new.name {
            try expectOne("UPDATE object SET name = ?2 WHERE id = ?1", [id, .text(new.name.text)], "object", new.id)
        }
        if old.target != new.target {
            try expectOne("UPDATE object SET target = ?2 WHERE id = ?1", [id, .optional(new.target)], "object", new.id)
        }
        try updateAttributes(old, new)
        try updateFacets(old, new)
    }

    private func updateRow(_ record: ObjectRecord) throws {
        let metadata = record.metadata
        try expectOne(
            """
            UPDATE object SET phase = ?2, mode = ?3, uid = ?4, gid = ?5, modified = ?6, changed = ?7, hidden = ?8
            WHERE id = ?1
            """,
            [
                .id(record.id), .number(record.phase.rawValue), .number(metadata.mode), .number(metadata.uid),
                .number(metadata.gid), .integer(metadata.modified), .integer(metadata.changed),
                .number(record.hiddenCollections),
            ], "object", record.id)
    }

    // MARK: - Attributes

    private func updateAttributes(_ old: ObjectRecord, _ new: ObjectRecord) throws {
        for attribute in old.attributes where new.attribute(attribute.id) == nil {
            try expectOne(
                "DELETE FROM attribute WHERE object = ? AND attribute = ?",
                [.id(new.id), .number(attribute.id.rawValue)], "attribute", new.id)
        }
        for attribute in new.attributes {
            guard let before = old.attribute(attribute.id) else {
                try insert(attribute, of: new.id)
                continue
            }
            // Byte by byte: Swift takes two spellings of one accented letter for equal.
            guard before.modified != attribute.modified || !before.text.utf8.elementsEqual(attribute.text.utf8) else {
                continue
            }
            try expectOne(
                "UPDATE attribute SET text = ?3, modified = ?4 WHERE object = ?1 AND attribute = ?2",
                values(attribute, of: new.id), "attribute", new.id)
        }
    }

    private func insert(_ attribute: AttributeText, of object: ObjectID) throws {
        try run(
            "INSERT INTO attribute (object, attribute, text, modified) VALUES (?, ?, ?, ?)",
            values(attribute, of: object))
    }

    private func values(_ attribute: AttributeText, of object: ObjectID) -> [StoreStatement.Value] {
        [.id(object), .number(attribute.id.rawValue), .text(attribute.text), .integer(attribute.modified)]
    }

    // MARK: - Permissions and times of attributes and collections

    private func updateFacets(_ old: ObjectRecord, _ new: ObjectRecord) throws {
        for facet in old.facetMetadata where new.facetMetadata(facet.facet) == nil {
            try expectOne(
                "DELETE FROM facet WHERE object = ? AND facet = ?", [.id(new.id), .number(facet.facet)], "facet", new.id
            )
        }
        for facet in new.facetMetadata {
            guard let before = old.facetMetadata(facet.facet) else {
                try insert(facet, of: new.id)
                continue
            }
            guard before != facet.metadata else { continue }
            try expectOne(
                """
                UPDATE facet SET mode = ?3, uid = ?4, gid = ?5, modified = ?6, changed = ?7
                WHERE object = ?1 AND facet = ?2
                """,
                values(facet, of: new.id), "facet", new.id)
        }
    }

    private func insert(_ facet: FacetMetadata, of object: ObjectID) throws {
        try run(
            "INSERT INTO facet (object, facet, mode, uid, gid, modified, changed) VALUES (?, ?, ?, ?, ?, ?, ?)",
            values(facet, of: object))
    }

    private func values(_ facet: FacetMetadata, of object: ObjectID) -> [StoreStatement.Value] {
        let metadata = facet.metadata
        return [
            .id(object), .number(facet.facet), .number(metadata.mode), .number(metadata.uid), .number(metadata.gid),
            .integer(metadata.modified), .integer(metadata.changed),
        ]
    }

    // MARK: - Running

    @discardableResult
    private func run(_ sql: String, _ values: [StoreStatement.Value]) throws -> Int {
        try StoreStatement(db, sql).run(values)
    }

    /// Runs a statement that has to find its row: when it does not, the model and the store have parted.
    private func expectOne(_ sql: String, _ values: [StoreStatement.Value], _ table: String, _ id: ObjectID) throws {
        guard try run(sql, values) == 1 else {
            throw StoreFailure.conflict(
                path, "The store \(path) does not hold what a change would alter (table \(table), \(id.rawValue)).")
        }
    }
}
