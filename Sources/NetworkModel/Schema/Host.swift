/// What an administrator wants of a host.
public enum HostState: String, CaseIterable, Sendable {
    case enabled = "Enabled"
    case disabled = "Disabled"
    /// Left alone until it comes back: nothing is realized on it meanwhile.
    case maintenance = "Maintenance"
}

/// Whether the daemon reaches a host. Not stored: it is found out.
public enum HostStatus: Hashable, Sendable {
    /// No connection was written yet.
    case unconfigured
    case connecting
    /// With what the host said of itself: the agent's version and the kernel's release.
    case connected(String)
    /// With the reason.
    case disconnected(String)

    /// The word in `state/`.
    public var word: String {
        switch self {
        case .unconfigured, .disconnected: "Disconnected"
        case .connecting: "Connecting"
        case .connected: "Connected"
        }
    }

    /// What is worth knowing beside the word.
    public var detail: String {
        switch self {
        case .unconfigured: "no connection was set"
        case .connecting: ""
        case .connected(let detail), .disconnected(let detail): detail
        }
    }

    public var isConnected: Bool {
        if case .connected = self { true } else { false }
    }
}

/// What is done about what somebody changed on a host by hand.
public enum DriftPolicy: String, CaseIterable, Sendable {
    /// It is told in `state/`, and made as it shall be.
    case repair
    /// It is told in `state/` only.
    case report
}

/// A host, read from its record.
public struct Host {
    public let record: ObjectRecord

    public init(_ record: ObjectRecord) {
        self.record = record
    }

    /// Nil while none was written.
    public var connection: HostConnection? {
        record.text(.connection).flatMap { try? HostConnection($0) }
    }

    /// The end of the tunnels to other hosts; nil while none was written.
    public var vtep: IPAddress? {
        record.text(.vtep).flatMap { try? OverlayRules.end($0) }
    }

    /// The identities of all that no other host may have: its connection, and while that is tried, the one that it may go back to.
    var heldConnections: [HostConnection] {
        [AttributeID.connection, .previousConnection]
            .compactMap { id in record.text(id).flatMap { try? HostConnection($0) } }.filter(\.isUnique).map(\.identity)
    }

    /// The state in force: its own, else its cluster's, else its zone's.
    public func state(in model: Model) -> HostState {
        if let own = record.text(.state).flatMap({ try? Host.state($0) }) { return own }
        guard let cluster = model.record(record.parent) else { return .enabled }
        let inherited = cluster.enabledState ?? model.record(cluster.parent)?.enabledState ?? .enabled
        return inherited == .enabled ? .enabled : .disabled
    }

    /// Nil while none was written: the mount's option decides.
    public var driftPolicy: DriftPolicy? { record.text(.drift).flatMap { try? Host.driftPolicy($0) } }

    static func driftPolicy(_ text: String) throws(Refusal) -> DriftPolicy {
        try ValueText.keyword(text, of: "on-drift", as: DriftPolicy.self, rule: "host.on-drift.unknown")
    }

    static func state(_ text: String) throws(Refusal) -> HostState {
        try ValueText.keyword(text, of: "state", as: HostState.self, rule: "state.unknown")
    }
}

extension KindDefinition {
    static let host = KindDefinition(
        .host, "host",
        attributes: [
            .description,
            AttributeDefinition(
                .state, "state", summary: "What is wanted of the host.", values: "Enabled, Disabled, Maintenance",
                defaultValue: "that of its cluster or zone, else Enabled", changes: "Maintenance only while Connected",
                check: { (text: String) throws(Refusal) in _ = try Host.state(text) },
                effective: { record, model in Host(record).state(in: model).rawValue }),
            AttributeDefinition(
                .vtep, "vtep", summary: "The end of its tunnels: its address for VXLAN and GRE.",
                values: "an IPv4 or IPv6 address of the host",
                defaultValue: "none: needed for networks in tunnels", changes: "while no tunnels end at it",
                check: { (text: String) throws(Refusal) in _ = try OverlayRules.end(text) },
                effective: { record, _ in Host(record).vtep?.description }),
            AttributeDefinition(
                .connection, "connection", summary: "How the daemon reaches the host.",
                values: HostConnection.forms,
                defaultValue: "none: the host is not used", changes: "while nothing is realized on the host",
                check: { (text: String) throws(Refusal) in _ = try HostConnection(text) },
                effective: { record, _ in Host(record).connection?.description }),
            AttributeDefinition(
                .drift, "on-drift", summary: "What is done about what somebody changed on the host by hand.",
                values: "repair, report", defaultValue: "that of the mount option drift, else repair",
                check: { (text: String) throws(Refusal) in _ = try Host.driftPolicy(text) },
                effective: { record, _ in Host(record).driftPolicy?.rawValue }),
        ],
        check: { (old, new, model) throws(Refusal) in try HostRules.check(old, new, model) },
        facts: { record, model in
            let cluster = model.record(record.parent)
            let status = model.status(ofHost: record.id)
            return [
                Fact("zone-uuid", .text(cluster.map { model.uuidText($0.parent) } ?? "")),
                Fact("cluster-uuid", .text(model.uuidText(record.parent))),
                Fact("hypervisor-type", .text((cluster.map { Cluster($0).hypervisor } ?? .kvm).rawValue)),
                Fact("status", .text(status.word)),
                Fact("status-detail", .text(status.detail)),
                Fact(
                    "drift",
                    .list(
                        (model.hasDrift ? model.realizations(ofHost: record.id) : []).flatMap { realization in
                            model.drift(of: realization.id).map { "\(model.path(of: realization.network)): \($0)" }
                        })),
                Fact("orphans", .list(model.orphans(ofHost: record.id).map { model.text(of: $0) })),
            ]
        })
}
