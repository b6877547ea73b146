import ArgumentParser
import FUSE
import NetworkModel

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Tells what may be written where.",
        discussion: """
            Without arguments the kinds of objects, with KIND its attributes, with KIND ATTRIBUTE what the tree has in \
            schema/KIND/ATTRIBUTE. Needs no mount.

            With --in, the names of the attributes that the object in DIR could have and has not set yet.
            """)

    @Argument(help: "A kind, such as l2.", completion: .custom { _, _, _ in SchemaText.kinds.map(\.name) })
    var kind: String?

    @Argument(
        help: "One of its attributes.", completion: .custom { words, _, _ in SchemaCommand.attributes(after: words) })
    var attribute: String?

    @Option(
        name: .customLong("in"), help: ArgumentHelp("An object's directory in a mount.", valueName: "dir"),
        completion: .directory)
    var directory: String?

    func validate() throws {
        guard directory == nil || kind == nil else { throw ValidationError("--in DIR takes no KIND.") }
    }

    func run() throws {
        if let directory {
            for name in try ObjectDirectory(directory).unsetAttributes() { print(name) }
            return
        }
        guard let kind else {
            print(SchemaText.overview(), terminator: "")
            return
        }
        guard let definition = SchemaText.kinds.first(where: { $0.name == kind }) else {
            let known = SchemaText.kinds.map(\.name).joined(separator: ", ")
            throw Failure("\(kind) is not a kind of object; these are: \(known).")
        }
        guard let attribute else {
            print(SchemaText.table(of: definition), terminator: "")
            return
        }
        guard let row = definition.attributes.first(where: { $0.name == attribute }) else {
            let known = definition.attributes.map(\.name).joined(separator: ", ")
            throw Failure("\(kind) has no attribute \(attribute); it has: \(known).")
        }
        print(SchemaText.text(of: row), terminator: "")
    }

    /// For completion: the attributes of the kind that stands on the command line.
    private static func attributes(after words: [String]) -> [String] {
        SchemaText.kinds.first { words.contains($0.name) }?.attributes.map(\.name) ?? []
    }
}
