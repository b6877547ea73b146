import AgentProtocol
import CNetlink

extension L2Spec.Port {
    /// The MAC of the host's end: the guest's with the first byte 0xfe, as libvirt does. A bridge takes the lowest MAC of its
    /// ports for its own unless it was given one, and frames to the guest must not end at the host.
    var hostAddress: [UInt8] {
        guard let address else { return [] }
        // A guest that has 0xfe itself: any other local one.
        return [address[0] == 0xFE ? 0xFA : 0xFE] + address.dropFirst()
    }

    /// The bytes of the guest's MAC.
    var guestAddress: [UInt8] { address ?? [] }
}

extension Link {
    /// Whether it can be the port of a VM.
    var isPort: Bool { (kind == "tun" || kind == "veth") && L2Spec.Port.isName(name) }

    /// Whether it is in a bridge of Open vSwitch: to the kernel the master of all of them is its datapath.
    func isOpenVSwitchPort(among links: [CInt: Link]) -> Bool {
        master.flatMap { links[$0] }?.kind == "openvswitch"
    }

    var isTap: Bool { kind == "tun" && tap?.type ?? UInt8(IFF_TAP) == UInt8(IFF_TAP) }

    /// For instance `fe:12:34:56:78:9a`.
    var addressText: String { address.macText }
}

extension [UInt8] {
    /// As MAC addresses are written.
    var macText: String {
        map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }
}
