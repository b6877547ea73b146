/// Whether a VM shall run.
public enum VMState: String, CaseIterable, Sendable {
    case running = "Running"
    case stopped = "Stopped"
}

/// What has the guest's ends of a VM's ports.
public enum GuestForm: Hashable, Sendable {
    /// A virtual machine monitor, which opens taps.
    case tap
    /// A network namespace of the host that the VM is on.
    case namespace(String)

    /// - Throws: `vm.guest.malformed` (EINVAL).
    init(_ text: String) throws(Refusal) {
        let word = try ValueText.single(text, of: "guest")
        if word == "tap" {
            self = .tap
        } else if word.hasPrefix("netns:"), case .namespace(let name)? = try? HostConnection(String(word)) {
            self = .namespace(name)
        } else {
            throw Refusal(
                "vm.guest.malformed", .invalid, "\(ValueText.quoted(word)) is not a value of guest.",
                remedy: "Write tap, or netns:NAME for a network namespace of the host.")
        }
    }

    var text: String {
        switch self {
        case .tap: "tap"
        case .namespace(let name): "netns:\(name)"
        }
    }
}

/// A virtual machine, read from its record.
public struct VM {
    public let record: ObjectRecord

    public init(_ record: ObjectRecord) {
        self.record = record
    }

    public var state: VMState {
        record.text(.state).flatMap { try? VM.state($0) } ?? .stopped
    }

    public var guest: GuestForm { record.text(.guest).flatMap { try? GuestForm($0) } ?? .tap }

    /// Whose it is: the owner of its directory.
    public var owner: UInt32 { record.metadata.uid }

    /// The host that it is on, and the one that it is on its way to; nil while it is nowhere.
    public struct Placement: Hashable, Sendable {
        public var host: ObjectID
        public var next: ObjectID?

        public init(host: ObjectID, next: ObjectID? = nil) {
            self.host = host
            self.next = next
        }

        public var hosts: [ObjectID] { [host] + (next.map { [$0] } ?? []) }
    }

    public var placement: Placement? {
        guard let ids = record.text(.placed).flatMap(ObjectID.list), let host = ids.first else { return nil }
        return Placement(host: host, next: ids.count > 1 ? ids[1] : nil)
    }

    static func state(_ text: String) throws(Refusal) -> VMState {
        try ValueText.keyword(text, of: "state", as: VMState.self, rule: "vm.state.unknown")
    }
}

extension ObjectRecord {
    mutating func setPlacement(_ placement: VM.Placement?, _ time: Int64) {
        guard placement != VM(self).placement else { return }
        set(.placed, placement.map { ObjectID.text($0.hosts) }, modified: time)
        if placement?.next == nil, attribute(.formerHost) != nil { set(.formerHost, nil) }
    }
}

extension ObjectID {
    /// `17 23`, as hidden attributes keep references.
    static func text(_ ids: [ObjectID]) -> String { ids.map { "\($0.rawValue)" }.joined(separator: " ") }

    static func list(_ text: String) -> [ObjectID]? {
        var ids: [ObjectID] = []
        for word in text.split(separator: " ") {
            guard let number = UInt64(word) else { return nil }
            ids.append(ObjectID(number))
        }
        return ids
    }
}

extension KindDefinition {
    static let vm = KindDefinition(
        .vm, "vm",
        attributes: [
            .description,
            AttributeDefinition(
                .state, "state", summary: "Whether it shall run.", values: "Running, Stopped", defaultValue: "Stopped",
                changes: "to Running where a host can take it",
                check: { (text: String) throws(Refusal) in _ = try VM.state(text) },
                effective: { record, _ in VM(record).state.rawValue }),
            AttributeDefinition(
                .host, "host", form: .link(.host), summary: "The host that it shall run on.",
                values: "a path to a host of the same zone", defaultValue: "the least loaded that can take it",
                changes: "at any time: a running VM moves", check: { (_: String) throws(Refusal) in },
                effective: { record, model in record.target.map { model.path(of: $0) } }),
            AttributeDefinition(
                .cluster, "cluster", form: .link(.cluster), summary: "The cluster that it shall run in.",
                values: "a path to a cluster of the same zone", defaultValue: "any of the zone",
                changes: "at any time, for its next start; host comes before it",
                check: { (_: String) throws(Refusal) in },
                effective: { record, model in record.target(of: .cluster).map { model.path(of: $0) } }),
            AttributeDefinition(
                .defaultNIC, "default-nic", summary: "The NIC whose gateway and name servers it uses.",
                values: "the name of one of its NICs", defaultValue: "its first NIC",
                check: { (text: String) throws(Refusal) in _ = try ValueText.single(text, of: "default-nic") },
                effective: { record, model in VMRules.defaultNIC(of: record, model).map { $0.name.text } }),
            AttributeDefinition(
                .guest, "guest", summary: "What has the guest's ends of its ports.",
                values: "tap, netns:NAME",
                defaultValue: "tap: each NIC is a tap of the host for a monitor such as QEMU",
                changes: "while none of its NICs is plugged in",
                check: { (text: String) throws(Refusal) in _ = try GuestForm(text) },
                effective: { record, _ in VM(record).guest.text }),
        ],
        collections: [CollectionDefinition(.nics, "nics", of: .nic)],
        check: { (old, new, model) throws(Refusal) in try VMRules.check(old, new, model) },
        facts: { record, model in
            let host = VM(record).placement?.host
            return [
                Fact("type", .text("UserVm")),
                Fact("zone-uuid", .text(model.uuidText(record.parent))),
                Fact("status", .text(VMRules.status(of: record, model))),
                Fact("host-uuid", .text(host.map { model.uuidText($0) } ?? "")),
                Fact("placed-on", .text(host.map { model.path(of: $0) } ?? "")),
                Fact(
                    "cluster-uuid",
                    .text(host.flatMap { model.record($0) }.map { model.uuidText($0.parent) } ?? "")),
                Fact("hypervisor-type", .text(host.map { model.hypervisor(ofHost: $0).rawValue } ?? "")),
                Fact(
                    "default-l3-network-uuid",
                    .text(VMRules.defaultNIC(of: record, model)?.target.map { model.uuidText($0) } ?? "")),
                Fact("vm-nics", .list(model.children(of: record.id, in: .nics).map { model.uuidText($0) })),
            ]
        })
}
