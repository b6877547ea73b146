import ArgumentParser

/// `netmodelfs`: a data centre's network as a directory tree.
@main
struct Netmodelfs: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "netmodelfs",
        abstract: "A data centre's network as a directory tree.",
        discussion: """
            Exit status: 0 done; 1 it failed, and standard error says why; 64 wrong arguments.
            """,
        version: version,
        subcommands: [
            MountCommand.self, UmountCommand.self, WhyCommand.self, CheckCommand.self, PlanCommand.self,
            DetachCommand.self, SchemaCommand.self, FsckCommand.self,
        ]
    )
}
