import Testing

@testable import NetworkModel

/// Makes models as the daemon does: plan, then apply, at a clock that counts. After each applied plan the invariants
/// are checked (`ModelInvariants`).
final class ModelBuilder {
    let model: Model
    private(set) var now: Int64 = 1_000
    private var uuids = SplitMix64(seed: 42)
    /// Big random runs check now and then instead of after each step.
    var checksInvariants = true
    /// All that was applied.
    private(set) var journal: [Change] = []

    init() {
        model = Model(root: Metadata(mode: 0o755, uid: 0, gid: 0, modified: 0, changed: 0))
    }

    static let ownership = Ownership(uid: 1000, gid: 100, mode: 0o755)

    // MARK: - Commands

    func plan(_ command: Command) throws(Refusal) -> Plan {
        now += 1
        return try model.plan(command, PlanContext(now: now))
    }

    func apply(_ changes: [Change]) {
        for change in changes { model.apply(change, at: now) }
        journal += changes
    }

    @discardableResult
    func run(_ command: Command, sourceLocation: SourceLocation = #_sourceLocation) throws(Refusal) -> Plan {
        let plan = try plan(command)
        apply(plan.changes)
        if checksInvariants {
            let broken = ModelInvariants.broken(in: model)
            #expect(broken.isEmpty, sourceLocation: sourceLocation)
        }
        return plan
    }

    /// The refusal that a command meets, nil if it is planned. The model stays as it is in either case.
    func refusal(of command: Command) -> Refusal? {
        do throws(Refusal) {
            _ = try plan(command)
            return nil
        } catch {
            return error
        }
    }

    func creation(
        _ name: String, in parent: ObjectID, _ collection: CollectionID, text: String? = nil, target: ObjectID? = nil
    ) -> Command {
        .create(
            NewObject(
                id: model.makeID(), uuid: .random(using: &uuids), parent: parent, collection: collection,
                name: Name(name), ownership: ModelBuilder.ownership, text: text, target: target))
    }

    func setting(_ id: ObjectID, _ attribute: AttributeID, _ text: String) -> Command {
        .set(id, attribute, text: text, ownership: ModelBuilder.ownership)
    }

    func attaching(_ network: ObjectID, _ cluster: ObjectID, name: String? = nil) -> Command {
        let name = name ?? model.record(cluster)?.name.text ?? "?"
        return creation(name, in: network, .attachments, text: "../../../clusters/\(name)", target: cluster)
    }

    func linking(_ l3: ObjectID, _ l2: ObjectID) -> Command {
        .link(l3, .l2, text: "../../\(model.path(of: l2))", target: l2, ownership: ModelBuilder.ownership)
    }

    // MARK: - Objects

    @discardableResult
    func create(
        _ name: String, in parent: ObjectID, _ collection: CollectionID, text: String? = nil,
        _ attributes: [AttributeID: String] = [:]
    ) throws -> ObjectID {
        let id = try run(creation(name, in: parent, collection, text: text)).subject
        for (attribute, text) in attributes.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            try set(id, attribute, text)
        }
        return id
    }

    @discardableResult
    func set(_ id: ObjectID, _ attribute: AttributeID, _ text: String) throws -> Plan {
        try run(setting(id, attribute, text))
    }

    func zone(_ name: String) throws -> ObjectID { try create(name, in: .root, .zones) }

    func cluster(_ name: String, in zone: ObjectID, hypervisor: String? = nil) throws -> ObjectID {
        try create(name, in: zone, .clusters, hypervisor.map { [.hypervisor: $0] } ?? [:])
    }

    func host(_ name: String, in cluster: ObjectID, _ connection: String? = nil) throws -> ObjectID {
        let id = try create(name, in: cluster, .hosts, connection.map { [.connection: $0] } ?? [:])
        if connection != nil { try run(.progress(.connected(id))) }
        return id
    }

    func l2(_ name: String, in zone: ObjectID, _ interface: String? = nil, vlan: Int? = nil) throws -> ObjectID {
        var attributes: [AttributeID: String] = [:]
        attributes[.physicalInterface] = interface
        attributes[.vlan] = vlan.map(String.init)
        return try create(name, in: zone, .l2Networks, attributes)
    }

    /// An L3 network on `l2`, or on a wire of its own.
    func l3(_ name: String, on l2: ObjectID? = nil, category: String? = nil) throws -> ObjectID {
        let id = try create(name, in: .root, .l3Networks, category.map { [.category: $0] } ?? [:])
        if let l2 { try run(linking(id, l2)) }
        return id
    }

    @discardableResult
    func range(_ name: String, in l3: ObjectID, _ text: String) throws -> ObjectID {
        try create(name, in: l3, .ranges, text: text)
    }

    @discardableResult
    func reserved(_ name: String, in l3: ObjectID, _ text: String) throws -> ObjectID {
        try create(name, in: l3, .reserved, text: text)
    }

    /// Attaches, with every host agreeing at once.
    @discardableResult
    func attach(_ network: ObjectID, _ cluster: ObjectID, name: String? = nil) throws -> ObjectID {
        let id = try run(attaching(network, cluster, name: name)).subject
        try settle()
        try run(.progress(.attached(id)))
        return id
    }

    /// Detaches, with every host agreeing at once.
    func detach(_ attachment: ObjectID) throws {
        try run(.delete(attachment))
        try settle()
        try run(.progress(.detached(attachment)))
    }

    /// Every host does what is wanted of it.
    func settle() throws {
        for realization in model.allRealizations.sorted(by: { $0.id < $1.id }) where !realization.isConverged {
            try run(
                .progress(
                    .applied(realization: realization.id, realization.wanted, generation: realization.wantedGeneration))
            )
        }
    }

    func connect(_ hosts: ObjectID...) {
        for host in hosts { model.setStatus(ofHost: host, .connected("test")) }
    }

    func text(_ id: ObjectID, _ attribute: AttributeID) -> String? { model.record(id)?.text(attribute) }

    /// The value in force of an attribute, as `state/` shows it.
    func effective(_ id: ObjectID, _ attribute: AttributeID) -> String? {
        guard let record = model.record(id) else { return nil }
        return KindDefinition.of(record.kind).attribute(attribute)?.effective(record, model)
    }

    /// A field of `state/` that is no attribute.
    func fact(_ id: ObjectID, _ name: String) -> String? {
        guard let record = model.record(id) else { return nil }
        return KindDefinition.of(record.kind).facts(record, model).first { $0.name == name }?.value.text
    }
}

/// What a refusal must say: its rule, its error and its sentence.
func expect(
    _ refusal: Refusal?, _ rule: String, _ error: ErrorNumber, _ reason: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(refusal?.rule == rule, sourceLocation: sourceLocation)
    #expect(refusal?.error == error, sourceLocation: sourceLocation)
    if let reason { #expect(refusal?.reason == reason, sourceLocation: sourceLocation) }
    #expect(refusal?.remedy.isEmpty == false, "a refusal tells what to do", sourceLocation: sourceLocation)
}
