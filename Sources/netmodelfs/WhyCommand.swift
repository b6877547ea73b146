import ArgumentParser
import FUSE
import Glibc

struct WhyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Explains the last refusal of this terminal session.",
        discussion: "Exit status 1 if nothing was refused in it.")

    @Argument(help: "A directory in the mount; by default the working directory, else the only mount there is.")
    var dir: String?

    func run() throws {
        let mountPoint = try find()
        let text = try read(mountPoint + "/errors")
        let session = getsid(0)
        guard let record = Self.records(in: text).last(where: { $0.session == session }) else {
            throw Failure("Nothing was refused in this session; \(mountPoint)/errors has the refusals of all.")
        }
        print(record.explanation)
    }

    /// A refusal in `errors`: a line of fields, then the indented reason and remedy.
    struct Record {
        let session: Int32?
        let explanation: String
    }

    static func records(in text: String) -> [Record] {
        var records: [Record] = []
        var lines = text.split(separator: "\n")[...]
        while let head = lines.popFirst() {
            var body: [Substring] = []
            while let next = lines.first, next.hasPrefix("    ") {
                body.append(next.dropFirst(4))
                lines.removeFirst()
            }
            let fields = head.split(separator: " ")
            guard fields.count > 1 else { continue }
            let session = fields.first { $0.hasPrefix("session=") }.flatMap { Int32($0.dropFirst("session=".count)) }
            records.append(Record(session: session, explanation: "\(fields[1]): \(body.joined(separator: "\n"))"))
        }
        return records
    }

    private func find() throws -> String {
        let mounts = try MountTable.entries(ofType: "fuse.netmodelfs").map(\.mountPoint)
        var place = dir
        if place == nil, let current = getcwd(nil, 0) {
            place = String(cString: current)
            free(current)
        }
        if let place, let real = realpath(place, nil) {
            defer { free(real) }
            let path = String(cString: real)
            if let mount = mounts.last(where: { path == $0 || path.hasPrefix($0 + "/") }) { return mount }
        }
        guard dir == nil, let only = mounts.first, mounts.count == 1 else {
            throw Failure(
                mounts.isEmpty ? "No netmodelfs is mounted." : "Which mount? Name one of: \(mounts.joined(separator: ", ")).")
        }
        return only
    }

    private func read(_ path: String) throws -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure("\(path) cannot be read: \(errorText(errno)).") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }
}
