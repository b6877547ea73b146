import ArgumentParser
import FUSE
import Glibc

struct WhyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Explains the last refusal of this terminal session.",
        discussion: """
            Exit status 1 if nothing was refused in it.

            With --after, for a shell's prompt: the first line is a new mark, below it is what was refused in this \
            session after the old one, in all mounts or in that of DIR; nothing is no error.
            """)

    @Argument(
        help: "A directory in the mount; by default the working directory, else the only mount there is.",
        completion: .directory)
    var dir: String?

    @Option(
        help: ArgumentHelp(
            "A mark: TIME as in errors, a slash, and how many of that second are known.", valueName: "mark"))
    var after: RefusalMark?

    func run() throws {
        let session = getsid(0)
        if let after {
            try explain(after: after, session: session)
            return
        }
        let mountPoint = try find()
        let refusals = RefusalText.all(in: try FileContent.text(of: mountPoint + "/errors"))
        guard let refusal = refusals.last(where: { $0.session == session }) else {
            throw Failure("Nothing was refused in this session; \(mountPoint)/errors has the refusals of all.")
        }
        print(refusal.explanation)
    }

    /// The most that a prompt is worth.
    private static let most = 5

    private func explain(after mark: RefusalMark, session: Int32) throws {
        let mounts = try dir == nil ? MountTable.entries(ofType: "fuse.netmodelfs").map(\.mountPoint) : [find()]
        // A mount that cannot be read, such as a dead one, is not what a prompt is to speak of.
        let all = mounts.compactMap { try? FileContent.text(of: $0 + "/errors") }.flatMap(RefusalText.all).filter {
            $0.session == session
        }
        let (new, next) = mark.advance(over: all)
        print(next)
        if new.count > Self.most { print("(\(new.count - Self.most) more refusals before these: see the file errors)") }
        for refusal in new.suffix(Self.most) { print(refusal.explanation) }
    }

    private func find() throws -> String {
        let mounts = try MountTable.entries(ofType: "fuse.netmodelfs").map(\.mountPoint)
        let place = try dir ?? MountPath.absolute(".")
        let path = MountPath.canonical(place)
        if let mount = mounts.last(where: { path == $0 || path.hasPrefix($0 + "/") }) { return mount }
        guard dir == nil, let only = mounts.first, mounts.count == 1 else {
            throw Failure(
                mounts.isEmpty
                    ? "No netmodelfs is mounted." : "Which mount? Name one of: \(mounts.joined(separator: ", ")).")
        }
        return only
    }
}
