@testable import NetworkModel

/// Commands at random: mostly sensible ones on a small world, so that they meet each other, and wild ones.
struct RandomCommands {
    let builder: ModelBuilder
    var random: SplitMix64
    /// In how many of a hundred a VM or a NIC is meant.
    var shareOfVMs = 0

    var model: Model { builder.model }

    private let interfaces = ["eth0", "eth0_1", "eth1", "enp175s0f1np1", "eth0:1"]
    private let hosts = (1...6).map { "netns:h\($0)" } + ["simulator:", "simulator:latency=5", "local:", "ssh://h1"]

    mutating func next() -> Command {
        if shareOfVMs > 0, random.chance(shareOfVMs) { return ofVMs() }
        return switch Int.random(in: 0..<100, using: &random) {
        case 0..<31: creation()
        case 31..<50: change()
        case 50..<57: .delete(any())
        case 57..<60: .rename(any(), to: Name(name()))
        case 60..<65: link()
        case 65..<74: leaving()
        case 74..<78: replacement()
        case 78..<81: .instantiate(any(.l2Network), host: any(.host))
        case 81..<84: .deinstantiate(any(.l2Network), host: any(.host))
        case 84..<95: progress()
        default: wild()
        }
    }

    // MARK: - Picking

    mutating func any(_ kinds: Kind...) -> ObjectID {
        let ids = model.allRecords.filter { kinds.isEmpty || kinds.contains($0.kind) }.map(\.id)
        return ids.isEmpty ? ObjectID(random.next() % 500 + 1) : random.pick(ids)
    }

    mutating func name() -> String { random.pick(["a", "b", "c", "d"]) }

    private mutating func address(_ third: Int) -> String { "10.0.\(third).\(Int.random(in: 0...255, using: &random))" }

    /// Of the subnet fd00::/64, or of fd00:0:0:1::/64.
    mutating func ipv6Address(_ fourth: Int) -> String {
        "fd00:0:0:\(fourth)::\(String(Int.random(in: 0...255, using: &random), radix: 16))"
    }

    private mutating func reserved() -> String {
        let third = random.pick([0, 0, 1])
        let isIPv6 = random.chance(30)
        let start = isIPv6 ? ipv6Address(third) : address(third)
        if random.chance(50) { return start }
        return start + "-" + (isIPv6 != random.chance(5) ? ipv6Address(third) : address(third))
    }

    private mutating func ipv6Range() -> String {
        let fourth = random.pick([0, 0, 0, 1])
        let mode = random.pick(["", "", "", " mode=SLAAC", " mode=Stateless-DHCP"])
        let prefix = random.pick([64, 64, 64, 120])
        if random.chance(20) {
            return "fd00:0:0:\(fourth)::/\(prefix)" + (random.chance(50) ? " gateway=fd00:0:0:\(fourth)::99" : "")
                + mode
        }
        let start = Int.random(in: 0...250, using: &random)
        let ends = [start, start + random.pick([0, 1, 5, 40])].map { "fd00:0:0:\(fourth)::" + String($0, radix: 16) }
        return "\(ends[0])-\(ends[1])/\(prefix) gateway=fd00:0:0:\(fourth)::\(random.pick([1, 1, 1, 2]))" + mode
    }

    private mutating func range() -> String {
        if random.chance(30) { return ipv6Range() }
        let third = random.pick([0, 0, 0, 1])
        let type = random.chance(20) ? " type=AddressPool" : ""
        if random.chance(15) {
            return "10.0.\(third).0/\(random.pick([24, 25, 28]))"
                + (random.chance(50) ? " gateway=10.0.\(third).9" : "") + type
        }
        let start = Int.random(in: 1...250, using: &random)
        let end = min(255, start + random.pick([0, 1, 5, 40]))
        return "10.0.\(third).\(start)-10.0.\(third).\(end)/24 gateway=10.0.\(third).\(random.pick([1, 1, 1, 2]))"
            + type
    }

    // MARK: - Commands

    private mutating func creation() -> Command {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return builder.creation(name(), in: .root, .zones)
        case 1: return builder.creation(name(), in: any(.zone), .clusters)
        case 2: return builder.creation(name(), in: any(.cluster), .hosts)
        case 3: return builder.creation(name(), in: any(.zone), .l2Networks)
        case 4: return builder.creation(name(), in: .root, .l3Networks)
        case 5, 6: return builder.creation(name(), in: any(.l3Network), .ranges, text: range())
        case 7: return builder.creation(name(), in: any(.l3Network), .reserved, text: reserved())
        default:
            return builder.creation(name(), in: any(.l2Network), .attachments, text: "x", target: any(.cluster))
        }
    }

    private mutating func change() -> Command {
        let choices: [(ObjectID, AttributeID, String)] = [
            (any(.l2Network), .physicalInterface, random.pick(interfaces)),
            (any(.l2Network), .vlan, random.pick(["1", "2", "3", "4000", "0"])),
            (any(.l2Network), .vni, random.pick(["1", "2", "0", "auto", "auto"])),
            (any(.zone), .vniRanges, random.pick(["1-3", "2", "1 3-5", "3-1"])),
            (any(.l2Network), .key, random.pick(["1", "2"])),
            (any(.host), .vtep, vtep()), (any(.host), .vtep, vtep()),
            (any(.l2Network), .mtu, random.pick(["1400", "9000", "9"])),
            (any(.l2Network), .type, random.pick(L2NetworkType.allCases).rawValue),
            (any(.host), .connection, random.pick(hosts)), (any(.host), .connection, random.pick(hosts)),
            (any(.host), .state, random.pick(HostState.allCases).rawValue),
            (any(.cluster), .hypervisor, random.pick(["KVM", "Simulator"])),
            (any(.l3Network), .category, random.pick(L3Category.allCases).rawValue),
            (any(.l3Network), .system, random.pick(["true", "false"])),
            (any(.ipRange), .value, range()), (any(.reservedRange), .value, reserved()),
            (any(.zone, .cluster, .l3Network), .state, random.pick(["Enabled", "Disabled"])),
            (any(), .description, "text \(random.next() % 3)"),
        ]
        let (id, attribute, text) = random.pick(choices)
        return random.chance(15) ? .unset(id, attribute) : builder.setting(id, attribute, text)
    }

    private mutating func vtep() -> String {
        random.chance(10) ? "fd00::\(random.next() % 5)" : "10.9.0.\(random.next() % 8)"
    }

    private mutating func link() -> Command {
        random.chance(20)
            ? .unset(any(.l3Network), .l2)
            : .link(any(.l3Network), .l2, text: "x", target: any(.l2Network), ownership: nil)
    }

    /// A file that is removed, settles, or comes back. (Writing it anew is `change`.)
    private mutating func leaving() -> Command {
        // A set has another order in each run of the tests, and the same seed must do the same.
        let left = model.leavings.sorted { ($0.object, $0.attribute.rawValue) < ($1.object, $1.attribute.rawValue) }
        guard !left.isEmpty, random.chance(55) else {
            let id = any(.zone, .host, .l2Network, .l3Network, .ipRange, .reservedRange, .vm, .nic)
            return .leave(id, file: &random, in: model)
        }
        let one = random.pick(left)
        if random.chance(25) { return .stay(one.object, one.attribute) }
        let since = model.record(one.object)?.leavingSince(one.attribute)
        let wrong = since.map { [$0 - 1, $0 + 1] }.map { random.pick($0) }
        return .settle(one.object, one.attribute, left: random.chance(15) ? wrong : random.pick([since, nil]))
    }

    /// A link over one that is there, as `ln -sfn` makes it.
    private mutating func replacement() -> Command {
        guard let old = model.record(any(.clusterAttachment)), old.kind == .clusterAttachment else {
            return creation()
        }
        return .create(
            NewObject(
                id: model.makeID(), uuid: .random(using: &random), parent: old.parent, collection: .attachments,
                name: old.name, ownership: ModelBuilder.ownership, text: "y", target: any(.cluster),
                replaces: old.id))
    }

    private mutating func progress() -> Command {
        let attachment = any(.clusterAttachment)
        let realization = model.allRealizations.sorted { $0.id < $1.id }
        guard let one = realization.isEmpty ? nil : random.pick(realization) else {
            return .progress(.attached(attachment))
        }
        switch Int.random(in: 0..<9, using: &random) {
        case 0: return .progress(.attached(attachment))
        case 1:
            // The engine says so only of what did not come to be, which nobody uses.
            let isUsed = model.record(attachment).map { record in
                record.kind == .clusterAttachment && record.phase == .stable
                    && record.target.map { !model.nics(on: record.parent, cluster: $0).isEmpty } == true
            }
            return isUsed == true ? creation() : .progress(.withdraw(attachment, untouched: random.chance(50)))
        case 2:
            // The engine says so only of what is on its way out.
            let leaving = model.allRecords.filter { $0.kind == .clusterAttachment && $0.phase == .removing }
            return .progress(.detached(leaving.isEmpty ? ObjectID(9_999) : random.pick(leaving).id))
        case 3: return .progress(.failed(realization: one.id, "cable"))
        case 4: return .progress(.hostRemoved(any(.host)))
        case 5: return .progress(random.chance(50) ? .connected(any(.host)) : .disconnected(any(.host)))
        case 6: return .progress(.disconnecting(any(.host), untouched: random.chance(50)))
        default: return .progress(.applied(realization: one.id, one.wanted, generation: one.wantedGeneration))
        }
    }

    /// Nonsense of every sort.
    private mutating func wild() -> Command {
        let id = random.chance(80) ? any() : ObjectID(random.next() % 2_000)
        let texts = [
            "", "x", "\n", "\u{0}", "10.0.0.0/24", "local:", "-1", String(repeating: "9", count: 300), "# x", "\u{301}",
        ]
        let text = random.pick(texts)
        switch Int.random(in: 0..<9, using: &random) {
        case 0:
            return builder.creation(
                random.pick(texts), in: id, random.pick(CollectionID.allCases), text: text, target: any())
        case 1: return .set(id, random.pick(AttributeID.allCases), text: text, ownership: nil)
        case 2: return .unset(id, random.pick(AttributeID.allCases))
        case 3: return .link(id, random.pick(AttributeID.allCases), text: text, target: any(), ownership: nil)
        case 4: return .hideCollection(id, random.pick(CollectionID.allCases), random.chance(50))
        case 5: return .rename(id, to: Name(random.pick(texts)))
        case 6: return .leave(id, random.pick(AttributeID.allCases), isFinal: random.chance(30))
        case 7: return .settle(id, random.pick(AttributeID.allCases), left: nil)
        default:
            return .setMetadata(
                id, facet: UInt8(truncatingIfNeeded: random.next()), MetadataChange(mode: 0o7777, uid: 5, modified: 5))
        }
    }
}

extension Command {
    /// Removes a file of the object: one of those that it has, mostly.
    fileprivate static func leave(_ id: ObjectID, file random: inout SplitMix64, in model: Model) -> Command {
        let attributes = model.record(id).map { record in
            KindDefinition.of(record.kind).attributes.map(\.id).filter { record.fileText($0) != nil }
        }
        let isFinal = random.chance(25)
        guard let attributes, !attributes.isEmpty else { return .leave(id, .state, isFinal: isFinal) }
        return .leave(id, random.pick(attributes), isFinal: isFinal)
    }
}
