extension L2Spec {
    /// The end of a VM's NIC on the host, plugged into the bridge of the network.
    public struct Port: Codable, Hashable, Sendable {
        /// What takes the guest's end.
        public enum Guest: Hashable, Sendable {
            /// A virtual machine monitor opens it: a persistent tap.
            case tap
            /// A network namespace of the host has the other end of a veth, as this device.
            case namespace(String, device: String)
        }

        /// `vnic<vm>.<number>`, at most 15 bytes; the VM in digits or, where they are too many, in digits and small letters.
        public var name: String
        /// Of the guest's end: six groups of two hexadecimal digits with colons between them.
        public var mac: String
        /// In bytes; `nil`: as much as the network has.
        public var mtu: Int?
        /// The uid that may open a tap without being root.
        public var owner: UInt32
        /// Who is at the other end.
        public var guest: Guest

        /// Creates a port; ``L2Spec/validate()`` tells whether it makes sense.
        public init(name: String, mac: String, mtu: Int? = nil, owner: UInt32 = 0, guest: Guest) {
            self.name = name
            self.mac = mac
            self.mtu = mtu
            self.owner = owner
            self.guest = guest
        }

        /// The six bytes of ``mac``; `nil` where it is none.
        public var address: [UInt8]? {
            let groups = mac.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            let bytes = groups.compactMap { group -> UInt8? in
                guard group.count == 2, group.first != UInt8(ascii: "+") else { return nil }
                return UInt8(Substring(group), radix: 16)
            }
            return groups.count == 6 && bytes.count == 6 ? bytes : nil
        }

        /// Whether a name is one of a port, of whatever network.
        public static func isName(_ name: String) -> Bool {
            guard name.hasPrefix("vnic"), name.utf8.count <= longestLinkName else { return false }
            let parts = name.utf8.dropFirst(4).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
            let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
            guard parts.count == 2, let vm = parts.first, let number = parts.last else { return false }
            return !vm.isEmpty && vm.allSatisfy { digits.contains($0) || letters.contains($0) }
                && !number.isEmpty && number.allSatisfy(digits.contains)
        }
    }

    /// The most ports of a network on one host: a bridge of Linux numbers its ports from 1 to 1023 (`BR_MAX_PORTS`,
    /// net/bridge/br_private.h), and the network's own interface or device takes one. So many fit into a line as well.
    public static let mostPorts = 1022
}

/// On the wire: `{"type":"tap"}` or `{"type":"namespace","name":"red","device":"eth0"}`.
extension L2Spec.Port.Guest: Codable {
    private enum Key: String, CodingKey {
        case type
        case name
        case device
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let type = try container.decode(String.self, forKey: .type)
        switch type {
        case "tap": self = .tap
        case "namespace":
            self = .namespace(
                try container.decode(String.self, forKey: .name),
                device: try container.decode(String.self, forKey: .device))
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .type, in: container, debugDescription: "no guest of a port is called \"\(type)\"")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .tap:
            try container.encode("tap", forKey: .type)
        case .namespace(let name, let device):
            try container.encode("namespace", forKey: .type)
            try container.encode(name, forKey: .name)
            try container.encode(device, forKey: .device)
        }
    }
}
