import ArgumentParser
import ModelStore

struct FsckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fsck", abstract: "Checks a store that is not mounted; changes nothing.",
        discussion: "Exit status 1 if something is wrong with it.")

    @Argument(help: "The SQLite file that holds the model.")
    var store: String

    func run() throws {
        let problems = try SQLiteModelStore.check(path: store)
        for problem in problems { print(problem) }
        guard problems.isEmpty else { throw Failure("\(store) has \(problems.count) problems.") }
        print("\(store) is in order.")
    }
}
