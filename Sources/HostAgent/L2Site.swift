import AgentProtocol
import Glibc

/// What a host has now of what an ``L2Spec`` speaks of, found fit for it.
struct L2Site {
    /// The physical interface.
    var interface: Link
    /// The bridge, if it is there; it is ours.
    var bridge: Link?
    /// The VLAN device, if it is there; it is ours, with the right VLAN id and parent.
    var device: Link?

    /// Looks at the host and checks the rules that need no dump of all links, in this order: interface, kernel,
    /// who uses the interface, names.
    ///
    /// - Parameter movesAddresses: the host's addresses on the interface are no hindrance.
    /// - Throws: the refusal of the first rule that is broken.
    init(_ spec: L2Spec, on links: HostLinks, movesAddresses: Bool = false) throws(AgentRefusal) {
        let found: Result<L2Site, AgentRefusal>
        do {
            found = try Self.survey(spec, links, movesAddresses)
        } catch {
            throw .unreadable(error)
        }
        self = try found.get()
    }

    private init(interface: Link, bridge: Link?, device: Link?) {
        self.interface = interface
        self.bridge = bridge
        self.device = device
    }

    private static func survey(
        _ spec: L2Spec, _ links: HostLinks, _ movesAddresses: Bool
    ) throws(NetlinkError) -> Result<L2Site, AgentRefusal> {
        guard let interface = try links.link(named: spec.physicalInterface) else {
            return .failure(.interfaceMissing(spec.physicalInterface))
        }
        if interface.isLoopback { return .failure(.interfaceIsLoopback(interface.name)) }
        if interface.isBridge { return .failure(.interfaceIsBridge(interface.name)) }
        if !interface.isEthernet {
            return .failure(.interfaceNotEthernet(interface.name, hardwareType: interface.hardwareType))
        }
        if let mtu = spec.mtu, interface.maximumMTU > 0, mtu > interface.maximumMTU {
            return .failure(.mtuTooLarge(interface.name, wanted: mtu, maximum: interface.maximumMTU))
        }
        if case .vlan = spec.kind, try !links.canMake(kind: "vlan") {
            return .failure(.no8021q(kernelRelease: KernelProbe.kernelRelease))
        }

        let bridge = try links.link(named: spec.bridge)
        if let refusal = try refusalForUse(of: interface, spec, bridge, links, movesAddresses) {
            return .failure(refusal)
        }

        if let bridge, !bridge.isBridge || !bridge.belongs(to: spec.networkUUID) {
            return .failure(.nameTaken(bridge, wanted: "bridge"))
        }
        var device: Link?
        if let name = spec.device, case .vlan(let id) = spec.kind {
            device = try links.link(named: name)
            if let device, let refusal = try refusal(for: device, id, interface, spec, bridge, links) {
                return .failure(refusal)
            }
        }
        return .success(L2Site(interface: interface, bridge: bridge, device: device))
    }

    /// Who else uses the physical interface.
    ///
    /// Without VLAN it must be free, or in our bridge already; its own addresses would stop to work in a bridge. With a
    /// VLAN it may also be a port of another network's bridge of ours: tagged frames go to the VLAN device first
    /// (`__netif_receive_skb_core`, net/core/dev.c).
    private static func refusalForUse(
        of interface: Link, _ spec: L2Spec, _ bridge: Link?, _ links: HostLinks, _ movesAddresses: Bool
    ) throws(NetlinkError) -> AgentRefusal? {
        if let index = interface.master, let master = try links.link(at: index) {
            switch spec.kind {
            case .noVlan where master.index == bridge?.index:
                // Whether that bridge is ours is the rule for names. Addresses do not matter any more.
                return nil
            case .vlan where master.isBridge && master.networkUUID != nil:
                return nil
            default:
                return .occupied(interface.name, by: master)
            }
        }
        if spec.kind == .noVlan, !movesAddresses {
            let addresses = try links.globalAddresses(of: interface.index)
            if !addresses.isEmpty { return .hasAddresses(interface.name, addresses) }
        }
        return nil
    }

    /// An existing link with the name of the VLAN device.
    private static func refusal(
        for device: Link, _ id: UInt16, _ interface: Link, _ spec: L2Spec, _ bridge: Link?, _ links: HostLinks
    ) throws(NetlinkError) -> AgentRefusal? {
        guard device.isVLAN, device.belongs(to: spec.networkUUID) else {
            return .nameTaken(device, wanted: "VLAN device")
        }
        guard device.vlanID == id, device.vlanProtocol == 0x8100 else {
            return .deviceDiffers(
                "\(device.name) has the VLAN id \(device.vlanID.map { "\($0)" } ?? "unknown") on this host, not \(id).")
        }
        guard device.parent == interface.index else {
            let parent = try device.parent.flatMap { index throws(NetlinkError) in try links.link(at: index)?.name }
            return .deviceDiffers(
                "\(device.name) stands on \(parent ?? "another interface") on this host, not on \(interface.name).")
        }
        if let index = device.master, index != bridge?.index, let master = try links.link(at: index) {
            return .occupied(device.name, by: master)
        }
        return nil
    }

    /// The VLAN may exist on the interface under another name, which the kernel does not allow twice. Asks for all links,
    /// so only a check and the failure of a realization do it.
    static func refusalForDuplicate(
        _ spec: L2Spec, _ interface: Link, _ links: HostLinks
    ) throws(NetlinkError) -> AgentRefusal? {
        guard case .vlan(let id) = spec.kind else { return nil }
        let other = try links.all().first {
            $0.isVLAN && $0.parent == interface.index && $0.vlanID == id && $0.vlanProtocol == 0x8100
                && $0.name != spec.device
        }
        guard let other else { return nil }
        let owner = other.networkUUID.map { "belongs to network \($0)" } ?? "was not made by netmodelfs"
        return .deviceDiffers(
            "VLAN \(id) of \(interface.name) is already the device \(other.name) on this host, which \(owner).")
    }
}
