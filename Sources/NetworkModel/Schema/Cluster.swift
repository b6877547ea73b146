/// What runs the virtual machines of a cluster.
public enum HypervisorType: String, CaseIterable, Sendable {
    case kvm = "KVM"
    case esxi = "ESXi"
    case simulator = "Simulator"
}

/// A set of hosts with one hypervisor, read from its record.
public struct Cluster {
    public let record: ObjectRecord

    public init(_ record: ObjectRecord) {
        self.record = record
    }

    public var hypervisor: HypervisorType {
        record.text(.hypervisor).flatMap { try? Cluster.hypervisor($0) } ?? .kvm
    }

    static func hypervisor(_ text: String) throws(Refusal) -> HypervisorType {
        try ValueText.keyword(
            text, of: "hypervisor", as: HypervisorType.self, rule: "cluster.hypervisor.unknown",
            error: .protocolNotSupported)
    }
}

extension KindDefinition {
    static let cluster = KindDefinition(
        .cluster, "cluster",
        attributes: [
            .description,
            .enabledState(inherited: { record, model in model.record(record.parent)?.enabledState ?? .enabled }),
            AttributeDefinition(
                .hypervisor, "hypervisor", summary: "What runs the virtual machines of its hosts.",
                values: HypervisorType.allCases.map(\.rawValue).joined(separator: ", "), defaultValue: "KVM",
                changes: "while it has no hosts and no L2 networks",
                check: { (text: String) throws(Refusal) in _ = try Cluster.hypervisor(text) },
                effective: { record, _ in Cluster(record).hypervisor.rawValue }),
        ],
        collections: [CollectionDefinition(.hosts, "hosts", of: .host)],
        check: { (old, new, model) throws(Refusal) in
            guard let old, Cluster(old).hypervisor != Cluster(new).hypervisor else { return }
            let users =
                model.children(of: old.id, in: .hosts).map { model.path(of: $0) }
                + model.attachments(ofCluster: old.id).map { model.path(of: $0) }
            guard users.isEmpty else {
                throw Refusal(
                    "cluster.hypervisor.in-use", .busy,
                    "The hypervisor of \(model.path(of: old.id)) cannot change while it has hosts or L2 networks.",
                    objects: users, remedy: "Remove its hosts and detach its L2 networks first.")
            }
        },
        facts: { record, model in
            [
                Fact("zone-uuid", .text(model.uuidText(record.parent))),
                Fact("next-free-vlans", .list(NextFree.vlans(inCluster: record.id, model))),
            ]
        })
}
