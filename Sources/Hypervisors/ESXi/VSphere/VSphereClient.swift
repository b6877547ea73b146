/// The vSphere API of one host (vim25 over SOAP), logged in. Blocks: belongs to one thread at a time.
///
/// A session that has expired, or that a host forgot when it was rebooted, is renewed once for each call.
final class VSphereClient {
    private let https: HTTPSClient
    private let host: String
    private let credentials: ESXiCredentials
    private let sessionManager: ManagedObject
    private let propertyCollector: ManagedObject
    private let rootFolder: ManagedObject
    /// What the host says of itself, such as `VMware ESXi 8.0.3 build-24022510`.
    let product: String
    /// Is called when the host refuses the user or the password.
    var loginRefused: () -> Void = {}
    private var isRefused = false

    /// Connects, and asks the host what it is; nothing secret is sent yet.
    ///
    /// - Parameters:
    ///   - authority: `HOST` or `HOST:PORT`.
    ///   - timeout: Of each call; milliseconds.
    init(
        authority: String, credentials: ESXiCredentials, timeout: Int, interrupt: HTTPSInterrupt
    ) throws(VSphereError) {
        host = authority
        self.credentials = credentials
        do throws(HTTPSFailure) {
            https = try HTTPSClient(
                host: authority, url: "https://\(authority)/sdk",
                // Of ESXi 6.0 and all that came after; `Expect` would cost a round trip.
                headers: ["Content-Type: text/xml; charset=utf-8", "SOAPAction: \"urn:vim25/6.0\"", "Expect:"],
                trust: credentials.trust, timeout: timeout, interrupt: interrupt)
        } catch {
            throw .unreachable(error.reason)
        }
        let answer = try VSphereClient.send(
            "RetrieveServiceContent", of: ManagedObject(type: "ServiceInstance", id: "ServiceInstance"), [],
            over: https, host: authority)
        guard let content = answer.first("returnval"), let about = content.first("about"),
            let sessionManager = content.text("sessionManager"),
            let collector = content.text("propertyCollector"), let root = content.text("rootFolder")
        else { throw .unreachable("\(authority) does not say what it is: it is no ESXi host.") }
        guard about.text("apiType") == "HostAgent" else {
            throw .fault(
                VSphereFault(
                    type: "NotAHost",
                    message: "\(about.text("fullName") ?? "it") is not an ESXi host itself"))
        }
        product = about.text("fullName") ?? "VMware ESXi"
        self.sessionManager = ManagedObject(type: "SessionManager", id: sessionManager)
        propertyCollector = ManagedObject(type: "PropertyCollector", id: collector)
        rootFolder = ManagedObject(type: "Folder", id: root)
    }

    /// - Throws: `.fault` of type `InvalidLogin` for a wrong user or password.
    func login() throws(VSphereError) {
        // Once is enough: a host locks the account after some failures.
        if isRefused { throw .fault(VSphereFault(type: "InvalidLogin", message: "")) }
        https.forgetCookies()
        do throws(VSphereError) {
            _ = try VSphereClient.send(
                "Login", of: sessionManager,
                [.element("userName", credentials.user), .element("password", credentials.password)], over: https,
                host: host)
        } catch {
            if case .fault(let fault) = error, fault.type == "InvalidLogin" {
                isRefused = true
                loginRefused()
            }
            throw error
        }
    }

    /// Ends the session on the host, which has room for few; a failure means nothing any more.
    ///
    /// - Parameter timeout: Milliseconds.
    func logout(timeout: Int) {
        https.setTimeout(timeout)
        _ = try? VSphereClient.send("Logout", of: sessionManager, [], over: https, host: host)
    }

    /// Calls a method; renews the session once.
    @discardableResult
    func call(_ method: String, of object: ManagedObject, _ parameters: [SOAPText]) throws(VSphereError) -> XMLTree {
        try renewing { () throws(VSphereError) in
            try VSphereClient.send(method, of: object, parameters, over: https, host: host)
        }
    }

    private func renewing(_ body: () throws(VSphereError) -> XMLTree) throws(VSphereError) -> XMLTree {
        do throws(VSphereError) {
            return try body()
        } catch {
            guard case .fault(let fault) = error, fault.type == VSphereFault.notAuthenticated else { throw error }
        }
        try login()
        do throws(VSphereError) {
            return try body()
        } catch {
            guard case .fault(let fault) = error, fault.type == VSphereFault.notAuthenticated else { throw error }
            throw .unreachable("\(host) ends each session at once.")
        }
    }

    /// Properties of objects that are found from the root folder or are named.
    ///
    /// - Parameter path: What leads from `start` to the objects: (type, property) pairs. Empty: `start` itself.
    /// - Returns: For each object its reference, and its values by the path of the property.
    func properties(
        _ paths: [String], of type: String, from start: ManagedObject? = nil, through path: [(String, String)] = []
    ) throws(VSphereError) -> [(object: ManagedObject, values: [String: XMLTree])] {
        let selections = path.enumerated().map { index, step in
            let next =
                index + 1 < path.count ? [SOAPText.element("selectSet", [.element("name", "s\(index + 1)")])] : []
            return SOAPText.element(
                "selectSet", type: "TraversalSpec",
                [
                    .element("name", "s\(index)"), .element("type", step.0), .element("path", step.1),
                    .element("skip", "false"),
                ] + next)
        }
        let specification = SOAPText.element(
            "specSet",
            [
                .element("propSet", [.element("type", type)] + paths.map { .element("pathSet", $0) }),
                .element(
                    "objectSet",
                    [.reference("obj", start ?? rootFolder), .element("skip", path.isEmpty ? "false" : "true")]
                        + selections),
            ])
        let answer = try renewing { () throws(VSphereError) in
            let answer = try VSphereClient.send(
                "RetrieveProperties", of: propertyCollector, [specification], over: https, host: host)
            // Some hosts do not refuse the call of an expired session, but each of its values.
            let faults = answer.all("returnval").flatMap { $0.all("missingSet") }
                .compactMap { $0.first("fault")?.first("fault") }
            if faults.contains(where: { $0.type == VSphereFault.notAuthenticated }) {
                throw .fault(VSphereFault(type: VSphereFault.notAuthenticated, message: ""))
            }
            return answer
        }
        return answer.all("returnval").compactMap { entry in
            guard let object = entry.first("obj") else { return nil }
            let values = entry.all("propSet").compactMap { value in
                value.text("name").flatMap { name in value.first("val").map { (name, $0) } }
            }
            return (
                ManagedObject(type: type, id: object.text), Dictionary(values, uniquingKeysWith: { first, _ in first })
            )
        }
    }

    /// One request and its answer: the content of the SOAP body.
    private static func send(
        _ method: String, of object: ManagedObject, _ parameters: [SOAPText], over https: HTTPSClient, host: String
    ) throws(VSphereError) -> XMLTree {
        let answer: HTTPSAnswer
        do throws(HTTPSFailure) {
            answer = try https.post(SOAPText.call(method, of: object, parameters))
        } catch {
            throw .unreachable(error.reason)
        }
        guard let envelope = XMLTree.read(answer.body), envelope.name == "Envelope",
            let content = envelope.first("Body")?.children.first
        else {
            // A host that boots answers 503 and a page for people.
            let type = answer.contentType.isEmpty ? "nothing" : String(answer.contentType.prefix(40))
            throw .unreachable(
                "\(host) answered something else than the vSphere API does (HTTP \(answer.status), \(type)).")
        }
        if content.name == "Fault" { throw .fault(VSphereFault(content)) }
        guard answer.status == 200 else { throw .unreachable("\(host) answered HTTP \(answer.status).") }
        guard content.name == method + "Response" else {
            throw .unreachable("\(host) answered \(method) with \(content.name.prefix(60)).")
        }
        return content
    }
}
