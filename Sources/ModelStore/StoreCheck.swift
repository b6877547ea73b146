import GRDB
import NetworkModel

/// What `netmodelfs fsck` does.
enum StoreCheck {
    static func problems(_ path: String) throws(StoreFailure) -> [String] {
        let hadLog = StoreConnection.hasLog(path)
        let queue = try StoreConnection.openForReading(path)
        let problems = try explainingFailures(of: path) {
            try queue.read { db in
                var problems = try String.fetchAll(db, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
                    .map { "SQLite says: \($0)." }
                do {
                    _ = try ModelReader(db: db, report: { problems.append("In the \($0).") }).read()
                    problems += try duplicates(db)
                } catch  where !problems.isEmpty {
                    problems.append("The rest cannot be read: \(StoreFailure(error, path: path).reason)")
                }
                return problems
            }
        }
        try? queue.close()
        // Without a log the file was read without locks, trusting that nobody writes to it.
        guard StoreConnection.hasLog(path) == hadLog else {
            throw StoreFailure(DatabaseError(resultCode: .SQLITE_BUSY), path: path)
        }
        return problems
    }

    private static func duplicates(_ db: Database) throws -> [String] {
        var problems: [String] = []
        let sql = "SELECT uuid, group_concat(id, ', ') FROM object GROUP BY uuid HAVING count(*) > 1"
        try StoreStatement(db, sql).forEachRow { row in
            problems.append("The objects \(try row.text(1, "ids")) have the same uuid \(try row.text(0, "uuid")).")
        }
        return problems
    }
}
