import NetworkModel

/// Finds what a link's text leads to, inside the daemon: it never touches its own mount.
struct PathResolver {
    let model: Model
    /// Where the tree is mounted, for absolute texts; without a trailing slash.
    let mountPoint: String

    /// Resolves `text` as a link in the directory `directory` (a path below the mount point), name by name; `..` is
    /// lexical.
    ///
    /// - Throws: `link.outside` (EINVAL) for what leads out of the tree, `link.no-target` (ENOENT) for what is not there.
    func resolve(_ text: String, from directory: String) throws(Refusal) -> ObjectID {
        var parts: [Substring]
        var rest = Substring(text)
        // Byte by byte: a slash and a combining mark behind it are one Character to Swift, but not to the kernel.
        if text.utf8.first == UInt8(ascii: "/") {
            let place = (mountPoint + "/").utf8
            guard text.utf8.elementsEqual(mountPoint.utf8) || text.utf8.starts(with: place) else { throw outside(text) }
            parts = []
            rest = Substring(text.utf8.dropFirst(mountPoint.utf8.count))
        } else {
            parts = PathResolver.split(directory[...])
        }
        for part in PathResolver.split(rest) {
            switch part {
            case ".": continue
            case "..":
                guard parts.popLast() != nil else { throw outside(text) }
            default: parts.append(part)
            }
        }
        guard let id = object(at: parts) else {
            throw Refusal(
                "link.no-target", .notFound,
                "\(ValueText.quoted(text)) leads to @/\(parts.joined(separator: "/")), which does not exist.",
                remedy: "Make the target first; a link's text is relative to the directory that the link is in.")
        }
        return id
    }

    private static func split(_ path: Substring) -> [Substring] {
        path.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
    }

    /// The object with this path, if there is one.
    func object(at path: [Substring]) -> ObjectID? {
        var id = ObjectID.root
        var index = 0
        while index < path.count {
            guard let record = model.record(id),
                let collection = KindDefinition.of(record.kind).collections.first(where: { $0.name == path[index] }),
                index + 1 < path.count,
                let child = model.child(of: id, in: collection.id, named: Name(String(path[index + 1])))
            else { return nil }
            id = child
            index += 2
        }
        return id
    }

    private func outside(_ text: String) -> Refusal {
        Refusal(
            "link.outside", .invalid, "\(ValueText.quoted(text)) leads out of the tree.",
            remedy: "Link to an object of this tree, with a relative path or one that begins with @/.")
    }
}
