import ArgumentParser
import FUSE
import Glibc
import NetworkModel

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Tells what a change would be answered, without making it.",
        discussion: """
            The value is that of FILE, or of standard input. Where FILE is a staged directory in the mount, its rename to \
            PATH is checked. Hosts are not asked; see `plan`.

            Exit status 0 if it would be accepted, 1 if refused, with the reason on standard error, 2 if it could not be \
            checked. For the validation hooks of Ansible (validate), Puppet (validate_cmd) and Salt (check_cmd).
            """)

    @Argument(help: "What would be written or made.", completion: .file())
    var path: String

    @Argument(help: "The file with the value; by default standard input.", completion: .file())
    var file: String?

    @Option(help: ArgumentHelp("Check a symbolic link with this text.", valueName: "text"))
    var link: String?

    @Flag(help: "Check mkdir.")
    var directory = false

    func validate() throws {
        guard [link != nil, directory, file != nil].count(where: { $0 }) <= 1 else {
            throw ValidationError("--link, --directory and FILE exclude each other.")
        }
    }

    func run() throws {
        do {
            let change = ChangeQuestion.Change(file: file, link: link, directory: directory)
            if let refusal = try ask(try ChangeQuestion(path, change)) {
                write(STDERR_FILENO, message: refusal + "\n")
                throw ExitCode(1)
            }
        } catch let failure as Failure {
            complain(failure.description)
            throw ExitCode(2)
        }
    }

    private func ask(_ question: ChangeQuestion) throws -> String? {
        if let refusal = question.tooLong { return refusal }
        // The name of an extended attribute has 255 bytes, its value 64 KiB.
        let isShort = question.kind == "write" && question.name.utf8.count <= 200
        let message = isShort ? question.value : question.message
        guard message.count <= 65_536 else { throw Failure("The value is too long to be checked for so long a name.") }
        let code = ExtendedAttribute.set(
            isShort ? "user.netmodelfs.check.write:" + question.name : "user.netmodelfs.check", of: question.place,
            to: message)
        guard code != 0 else { return nil }
        if let refusal = RefusalText.ofThisThread(in: question.mountPoint) { return refusal.explanation }
        throw Failure("\(path) could not be checked: \(errorText(code)).")
    }
}
