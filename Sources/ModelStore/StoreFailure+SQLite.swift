import GRDB

extension StoreFailure {
    /// Puts an error of SQLite into words.
    init(_ error: any Error, path: String) {
        guard let error = error as? DatabaseError else {
            self = StoreFailure.inputOutput(path, "\(error)")
            return
        }
        let detail = error.message ?? error.resultCode.description
        switch error.resultCode {
        case .SQLITE_FULL:
            self.init(
                .full, path: path,
                reason: "The disk that holds the store \(path) is full, so the change was not stored.",
                remedy: "Free space on it and try again; nothing that was stored before is lost.")
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            self = StoreFailure.readOnly(path, detail)
        case .SQLITE_CORRUPT:
            self = StoreFailure.corrupt(path, "SQLite says: \(detail)")
        case .SQLITE_NOTADB:
            self = StoreFailure.notAStore(path, "it is no SQLite database")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(
                .locked, path: path, reason: "Another process uses the store \(path).",
                remedy: "Stop the daemon that runs on it, or choose another store.")
        case .SQLITE_CONSTRAINT:
            self = StoreFailure.conflict(path, "A change does not fit what the store \(path) holds: \(detail).")
        default:
            self = StoreFailure.inputOutput(path, detail)
        }
    }

    static func inputOutput(_ path: String, _ detail: String) -> StoreFailure {
        StoreFailure(
            .inputOutput, path: path, reason: "The store \(path) cannot be read or written: \(detail).",
            remedy: "Look at the disk and the kernel's messages, then try again.")
    }

    static func readOnly(_ path: String, _ detail: String) -> StoreFailure {
        StoreFailure(
            .readOnly, path: path, reason: "The store \(path) may not be written: \(detail).",
            remedy:
                "Give this user the right to write the file and its directory, and see that the disk is mounted for "
                + "writing.")
    }

    static func corrupt(_ path: String, _ detail: String) -> StoreFailure {
        StoreFailure(
            .corrupt, path: path, reason: "The store \(path) is damaged: \(detail).",
            remedy: "Run netmodelfs fsck on it to see all that is wrong, and restore it from a backup.")
    }

    static func conflict(_ path: String, _ reason: String) -> StoreFailure {
        StoreFailure(
            .conflict, path: path, reason: reason,
            remedy: "Restart the daemon: it then begins with what is stored.")
    }

    static func notAStore(_ path: String, _ detail: String) -> StoreFailure {
        StoreFailure(
            .notAStore, path: path, reason: "\(path) is no store of netmodelfs: \(detail).",
            remedy: "Choose another file, or a name that does not exist yet for a new store.")
    }

    static func newerSchema(_ path: String) -> StoreFailure {
        StoreFailure(
            .newerSchema, path: path, reason: "The store \(path) was written by a newer version of netmodelfs.",
            remedy: "Install that version or a later one; this one leaves the store as it is.")
    }
}

/// Runs `body` and turns whatever it throws into a failure of the store at `path`.
func explainingFailures<Result>(of path: String, _ body: () throws -> Result) throws(StoreFailure) -> Result {
    do {
        return try body()
    } catch let failure as StoreFailure {
        throw failure
    } catch {
        throw StoreFailure(error, path: path)
    }
}
