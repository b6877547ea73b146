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
    /// What stands in the place of the VLAN device and has to go before that is made.
    var misfit: Misfit?

    /// A VLAN device with the name and the whole mark of the network's, but another VLAN id or parent: somebody made it
    /// anew by hand.
    struct Misfit {
        let link: Link
        let reason: String
    }

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

    private init(interface: Link, bridge: Link?) {
        self.interface = interface
        self.bridge = bridge
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
        var site = L2Site(interface: interface, bridge: bridge)
        if let name = spec.device, case .vlan(let id) = spec.kind, let device = try links.link(named: name) {
            let difference = try difference(of: device, id, interface, links)
            if let refusal = try refusal(for: device, difference, spec, bridge, links) { return .failure(refusal) }
            if let difference {
                site.misfit = Misfit(link: device, reason: difference)
            } else {
                site.device = device
            }
        }
        return .success(site)
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

    /// What makes a VLAN device another one than the network needs.
    private static func difference(
        of device: Link, _ id: UInt16, _ interface: Link, _ links: HostLinks
    ) throws(NetlinkError) -> String? {
        guard device.vlanID == id, device.vlanProtocol == 0x8100 else {
            return
                "\(device.name) has the VLAN id \(device.vlanID.map { "\($0)" } ?? "unknown") on this host, not \(id)."
        }
        guard device.parent != interface.index else { return nil }
        let parent = try device.parent.flatMap { index throws(NetlinkError) in try links.link(at: index)?.name }
        return "\(device.name) stands on \(parent ?? "another interface") on this host, not on \(interface.name)."
    }

    /// Why an existing link with the name of the VLAN device can neither be used nor replaced.
    private static func refusal(
        for device: Link, _ difference: String?, _ spec: L2Spec, _ bridge: Link?, _ links: HostLinks
    ) throws(NetlinkError) -> AgentRefusal? {
        guard device.isVLAN, device.belongs(to: spec.networkUUID) else {
            return .nameTaken(device, wanted: "VLAN device")
        }
        if let difference, try !isReplaceable(device, spec, links) { return .deviceDiffers(difference) }
        if let index = device.master, index != bridge?.index, let master = try links.link(at: index) {
            return .occupied(device.name, by: master)
        }
        return nil
    }

    /// Only what is this store's for certain is replaced, and never what the host's own addresses are on.
    private static func isReplaceable(
        _ device: Link, _ spec: L2Spec, _ links: HostLinks
    ) throws(NetlinkError) -> Bool {
        guard spec.storeUUID != nil, device.alias == LinkMark.alias(for: spec) else { return false }
        return try links.globalAddresses(of: device.index).isEmpty
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
