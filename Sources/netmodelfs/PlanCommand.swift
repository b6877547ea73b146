import ArgumentParser
import FUSE
import Glibc

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Tells what a change would do on which host, without making it.",
        discussion: """
            The change is a write of the value of FILE, or of standard input; where FILE is a staged directory in the mount, its \
            rename to PATH. Hosts that are connected are asked whether they would take it.

            One line for each network and host, and the sums:

              realize, update, renew, release   what is done there, at once
              later                             when the host returns
              kept                              by a host that goes and cannot be reached
              refused                           what the host would say

            Exit status 0 if the change would go through, 1 if it would be refused, with the reason on standard error, 2 \
            if it could not be planned.
            """)

    @Argument(
        help: ArgumentHelp("What would be written, made or removed, then the file with the value.", valueName: "path"),
        completion: .file())
    var paths: [String]

    @Option(help: ArgumentHelp("Plan a symbolic link with this text, such as an attach.", valueName: "text"))
    var link: String?

    @Flag(help: "Plan mkdir.")
    var directory = false

    @Flag(help: "Plan the removal of each path, with all below it, such as a detach.")
    var remove = false

    func validate() throws {
        guard [link != nil, directory, remove].count(where: { $0 }) <= 1 else {
            throw ValidationError("--link, --directory and --remove exclude each other.")
        }
        guard !paths.isEmpty else { throw ValidationError("Missing expected argument '<path>'.") }
        let most = remove ? Int.max : link != nil || directory ? 1 : 2
        guard paths.count <= most else {
            throw ValidationError(
                "Too many arguments: --link and --directory have one path, a write a path and a file.")
        }
    }

    func run() throws {
        do {
            let (output, refusals) = try ask()
            write(STDOUT_FILENO, message: output)
            guard refusals.isEmpty else {
                write(STDERR_FILENO, message: refusals)
                throw ExitCode(1)
            }
        } catch let failure as Failure {
            complain(failure.description)
            throw ExitCode(2)
        }
    }

    private func ask() throws -> (output: String, refusals: String) {
        let questions: [ChangeQuestion] =
            if remove {
                try paths.map { try ChangeQuestion($0, .init(removes: true)) }
            } else {
                [
                    try ChangeQuestion(
                        paths[0], .init(file: paths.count > 1 ? paths[1] : nil, link: link, directory: directory))
                ]
            }
        guard let first = questions.first, questions.allSatisfy({ $0.mountPoint == first.mountPoint }) else {
            throw Failure("The paths are not all in one mount.")
        }
        if let refusal = first.tooLong { return ("", refusal + "\n") }
        let token = "\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        for (index, question) in questions.enumerated() {
            let also = index < questions.count - 1 ? "also-" : ""
            let message = Array("\(token)\0\(also)".utf8) + question.message
            guard message.count <= 65_536 else { throw Failure("The value is too long to be planned.") }
            let code = ExtendedAttribute.set("user.netmodelfs.plan", of: question.place, to: message)
            guard code == 0 else { throw Failure("\(paths[index]) could not be planned: \(errorText(code)).") }
        }
        return try answer("user.netmodelfs.plan.\(token)", of: first.mountPoint)
    }

    /// In parts, until one is missing; the first comes when the hosts have answered.
    private func answer(_ name: String, of mountPoint: String) throws -> (output: String, refusals: String) {
        var answer: [UInt8] = []
        for part in 0..<Int.max {
            switch ExtendedAttribute.get("\(name).\(part)", of: mountPoint) {
            case .success(let bytes):
                answer += bytes
                continue
            case .failure(let error) where error.code == ENODATA && part > 0: break
            case .failure(let error): throw Failure("The answer cannot be read: \(errorText(error.code)).")
            }
            break
        }
        let parts = answer.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
        if parts.count == 3 {
            // Two lines as of any refusal, of which the program writes the end of the last one itself.
            throw Failure("This could not be planned: " + String(decoding: parts[2].dropLast(), as: UTF8.self))
        }
        guard parts.count == 2 else { throw Failure("The answer of the daemon is not whole.") }
        return (String(decoding: parts[0], as: UTF8.self), String(decoding: parts[1], as: UTF8.self))
    }
}
