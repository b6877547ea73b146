/// Whether an object takes part in new work.
public enum EnabledState: String, CaseIterable, Sendable {
    case enabled = "Enabled"
    case disabled = "Disabled"
}

extension AttributeDefinition {
    /// `state` of a zone, a cluster or an L3 network. `inherited` tells the state of what it lies in.
    static func enabledState(inherited: @escaping @Sendable (ObjectRecord, Model) -> EnabledState)
        -> AttributeDefinition
    {
        AttributeDefinition(
            .state, "state", summary: "Whether new work may use it.", values: "Enabled, Disabled",
            defaultValue: "that of what it lies in, else Enabled",
            check: { (text: String) throws(Refusal) in
                _ = try ValueText.keyword(text, of: "state", as: EnabledState.self, rule: "state.unknown")
            },
            effective: { record, model in (record.enabledState ?? inherited(record, model)).rawValue })
    }
}

extension ObjectRecord {
    /// The state that was written, nil if none was.
    public var enabledState: EnabledState? {
        text(.state).flatMap { try? ValueText.keyword($0, of: "state", as: EnabledState.self, rule: "state.unknown") }
    }
}

extension KindDefinition {
    /// A zone: a data centre or a part of one. L2 networks and the clusters that they are attached to are siblings in it.
    static let zone = KindDefinition(
        .zone, "zone",
        attributes: [
            .description, .enabledState(inherited: { _, _ in .enabled }),
            AttributeDefinition(
                .vniRanges, "vni-ranges", summary: "The VNIs that it keeps for its L2VxlanNetworks.",
                values: "numbers from 1 to 16777214 and ranges of them, such as 1000-1999 3000",
                defaultValue: "none: no pool, and networks that are not in one cluster may have the same",
                changes: "while it holds what its networks have",
                check: { (text: String) throws(Refusal) in _ = try VNIRanges(text) },
                effective: { record, _ in record.vniRanges?.text }),
        ],
        collections: [
            CollectionDefinition(.vms, "vms", of: .vm),
            CollectionDefinition(.l2Networks, "l2", of: .l2Network),
            CollectionDefinition(.clusters, "clusters", of: .cluster),
        ],
        check: { (old, new, model) throws(Refusal) in try VNIPoolRules.checkPool(old, new, model) },
        facts: { zone, model in VNIPoolRules.facts(zone, model) })
}
