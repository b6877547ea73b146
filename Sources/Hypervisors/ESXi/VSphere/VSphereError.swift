/// Why a call came to nothing.
enum VSphereError: Error, Hashable {
    /// The host answered no.
    case fault(VSphereFault)
    /// The host did not answer, or something else did: a sentence for people.
    case unreachable(String)
}

/// The host's own no (vSphere: `MethodFault`).
struct VSphereFault: Hashable, Sendable {
    /// `ResourceInUse`, `NotAuthenticated`, …; empty where the host names none.
    let type: String
    /// The host's own words.
    let message: String

    /// The faults of a `soap:Fault` element.
    init(_ element: XMLTree) {
        let detail = element.first("detail")?.children.first
        let name = detail?.name ?? ""
        let type = detail.map { $0.type.isEmpty ? name : $0.type } ?? ""
        self.type = type.hasSuffix("Fault") && type != name ? String(type.dropLast("Fault".utf8.count)) : type
        message = VSphereFault.line(element.text("faultstring") ?? "")
    }

    init(type: String, message: String) {
        self.type = type
        self.message = message
    }

    /// One line, of bearable length: it goes into logs and `state/`.
    private static func line(_ text: String) -> String {
        let plain = text.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? " " : String($0) }.joined()
        return plain.split(separator: " ").joined(separator: " ").prefix(300).description
    }

    /// For sentences: `ResourceInUse (The resource is in use.)`
    var description: String {
        let name = type.isEmpty ? "a fault" : type
        return message.isEmpty ? name : "\(name) (\(message))"
    }

    static let notAuthenticated = "NotAuthenticated"
}
