import FUSE
import Glibc
import NetworkModel

/// The directory of an object in a mount, and the kind of the object, which follows from its path.
struct ObjectDirectory {
    let path: String
    let definition: KindDefinition

    /// - Throws: ``Failure`` where the directory is not in a mount, or is not that of an object.
    init(_ directory: String) throws {
        path = MountPath.canonical(try MountPath.absolute(directory))
        let mounts = try MountTable.entries(ofType: "fuse.netmodelfs").map(\.mountPoint)
        guard let mount = mounts.last(where: { [path] in path == $0 || path.hasPrefix($0 + "/") }) else {
            throw Failure("\(directory) is not in a mount of netmodelfs.")
        }
        // Collection and object take turns: zones/ZONE/l2/NAME.
        var parts = path.dropFirst(mount.utf8.count).split(separator: "/")[...]
        var definition = KindDefinition.of(.root)
        while let collection = parts.popFirst() {
            guard parts.popFirst() != nil, let row = definition.collections.first(where: { $0.name == collection })
            else {
                throw Failure("\(directory) is not the directory of an object.")
            }
            definition = KindDefinition.of(row.kind)
        }
        self.definition = definition
    }

    /// Attributes whose file is not there. Files only: a link is made by `ln -s`, not written.
    func unsetAttributes() -> [String] {
        definition.attributes.filter { $0.form == .file && definition.form == .directory }.map(\.name).filter { name in
            access(path + "/" + name, F_OK) != 0
        }
    }
}
