/// The end of a VM's NIC on its host: what is plugged into the bridge of its L2 network.
public struct VMPort: Hashable, Sendable {
    /// What takes the guest's end.
    public enum Guest: Hashable, Sendable {
        /// A virtual machine monitor opens it: a persistent tap.
        case tap
        /// A network namespace of the host has the other end of a veth, under the given name of a device.
        case namespace(String, device: String)
    }

    /// `vnic<vm>.<n>`, at most 15 bytes.
    public let name: String
    /// That of the guest's end.
    public let mac: MACAddress
    /// Bytes; nil leaves what the bridge has.
    public let mtu: Int?
    /// The uid that may open the tap without being root.
    public let owner: UInt32
    public let guest: Guest

    public init(name: String, mac: MACAddress, mtu: Int?, owner: UInt32, guest: Guest) {
        self.name = name
        self.mac = mac
        self.mtu = mtu
        self.owner = owner
        self.guest = guest
    }
}

/// `vnic12.0 fa:12:34:56:78:9a 1450 1000 tap` or, in a namespace, `… netns:red eth0`; an MTU of `-` is none. Stores keep it so.
extension VMPort: CustomStringConvertible {
    public init?(_ text: some StringProtocol) {
        let words = text.split(separator: " ")
        guard words.count >= 5, let mac = MACAddress(words[1]), let owner = UInt32(words[3]) else { return nil }
        let mtu = Int(words[2])
        guard mtu != nil || words[2] == "-" else { return nil }
        let guest: Guest
        switch words.count {
        case 5 where words[4] == "tap": guest = .tap
        case 6 where words[4].hasPrefix("netns:"):
            guest = .namespace(String(words[4].dropFirst("netns:".count)), device: String(words[5]))
        default: return nil
        }
        self.init(name: String(words[0]), mac: mac, mtu: mtu, owner: owner, guest: guest)
    }

    public var description: String {
        let end =
            switch guest {
            case .tap: "tap"
            case .namespace(let name, let device): "netns:\(name) \(device)"
            }
        return "\(name) \(mac) \(mtu.map(String.init) ?? "-") \(owner) \(end)"
    }
}
