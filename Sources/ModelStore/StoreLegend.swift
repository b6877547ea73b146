import GRDB
import NetworkModel

/// The table `legend`: what the numbers in the other tables mean, for people who look into a store. The program itself
/// never reads a meaning from it.
enum StoreLegend {
    private struct Entry: Hashable {
        let column: String
        let value: Int64
        let meaning: String
    }

    /// Writes the legend where it differs from what this version knows.
    static func bringUpToDate(_ db: Database) throws {
        let wanted = Set(entries)
        var stored: Set<Entry> = []
        try StoreStatement(db, "SELECT \"column\", value, meaning FROM legend").forEachRow { row in
            stored.insert(
                Entry(column: try row.text(0, "column"), value: row.integer(1), meaning: try row.text(2, "meaning")))
        }
        guard stored != wanted else { return }
        try db.inTransaction(.immediate) {
            try StoreStatement(db, "DELETE FROM legend").run()
            let insert = try StoreStatement(db, "INSERT INTO legend VALUES (?, ?, ?)")
            for entry in wanted {
                try insert.run([.text(entry.column), .integer(entry.value), .text(entry.meaning)])
            }
            return .commit
        }
    }

    private static var entries: [Entry] {
        let phases: [ObjectRecord.Phase] = [.stable, .attaching, .removing, .connecting, .disconnecting]
        let attributes = AttributeID.allCases.map { (Int64($0.rawValue), "\($0)") }
        let collections = CollectionID.allCases.map { (Int64($0.rawValue), "\($0)") }
        return entries("object.kind", Kind.allCases.map { (Int64($0.rawValue), $0.title) })
            + entries("object.phase", phases.map { (Int64($0.rawValue), "\($0)") })
            + entries("object.collection", collections)
            + entries("attribute.attribute", attributes)
            + entries("facet.facet", attributes + collections)
    }

    private static func entries(_ column: String, _ meanings: [(value: Int64, text: String)]) -> [Entry] {
        meanings.map { Entry(column: column, value: $0.value, meaning: $0.text) }
    }
}
