import NetworkModel
import Realization

/// The work on one ESXi host: one thing at a time, on a thread of its own, since it waits for the host.
actor ESXiHost {
    /// Between the reading of the host's network and its change somebody else may change it: how often to begin anew.
    private static let rounds = 4
    /// What a logout may take: milliseconds.
    private static let logoutTimeout = 2000

    private let executor = QueueExecutor(label: "esxi")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let authority: String
    private let options: ESXiOptions
    private let logins: LoginGuard
    nonisolated let interrupt = HTTPSInterrupt()
    private var client: VSphereClient?
    private var system = ManagedObject(type: "HostNetworkSystem", id: "")

    init(authority: String, options: ESXiOptions, logins: LoginGuard) {
        self.authority = authority
        self.options = options
        self.logins = logins
    }

    /// Connects and logs in. Answers what the host is, for people.
    func start() throws(HostFailure) -> String {
        let credentials: ESXiCredentials
        do throws(Refusal) {
            credentials = try ESXiCredentials.read(directory: options.credentialsDirectory, name: authority)
            try logins.check(authority, credentials)
        } catch {
            throw .refused(error)
        }
        do throws(VSphereError) {
            let client = try VSphereClient(
                authority: authority, credentials: credentials, timeout: options.callTimeout, interrupt: interrupt)
            client.loginRefused = { [logins, authority, options] in
                logins.refused(authority, credentials, pause: options.loginPause)
            }
            try client.login()
            system = try client.networkSystem()
            // A host that logs in but cannot be worked on is not connected.
            _ = try client.network(of: system)
            self.client = client
            return client.product
        } catch {
            throw ESXiFailure.from(error)
        }
    }

    func ping() throws(HostFailure) {
        _ = try network()
    }

    /// Whether `network` could be realized. What somebody changed by hand is told, and left as it is.
    func check(_ network: L2Specification) throws(HostFailure) {
        let present = try self.network()
        let drift = present.drift(of: network)
        do throws(Refusal) {
            guard drift.isEmpty else {
                throw Refusal(
                    "esxi.drift", .notUnique, drift.joined(separator: " "),
                    remedy: "Somebody changed on the host what netmodelfs had made: put it right or remove it there.")
            }
            _ = try present.steps(toRealize: network)
        } catch {
            throw .refused(error)
        }
    }

    /// What somebody changed on the host of what was made for `network`; empty where nothing was.
    func drift(of network: L2Specification) throws(HostFailure) -> [String] {
        try self.network().drift(of: network)
    }

    func realize(_ network: L2Specification) throws(HostFailure) {
        try converge { (present) throws(Refusal) in try present.steps(toRealize: network) }
    }

    func release(_ network: L2Specification) throws(HostFailure) {
        try converge { (present) throws(Refusal) in present.steps(toRelease: network) }
    }

    func marks() throws(HostFailure) -> [HostMark] { try network().marks }

    func collect(_ mark: HostMark) throws(HostFailure) {
        try converge { (present) throws(Refusal) in present.steps(toCollect: mark) }
    }

    /// Ends the session on the host; nothing can be asked any more.
    func close() {
        // What `close` of the channel interrupted has ended by now.
        interrupt.clear()
        client?.logout(timeout: ESXiHost.logoutTimeout)
        client = nil
    }

    /// The same for a host that does not answer: it is not told.
    func drop() {
        client = nil
    }

    private func network() throws(HostFailure) -> ESXiHostNetwork {
        let client = try opened()
        do throws(VSphereError) {
            var network = try client.network(of: system)
            network.names = ESXiNames(store: options.store)
            return network
        } catch {
            throw ESXiFailure.from(error)
        }
    }

    private func opened() throws(HostFailure) -> VSphereClient {
        guard let client, !interrupt.isSet else { throw .unreachable("The connection to \(authority) was closed.") }
        return client
    }

    /// Tells the host what is left to do until nothing is left.
    private func converge(_ plan: (ESXiHostNetwork) throws(Refusal) -> [ESXiHostNetwork.Step]) throws(HostFailure) {
        let client = try opened()
        var last: VSphereFault?
        for _ in 0..<ESXiHost.rounds {
            let steps: [ESXiHostNetwork.Step]
            let present = try network()
            do throws(Refusal) {
                steps = try plan(present)
            } catch {
                throw .refused(error)
            }
            if steps.isEmpty { return }
            last = try perform(steps, client)
            // A vSwitch that is ours and in use by others stays.
            if last?.type == "ResourceInUse" { return }
        }
        throw last.map { ESXiFailure.from(.fault($0)) }
            ?? .refused(
                Refusal(
                    "esxi.not-settling", .inputOutput, "What is changed on the host does not stay so.",
                    remedy: "See who else changes the host's network (its events)."))
    }

    /// Performs steps up to the first that the host's present state does not allow, which is answered.
    private func perform(
        _ steps: [ESXiHostNetwork.Step], _ client: VSphereClient
    ) throws(HostFailure) -> VSphereFault? {
        for step in steps {
            do throws(VSphereError) {
                try client.perform(step, on: system)
            } catch {
                guard case .fault(let fault) = error else { throw ESXiFailure.from(error) }
                switch (step, fault.type) {
                case (_, "AlreadyExists"), (_, "DuplicateName"), (_, "NotFound"): return fault
                case (.removeSwitch, "ResourceInUse"): return fault
                default: throw ESXiFailure.from(error)
                }
            }
        }
        return nil
    }
}
