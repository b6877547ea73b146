import ArgumentParser
import FUSE
import Glibc
import Logging

struct MountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mount",
        abstract: "Mounts the model in STORE at DIR.",
        discussion: """
            Returns when the mount is usable; the daemon stays in the background and logs to syslog. With --foreground it \
            stays, and logs to standard error. SIGTERM, SIGINT and umount(8) end it cleanly.

            Options (-o), beside the general ones of mount(8):
              allow_other     other users may use the mount; permissions decide what they may do
              realize=async   answer an attach at once, and report in state/ what came of it
              agent=PATH      the host agent's program on this machine
            """)

    @Argument(help: "The SQLite file that holds the model; made when missing.")
    var store: String

    @Argument(help: "The directory to mount at.")
    var dir: String

    @Option(name: .customShort("o"), help: ArgumentHelp("Options with commas between.", valueName: "options"))
    var options: [String] = []

    @Flag(name: .shortAndLong, help: "Stay in the foreground.")
    var foreground = false

    @Option(help: "What to log: trace, debug, info, notice, warning, error.")
    var logLevel: Logger.Level = .notice

    /// Where the background daemon tells the one who started it how it went.
    @Option(help: .hidden)
    var reportDescriptor: Int32?

    func run() async throws {
        let report = reportDescriptor.map { StartReport(descriptor: $0) }
        let storePath = try absolute(store)
        let settings = try MountSettings(options, store: storePath)
        if !foreground && report == nil {
            try BackgroundDaemon.start(arguments: ["mount", storePath, try absolute(dir)] + options.flatMap { ["-o", $0] } + ["--log-level", "\(logLevel)"])
            return
        }
        if report != nil { BackgroundDaemon.settle() }
        var logger = Logger(label: "netmodelfs") { label -> any LogHandler in
            report == nil ? StreamLogHandler.standardError(label: label) : SystemLogHandler(label: label)
        }
        logger.logLevel = logLevel
        do {
            try await Daemon(store: storePath, mountPoint: dir, settings: settings, logger: logger).run {
                report?.succeed()
            }
        } catch {
            guard let report else { throw error }
            report.fail("\(error)")
            throw ExitCode.failure
        }
    }

    /// The daemon's working directory is `/`, so the store's path must not depend on it.
    private func absolute(_ path: String) throws -> String {
        if path.hasPrefix("/") { return path }
        guard let current = getcwd(nil, 0) else { throw Failure("The working directory is gone.") }
        defer { free(current) }
        return String(cString: current) + "/" + path
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
