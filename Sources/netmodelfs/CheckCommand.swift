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
            PATH is checked. Hosts are not asked.

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
            let target = try Target(path, follows: link == nil && !directory)
            if let refusal = try ask(target) {
                write(STDERR_FILENO, message: refusal + "\n")
                throw ExitCode(1)
            }
        } catch let failure as Failure {
            complain(failure.description)
            throw ExitCode(2)
        }
    }

    /// What is asked of the daemon, and through which file.
    private struct Target {
        let mountPoint: String
        let place: String
        /// In the directory `place`; empty for `place` itself.
        let name: String

        /// - Parameter follows: whether a link at the end of the path is followed.
        init(_ path: String, follows: Bool) throws {
            let absolute = try MountPath.absolute(path)
            let parts = absolute.split(separator: "/").map(String.init)
            guard let last = parts.last else { throw Failure("\(path) is in no netmodelfs.") }
            // Through a link to a file, as a write goes.
            var followed = stat()
            if follows, stat(absolute, &followed) == 0, followed.st_mode & S_IFMT == S_IFREG {
                let whole = MountPath.canonical(absolute)
                let mounts = try MountTable.entries(ofType: "fuse.netmodelfs").map(\.mountPoint)
                guard let mount = mounts.last(where: { whole.hasPrefix($0 + "/") }) else {
                    throw Failure("\(path) is in no netmodelfs.")
                }
                mountPoint = mount
                place = whole
                name = ""
                return
            }
            let parent = MountPath.canonical("/" + parts.dropLast().joined(separator: "/"))
            let mounts = try MountTable.entries(ofType: "fuse.netmodelfs").map(\.mountPoint)
            guard let mount = mounts.last(where: { parent == $0 || parent.hasPrefix($0 + "/") }) else {
                throw Failure("\(path) is in no netmodelfs.")
            }
            mountPoint = mount
            // The file's own rights decide where it is there; a link's and a new name's those of the directory.
            place = parent
            name = last
        }
    }

    private func ask(_ target: Target) throws -> String? {
        var place = target.place
        var name = target.name
        let question: String
        let value: [UInt8]
        if let link {
            (question, value) = ("symlink", Array(link.utf8))
        } else if directory {
            (question, value) = ("mkdir", [])
        } else if let file, let staged = try stagedDirectory(file, in: target.mountPoint) {
            (question, value) = ("rename", Array(staged.utf8))
        } else {
            (question, value) = ("write", try read())
        }
        if question != "write", name.isEmpty {
            let parts = place.split(separator: "/").map(String.init)
            name = parts.last ?? ""
            place = "/" + parts.dropLast().joined(separator: "/")
        }
        if question == "write" {
            do throws(Refusal) { try ValueText.checkLength(String(decoding: value, as: UTF8.self)) } catch {
                return "\(error.rule): \(error.reason)\nRemedy: \(error.remedy)"
            }
        }
        // The name of an extended attribute has 255 bytes, its value 64 KiB.
        let isShort = question == "write" && name.utf8.count <= 200
        let message = isShort ? value : Array(question.utf8) + [0] + Array(name.utf8) + [0] + value
        guard message.count <= 65_536 else { throw Failure("The value is too long to be checked for so long a name.") }
        let code = ExtendedAttribute.set(
            isShort ? "user.netmodelfs.check.write:" + name : "user.netmodelfs.check", of: place, to: message)
        guard code != 0 else { return nil }
        let own = "pid=\(Self.thread)"
        let refusals = try? RefusalText.all(in: Self.text(target.mountPoint + "/errors"))
        if let refusal = refusals?.last(where: { $0.fields.contains { $0 == own } }) { return refusal.explanation }
        throw Failure("\(path) could not be checked: \(errorText(code)).")
    }

    /// The number of this thread, which is what a request carries.
    private static var thread: Substring {
        var bytes = [CChar](repeating: 0, count: 64)
        let count = readlink("/proc/thread-self", &bytes, bytes.count)
        let text = String(decoding: bytes.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.split(separator: "/").last ?? ""
    }

    /// The path below the mount point, if it is a directory there.
    private func stagedDirectory(_ file: String, in mountPoint: String) throws -> String? {
        let whole = MountPath.canonical(try MountPath.absolute(file))
        var status = stat()
        guard stat(whole, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
        guard whole.hasPrefix(mountPoint + "/") else { throw Failure("\(file) is a directory outside of the mount.") }
        return String(whole.dropFirst(mountPoint.count + 1))
    }

    private func read() throws -> [UInt8] {
        guard let file else { return try Self.bytes(STDIN_FILENO, "standard input") }
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure("\(file) cannot be read: \(errorText(errno)).") }
        defer { close(descriptor) }
        return try Self.bytes(descriptor, file)
    }

    static func text(_ path: String) throws -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure("\(path) cannot be read: \(errorText(errno)).") }
        defer { close(descriptor) }
        return String(decoding: try bytes(descriptor, path), as: UTF8.self)
    }

    private static func bytes(_ descriptor: Int32, _ name: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw Failure("\(name) cannot be read: \(errorText(errno)).") }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }
}
