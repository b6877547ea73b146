import FUSE
import Glibc
import NetworkModel

/// A change that somebody asks about in place of making it: what, and through which file of the mount.
struct ChangeQuestion {
    /// What the arguments of a command say.
    struct Change {
        /// The file with the value; nil for standard input. A staged directory in the mount is renamed.
        var file: String?
        var link: String?
        var directory = false
        var removes = false

        /// Whether a link at the end of the path is followed, as a write does.
        var follows: Bool { link == nil && !directory && !removes }
    }

    let mountPoint: String
    /// The file, or the directory that it would be in. Its rights are those that the change needs.
    let place: String
    /// In the directory `place`; empty for `place` itself.
    let name: String
    /// `write`, `symlink`, `mkdir`, `rename` or `remove`.
    let kind: String
    let value: [UInt8]

    /// - Throws: ``Failure`` where the path is in no mount, or the value cannot be read.
    init(_ path: String, _ change: Change) throws {
        let absolute = try MountPath.absolute(path)
        let parts = absolute.split(separator: "/").map(String.init)
        guard let last = parts.last else { throw Failure("\(path) is in no netmodelfs.") }
        // Through a link to a file, as a write goes. The file's own rights decide where it is there; a link's and a new
        // name's those of the directory.
        var followed = stat()
        let isFile = change.follows && stat(absolute, &followed) == 0 && followed.st_mode & S_IFMT == S_IFREG
        let whole = isFile ? MountPath.canonical(absolute) : ""
        let parent = isFile ? whole : MountPath.canonical("/" + parts.dropLast().joined(separator: "/"))
        let mounts = try MountTable.entries(ofType: "fuse.netmodelfs").map(\.mountPoint)
        guard let mount = mounts.last(where: { parent == $0 && !isFile || parent.hasPrefix($0 + "/") }) else {
            throw Failure("\(path) is in no netmodelfs.")
        }
        mountPoint = mount
        if let link = change.link {
            (kind, value) = ("symlink", Array(link.utf8))
        } else if change.directory {
            (kind, value) = ("mkdir", [])
        } else if change.removes {
            (kind, value) = ("remove", [])
        } else if let file = change.file, let staged = try Self.stagedDirectory(file, in: mount) {
            (kind, value) = ("rename", Array(staged.utf8))
        } else {
            (kind, value) = ("write", try FileContent.bytes(of: change.file))
        }
        if isFile, kind != "write" {
            let parts = whole.split(separator: "/").map(String.init)
            name = parts.last ?? ""
            place = "/" + parts.dropLast().joined(separator: "/")
        } else {
            name = isFile ? "" : last
            place = parent
        }
    }

    /// What is asked, the name and the value, with a NUL between.
    var message: [UInt8] { Array(kind.utf8) + [0] + Array(name.utf8) + [0] + value }

    /// The refusal of a value that no attribute of any kind may have.
    var tooLong: String? {
        guard kind == "write" else { return nil }
        do throws(Refusal) {
            try ValueText.checkLength(String(decoding: value, as: UTF8.self))
            return nil
        } catch {
            return "\(error.rule): \(error.reason)\nRemedy: \(error.remedy)"
        }
    }

    // MARK: - Values

    /// The path below the mount point, if it is a directory there.
    private static func stagedDirectory(_ file: String, in mountPoint: String) throws -> String? {
        let whole = MountPath.canonical(try MountPath.absolute(file))
        var status = stat()
        guard stat(whole, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
        guard whole.hasPrefix(mountPoint + "/") else { throw Failure("\(file) is a directory outside of the mount.") }
        return String(whole.dropFirst(mountPoint.count + 1))
    }
}
