import Glibc
import ModelStore
import NetworkModel

// Commits zones named by ascending numbers for ever, and prints each number when its commit has returned.
// Arguments: the store, the first number.

guard CommandLine.arguments.count == 3, let first = UInt64(CommandLine.arguments[2]) else { exit(64) }
do {
    let store = try SQLiteModelStore(path: CommandLine.arguments[1])
    let model = try store.load()
    var revision = model.revision
    var id = model.nextID
    var number = first
    while true {
        let zone = ObjectRecord(
            id: id, kind: .zone, parent: .root, collection: .zones, name: Name("z\(number)"),
            uuid: UniqueID(high: 0, low: id.rawValue),
            attributes: [AttributeText(id: .description, text: "number \(number)", modified: 1)],
            metadata: Metadata(mode: 0o755, uid: 0, gid: 0, modified: 1, changed: 1))
        id = ObjectID(id.rawValue + 1)
        revision = try store.commit([.insert(zone)], nextID: id, after: revision)
        let line = Array("\(number)\n".utf8)
        guard write(STDOUT_FILENO, line, line.count) == line.count else { exit(1) }
        number += 1
    }
} catch {
    let line = Array("\(error.kind.rawValue): \(error)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    exit(2)
}
