@testable import NetworkModel

/// All that a model knows: what it stores, and what it has found out.
struct ModelMemory: Equatable {
    let records: ModelSnapshot
    private let nextID: ObjectID
    private let leavings: Set<Model.Leaving>
    private let statuses: [ObjectID: HostStatus]
    private let drifts: [ObjectID: [String]]
    private let orphans: [ObjectID: [HostOrphan]]
    private let machines: [ObjectID: String]
    private let hostsOfMachines: [String: ObjectID]
    private let networks: [UniqueID: ObjectID]
    private let inFlight: [ObjectID: Int]
    private let held: [Model.WireKey: ObjectID]
    private let touched: [ObjectID: [CollectionID: Int64]]

    init(_ model: Model) {
        records = ModelSnapshot(model)
        nextID = model.nextID
        leavings = model.leavings
        statuses = model.statusOfHost
        drifts = model.driftOfRealization
        orphans = model.orphansOfHost
        machines = model.machineOfHost
        hostsOfMachines = model.hostOfMachine
        networks = model.networkOfUUID
        inFlight = model.inFlight
        held = model.heldWires
        touched = model.nodes.mapValues { node in
            Dictionary(node.touched.map { ($0.collection, $0.time) }) { first, _ in first }
        }
    }
}

extension HostOrphan {
    /// Something that nobody accounts for, told apart by a number.
    static func sample(_ number: ObjectID) -> HostOrphan {
        let mark = HostMark(
            store: nil, network: UniqueID(high: 1, low: number.rawValue), bridge: "br_eth9", devices: ["eth9"])
        return HostOrphan(
            HostStray(mark, isOurs: false, otherHost: nil), since: Int64(number.rawValue))
    }
}
