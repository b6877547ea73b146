import GRDB
import GRDBSQLite
import Glibc

/// A prepared statement that binds and reads columns exactly.
///
/// GRDB compiles and keeps the statement; values go past it, for two reasons: GRDB hands texts to SQLite as C strings
/// and so cuts them at a zero byte, while attributes are kept byte for byte; and it ends the process when a column does
/// not hold what was asked for, while a damaged store has to be explained.
struct StoreStatement {
    enum Value {
        case null
        case integer(Int64)
        case text(String)
    }

    private let statement: Statement
    private let connection: SQLiteConnection?
    private var handle: SQLiteStatement { statement.sqliteStatement }

    init(_ db: Database, _ sql: String) throws {
        statement = try db.cachedStatement(sql: sql)
        connection = db.sqliteConnection
    }

    // MARK: - Running

    /// Runs a statement that returns no rows.
    ///
    /// - Returns: how many rows it changed.
    @discardableResult
    func run(_ values: [Value] = []) throws -> Int {
        defer { reset() }
        try bind(values)
        while try step() {}
        return Int(sqlite3_changes(connection))
    }

    /// Calls `body` with the statement at each row.
    func forEachRow(_ values: [Value] = [], _ body: (StoreStatement) throws -> Void) throws {
        defer { reset() }
        try bind(values)
        while try step() { try body(self) }
    }

    /// Goes to the next row; false after the last one. Call `reset` when done.
    func step() throws -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw failure()
        }
    }

    /// Makes the statement ready for its next use and frees what it holds.
    func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    private func bind(_ values: [Value]) throws {
        var index: Int32 = 0
        for value in values {
            index += 1
            let code =
                switch value {
                case .null: sqlite3_bind_null(handle, index)
                case .integer(let number): sqlite3_bind_int64(handle, index, number)
                case .text(let text): bind(text, at: index)
                }
            guard code == SQLITE_OK else { throw failure() }
        }
    }

    private func bind(_ text: String, at index: Int32) -> Int32 {
        /// Tells SQLite to take a copy (sqlite3.h's SQLITE_TRANSIENT, a macro that Swift does not see).
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        var text = text
        return text.withUTF8 { bytes in
            // An empty text may have no address, which SQLite would take for NULL.
            guard let address = bytes.baseAddress, bytes.count > 0 else {
                return sqlite3_bind_text(handle, index, "", 0, transient)
            }
            return address.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                sqlite3_bind_text64(handle, index, $0, UInt64(bytes.count), transient, UInt8(SQLITE_UTF8))
            }
        }
    }

    private func failure() -> DatabaseError {
        let code = ResultCode(rawValue: sqlite3_extended_errcode(connection))
        let message = String(cString: sqlite3_errmsg(connection))
        // A used-up quota is a full disk to people; SQLite only knows ENOSPC as one.
        if code.primaryResultCode == .SQLITE_IOERR, [EDQUOT, ENOSPC].contains(sqlite3_system_errno(connection)) {
            return DatabaseError(resultCode: .SQLITE_FULL, message: message)
        }
        return DatabaseError(resultCode: code, message: message)
    }

    // MARK: - Columns of the current row

    func isNull(_ column: Int32) -> Bool {
        sqlite3_column_type(handle, column) == SQLITE_NULL
    }

    /// 0 for what is no number. The tables are STRICT, so that only a damaged file has such.
    func integer(_ column: Int32) -> Int64 {
        sqlite3_column_int64(handle, column)
    }

    /// A number of a narrower type.
    func integer<Number: FixedWidthInteger>(_ column: Int32, as type: Number.Type, _ name: String) throws -> Number {
        guard let number = Number(exactly: integer(column)) else {
            throw InvalidRow("\(name) \(integer(column)) is out of range")
        }
        return number
    }

    func text(_ column: Int32, _ name: String) throws -> String {
        try withText(column) { bytes in
            // Faster than `String(validating:as:)`: what is no UTF-8 is mended, and so becomes another text.
            var text = String(decoding: bytes, as: UTF8.self)
            guard text.withUTF8({ StoreStatement.areEqual($0, bytes) }) else {
                throw InvalidRow("\(name) is not UTF-8")
            }
            return text
        }
    }

    private static func areEqual(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
        guard left.count == right.count, let first = left.baseAddress, let second = right.baseAddress else {
            return left.count == right.count
        }
        return memcmp(first, second, left.count) == 0
    }

    /// Calls `body` with the bytes of a text. They are gone when it returns.
    func withText<Result>(_ column: Int32, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
        // In this order, as SQLite demands: the first call may convert the value.
        let address = sqlite3_column_text(handle, column)
        return try body(UnsafeBufferPointer(start: address, count: Int(sqlite3_column_bytes(handle, column))))
    }
}

/// What is wrong with a stored row, without its table and id.
struct InvalidRow: Error {
    let problem: String

    init(_ problem: String) {
        self.problem = problem
    }
}
