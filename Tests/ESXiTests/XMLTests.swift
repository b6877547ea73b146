import Testing

@testable import Hypervisors

@Suite("XML of ESXi hosts")
struct XMLTests {
    @Test func `values stay values`() throws {
        let value = "<a>&\"'\u{1} \u{E9}\n]]>"
        let bytes = SOAPText.call("M", of: ManagedObject(type: "T\"", id: "<i>"), [.element("v", value, type: "x")])
        let root = try #require(XMLTree.read(bytes))
        let call = try #require(root.first("Body")?.first("M"))
        #expect(call.text("v") == "<a>&\"'\u{FFFD} \u{E9}\n]]>")
        #expect(call.first("v")?.type == "x")
        #expect(call.text("_this") == "<i>")
    }

    @Test(arguments: [
        "", "x", "<a>", "<a></b>", "{}", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
        "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>", "<a>\u{0}</a>",
        String(repeating: "<a>", count: 65) + String(repeating: "</a>", count: 65),
        "<html><body>503<br></body></html>",
    ])
    func `what is refused`(text: String) {
        #expect(XMLTree.read(Array(text.utf8)) == nil)
    }

    @Test func `faults`() throws {
        let text = """
            <Fault><faultcode>ServerFaultCode</faultcode><faultstring>in
            use</faultstring><detail><ResourceInUseFault xmlns="urn:vim25" xmlns:xsi="x" xsi:type="ResourceInUse"/></detail></Fault>
            """
        let fault = VSphereFault(try #require(XMLTree.read(Array(text.utf8))))
        #expect(fault.type == "ResourceInUse")
        #expect(fault.message == "in use")
    }
}
