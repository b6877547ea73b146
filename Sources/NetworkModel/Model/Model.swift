/// The whole model in memory, with an index for each question that is asked of it. Changed by `apply` only.
///
/// Not Sendable: its owner guards it with one lock.
public final class Model {
    /// An object and what follows from it.
    final class Node {
        var record: ObjectRecord
        /// Members of each collection that ever had one.
        var members: [(collection: CollectionID, ids: OrderedIDs)] = []
        /// When a member came or went, by collection; nanoseconds since 1970. Not stored.
        var touched: [(collection: CollectionID, time: Int64)] = []
        var meaning: Meaning?

        init(_ record: ObjectRecord) {
            self.record = record
        }
    }

    /// What the text of a range or reserved range means. Apart from its node: most objects have none.
    indirect enum Meaning {
        case range(IPRange)
        case reserved(ReservedRange)
    }

    /// There may be one for each network on each host: apart from their index, whose table is twice as large as it needs to
    /// be when it has just grown.
    final class RealizationNode {
        var record: RealizationRecord

        init(_ record: RealizationRecord) {
            self.record = record
        }
    }

    struct ChildKey: Hashable {
        let parent: ObjectID
        let collection: CollectionID
        let name: Name
    }

    struct Pair: Hashable {
        let first: ObjectID
        let second: ObjectID
    }

    /// What the hosts of a cluster have only once (`L2Network.wire`): an interface and a VLAN on it, or a tunnel's number.
    struct WireKey: Hashable {
        let cluster: ObjectID
        let medium: String
        let number: Int

        init(_ cluster: ObjectID, _ wire: (medium: String, number: Int)) {
            self.cluster = cluster
            medium = wire.medium
            number = wire.number
        }
    }

    struct VNIKey: Hashable {
        let zone: ObjectID
        let vni: Int32
    }

    /// The end of a host's tunnels, which no other host of its zone has.
    struct TunnelEnd: Hashable {
        let zone: ObjectID
        let address: IPAddress
    }

    /// A file that was removed a moment ago: an attribute's, or with `value` that of a range.
    public struct Leaving: Hashable, Sendable {
        public let object: ObjectID
        public let attribute: AttributeID

        public init(object: ObjectID, attribute: AttributeID) {
            self.object = object
            self.attribute = attribute
        }
    }

    /// Ranges of one family that share a wire: an L2 network, or an L3 network without one.
    struct RangesKey: Hashable {
        let wire: ObjectID
        let family: IPFamily
    }

    struct BridgeKey: Hashable {
        let cluster: ObjectID
        let bridge: String
    }

    var nodes: [ObjectID: Node] = [:]
    var names: [ChildKey: ObjectID] = [:]
    /// (L2 network, cluster) → attachment.
    var attachmentOfPair: [Pair: ObjectID] = [:]
    var attachmentOfWire: [WireKey: ObjectID] = [:]
    var attachmentOfBridge: [BridgeKey: ObjectID] = [:]
    var attachmentsOfCluster: [ObjectID: OrderedIDs] = [:]
    /// L2 network → L3 networks on it.
    var l3sOfL2: [ObjectID: OrderedIDs] = [:]
    var hostOfConnection: [HostConnection: ObjectID] = [:]
    var hostOfTunnelEnd: [TunnelEnd: ObjectID] = [:]
    var vnisOfZone: [ObjectID: VNIIndex] = [:]
    /// Attachments → those that are to take their places, while their hosts are asked.
    var replacersOfAttachment: [ObjectID: OrderedIDs] = [:]
    var placements = PlacementIndex()
    var nicOfMAC: [MACAddress: ObjectID] = [:]
    /// How many ranges lie in each subnet, of all L3 networks.
    var rangesOfSubnet: [IPSubnet: Int] = [:]
    /// Found out when somebody asks; nil where it must be found out anew.
    private var knownFreeSubnets: [String]?
    /// L2 network, or L3 network without one → ranges of a family on that wire.
    var rangesOfWire: [RangesKey: RangeIndex] = [:]
    var realizations: [ObjectID: RealizationNode] = [:]
    /// (network, host) → realization.
    var realizationOfPair: [Pair: ObjectID] = [:]
    var realizationsOfHost: [ObjectID: OrderedIDs] = [:]
    var realizationsOfNetwork: [ObjectID: OrderedIDs] = [:]
    /// VNIs that a network may go back to, with that network.
    var heldVNIs: [VNIKey: ObjectID] = [:]
    /// Wires that a network may go back to, with that network.
    var heldWires: [WireKey: ObjectID] = [:]
    /// Commands under way, by object.
    var inFlight: [ObjectID: Int] = [:]
    var statusOfHost: [ObjectID: HostStatus] = [:]
    /// What somebody changed on hosts, in sentences, by realization. Found out, not stored.
    var driftOfRealization: [ObjectID: [String]] = [:]
    /// What hosts carry that nobody here accounts for. Found out, not stored.
    var orphansOfHost: [ObjectID: [HostOrphan]] = [:]
    /// L2 networks that are there, or are gone and still on record for hosts.
    var networkOfUUID: [UniqueID: ObjectID] = [:]
    /// Which machine each connected host is, as it says itself, and the other way round. Found out, not stored.
    var machineOfHost: [ObjectID: String] = [:]
    var hostOfMachine: [String: ObjectID] = [:]
    /// Files that were removed and whose values are still in force.
    public internal(set) var leavings: Set<Leaving> = []
    /// The next id to be given.
    public var nextID = ObjectID.first

    /// A model that holds nothing but its root.
    public init(root metadata: Metadata) {
        let root = ObjectRecord(
            id: .root, kind: .root, parent: .root, collection: .zones, name: Name(""), uuid: UniqueID(high: 0, low: 0),
            metadata: metadata)
        nodes[.root] = Node(root)
    }

    public var count: Int { nodes.count }

    /// A number that was never given before.
    public func makeID() -> ObjectID {
        defer { nextID = ObjectID(nextID.rawValue + 1) }
        return nextID
    }

    // MARK: - Questions

    public func record(_ id: ObjectID) -> ObjectRecord? { nodes[id]?.record }

    public func child(of parent: ObjectID, in collection: CollectionID, named name: Name) -> ObjectID? {
        names[ChildKey(parent: parent, collection: collection, name: name)]
    }

    /// Ascending by id, which is the order in which they were made.
    public func children(of parent: ObjectID, in collection: CollectionID) -> [ObjectID] {
        members(of: parent, in: collection)?.all ?? []
    }

    public func childCount(of parent: ObjectID, in collection: CollectionID) -> Int {
        members(of: parent, in: collection)?.count ?? 0
    }

    /// Calls `body` with each child after `id` until it answers false.
    public func forEachChild(
        of parent: ObjectID, in collection: CollectionID, after id: ObjectID?, _ body: (ObjectID) -> Bool
    ) {
        members(of: parent, in: collection)?.forEach(after: id, body)
    }

    public func firstChild(
        of parent: ObjectID, in collection: CollectionID, where matches: (ObjectID) -> Bool
    ) -> ObjectID? {
        var found: ObjectID?
        forEachChild(of: parent, in: collection, after: nil) { id in
            if matches(id) { found = id }
            return found == nil
        }
        return found
    }

    /// When a child of the collection last came or went since the daemon started, nanoseconds since 1970.
    public func lastTouched(_ parent: ObjectID, _ collection: CollectionID) -> Int64? {
        nodes[parent]?.touched.first { $0.collection == collection }?.time
    }

    public func uuidText(_ id: ObjectID) -> String { nodes[id]?.record.uuid.description ?? "" }

    public func range(_ id: ObjectID) -> IPRange? {
        if case .range(let range) = nodes[id]?.meaning { range } else { nil }
    }

    public func reservedRange(_ id: ObjectID) -> ReservedRange? {
        if case .reserved(let range) = nodes[id]?.meaning { range } else { nil }
    }

    /// The path below the mount point, without a leading slash; empty for the root.
    public func path(of id: ObjectID) -> String {
        guard let record = nodes[id]?.record else { return "" }
        return path(ofNew: record)
    }

    /// The path that a record has or would have.
    public func path(ofNew record: ObjectRecord) -> String {
        // What people know of it.
        if record.kind == .ownerDomain { return path(of: record.parent) }
        guard record.kind != .root, let parent = nodes[record.parent]?.record,
            let collection = KindDefinition.of(parent.kind).collection(record.collection)
        else { return "" }
        let above = path(ofNew: parent)
        return (above.isEmpty ? "" : above + "/") + collection.name + "/" + record.name.text
    }

    public func attachment(of network: ObjectID, to cluster: ObjectID) -> ObjectID? {
        attachmentOfPair[Pair(first: base(of: network), second: cluster)]
    }

    func attachment(onCluster cluster: ObjectID, wire: (medium: String, number: Int)) -> ObjectID? {
        attachmentOfWire[WireKey(cluster, wire)]
    }

    func host(withEnd address: IPAddress, in zone: ObjectID) -> ObjectID? {
        hostOfTunnelEnd[TunnelEnd(zone: zone, address: address)]
    }

    public func attachments(ofCluster cluster: ObjectID) -> [ObjectID] { attachmentsOfCluster[cluster]?.all ?? [] }
    public func attachments(ofNetwork network: ObjectID) -> [ObjectID] { children(of: network, in: .attachments) }
    public func l3Networks(on network: ObjectID) -> [ObjectID] { l3sOfL2[network]?.all ?? [] }
    public func host(connectedBy connection: HostConnection) -> ObjectID? {
        hostOfConnection[connection.identity]
    }

    /// A range other than `id` on a wire that shares an address with `range`.
    func rangeOverlapping(_ range: IPRange, on wire: ObjectID, except id: ObjectID) -> ObjectID? {
        guard let index = rangesOfWire[RangesKey(wire: wire, family: range.family)] else { return nil }
        for interval in range.intervals {
            if let other = index.overlap(interval, except: id) { return other }
        }
        return nil
    }

    /// All addresses of one family of an L3 network's ranges and pools, by their numbers.
    public func addresses(ofL3 id: ObjectID, _ family: IPFamily) -> IntervalSet<UInt128> {
        IntervalSet(
            children(of: id, in: .ranges).lazy.compactMap { self.range($0) }.filter { $0.family == family }
                .flatMap(\.intervals))
    }

    public func reservedAddresses(ofL3 id: ObjectID, _ family: IPFamily) -> IntervalSet<UInt128> {
        IntervalSet(
            children(of: id, in: .reserved).lazy.compactMap { self.reservedRange($0) }.filter { $0.family == family }
                .map(\.interval))
    }

    public func realization(_ id: ObjectID) -> RealizationRecord? { realizations[id]?.record }

    public func realization(of network: ObjectID, on host: ObjectID) -> RealizationRecord? {
        realizationOfPair[Pair(first: network, second: host)].flatMap { realizations[$0]?.record }
    }

    public func realizations(ofHost host: ObjectID) -> [RealizationRecord] {
        (realizationsOfHost[host]?.all ?? []).compactMap { realizations[$0]?.record }
    }

    public func realizations(ofNetwork network: ObjectID) -> [RealizationRecord] {
        (realizationsOfNetwork[network]?.all ?? []).compactMap { realizations[$0]?.record }
    }

    /// A network that is being changed and may go back to this wire.
    func networkLeaving(
        _ wire: (medium: String, number: Int), of cluster: ObjectID, except network: ObjectID
    ) -> ObjectID? {
        let holder = heldWires[WireKey(cluster, wire)]
        return holder == network ? nil : holder
    }

    /// Whether what a host shall have is certain: not while an attach is only being tried, or a command about the network
    /// or the host may still be taken back. Whoever gave that command sees to the host himself.
    public func isConfirmed(_ record: RealizationRecord) -> Bool {
        guard !isInFlight(record.network), !isInFlight(record.host), !isInFlight(record.id) else { return false }
        guard let cluster = nodes[record.host]?.record.parent, let id = attachment(of: record.network, to: cluster)
        else {
            return true
        }
        return !isInFlight(id) && nodes[id]?.record.phase != .attaching
    }

    // MARK: - Wires held for a change that may go back

    /// Keeps the wires and the VNI of a network's former shape from others while hosts are asked for its new one.
    public func holdWires(of former: ObjectRecord, _ isHeld: Bool) {
        if let vni = L2Network(former).vni.flatMap({ Int32(exactly: $0) }) {
            heldVNIs[VNIKey(zone: former.parent, vni: vni)] = isHeld ? former.id : nil
        }
        guard let wire = L2Network(former).wire else { return }
        for id in attachments(ofNetwork: former.id) {
            guard let cluster = nodes[id]?.record.target else { continue }
            heldWires[WireKey(cluster, wire)] = isHeld ? former.id : nil
        }
    }

    public var allRealizations: some Sequence<RealizationRecord> { realizations.values.lazy.map(\.record) }

    public func status(ofHost host: ObjectID) -> HostStatus { statusOfHost[host] ?? .unconfigured }

    /// Whether a command about the object has not been answered yet: what is seen of it may be taken back.
    public func isInFlight(_ id: ObjectID) -> Bool { !inFlight.isEmpty && inFlight[id] != nil }

    /// Notes that a command about these objects was planned, or answered. Not stored.
    public func setInFlight(_ ids: some Sequence<ObjectID>, _ isInFlight: Bool) {
        for id in ids {
            let count = (inFlight[id] ?? 0) + (isInFlight ? 1 : -1)
            inFlight[id] = count > 0 ? count : nil
        }
    }

    /// What is known of an object beside its record, and is lost when it is removed: what was found out of a host, and
    /// when members of its collections came or went.
    struct Observation {
        let status: HostStatus?
        let orphans: [HostOrphan]?
        let machine: String?
        let touched: [(collection: CollectionID, time: Int64)]
    }

    func observation(of id: ObjectID) -> Observation {
        Observation(
            status: statusOfHost[id], orphans: orphansOfHost[id], machine: machineOfHost[id],
            touched: nodes[id]?.touched ?? [])
    }

    /// After what was done for planning only was taken back.
    func restore(_ observation: Observation, of id: ObjectID) {
        guard let node = nodes[id] else { return }
        statusOfHost[id] = observation.status
        orphansOfHost[id] = observation.orphans
        if let machine = observation.machine {
            machineOfHost[id] = machine
            hostOfMachine[machine] = id
        }
        node.touched = observation.touched
    }

    /// Whether there is any: seldom, and there may be many realizations to ask for it.
    var hasDrift: Bool { !driftOfRealization.isEmpty }

    public func drift(of realization: ObjectID) -> [String] { driftOfRealization[realization] ?? [] }

    /// Found out, not wished for.
    public func setDrift(of realization: ObjectID, _ drift: [String]) {
        driftOfRealization[realization] = drift.isEmpty ? nil : drift
    }

    /// Found out, not wished for: it is no change and is not stored.
    public func setStatus(ofHost host: ObjectID, _ status: HostStatus?) { statusOfHost[host] = status }

    /// All records, parents before children.
    public var allRecords: [ObjectRecord] {
        nodes.values.map(\.record).sorted { $0.id < $1.id }
    }

    private func members(of parent: ObjectID, in collection: CollectionID) -> OrderedIDs? {
        guard let node = nodes[parent] else { return nil }
        for entry in node.members where entry.collection == collection { return entry.ids }
        return nil
    }
}

extension Model {
    /// What ``NextFree`` says of the subnets of all ranges. Anybody may ask as often as he likes.
    var freeSubnets: [String] {
        if let knownFreeSubnets { return knownFreeSubnets }
        let free = NextFree.subnets(notIn: rangesOfSubnet.keys)
        knownFreeSubnets = free
        return free
    }

    /// A range came to lie in a subnet (1), or does not any more (-1).
    func countRange(in subnet: IPSubnet, _ change: Int) {
        let count = (rangesOfSubnet[subnet] ?? 0) + change
        if (rangesOfSubnet[subnet] == nil) != (count == 0) { knownFreeSubnets = nil }
        rangesOfSubnet[subnet] = count == 0 ? nil : count
    }

    /// Calls `body` with each record, in no order.
    public func forEachRecord(_ body: (ObjectRecord) -> Void) {
        for node in nodes.values { body(node.record) }
    }
}
