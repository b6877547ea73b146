import Glibc
import NetworkModel

extension StagingArea {
    /// What a staged directory says, with a new identity for everything that may become an object.
    func draft(_ serial: UInt64) -> Draft? {
        state.withLock { state in
            var generator = SystemRandomNumberGenerator()
            guard let node = state.nodes[serial], node.isDirectory else { return nil }
            return StagingArea.draft(node, state, &generator)
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
