import NetworkModel

/// The model's tables for people.
enum SchemaText {
    /// All that can be made; the tree's top is there by itself.
    static let kinds: [KindDefinition] = Kind.allCases.filter { $0 != .root }.map(KindDefinition.of)

    /// A line for each kind: its name, what it is, and how one is made.
    static func overview() -> String {
        columns(
            kinds.map { definition in
                let title = definition.kind.titleWithArticle
                return switch definition.form {
                case .directory: (definition.name, "\(title): a directory")
                case .file: (definition.name, "\(title): a file")
                case .link(let target): (definition.name, "\(title): a symbolic link to \(target.titleWithArticle)")
                }
            })
    }

    /// A line for each attribute and each collection of a kind.
    static func table(of definition: KindDefinition) -> String {
        let attributes = definition.attributes.map { ($0.name, "\($0.summary) Values: \($0.values)") }
        let collections = definition.collections.map { collection in
            (collection.name + "/", "a directory with objects of kind \(KindDefinition.of(collection.kind).name)")
        }
        return columns(attributes + collections)
    }

    /// As in `schema/KIND/ATTRIBUTE`.
    static func text(of attribute: AttributeDefinition) -> String {
        let form =
            switch attribute.form {
            case .file: "file"
            case .link(let target): "symbolic link to a \(target.title)"
            }
        return """
            summary: \(attribute.summary)
            form: \(form)
            values: \(attribute.values)
            default: \(attribute.defaultValue)
            changes: \(attribute.changes)

            """
    }

    private static func columns(_ rows: [(String, String)]) -> String {
        let width = rows.map { $0.0.utf8.count }.max() ?? 0
        return rows.map { name, text in
            name + String(repeating: " ", count: width - name.utf8.count + 2) + text + "\n"
        }.joined()
    }
}
