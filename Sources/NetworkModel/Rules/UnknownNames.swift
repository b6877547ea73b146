/// Names that a kind of object does not have, or has for something of another form.
extension KindDefinition {
    public func unknownName(_ name: String) -> Refusal {
        if attributes.contains(where: { $0.name == name && $0.form == .file }) {
            return Refusal(
                "attribute.is-file", .notPermitted,
                "\(name) is a file of \(kind.titleWithArticle), neither a directory nor a link.",
                remedy: "Write its value to it.")
        }
        if attributes.contains(where: { $0.name == name }) { return KindDefinition.isLink(name) }
        if collections.contains(where: { $0.name == name }) {
            return Refusal(
                "collection.is-directory", .notPermitted, "\(name) is a directory of \(kind.titleWithArticle).",
                remedy: "Make it with mkdir.")
        }
        let names = attributes.map(\.name) + collections.map { $0.name + "/" }
        return Refusal(
            "attribute.unknown", .notPermitted,
            "\(KindDefinition.capitalized(kind.titleWithArticle)) has nothing named \(ValueText.quoted(name)).",
            remedy: "It has: \(names.joined(separator: ", ")).")
    }

    public static func isLink(_ name: String) -> Refusal {
        Refusal(
            "attribute.is-link", .notPermitted, "\(name) is a symbolic link, not a file.", remedy: "Make it with ln -s."
        )
    }

    /// For the beginning of a sentence.
    public static func capitalized(_ words: String) -> String {
        words.prefix(1).uppercased() + words.dropFirst()
    }

    /// For something of another form in a collection than its objects have.
    public func wrongForm(in collection: CollectionDefinition) -> Refusal {
        let member = KindDefinition.of(collection.kind)
        let (form, remedy) =
            switch member.form {
            case .directory: ("directories", "Make one with mkdir.")
            case .file: ("files", "Write one: echo VALUE > NAME")
            case .link: ("links", "Make one with ln -s.")
            }
        return Refusal(
            "tree.wrong-form", .notPermitted,
            "\(collection.name) holds \(collection.kind.title)s, which are \(form).", remedy: remedy)
    }
}
