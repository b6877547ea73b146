import Foundation
import GRDB
import Testing

@testable import ModelStore

/// A directory for one test, removed with the value.
final class StoreDirectory: Sendable {
    let directory: String
    var path: String { directory + "/store.db" }

    init() throws {
        directory = NSTemporaryDirectory() + "/store-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: directory)
    }

    func open() throws -> SQLiteModelStore { try SQLiteModelStore(path: path) }

    /// Changes the file as a person with `sqlite3` would, without the store's constraints.
    func tamper(_ sql: String) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA ignore_check_constraints = ON")
            try db.execute(sql: sql)
        }
        try queue.close()
    }

    func bytes() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }
}

/// Expects `body` to fail in a certain way.
///
/// - Returns: the failure.
@discardableResult
func expectFailure(
    _ kind: StoreFailure.Kind, _ comment: Comment? = nil, location: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
) -> StoreFailure? {
    do {
        try body()
        Issue.record(comment ?? "no failure, where \(kind) was expected", sourceLocation: location)
        return nil
    } catch {
        let failure = error as? StoreFailure
        #expect(failure?.kind == kind, comment ?? "\(error)", sourceLocation: location)
        return failure
    }
}
