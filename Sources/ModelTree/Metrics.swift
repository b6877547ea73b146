import NetworkModel

/// The file `metrics`, OpenMetrics text (https://openmetrics.io).
enum Metrics {
    static func text(_ model: Model, refusals: UInt64, commits: UInt64) -> [UInt8] {
        var objects: [Kind: Int] = [:]
        var hosts: [String: Int] = ["Connected": 0, "Connecting": 0, "Disconnected": 0]
        model.forEachRecord { record in
            objects[record.kind, default: 0] += 1
            if record.kind == .host { hosts[model.status(ofHost: record.id).word, default: 0] += 1 }
        }
        var realizations = ["converged": 0, "waiting": 0, "failed": 0]
        for record in model.allRealizations {
            realizations[record.isConverged ? "converged" : record.failure == nil ? "waiting" : "failed", default: 0] +=
                1
        }
        var lines = ["# TYPE netmodelfs_objects gauge", "# HELP netmodelfs_objects Objects by kind."]
        for kind in SchemaTree.kinds {
            lines.append("netmodelfs_objects{kind=\"\(KindDefinition.of(kind).name)\"} \(objects[kind] ?? 0)")
        }
        lines += ["# TYPE netmodelfs_hosts gauge", "# HELP netmodelfs_hosts Hosts by status."]
        for (status, count) in hosts.sorted(by: { $0.key < $1.key }) {
            lines.append("netmodelfs_hosts{status=\"\(status)\"} \(count)")
        }
        lines += ["# TYPE netmodelfs_realizations gauge", "# HELP netmodelfs_realizations L2 networks on hosts."]
        for (state, count) in realizations.sorted(by: { $0.key < $1.key }) {
            lines.append("netmodelfs_realizations{state=\"\(state)\"} \(count)")
        }
        lines += [
            "# TYPE netmodelfs_commands counter", "# HELP netmodelfs_commands Commands that were stored.",
            "netmodelfs_commands_total \(commits)", "# TYPE netmodelfs_refusals counter",
            "# HELP netmodelfs_refusals Refused operations.", "netmodelfs_refusals_total \(refusals)", "# EOF", "",
        ]
        return Array(lines.joined(separator: "\n").utf8)
    }
}
