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
        if text.hasPrefix("/") {
            guard text == mountPoint || text.hasPrefix(mountPoint + "/") else { throw outside(text) }
            parts = []
            rest = text.dropFirst(mountPoint.count)
        } else {
            parts = directory.split(separator: "/")
        }
        for part in rest.split(separator: "/") {
            switch part {
            case ".": continue
            case "..":
                guard parts.popLast() != nil else { throw outside(text) }
            default: parts.append(part)
            }
        }
        guard let id = object(at: parts) else {
            throw Refusal(
                "link.no-target", .notFound, "\(ValueText.quoted(text)) leads to @/\(parts.joined(separator: "/")), which does not exist.",
                remedy: "Make the target first; a link's text is relative to the directory that the link is in.")
        }
        return id
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
