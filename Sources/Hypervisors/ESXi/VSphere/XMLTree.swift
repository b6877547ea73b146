import Foundation

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// An element of an XML document, without namespaces: vSphere's answers are told apart by local names.
struct XMLTree: Hashable, Sendable {
    let name: String
    /// The value of `xsi:type` without its prefix; empty where there is none.
    let type: String
    var text = ""
    var children: [XMLTree] = []

    /// The first child of a name.
    func first(_ name: String) -> XMLTree? { children.first { $0.name == name } }
    func all(_ name: String) -> [XMLTree] { children.filter { $0.name == name } }
    /// The text of the first child of a name; nil where there is none.
    func text(_ name: String) -> String? { first(name)?.text }

    /// Reads a document.
    ///
    /// - Returns: Nil for what is not well-formed, has a document type (SOAP forbids it, and entities are none of a host's
    ///   business), is nested deeper than 64 elements or has more than half a million.
    static func read(_ bytes: [UInt8]) -> XMLTree? {
        let data = Data(bytes)
        // Foundation does not tell of all declarations; in UTF-16 they would not be found.
        guard !bytes.contains(0), data.range(of: Data("<!DOCTYPE".utf8)) == nil else { return nil }
        let parser = XMLParser(data: data)
        parser.shouldProcessNamespaces = true
        parser.shouldResolveExternalEntities = false
        let reader = Reader()
        parser.delegate = reader
        guard parser.parse(), !reader.isRefused else { return nil }
        return reader.root
    }

    private final class Reader: NSObject, XMLParserDelegate {
        var root: XMLTree?
        var isRefused = false
        private var open: [XMLTree] = []
        private var count = 0

        func parser(
            _ parser: XMLParser, didStartElement elementName: String, namespaceURI: String?,
            qualifiedName qName: String?, attributes attributeDict: [String: String] = [:]
        ) {
            count += 1
            guard open.count < 64, count <= 500_000 else { return refuse(parser) }
            let type = attributeDict["xsi:type"] ?? attributeDict.first { $0.key.hasSuffix(":type") }?.value
            open.append(XMLTree(name: XMLTree.local(elementName), type: type.map(XMLTree.local) ?? ""))
        }

        func parser(
            _ parser: XMLParser, didEndElement elementName: String, namespaceURI: String?, qualifiedName qName: String?
        ) {
            guard var element = open.popLast() else { return }
            // Between elements there is nothing but layout.
            if !element.children.isEmpty { element.text = "" }
            if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
        }

        func parser(_ parser: XMLParser, foundCharacters string: String) {
            if !open.isEmpty { open[open.count - 1].text += string }
        }

        func parser(_ parser: XMLParser, foundCDATA CDATABlock: Data) {
            if !open.isEmpty { open[open.count - 1].text += String(decoding: CDATABlock, as: UTF8.self) }
        }

        private func refuse(_ parser: XMLParser) {
            isRefused = true
            parser.abortParsing()
        }
    }

    private static func local(_ name: String) -> String {
        name.lastIndex(of: ":").map { String(name[name.index(after: $0)...]) } ?? name
    }
}
