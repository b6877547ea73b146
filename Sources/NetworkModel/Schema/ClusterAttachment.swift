extension KindDefinition {
    /// The link `l2/NAME/clusters/CLUSTER`: the L2 network reaches the hosts of that cluster.
    static let clusterAttachment = KindDefinition(
        .clusterAttachment, "attachment", form: .link(.cluster),
        attributes: [
            AttributeDefinition(
                .value, "target", form: .link(.cluster), summary: "The cluster that the L2 network is attached to.",
                values: "a path to a cluster of the same zone", defaultValue: "none",
                changes: "never: detach and attach instead", check: { (_: String) throws(Refusal) in },
                effective: { record, model in record.target.map { model.path(of: $0) } })
        ],
        facts: { record, model in
            [
                Fact("l2-network-uuid", .text(model.uuidText(record.parent))),
                Fact("cluster-uuid", .text(record.target.map { model.uuidText($0) } ?? "")),
                Fact("bridge", .text(record.text(.bridge) ?? "")),
            ]
        })
}
