import Foundation

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
        var taken: [String: [(range: String, addresses: ClosedRange<Address>)]] = [:]
        for network in members("l3") {
            let l2 = text(network + "/l2-network-uuid") ?? ""
            expect(
                l2.isEmpty || uuids[l2]?.contains("/l2/") == true, "\(network) stands on a network that is not there")
            expect(l2.isEmpty || clusters[text(network + "/zone-uuid") ?? ""] != nil, "\(network) lies in no zone")
            // For each version of IP.
            var gateways: [String: Set<String>] = [:]
            var subnets: [String: Set<String>] = [:]
            var count: UInt128 = 0
            var ranges: [String] = []
            for range in members(network + "/ranges") {
                ranges.append(text(range + "/uuid") ?? "")
                let isNormal = text(range + "/ip-range-type") == "Normal"
                let version = text(range + "/ip-version") ?? ""
                expect(
                    isNormal || text(network + "/category") == "Public",
                    "\(range) is a pool of a network that is not public")
                let intervals = lines(range + "/intervals").map(StateChecker.interval)
                checkSubnet(range, intervals, isNormal: isNormal)
                if isNormal {
                    gateways[version, default: []].insert(text(range + "/gateway") ?? "")
                    subnets[version, default: []].insert(text(range + "/network-cidr") ?? "")
                }
                for case let interval? in intervals {
                    count += interval.upperBound.number - interval.lowerBound.number + 1
                    let wire = l2.isEmpty ? network : l2
                    if let other = taken[wire]?.first(where: { $0.addresses.overlaps(interval) }) {
                        problems.append("\(range) overlaps \(other.range)")
                    }
                    taken[wire, default: []].append((range, interval))
                }
            }
            expect(
                (Array(gateways.values) + subnets.values).allSatisfy { $0.count <= 1 },
                "\(network) has gateways \(gateways) and subnets \(subnets)")
            expect(Set(lines(network + "/ip-ranges")) == Set(ranges), "\(network) tells other ranges")
            expect(
                UInt128(text(network + "/total-addresses") ?? "") == count,
                "\(network) counts other addresses than \(count)")
            checkReserved(network)
        }
    }

    private mutating func checkSubnet(_ range: String, _ intervals: [ClosedRange<Address>?], isNormal: Bool) {
        guard !intervals.isEmpty, !intervals.contains(where: { $0 == nil }) else {
            problems.append("\(range) has no intervals")
            return
        }
        let parts = (text(range + "/network-cidr") ?? "").split(separator: "/").map(String.init)
        guard parts.count == 2, let base = StateChecker.address(parts[0]), let length = Int(parts[1]),
            (1...base.bits).contains(length),
            let gateway = StateChecker.address(text(range + "/gateway") ?? "")
        else {
            problems.append("\(range) has no subnet or no gateway")
            return
        }
        let size = UInt128(1) << UInt128(base.bits - length)
        expect(base.number % size == 0, "\(range): \(parts) is not the address of a network")
        expect(text(range + "/ip-version") == (base.isIPv6 ? "6" : "4"), "\(range) has another version of IP")
        expect(isNormal || !base.isIPv6, "\(range) is a pool of IPv6")
        // Of IPv6, a guest may have the last address, and a router also the first.
        let end = Address(isIPv6: base.isIPv6, number: base.number + (size - 1))
        for case let interval? in intervals {
            if isNormal {
                expect(
                    interval.lowerBound > base
                        && (interval.upperBound < end || base.isIPv6 && interval.upperBound == end),
                    "\(range) leaves its subnet, or takes its first or last address")
                expect(!interval.contains(gateway), "\(range) holds its gateway")
            }
            for block in StateChecker.unusable {
                expect(!block.overlaps(interval), "\(range) holds addresses that nobody may have")
            }
        }
        if isNormal {
            let isHost = base.isIPv6 ? (base...end).contains(gateway) : gateway > base && gateway < end
            expect(isHost, "\(range): the gateway is no host of the subnet")
        }
    }

    private mutating func checkReserved(_ network: String) {
        var taken: [ClosedRange<Address>] = []
        for range in members(network + "/reserved") {
            guard let first = StateChecker.address(text(range + "/start-ip") ?? ""),
                let last = StateChecker.address(text(range + "/end-ip") ?? ""), first <= last
            else {
                problems.append("\(range) is no range")
                continue
            }
            expect(!taken.contains { $0.overlaps(first...last) }, "\(range) overlaps another one")
            taken.append(first...last)
        }
    }

    // MARK: - Help

    private mutating func expect(_ isSo: Bool, _ otherwise: String) {
        if !isSo { problems.append(otherwise) }
    }

    /// IPv4 before IPv6, each in the order of numbers.
    private struct Address: Comparable {
        let isIPv6: Bool
        let number: UInt128

        var bits: Int { isIPv6 ? 128 : 32 }

        static func < (left: Address, right: Address) -> Bool {
            left.isIPv6 == right.isIPv6 ? left.number < right.number : right.isIPv6
        }
    }

    private static func address(_ text: String) -> Address? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let isIPv6 = text.contains(":")
        guard inet_pton(isIPv6 ? AF_INET6 : AF_INET, text, &bytes) == 1 else { return nil }
        return Address(isIPv6: isIPv6, number: bytes.prefix(isIPv6 ? 16 : 4).reduce(0) { $0 << 8 | UInt128($1) })
    }

    private static func interval(_ text: String) -> ClosedRange<Address>? {
        let ends = text.split(separator: "-").map { address(String($0)) }
        guard ends.count == 2, let first = ends[0], let last = ends[1], first <= last else { return nil }
        return first...last
    }

    private static let unusable = [
        "0.0.0.0-0.255.255.255", "127.0.0.0-127.255.255.255", "224.0.0.0-255.255.255.255", "::-::1",
        "::ffff:0.0.0.0-::ffff:255.255.255.255", "fe80::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ].compactMap(interval)
}
