import AgentProtocol
import Glibc

/// What a host has now of what an ``L2Spec`` with a VXLAN speaks of, found fit for it.
struct VXLANSite {
    /// The bridge, if it is there; it is ours.
    let bridge: Link?
    /// The VXLAN device, if it is there; it is ours, but may be another than wanted.
    let device: Link?
    /// The bytes of the host's end.
    let local: [UInt8]
    /// The MTU that the device is to have.
    let mtu: UInt32
    /// What an operator should know although it is no error.
    let notes: [String]

    /// What a frame grows by in a tunnel (RFC 7348 §5): the outer IPv4 or IPv6 header, UDP's 8 bytes, VXLAN's 8, and the
    /// 14 of the inner Ethernet header.
    static func overhead(isIPv4: Bool) -> UInt32 { isIPv4 ? 50 : 70 }

    /// Whether the device is the wanted one.
    func isRight(_ link: Link, _ vxlan: L2Spec.VXLAN) -> Bool {
        link.vxlan == Link.VXLAN(vni: vxlan.vni, local: local, port: vxlan.port)
    }

    /// Looks at the host and checks the rules, in this order: kernel, address, names, VNI.
    ///
    /// - Throws: the refusal of the first rule that is broken.
    init(_ spec: L2Spec, _ vxlan: L2Spec.VXLAN, on links: HostLinks) throws(AgentRefusal) {
        let found: Result<VXLANSite, AgentRefusal>
        do {
            found = try Self.survey(spec, vxlan, links)
        } catch {
            throw .unreadable(error)
        }
        self = try found.get()
    }

    private init(bridge: Link?, device: Link?, local: [UInt8], mtu: UInt32, notes: [String]) {
        self.bridge = bridge
        self.device = device
        self.local = local
        self.mtu = mtu
        self.notes = notes
    }

    private static func survey(
        _ spec: L2Spec, _ vxlan: L2Spec.VXLAN, _ links: HostLinks
    ) throws(NetlinkError) -> Result<VXLANSite, AgentRefusal> {
        guard try links.canMake(kind: "vxlan") else {
            return .failure(.noVXLAN(kernelRelease: KernelProbe.kernelRelease))
        }
        let local = InterfaceAddress.bytes(of: vxlan.local)
        guard let owner = try links.allAddresses().first(where: { $0.bytes == local }),
            let underlay = try links.link(at: owner.link)
        else { return .failure(.vtepMissing(vxlan.local)) }

        let bridge = try links.link(named: spec.bridge)
        if let bridge, !bridge.isBridge || !bridge.belongs(to: spec.networkUUID) {
            return .failure(.nameTaken(bridge, wanted: "bridge"))
        }
        let device = try spec.device.flatMap { name throws(NetlinkError) in try links.link(named: name) }
        if let device {
            guard device.isVXLAN, device.belongs(to: spec.networkUUID) else {
                return .failure(.nameTaken(device, wanted: "VXLAN device"))
            }
            if let index = device.master, index != bridge?.index, let master = try links.link(at: index) {
                return .failure(.occupied(device.name, by: master))
            }
        }
        // The kernel allows a VNI once for a port and family.
        let other = try links.all().first {
            $0.vxlan?.vni == vxlan.vni && $0.vxlan?.port == vxlan.port && $0.name != spec.device
                && ($0.vxlan?.local.count == 16) == (local.count == 16)
        }
        if let other { return .failure(.vniTaken(vxlan.vni, by: other)) }

        // An address of the loopback interface is reached through any other: 1500 is what all of them carry.
        let carried = underlay.isLoopback ? 1500 : underlay.mtu
        let room = carried - min(carried, overhead(isIPv4: local.count == 4))
        var notes: [String] = []
        if let mtu = spec.mtu, mtu > Int(room) {
            notes.append(
                "The MTU \(mtu) of the network does not fit into the packets of \(underlay.name), "
                    + "which leave room for \(room) bytes.")
        }
        return .success(
            VXLANSite(
                bridge: bridge, device: device, local: local,
                mtu: spec.mtu.map { UInt32(clamping: $0) } ?? max(68, room),
                notes: notes))
    }
}
