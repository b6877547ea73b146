import Glibc

extension L2Spec {
    /// The longest name of a link in bytes: the kernel's `IFNAMSIZ` without the closing zero.
    public static let longestLinkName = 15

    /// - Throws: `spec.invalid` where a text cannot be part of a mark.
    public static func validate(uuid: String, _ field: String) throws(AgentRefusal) {
        let isPlain = uuid.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isPlain, (1...64).contains(uuid.utf8.count) else {
            throw .invalidSpec("\(field) \"\(uuid)\" is not a UUID")
        }
    }

    /// Checks what can be checked without looking at a host.
    ///
    /// - Throws: a refusal with the rule `spec.invalid` and `EINVAL` that names the field.
    public func validate() throws(AgentRefusal) {
        try L2Spec.validate(uuid: networkUUID, "networkUUID")
        if let storeUUID { try L2Spec.validate(uuid: storeUUID, "storeUUID") }
        switch kind {
        case .noVlan, .vlan: try Self.validate(linkName: physicalInterface, field: "physicalInterface")
        case .vxlan, .ovsGre:
            guard physicalInterface.isEmpty else {
                throw .invalidSpec("a network in tunnels stands on no interface")
            }
        }
        try Self.validate(linkName: bridge, field: "bridge")
        if let device { try Self.validate(linkName: device, field: "device") }

        switch (kind, device) {
        case (.noVlan, nil):
            break
        case (.noVlan, .some):
            throw .invalidSpec("a network without VLAN has no VLAN device")
        case (.vlan, nil):
            throw .invalidSpec("a VLAN network needs the name of its VLAN device")
        case (.vlan(let id), .some):
            guard (1...4094).contains(id) else {
                throw .invalidSpec("VLAN id \(id) is not in 1...4094")
            }
        case (.vxlan, nil):
            throw .invalidSpec("a VXLAN needs the name of its device")
        case (.vxlan(let vxlan), .some):
            guard (1...16_777_214).contains(vxlan.vni) else {
                throw .invalidSpec("VNI \(vxlan.vni) is not in 1...16777214")
            }
            guard vxlan.port > 0 else { throw .invalidSpec("VXLAN has no UDP port 0") }
            try Self.validate(local: vxlan.local, peers: vxlan.peers)
        case (.ovsGre, .some):
            throw .invalidSpec("a network in GRE tunnels has no device of its own")
        case (.ovsGre(let gre), nil):
            guard gre.key > 0 else { throw .invalidSpec("GRE key 0 is none") }
            try Self.validate(local: gre.local, peers: gre.peers)
        }

        let names = [physicalInterface, bridge] + (device.map { [$0] } ?? [])
        guard Set(names).count == names.count else {
            throw .invalidSpec(
                "interface, bridge and device must have different names: \(names.joined(separator: ", "))")
        }
        // 68 is the least MTU of IPv4 (RFC 791), 65535 the most that a bridge takes (kernel: ETH_MAX_MTU).
        if let mtu, !(68...65535).contains(mtu) {
            throw .invalidSpec("MTU \(mtu) is not in 68...65535")
        }
        try validatePorts()
    }

    /// All ends of tunnels are addresses of one family, and none is there twice.
    private static func validate(local: String, peers: [String]) throws(AgentRefusal) {
        guard let family = family(of: local) else {
            throw .invalidSpec("\"\(local)\" is no address for the end of a tunnel")
        }
        if let odd = peers.first(where: { Self.family(of: $0) != family }) {
            throw .invalidSpec("\"\(odd)\" is no address that tunnels from \(local) reach")
        }
        guard Set([local] + peers).count == peers.count + 1 else {
            throw .invalidSpec("the ends of tunnels must be different")
        }
    }

    private static func family(of text: String) -> Int32? {
        var address = in6_addr()
        return [AF_INET, AF_INET6].first { inet_pton($0, text, &address) == 1 }
    }

    /// The kernel's rule for names of links (`dev_valid_name`), without control characters and `%`, which the kernel
    /// takes for a place to put a number.
    static func validate(linkName name: String, field: String) throws(AgentRefusal) {
        guard !name.isEmpty else {
            throw .invalidSpec("\(field) is empty")
        }
        guard name.utf8.count <= longestLinkName else {
            throw .invalidSpec("\(field) \"\(name)\" is longer than \(longestLinkName) bytes")
        }
        let plain = name.utf8.allSatisfy { byte in
            byte > 0x20 && byte != 0x7F && byte != UInt8(ascii: "/") && byte != UInt8(ascii: ":")
                && byte != UInt8(ascii: "%")
        }
        guard plain, name != ".", name != ".." else {
            throw .invalidSpec("\(field) \"\(name)\" is not a name the kernel gives to links")
        }
    }
}
