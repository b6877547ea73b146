import NetworkModel

/// `schema/KIND/ATTRIBUTE`: what may be written where; for people and for completion. It never changes while a daemon runs.
enum SchemaTree {
    /// Kinds with a table of their own.
    static let kinds: [Kind] = Kind.allCases.filter { !KindDefinition.of($0).attributes.isEmpty }

    static func kind(named name: String) -> Kind? {
        kinds.first { KindDefinition.of($0).name == name }
    }

    static func attribute(named name: String, of kind: Kind) -> AttributeID? {
        KindDefinition.of(kind).attributes.first { $0.name == name }?.id
    }

    static func content(kind: UInt8, attribute: UInt8) -> [UInt8]? {
        guard let kind = Kind(rawValue: kind), let id = AttributeID(rawValue: attribute),
            let definition = KindDefinition.of(kind).attribute(id)
        else { return nil }
        let form =
            switch definition.form {
            case .file: "file"
            case .link(let target): "symbolic link to a \(target.title)"
            }
        return Array(
            """
            summary: \(definition.summary)
            form: \(form)
            values: \(definition.values)
            default: \(definition.defaultValue)
            changes: \(definition.changes)

            """.utf8)
    }
}
