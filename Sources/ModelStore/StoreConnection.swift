import GRDB
import Glibc

/// Opening the file of a store.
enum StoreConnection {
    /// The size that the write-ahead log is kept at, in pages: SQLite starts it over after as many (its default).
    static let logPages = 1000

    /// Opens a store for writing, and makes it when there is none.
    ///
    /// The connection holds an exclusive lock of the kernel on the file until it is closed or the process ends, however
    /// it ends. Such locks belong to the process: **no other code of the process may open and close the file**, which
    /// would drop them.
    static func open(_ path: String) throws(StoreFailure) -> DatabaseQueue {
        try makeFile(path)
        return try explainingFailures(of: path) {
            var configuration = Configuration()
            configuration.label = "ModelStore"
            // Should a rollback fail, the next commit tries it again, instead of GRDB ending the process.
            configuration.allowsUnsafeTransactions = true
            configuration.prepareDatabase { db in
                // Before the first access: then the log's index lies in this process's memory instead of a shared file.
                try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
            }
            let queue = try DatabaseQueue(path: plain(path), configuration: configuration)
            do {
                try queue.writeWithoutTransaction { db in
                    try identify(db, path)
                    try setDurability(db, path)
                }
                try StoreSchema.migrator.migrate(queue)
                queue.writeWithoutTransaction { db in
                    // Both are worth having and no reason to refuse a start, as when the disk is full.
                    try? StoreLegend.bringUpToDate(db)
                    try? growLog(db)
                }
                return queue
            } catch {
                try? queue.close()
                throw error
            }
        }
    }

    /// Opens a store for reading only; the file is left as it is.
    static func openForReading(_ path: String) throws(StoreFailure) -> DatabaseQueue {
        var status = stat()
        guard stat(path, &status) == 0 else { throw StoreFailure.inputOutput(path, errorText(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw StoreFailure.notAStore(path, "it is no regular file") }
        return try explainingFailures(of: path) {
            var configuration = Configuration()
            configuration.readonly = true
            // Without a log nobody writes to the store, and it may even lie on a medium that cannot be written.
            let location = hasLog(path) ? plain(path) : immutable(path)
            let queue = try DatabaseQueue(path: location, configuration: configuration)
            try queue.read { db in
                guard try applicationID(db) == StoreSchema.applicationID else {
                    throw StoreFailure.notAStore(path, "it is a database of another program")
                }
                if try StoreSchema.migrator.hasBeenSuperseded(db) { throw StoreFailure.newerSchema(path) }
            }
            return queue
        }
    }

    /// Whether a write-ahead log with content stands beside the store: a daemon uses it, or was killed.
    static func hasLog(_ path: String) -> Bool {
        var status = stat()
        return stat(path + "-wal", &status) == 0 && status.st_size > 0
    }

    // MARK: - The file

    /// Makes an empty file that only its owner may read. An existing one is not opened here, since closing it would
    /// drop the locks of this process.
    private static func makeFile(_ path: String) throws(StoreFailure) {
        let file = Glibc.open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        if file >= 0 {
            Glibc.close(file)
            return
        }
        let code = errno
        guard code == EEXIST else { throw unreachable(path, code) }
        var status = stat()
        guard stat(path, &status) == 0 else { throw unreachable(path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw StoreFailure.notAStore(path, "it is no regular file") }
        guard access(path, R_OK | W_OK) == 0 else { throw unreachable(path, errno) }
    }

    private static func unreachable(_ path: String, _ code: Int32) -> StoreFailure {
        switch code {
        case EACCES, EPERM, EROFS: StoreFailure.readOnly(path, errorText(code))
        case ENOSPC, EDQUOT: StoreFailure(DatabaseError(resultCode: .SQLITE_FULL), path: path)
        case ENOENT:
            StoreFailure(
                .inputOutput, path: path, reason: "The directory for the store \(path) does not exist.",
                remedy: "Make it, or choose another path.")
        default: StoreFailure.inputOutput(path, errorText(code))
        }
    }

    private static func errorText(_ code: Int32) -> String { String(cString: strerror(code)) }

    /// SQLite takes what begins with `file:` for a URI.
    private static func plain(_ path: String) -> String {
        path.hasPrefix("file:") ? "./" + path : path
    }

    /// The URI under which SQLite trusts that the file does not change, and needs neither locks nor other files.
    private static func immutable(_ path: String) -> String {
        var uri = "file:"
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "_"):
                uri.unicodeScalars.append(Unicode.Scalar(byte))
            default: uri += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return uri + "?immutable=1"
    }

    // MARK: - The database

    /// Refuses what is no store or one of the future, before anything is written.
    private static func identify(_ db: Database, _ path: String) throws {
        let stored = try applicationID(db)
        if stored == 0, try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") == 0 {
            // New. The mark comes first: a process that is killed from here on leaves a store that can be finished.
            try db.execute(sql: "PRAGMA application_id = \(StoreSchema.applicationID)")
            return
        }
        guard stored == StoreSchema.applicationID else {
            throw StoreFailure.notAStore(path, "it is a database of another program")
        }
        if try StoreSchema.migrator.hasBeenSuperseded(db) { throw StoreFailure.newerSchema(path) }
    }

    private static func applicationID(_ db: Database) throws -> Int32? {
        try Int32.fetchOne(db, sql: "PRAGMA application_id")
    }

    /// A commit is on the disk when it returns. GRDB's own setting for the log would take `synchronous` back to NORMAL,
    /// so everything is set here, and read back.
    private static func setDurability(_ db: Database, _ path: String) throws {
        let journal = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
        try db.execute(sql: "PRAGMA synchronous = FULL")
        try db.execute(sql: "PRAGMA wal_autocheckpoint = \(logPages)")
        let synchronous = try Int.fetchOne(db, sql: "PRAGMA synchronous")
        let locking = try String.fetchOne(db, sql: "PRAGMA locking_mode")
        let references = try Int.fetchOne(db, sql: "PRAGMA foreign_keys")
        guard journal == "wal", synchronous == 2, locking == "exclusive", references == 1 else {
            throw StoreFailure(
                .inputOutput, path: path,
                reason: "SQLite does not keep the store \(path) durable (journal \(journal ?? "unknown"), "
                    + "synchronous \(synchronous.map(String.init) ?? "unknown"), locking \(locking ?? "unknown")).",
                remedy: "Put the store on a local disk.")
        }
    }

    /// Grows the log to its full size once, so that commits overwrite it: one that makes the file grow costs half as
    /// much again. Pages that do not fit the cache go to the log before the commit; taking them back leaves the file
    /// grown.
    private static func growLog(_ db: Database) throws {
        let pages = try Int.fetchOne(db, sql: "PRAGMA cache_size") ?? -2000
        try db.execute(sql: "PRAGMA cache_size = 10")
        defer { try? db.execute(sql: "PRAGMA cache_size = \(pages)") }
        try db.checkpoint(.restart)
        let size = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 4096
        try db.inTransaction(.immediate) {
            try db.execute(sql: "CREATE TABLE ballast (content BLOB)")
            try db.execute(sql: "INSERT INTO ballast VALUES (zeroblob(\(size * (logPages + 100))))")
            return .rollback
        }
    }
}
