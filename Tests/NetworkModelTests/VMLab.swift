import Testing

@testable import NetworkModel

/// The fixture with networks that VMs can use: `v10` is attached to both clusters and `nv1` to c1 only. The L3 networks
/// `a` and `dual`, which has IPv6 as well, stand on `v10`, and `b` on `nv1`; they choose the lowest free address.
struct VMLab {
    let fixture: Fixture
    let builder: ModelBuilder
    let a, b, dual: ObjectID
    /// Of `a` and `b`.
    let rangeOfA, rangeOfB: ObjectID
    /// `v10` on c1 and on c2, and `nv1` on c1.
    let v10OnC1, v10OnC2, nv1OnC1: ObjectID

    var model: Model { builder.model }

    init() throws {
        fixture = try Fixture()
        builder = fixture.builder
        v10OnC1 = try builder.attach(fixture.v10, fixture.c1)
        v10OnC2 = try builder.attach(fixture.v10, fixture.c2)
        nv1OnC1 = try builder.attach(fixture.nv1, fixture.c1)
        a = try builder.l3("a", on: fixture.v10)
        b = try builder.l3("b", on: fixture.nv1)
        dual = try builder.l3("dual", on: fixture.v10)
        for l3 in [a, b, dual] { try builder.set(l3, .allocation, "FirstAvailable") }
        rangeOfA = try builder.range("r", in: a, "10.0.0.10-10.0.0.29/24 gateway=10.0.0.1")
        rangeOfB = try builder.range("r", in: b, "10.0.0.10-10.0.0.29/24 gateway=10.0.0.1")
        try builder.range("r", in: dual, "10.0.0.30-10.0.0.59/24 gateway=10.0.0.1")
        try builder.range("r6", in: dual, "fd00::10-fd00::ff/64 gateway=fd00::1")
    }

    // MARK: - VMs

    @discardableResult
    func nic(_ vm: ObjectID, on l3: ObjectID?, _ attributes: [AttributeID: String] = [:]) throws -> ObjectID {
        let number = model.childCount(of: vm, in: .nics)
        let id = try builder.create("nic\(number)", in: vm, .nics, attributes)
        if let l3 { try builder.run(linking(id, .l3, l3)) }
        return id
    }

    /// A stopped VM with a NIC on each of these L3 networks.
    func vm(_ name: String, on l3s: ObjectID..., in zone: ObjectID? = nil) throws -> ObjectID {
        let id = try builder.create(name, in: zone ?? fixture.z1, .vms)
        for l3 in l3s { try nic(id, on: l3) }
        return id
    }

    func linking(_ id: ObjectID, _ attribute: AttributeID, _ target: ObjectID) -> Command {
        .link(id, attribute, text: "../\(model.path(of: target))", target: target, ownership: ModelBuilder.ownership)
    }

    func starting(_ vm: ObjectID) -> Command { builder.setting(vm, .state, "Running") }

    /// Starts it, with its host agreeing.
    @discardableResult
    func start(_ vm: ObjectID) throws -> PortWork? {
        let plan = try builder.run(starting(vm))
        try builder.settle()
        if case .ports(let work)? = plan.work { return work }
        return nil
    }

    func stop(_ vm: ObjectID) throws {
        try builder.set(vm, .state, "Stopped")
        try builder.settle()
    }

    // MARK: - What comes of it

    func nics(of vm: ObjectID) -> [NIC] {
        model.children(of: vm, in: .nics).compactMap { model.record($0) }.map { NIC($0) }
    }

    func addresses(of vm: ObjectID) -> [String] { nics(of: vm).flatMap { $0.addresses.map(\.description) } }

    func host(of vm: ObjectID) -> ObjectID? { model.record(vm).flatMap { VM($0).placement?.host } }

    /// The names of the ports that a host shall have for a network.
    func ports(_ network: ObjectID, _ host: ObjectID) -> [String] {
        model.realization(of: network, on: host)?.wanted?.ports.map(\.name) ?? []
    }
}
