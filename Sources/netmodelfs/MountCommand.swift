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
            stays, logs to standard error, and tells a service manager how far it is (sd_notify). SIGTERM, SIGINT and \
            umount(8) end it cleanly.

            Options (-o), beside the general ones of mount(8):
              allow_other     other users may use the mount; permissions decide what they may do
              realize=async   answer an attach at once, and report in state/ what came of it
              drift=report    tell what somebody changed on hosts by hand, but do not repair it
              detach=keep     leave bridges and VLAN devices on the hosts when a network is detached
              bridge-iptables=off  keep frames on the bridges away from the hosts' iptables
              confirm=SECONDS a host whose own addresses have moved goes back when it is not reached anew within (30)
              agent=PATH      the host agent's program on this machine
              credentials=DIR where the credentials of ESXi hosts are (/etc/netmodelfs/credentials)
            """)

    @Argument(help: "The SQLite file that holds the model; made when missing.")
    var store: String

    @Argument(help: "The directory to mount at.")
    var dir: String

    @Option(name: .customShort("o"), help: ArgumentHelp("Options with commas between.", valueName: "options"))
    var options: [String] = []

    @Flag(name: .shortAndLong, help: "Stay in the foreground.")
    var foreground = false

    @Flag(name: .shortAndLong, help: "Ignore options that are not known.")
    var sloppy = false

    @Option(help: "What to log: trace, debug, info, notice, warning, error.")
    var logLevel: Logger.Level = .notice

    /// Where the background daemon tells the one who started it how it went.
    @Option(help: .hidden)
    var reportDescriptor: Int32?

    func run() async throws {
        let report = reportDescriptor.map { StartReport(descriptor: $0) }
        let storePath = MountPath.canonical(try MountPath.absolute(store))
        let settings = try MountSettings(options, store: storePath, sloppy: sloppy)
        if !foreground && report == nil {
            let words = ["mount", storePath, try MountPath.absolute(dir)] + options.flatMap { ["-o", $0] }
            try BackgroundDaemon.start(
                arguments: words + ["--log-level", "\(logLevel)"] + (sloppy ? ["--sloppy"] : []))
            return
        }
        let service = foreground ? ServiceNotifier.takenFromEnvironment() : nil
        if report != nil { BackgroundDaemon.settle() }
        var logger = Logger(label: "netmodelfs") { label -> any LogHandler in
            report == nil ? StreamLogHandler.standardError(label: label) : SystemLogHandler(label: label)
        }
        logger.logLevel = logLevel
        do {
            try await Daemon(store: storePath, mountPoint: dir, settings: settings, logger: logger).run(
                usable: {
                    report?.succeed()
                    service?.ready("Mounted at \(dir).")
                },
                stopping: { service?.stopping() })
        } catch {
            guard let report else { throw error }
            report.fail("\(error)")
            throw ExitCode.failure
        }
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
