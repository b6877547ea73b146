import GRDB

/// The rows of a table that belong to objects, read side by side with the objects themselves. Both ascend by object, so
/// that one pass over each is enough.
final class GroupedRows<Element> {
    private let table: String
    private let rows: StoreStatement
    private let decode: (StoreStatement) throws -> Element
    private let report: (String) throws -> Void
    /// The object of the row that comes next; nil after the last one.
    private var owner: Int64?

    /// - Parameters:
    ///   - sql: its first column is the object, by which the rows ascend.
    ///   - decode: makes an element of a row, or throws `InvalidRow`.
    ///   - report: told of rows that are wrong; they are left out.
    init(
        _ db: Database, table: String, sql: String, report: @escaping (String) throws -> Void,
        decode: @escaping (StoreStatement) throws -> Element
    ) throws {
        self.table = table
        self.decode = decode
        self.report = report
        rows = try StoreStatement(db, sql)
        try advance()
    }

    deinit {
        rows.reset()
    }

    /// The elements of an object. Ask for ascending objects only.
    func elements(of object: Int64) throws -> [Element] {
        if let owner, owner < object { try passOver(before: object) }
        guard owner == object else { return [] }
        var elements: [Element] = []
        while owner == object {
            do {
                elements.append(try decode(rows))
            } catch let invalid as InvalidRow {
                try report("table \(table), object \(object): \(invalid.problem)")
            }
            try advance()
        }
        return elements
    }

    /// Reports what is left: rows of objects that do not exist.
    func finish() throws {
        try passOver(before: .max)
    }

    private func passOver(before object: Int64) throws {
        while let owner, owner < object {
            try report("table \(table), object \(owner): there is no such object")
            try advance()
        }
    }

    private func advance() throws {
        owner = try rows.step() ? rows.integer(0) : nil
    }
}
