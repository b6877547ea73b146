import GRDB
import NetworkModel

/// A store in one SQLite file, used by one process at a time.
///
/// The file is locked until `close` or the end of the process, also by `kill -9`. The lock is one of the process: no
/// other code of this process may open and close the file meanwhile, which would drop it.
public final class SQLiteModelStore: ModelStore {
    public let path: String
    /// One connection; its queue lets one caller in at a time.
    let queue: DatabaseQueue

    /// Opens the store, and makes it (mode 0600) when there is no file.
    ///
    /// - Throws: `.locked` when another process uses it, `.notAStore` and `.newerSchema` (the file is left as it is),
    ///   `.readOnly`, `.full`, `.corrupt` and `.inputOutput`.
    public init(path: String) throws(StoreFailure) {
        self.path = path
        queue = try StoreConnection.open(path)
    }

    public func load() throws(StoreFailure) -> StoredModel {
        try explainingFailures(of: path) {
            try queue.writeWithoutTransaction { db -> StoredModel in
                let reader = ModelReader(db: db) { [path] problem in throw StoreFailure.corrupt(path, problem) }
                return try reader.read()
            }
        }
    }

    /// The UUID that tells this store from all others: that of its root.
    public func identity() throws(StoreFailure) -> UniqueID? {
        try explainingFailures(of: path) {
            try queue.writeWithoutTransaction { db in
                try String.fetchOne(db, sql: "SELECT uuid FROM object WHERE id = 1").flatMap { UniqueID($0) }
            }
        }
    }

    public func commit(_ changes: [Change], nextID: ObjectID, after revision: Int64) throws(StoreFailure) -> Int64 {
        try explainingFailures(of: path) {
            try queue.writeWithoutTransaction { db in
                // Left over only where a rollback failed.
                if db.isInsideTransaction { try StoreStatement(db, "ROLLBACK").run() }
                try StoreStatement(db, "BEGIN IMMEDIATE").run()
                do {
                    try ChangeWriter(db: db, path: path).write(changes, nextID: nextID, after: revision)
                    try StoreStatement(db, "COMMIT").run()
                } catch {
                    // SQLite has rolled back already after some errors, such as a full disk.
                    if db.isInsideTransaction { _ = try? StoreStatement(db, "ROLLBACK").run() }
                    throw error
                }
                return revision + 1
            }
        }
    }

    public func close() {
        // Can fail only while a statement runs, and none does.
        try? queue.close()
    }

    /// Looks for damage without changing anything. Takes seconds for a million objects.
    ///
    /// - Returns: what is wrong, a sentence each; empty when all is well.
    /// - Throws: `.locked` while a daemon uses the store, `.notAStore`, `.newerSchema`, `.inputOutput`.
    public static func check(path: String) throws(StoreFailure) -> [String] {
        do throws(StoreFailure) {
            return try StoreCheck.problems(path)
        } catch {
            guard error.kind == .corrupt else { throw error }
            return [error.reason]
        }
    }
}
