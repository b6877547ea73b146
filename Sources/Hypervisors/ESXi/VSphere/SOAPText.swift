/// XML as it is sent. Values are escaped where they are put in, so that no name can become an element.
struct SOAPText {
    private(set) var text = ""

    /// An element with text in it.
    static func element(_ name: String, _ value: String, type: String? = nil) -> SOAPText {
        SOAPText(text: "<\(name)\(attribute(type))>\(escaped(value))</\(name)>")
    }

    /// An element with elements in it.
    static func element(_ name: String, type: String? = nil, _ children: [SOAPText]) -> SOAPText {
        SOAPText(text: "<\(name)\(attribute(type))>\(children.map(\.text).joined())</\(name)>")
    }

    /// An element that points to an object of the host.
    static func reference(_ name: String, _ object: ManagedObject) -> SOAPText {
        SOAPText(text: "<\(name) type=\"\(escaped(object.type))\">\(escaped(object.id))</\(name)>")
    }

    /// A call of a method (vim25 over SOAP 1.1).
    static func call(_ method: String, of object: ManagedObject, _ parameters: [SOAPText]) -> [UInt8] {
        let envelope =
            #"<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" "#
            + #"xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soapenv:Body>"#
            + "<\(method) xmlns=\"urn:vim25\">" + reference("_this", object).text
            + parameters.map(\.text).joined() + "</\(method)></soapenv:Body></soapenv:Envelope>"
        return Array(envelope.utf8)
    }

    private static func attribute(_ type: String?) -> String {
        type.map { " xsi:type=\"\(escaped($0))\"" } ?? ""
    }

    static func escaped(_ value: String) -> String {
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "'": text += "&apos;"
            // XML 1.0 has no other control characters.
            case "\t", "\n", "\r": text += "&#\(scalar.value);"
            case "\0"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": text += "\u{FFFD}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

/// A reference to an object of the host (vSphere: `ManagedObjectReference`).
struct ManagedObject: Hashable, Sendable {
    let type: String
    let id: String
}
