import AgentProtocol

/// Does the link work of a host, one request after the other. Not `Sendable`: one task owns it.
final class LinkWorker {
    private let links: HostLinks
    private let lock: NamespaceLock
    /// The namespace that is a host of its own.
    private let namespace: String?

    /// - Throws: when the kernel gives no netlink socket or the namespace cannot be locked.
    init(namespace: String?) throws(NetlinkError) {
        self.namespace = namespace
        links = try HostLinks()
        lock = try NamespaceLock()
    }

    /// Answers a request. Another agent that works on the same network namespace is waited for.
    func answer(_ line: AgentRequestLine) -> AgentMessage {
        do throws(AgentRefusal) {
            return .done(id: line.id, try lock.hold { () throws(AgentRefusal) in try perform(line.request) })
        } catch {
            return .refused(id: line.id, error)
        }
    }

    private func perform(_ request: AgentRequest) throws(AgentRefusal) -> AgentResult {
        switch request {
        case .ping: .pong
        case .checkL2(let spec):
            if let gre = try gre(spec) { .l2(try gre.check()) } else { .l2(try L2Realizer.check(spec, on: links)) }
        case .realizeL2(let spec):
            if let gre = try gre(spec) { .l2(try gre.realize()) } else { .l2(try L2Realizer.realize(spec, on: links)) }
        case .releaseL2(let spec):
            if let gre = try gre(spec) { .l2(try gre.release()) } else { .l2(try L2Releaser.release(spec, on: links)) }
        case .inspectL2(let spec):
            if let gre = try gre(spec) { .l2(try gre.inspect()) } else { .l2(try L2Inspector.inspect(spec, on: links)) }
        case .inventory(let after): try Inventory.list(links, OpenVSwitch(namespace: namespace), after: after)
        case .collect(let store, let network, let names):
            .l2(
                try Collector.collect(
                    names, LinkMark(storeUUID: store, networkUUID: network), on: links,
                    OpenVSwitch(namespace: namespace)))
        case .guarded(let inner, let confirmation): try perform(inner, confirmation)
        case .confirm(let token): try confirm(token)
        }
    }

    private var journal: ChangeJournal { ChangeJournal(namespace: lock.namespace) }

    private func confirm(_ token: String) throws(AgentRefusal) -> AgentResult {
        try GuardedChanges.confirm(token, journal, links)
        return .confirmed
    }

    private func perform(_ request: AgentRequest, _ confirmation: Confirmation) throws(AgentRefusal) -> AgentResult {
        try confirmation.validate()
        let guarded = GuardedChanges(links: links, journal: journal, confirmation: confirmation)
        switch request {
        case .checkL2(let spec): return .l2(try L2Realizer.check(spec, on: links, guarded: guarded))
        case .realizeL2(let spec): return .l2(try L2Realizer.realize(spec, on: links, guarded: guarded))
        case .releaseL2(let spec): return .l2(try L2Releaser.release(spec, on: links, guarded: guarded))
        case .ping, .inspectL2, .inventory, .collect, .confirm, .guarded: return try perform(request)
        }
    }

    /// For a network in GRE tunnels, which are Open vSwitch's work and not the kernel's links.
    private func gre(_ spec: L2Spec) throws(AgentRefusal) -> GRERealizer? {
        guard case .ovsGre(let gre) = spec.kind else { return nil }
        try spec.validate()
        return GRERealizer(spec, gre, namespace: namespace, on: links)
    }
}
