/// Checks the model's invariants by what `state/` shows, and by nothing else: it shares no code with the daemon.
public struct StateChecker {
    private let root: String
    /// What is wrong, in words.
    public private(set) var problems: [String] = []
    private var uuids: [String: String] = [:]

    public init(_ mountPoint: String) {
        root = mountPoint + "/state"
        let clusters = checkZones()
        checkNetworks(clusters)
    }

    // MARK: - Reading

    private func text(_ path: String) -> String? {
        Calls.text(root + "/" + path).map { $0.hasSuffix("\n") ? String($0.dropLast()) : $0 }
    }

    private func lines(_ path: String) -> [String] {
        (text(path) ?? "").split(separator: "\n").map(String.init)
    }

    /// The members of a collection; a name that is listed twice is a problem.
    private mutating func members(_ path: String) -> [String] {
        guard let names = Calls.names(root + "/" + path) else {
            problems.append("\(path) cannot be listed")
            return []
        }
        if Set(names).count != names.count { problems.append("\(path) lists a name twice") }
        for name in names {
            if text("\(path)/\(name)/name") != name { problems.append("\(path)/\(name) has another name") }
            identify("\(path)/\(name)")
        }
        return names.map { "\(path)/\($0)" }
    }

    private mutating func identify(_ path: String) {
        let uuid = text(path + "/uuid") ?? ""
        let isGood = uuid.utf8.count == 32 && uuid.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        if !isGood { problems.append("\(path) has no UUID but '\(uuid)'") }
        if let other = uuids.updateValue(path, forKey: uuid) {
            problems.append("\(path) and \(other) have the same UUID")
        }
    }

    // MARK: - Zones

    /// Answers the clusters of each zone's UUID, by their own.
    private mutating func checkZones() -> [String: Set<String>] {
        var all: [String: Set<String>] = [:]
        for zone in members("zones") {
            let zoneID = text(zone + "/uuid") ?? ""
            var clusters: Set<String> = []
            for cluster in members(zone + "/clusters") {
                clusters.insert(text(cluster + "/uuid") ?? "")
                expect(text(cluster + "/zone-uuid") == zoneID, "\(cluster) names another zone")
                for host in members(cluster + "/hosts") {
                    expect(text(host + "/cluster-uuid") == text(cluster + "/uuid"), "\(host) names another cluster")
                    expect(text(host + "/zone-uuid") == zoneID, "\(host) names another zone")
                    expect(
                        text(host + "/hypervisor-type") == text(cluster + "/hypervisor"),
                        "\(host) has another hypervisor")
                }
            }
            all[zoneID] = clusters
            checkWires(zone, clusters)
        }
        return all
    }

    /// One network for each cluster, interface and VLAN.
    private mutating func checkWires(_ zone: String, _ clusters: Set<String>) {
        var wires: [String: String] = [:]
        for network in members(zone + "/l2") {
            let type = text(network + "/type") ?? ""
            let vlan = text(network + "/vlan") ?? "none"
            expect(
                (type == "L2VlanNetwork") == (vlan != "none") || type == "L2VlanNetwork",
                "\(network) is \(type) with VLAN \(vlan)")
            expect(vlan == "none" || (1...4094).contains(Int(vlan) ?? 0), "\(network) has VLAN \(vlan)")
            expect((68...9216).contains(Int(text(network + "/mtu") ?? "") ?? 0), "\(network) has no MTU")
            var attached: [String] = []
            for attachment in members(network + "/clusters") {
                let cluster = text(attachment + "/cluster-uuid") ?? ""
                attached.append(cluster)
                expect(clusters.contains(cluster), "\(attachment) leads to a cluster that is not there: \(cluster)")
                expect(
                    text(attachment + "/l2-network-uuid") == text(network + "/uuid"),
                    "\(attachment) names another network")
                let interface = text(network + "/physical-interface")
                expect(interface != nil, "\(network) is attached without an interface")
                expect(type != "L2VlanNetwork" || vlan != "none", "\(network) is attached without its VLAN")
                let wire = "\(cluster) \(interface ?? "") \(vlan)"
                if let other = wires.updateValue(network, forKey: wire) {
                    problems.append("\(network) and \(other) share a wire: \(wire)")
                }
            }
            expect(Set(attached).count == attached.count, "\(network) is attached to a cluster twice")
            expect(
                Set(lines(network + "/attached-cluster-uuids")) == Set(attached),
                "\(network) tells other attached clusters")
        }
    }

    // MARK: - L3 networks

    private mutating func checkNetworks(_ clusters: [String: Set<String>]) {
        var taken: [String: [(range: String, first: Int, last: Int)]] = [:]
        for network in members("l3") {
            let l2 = text(network + "/l2-network-uuid") ?? ""
            expect(
                l2.isEmpty || uuids[l2]?.contains("/l2/") == true, "\(network) stands on a network that is not there")
            expect(l2.isEmpty || clusters[text(network + "/zone-uuid") ?? ""] != nil, "\(network) lies in no zone")
            var gateways: Set<String> = []
            var subnets: Set<String> = []
            var count = 0
            var ranges: [String] = []
            for range in members(network + "/ranges") {
                ranges.append(text(range + "/uuid") ?? "")
                let isNormal = text(range + "/ip-range-type") == "Normal"
                expect(
                    isNormal || text(network + "/category") == "Public",
                    "\(range) is a pool of a network that is not public")
                let intervals = lines(range + "/intervals").map(StateChecker.interval)
                checkSubnet(range, intervals, isNormal: isNormal)
                if isNormal {
                    gateways.insert(text(range + "/gateway") ?? "")
                    subnets.insert(text(range + "/network-cidr") ?? "")
                }
                for case let (first, last)? in intervals {
                    count += last - first + 1
                    let wire = l2.isEmpty ? network : l2
                    if let other = taken[wire]?.first(where: { $0.first <= last && first <= $0.last }) {
                        problems.append("\(range) overlaps \(other.range)")
                    }
                    taken[wire, default: []].append((range, first, last))
                }
            }
            expect(
                gateways.count <= 1 && subnets.count <= 1, "\(network) has gateways \(gateways) and subnets \(subnets)")
            expect(Set(lines(network + "/ip-ranges")) == Set(ranges), "\(network) tells other ranges")
            expect(
                Int(text(network + "/total-addresses") ?? "") == count,
                "\(network) counts other addresses than \(count)")
            checkReserved(network)
        }
    }

    private mutating func checkSubnet(_ range: String, _ intervals: [(Int, Int)?], isNormal: Bool) {
        guard !intervals.isEmpty, !intervals.contains(where: { $0 == nil }) else {
            problems.append("\(range) has no intervals")
            return
        }
        let parts = (text(range + "/network-cidr") ?? "").split(separator: "/").map(String.init)
        guard parts.count == 2, let base = StateChecker.address(parts[0]), let length = Int(parts[1]),
            (1...32).contains(length),
            let gateway = StateChecker.address(text(range + "/gateway") ?? "")
        else {
            problems.append("\(range) has no subnet or no gateway")
            return
        }
        let size = 1 << (32 - length)
        expect(base % size == 0, "\(range): \(parts) is not the address of a network")
        for case let (first, last)? in intervals {
            expect(first <= last, "\(range) is reversed")
            if isNormal {
                expect(
                    first > base && last < base + size - 1,
                    "\(range) leaves its subnet, or takes its first or last address")
                expect(!(first...last).contains(gateway), "\(range) holds its gateway")
            }
            for (from, to) in [(0, 1 << 24), (127 << 24, 128 << 24), (224 << 24, 256 << 24)] {
                expect(last < from || first >= to, "\(range) holds addresses that nobody may have")
            }
        }
        if isNormal {
            expect(gateway > base && gateway < base + size - 1, "\(range): the gateway is no host of the subnet")
        }
    }

    private mutating func checkReserved(_ network: String) {
        var taken: [(first: Int, last: Int)] = []
        for range in members(network + "/reserved") {
            guard let first = StateChecker.address(text(range + "/start-ip") ?? ""),
                let last = StateChecker.address(text(range + "/end-ip") ?? ""), first <= last
            else {
                problems.append("\(range) is no range")
                continue
            }
            expect(!taken.contains { $0.first <= last && first <= $0.last }, "\(range) overlaps another one")
            taken.append((first, last))
        }
    }

    // MARK: - Help

    private mutating func expect(_ isSo: Bool, _ otherwise: String) {
        if !isSo { problems.append(otherwise) }
    }

    static func address(_ text: String) -> Int? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 4 else { return nil }
        return parts.reduce(0) { sum, part in
            guard let sum, let part, (0...255).contains(part) else { return nil }
            return sum * 256 + part
        }
    }

    private static func interval(_ text: String) -> (Int, Int)? {
        let ends = text.split(separator: "-").map { address(String($0)) }
        guard ends.count == 2, let first = ends[0], let last = ends[1] else { return nil }
        return (first, last)
    }
}
