import GRDB
import NetworkModel

/// Reads everything that is stored, and looks whether it has a meaning.
struct ModelReader {
    let db: Database
    /// Told what is wrong: table, id and problem, as a part of a sentence. When it throws, reading ends there;
    /// otherwise the row is left out.
    let report: (String) throws -> Void

    func read() throws -> StoredModel {
        let records = try readObjects()
        let realizations = try readRealizations(records)
        let revision = try readMark("revision", atLeast: 0)
        let highest = max(records.last?.id ?? .root, realizations.last?.id ?? .root)
        let nextID = try readMark("next_id", atLeast: Int64(highest.rawValue) + 1)
        return StoredModel(
            records: records, realizations: realizations, nextID: ObjectID(UInt64(nextID)), revision: revision)
    }

    private func readMark(_ key: String, atLeast least: Int64) throws -> Int64 {
        var value: Int64?
        try StoreStatement(db, "SELECT value FROM meta WHERE key = ?").forEachRow([.text(key)]) {
            value = $0.integer(0)
        }
        guard let value, value >= least else {
            try report("table meta, key \(key): \(value.map { "\($0) is too low" } ?? "it is missing")")
            return least
        }
        return value
    }

    // MARK: - Objects

    private func readObjects() throws -> [ObjectRecord] {
        let attributes = try GroupedRows(
            db, table: "attribute",
            sql: "SELECT object, attribute, text, modified FROM attribute ORDER BY object, attribute",
            report: report, decode: ObjectRow.attribute)
        let facets = try GroupedRows(
            db, table: "facet",
            sql: "SELECT object, facet, mode, uid, gid, modified, changed FROM facet ORDER BY object, facet",
            report: report, decode: ObjectRow.facet)
        var records: [ObjectRecord] = []
        records.reserveCapacity(try Int.fetchOne(db, sql: "SELECT count(*) FROM object") ?? 0)
        var targets: [(of: ObjectID, id: ObjectID)] = []
        let collections = CollectionTable()
        // Siblings often follow one another.
        var parent: ObjectRecord?
        let sql = """
            SELECT id, parent, collection, kind, name, uuid, phase, target, mode, uid, gid, modified, changed, hidden
            FROM object ORDER BY id
            """
        try StoreStatement(db, sql).forEachRow { row in
            let id = row.integer(0)
            let texts = try attributes.elements(of: id)
            let metadata = try facets.elements(of: id)
            do {
                let record = try ObjectRow.object(row, attributes: texts, facets: metadata)
                if record.parent != parent?.id { parent = ModelReader.find(record.parent, in: records) }
                try check(record, parent: parent, collections)
                if let target = record.target { targets.append((record.id, target)) }
                records.append(record)
            } catch let invalid as InvalidRow {
                try report("table object, id \(id): \(invalid.problem)")
            }
        }
        try attributes.finish()
        try facets.finish()
        for target in targets where ModelReader.find(target.id, in: records) == nil {
            try report("table object, id \(target.of.rawValue): its target \(target.id.rawValue) does not exist")
        }
        if records.first?.kind != .root { try report("table object, id 1: the root is missing") }
        return records
    }

    private func check(_ record: ObjectRecord, parent: ObjectRecord?, _ collections: CollectionTable) throws {
        if record.id == .root || record.kind == .root {
            guard record.id == .root, record.kind == .root, record.parent == .root else {
                throw InvalidRow("the root is object 1, and its own parent")
            }
            return
        }
        guard let parent else { throw InvalidRow("its parent \(record.parent.rawValue) does not exist") }
        guard collections.kind(of: record.collection, in: parent.kind) == record.kind else {
            throw InvalidRow("a \(parent.kind.title) has no \(record.kind.title) in its \(record.collection)")
        }
    }

    // MARK: - Realizations

    private func readRealizations(_ records: [ObjectRecord]) throws -> [RealizationRecord] {
        var realizations: [RealizationRecord] = []
        try StoreStatement(db, RealizationRow.selection).forEachRow { row in
            do {
                let record = try RealizationRow.realization(row)
                guard ModelReader.find(record.host, in: records)?.kind == .host else {
                    throw InvalidRow("its host \(record.host.rawValue) does not exist")
                }
                guard record.wanted == nil || ModelReader.find(record.network, in: records)?.kind == .l2Network else {
                    throw InvalidRow("it is wanted, but its network \(record.network.rawValue) does not exist")
                }
                if ModelReader.find(record.id, in: records) != nil { throw InvalidRow("an object has the same id") }
                realizations.append(record)
            } catch let invalid as InvalidRow {
                try report("table realization, id \(row.integer(0)): \(invalid.problem)")
            }
        }
        return realizations
    }

    /// Finds a record among those ascending by id.
    private static func find(_ id: ObjectID, in records: [ObjectRecord]) -> ObjectRecord? {
        var low = 0
        var high = records.count
        while low < high {
            let middle = (low + high) / 2
            if records[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < records.count && records[low].id == id ? records[low] : nil
    }
}

/// Which kind of object each collection of each kind holds, ready for a million questions.
private struct CollectionTable {
    private var kinds: [Kind?] = Array(repeating: nil, count: 1 << 16)

    init() {
        for kind in Kind.allCases {
            for collection in KindDefinition.of(kind).collections + KindDefinition.of(kind).hiddenCollections {
                kinds[CollectionTable.index(collection.id, kind)] = collection.kind
            }
        }
    }

    func kind(of collection: CollectionID, in kind: Kind) -> Kind? {
        kinds[CollectionTable.index(collection, kind)]
    }

    private static func index(_ collection: CollectionID, _ kind: Kind) -> Int {
        Int(kind.rawValue) << 8 | Int(collection.rawValue)
    }
}
