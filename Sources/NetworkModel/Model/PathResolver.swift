/// Finds what a link's text leads to, inside the daemon: it never touches its own mount.
public struct PathResolver {
    let model: Model
    /// Where the tree is mounted, for absolute texts; without a trailing slash.
    let mountPoint: String
    /// What is only on its way in and counts all the same: for what comes with it.
    let arriving: ObjectID?
    /// Who must be able to go where the link leads; nil for root.
    let credentials: Credentials?

    /// - Parameter mountPoint: absolute, without a trailing slash.
    public init(
        model: Model, mountPoint: String, arriving: ObjectID? = nil, credentials: Credentials? = nil
    ) {
        self.model = model
        self.mountPoint = mountPoint
        self.arriving = arriving
        self.credentials = credentials
    }

    /// Resolves `text` as a link in the directory `directory` (a path below the mount point), name by name; `..` is
    /// lexical.
    ///
    /// - Throws: `link.outside` (EINVAL) for what leads out of the tree, `link.no-target` (ENOENT) for what is not there.
    public func resolve(_ text: String, from directory: String) throws(Refusal) -> ObjectID {
        let parts = try parts(of: text, from: directory)
        guard let id = try object(at: parts) else {
            throw Refusal(
                "link.no-target", .notFound,
                "\(ValueText.quoted(text)) leads to @/\(parts.joined(separator: "/")), which does not exist.",
                remedy: "Make the target first; a link's text is relative to the directory that the link is in.")
        }
        return id
    }

    /// The path below the mount point that a text leads to, whether anything is there or not; nil if it leads out.
    public func path(_ text: String, from directory: String) -> String? {
        (try? parts(of: text, from: directory))?.joined(separator: "/")
    }

    private func parts(of text: String, from directory: String) throws(Refusal) -> [Substring] {
        // Byte by byte: a slash and a combining mark behind it are one Character to Swift, but not to the kernel.
        let isAbsolute = text.utf8.first == UInt8(ascii: "/")
        var rest = PathResolver.split(text[...])[...]
        var parts: [Substring] = []
        if isAbsolute {
            rest = rest.filter { $0 != "." }[...]
            for name in PathResolver.split(mountPoint[...]) {
                guard rest.popFirst()?.utf8.elementsEqual(name.utf8) == true else { throw outside(text) }
            }
        } else {
            parts = PathResolver.split(directory[...])
        }
        for part in rest {
            switch part {
            case ".": continue
            case "..":
                guard parts.popLast() != nil else { throw outside(text) }
            default: parts.append(part)
            }
        }
        return parts
    }

    private static func split(_ path: Substring) -> [Substring] {
        path.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
    }

    /// The object with this path, if there is one.
    ///
    /// - Throws: `link.no-access` (EACCES), before it says whether there is anything.
    func object(at path: [Substring]) throws(Refusal) -> ObjectID? {
        var id = ObjectID.root
        var index = 0
        while index < path.count {
            guard let record = model.record(id),
                let collection = KindDefinition.of(record.kind).collections.first(where: { $0.name == path[index] }),
                index + 1 < path.count
            else { return nil }
            try check(record.facetMetadata(collection.id.rawValue) ?? record.metadata)
            guard
                let child = model.child(of: id, in: collection.id, named: Name(String(path[index + 1]))),
                let found = model.record(child), !found.isArriving || found.id == arriving
            else { return nil }
            if KindDefinition.of(found.kind).form == .directory { try check(found.metadata) }
            id = child
            index += 2
        }
        return id
    }

    /// A link makes use of what it leads to, and the daemon follows it for its caller; so it only leads where the caller
    /// could go.
    private func check(_ directory: Metadata) throws(Refusal) {
        guard let credentials, !credentials.maySearch(directory) else { return }
        throw Refusal(
            "link.no-access", .access, "The link leads through a directory that is closed to you.",
            remedy: "Ask its owner to open it, or to make the link.")
    }

    private func outside(_ text: String) -> Refusal {
        Refusal(
            "link.outside", .invalid, "\(ValueText.quoted(text)) leads out of the tree.",
            remedy: "Link to an object of this tree, with a relative path or one that begins with @/.")
    }
}
