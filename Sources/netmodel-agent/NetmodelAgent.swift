import AgentProtocol
import ArgumentParser
import Glibc
import HostAgent
import Logging

/// The agent on a host: `netmodel-agent --stdio`.
@main
struct NetmodelAgent: ParsableCommand {
    /// The version of the program.
    static let version = "0.1.0"

    /// Exit statuses beside those of the argument parser.
    private enum Status {
        static let namespaceMissing: Int32 = 3
        static let notPermitted: Int32 = 4
    }

    static let configuration = CommandConfiguration(
        commandName: "netmodel-agent",
        abstract: "Realizes L2 networks on this host for the netmodelfs daemon.",
        discussion: """
            The daemon starts it, usually through ssh, and speaks to it over standard input and output: one JSON \
            object a line. It ends when its input ends. Links that it made have the alias netmodelfs:UUID; it never \
            changes others, except that the physical interface is set up, gets a larger MTU and becomes a port.

            Exit status: 0 done, 3 no such network namespace, 4 links may not be changed, 64 wrong arguments.
            """,
        version: version
    )

    @Flag(help: "Serve requests on standard input and output.")
    var stdio = false

    @Option(help: ArgumentHelp("Be a host of its own: work in this network namespace.", valueName: "name"))
    var netns: String?

    @Option(help: ArgumentHelp("End when the daemon says nothing for this long.", valueName: "seconds"))
    var idleExit: Int?

    /// For the agent's own use: it starts a second process that outlives it.
    @Option(name: .customLong("guard"), help: .hidden)
    var guardedChange: String?

    mutating func validate() throws {
        if let idleExit, idleExit < 1 { throw ValidationError("--idle-exit is a number of seconds, at least 1.") }
        guard stdio || guardedChange != nil else {
            throw ValidationError("--stdio is the only way to be spoken to; it must be given.")
        }
    }

    mutating func run() throws {
        if let guardedChange {
            do throws(ChangeGuard.StartFailure) {
                try ChangeGuard.watch(guardedChange)
                return
            } catch {
                Self.complain(error.description)
                throw ExitCode.failure
            }
        }
        // First of all: only threads made after this are in the namespace.
        if let netns {
            do throws(NetworkNamespace.EntryFailure) {
                try NetworkNamespace(name: netns).enter()
            } catch {
                Self.complain(error.description)
                throw ExitCode(Status.namespaceMissing)
            }
        }
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        let server = AgentServer(
            input: STDIN_FILENO, output: STDOUT_FILENO, version: Self.version,
            idleLimit: idleExit.map { .seconds($0) }, namespace: netns, logger: Logger(label: "netmodel-agent"))
        do throws(AgentServer.StartFailure) {
            try server.run()
        } catch {
            Self.complain(error.description)
            throw ExitCode(Status.notPermitted)
        }
    }

    private static func complain(_ sentence: String) {
        let line = Array("\(sentence)\n".utf8)
        _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
