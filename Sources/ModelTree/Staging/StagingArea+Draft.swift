import Glibc
import NetworkModel

extension StagingArea {
    /// What a staged directory says, with a new identity for everything that may become an object.
    ///
    /// - Parameter credentials: who asks, and so must be able to read all of it; nil for root.
    /// - Throws: `staged.gone` (ENOENT), `staged.no-access` (EACCES).
    func draft(_ serial: UInt64, for credentials: Credentials?) throws(Refusal) -> Draft {
        try state.withLock { (state) throws(Refusal) in
            guard let node = state.nodes[serial], node.isDirectory else { throw StagingArea.gone }
            if let credentials { try StagingArea.check(credentials, mayRead: node, state) }
            var generator = SystemRandomNumberGenerator()
            return StagingArea.draft(node, state, &generator)
        }
    }

    private static func check(
        _ credentials: Credentials, mayRead node: StagedNode, _ state: State
    ) throws(Refusal) {
        guard credentials.mayRead(node.metadata), !node.isDirectory || credentials.maySearch(node.metadata) else {
            throw Refusal(
                "staged.no-access", .access, "Something in the directory is closed to you.",
                remedy: "Ask its owner to open it, or to rename the directory.")
        }
        for serial in node.children.order {
            guard let child = state.nodes[serial], child.type != S_IFLNK else { continue }
            try check(credentials, mayRead: child, state)
        }
    }

    private static func draft(
        _ node: StagedNode, _ state: State, _ generator: inout SystemRandomNumberGenerator
    ) -> Draft {
        var files: [Draft.File] = []
        var links: [Draft.File] = []
        var directories: [Draft] = []
        for serial in node.children.order {
            guard let child = state.nodes[serial] else { continue }
            if child.isDirectory {
                directories.append(draft(child, state, &generator))
            } else {
                let file = Draft.File(
                    name: String(decoding: child.name, as: UTF8.self), text: text(child.bytes),
                    metadata: child.metadata, uuid: .random(using: &generator))
                if child.type == S_IFLNK { links.append(file) } else { files.append(file) }
            }
        }
        return Draft(
            name: String(decoding: node.name, as: UTF8.self), metadata: node.metadata,
            uuid: .random(using: &generator), files: files, links: links, directories: directories)
    }

    private static func text(_ bytes: [UInt8]) -> String? {
        bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }
}
