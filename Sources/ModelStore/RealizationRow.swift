import NetworkModel

/// Between rows of the table `realization` and records.
enum RealizationRow {
    private static let columns = """
        id, network, host,
        wanted_network_uuid, wanted_type, wanted_physical_interface, wanted_vlan, wanted_bridge, wanted_mtu,
        applied_network_uuid, applied_type, applied_physical_interface, applied_vlan, applied_bridge, applied_mtu,
        wanted_generation, applied_generation, failure, changed, wanted_overlay, applied_overlay, users,
        wanted_ports, applied_ports
        """

    static let selection = "SELECT \(columns) FROM realization ORDER BY id"
    static let insertion = "INSERT INTO realization (\(columns)) VALUES (?, ?, ?\(String(repeating: ", ?", count: 21)))"
    /// The first three columns stay as they are.
    static let update = """
        UPDATE realization SET
            wanted_network_uuid = ?4, wanted_type = ?5, wanted_physical_interface = ?6, wanted_vlan = ?7,
            wanted_bridge = ?8, wanted_mtu = ?9,
            applied_network_uuid = ?10, applied_type = ?11, applied_physical_interface = ?12, applied_vlan = ?13,
            applied_bridge = ?14, applied_mtu = ?15,
            wanted_generation = ?16, applied_generation = ?17, failure = ?18, changed = ?19,
            wanted_overlay = ?20, applied_overlay = ?21, users = ?22,
            wanted_ports = ?23, applied_ports = ?24
        WHERE id = ?1 AND network = ?2 AND host = ?3
        """

    static func realization(_ row: StoreStatement) throws -> RealizationRecord {
        RealizationRecord(
            id: try ObjectRow.id(row, 0, "id"), network: try ObjectRow.id(row, 1, "network"),
            host: try ObjectRow.id(row, 2, "host"),
            wanted: try specification(row, from: 3, overlay: 19, ports: 22, "wanted"),
            applied: try specification(row, from: 9, overlay: 20, ports: 23, "applied"),
            wantedGeneration: row.integer(15),
            appliedGeneration: row.integer(16), users: row.integer(21),
            failure: row.isNull(17) ? nil : try row.text(17, "failure"),
            changed: row.integer(18))
    }

    /// In the order of `columns`.
    static func values(_ record: RealizationRecord) -> [StoreStatement.Value] {
        [.id(record.id), .id(record.network), .id(record.host)] + values(record.wanted) + values(record.applied) + [
            .integer(record.wantedGeneration), .integer(record.appliedGeneration), .optional(record.failure),
            .integer(record.changed), .optional(record.wanted?.overlay?.description),
            .optional(record.applied?.overlay?.description), .integer(record.users),
            .optional(text(of: record.wanted)), .optional(text(of: record.applied)),
        ]
    }

    /// The ports, one a line.
    private static func text(of specification: L2Specification?) -> String? {
        guard let ports = specification?.ports, !ports.isEmpty else { return nil }
        return ports.map(\.description).joined(separator: "\n")
    }

    private static func ports(_ text: String, _ name: String) throws -> [VMPort] {
        try text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard let port = VMPort(line) else { throw InvalidRow("\(name)_ports is malformed") }
            return port
        }
    }

    private static func specification(
        _ row: StoreStatement, from column: Int32, overlay: Int32, ports: Int32, _ name: String
    ) throws -> L2Specification? {
        // All eight are empty, or only the four that a specification may leave out.
        guard !row.isNull(column) else {
            guard (column..<column + 6).allSatisfy(row.isNull), row.isNull(overlay), row.isNull(ports) else {
                throw InvalidRow("\(name)_network_uuid is missing")
            }
            return nil
        }
        guard !row.isNull(column + 1), !row.isNull(column + 2), !row.isNull(column + 4) else {
            throw InvalidRow("what is \(name) has no type, interface or bridge")
        }
        let word = try row.text(column + 1, "\(name)_type")
        guard let type = L2NetworkType(rawValue: word) else { throw InvalidRow("\(name)_type \(word) is unknown") }
        var tunnels: L2Overlay?
        if !row.isNull(overlay) {
            tunnels = L2Overlay(try row.text(overlay, "\(name)_overlay"))
            if tunnels == nil { throw InvalidRow("\(name)_overlay is malformed") }
        }
        return L2Specification(
            networkUUID: try ObjectRow.uuid(row, column, "\(name)_network_uuid"), type: type,
            physicalInterface: try row.text(column + 2, "\(name)_physical_interface"),
            vlan: row.isNull(column + 3) ? nil : Int(row.integer(column + 3)),
            bridge: try row.text(column + 4, "\(name)_bridge"),
            mtu: row.isNull(column + 5) ? nil : Int(row.integer(column + 5)), overlay: tunnels,
            ports: row.isNull(ports) ? [] : try Self.ports(row.text(ports, "\(name)_ports"), name))
    }

    private static func values(_ specification: L2Specification?) -> [StoreStatement.Value] {
        guard let specification else { return Array(repeating: .null, count: 6) }
        return [
            .uuid(specification.networkUUID), .text(specification.type.rawValue),
            .text(specification.physicalInterface), .optional(specification.vlan), .text(specification.bridge),
            .optional(specification.mtu),
        ]
    }
}
