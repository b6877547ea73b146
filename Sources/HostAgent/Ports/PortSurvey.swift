import AgentProtocol
import Glibc

/// What a host has now of the ports of a network, found fit for it.
struct PortSurvey {
    /// In the order of the specification.
    let sites: [PortSite]
    /// Ports that were made for the network and that it has no more.
    let stale: [Link]
    /// Those of them that hold the name of a guest's device that is wanted, and so have to go first.
    private(set) var inTheWay: [Link] = []

    /// Whether there is nothing to do with ports.
    var isEmpty: Bool { sites.isEmpty && stale.isEmpty }

    /// Looks at the host and checks the rules.
    ///
    /// - Parameter present: the links in the network's bridge.
    /// - Throws: the refusal of the first rule that is broken.
    init(
        _ spec: L2Spec, present: [Link], isVSwitch: Bool = false, on links: HostLinks
    ) throws(AgentRefusal) {
        let wanted = Set(spec.ports.map(\.name))
        stale = present.filter { $0.isPort && $0.belongs(to: spec.networkUUID) && !wanted.contains($0.name) }
        var sites: [PortSite] = []
        var ends: Set<L2Spec.Port.Guest> = []
        for port in spec.ports {
            if case .namespace(let namespace, let device) = port.guest, !ends.insert(port.guest).inserted {
                throw .guestNameTaken(device, of: port.name, in: namespace)
            }
            sites.append(try PortSite(port, spec, on: links, isVSwitch: isVSwitch))
        }
        self.sites = sites
        let missing = sites.filter { $0.link == nil }
        for site in missing { try checkGuest(of: site.port, links) }
        if missing.contains(where: { $0.port.guest == .tap }) {
            do {
                _ = try TunDevice()
            } catch {
                throw .noTun(error, kernelRelease: KernelProbe.kernelRelease)
            }
        }
    }

    /// Of a network whose bridge is one of the kernel's.
    init(_ spec: L2Spec, bridge: Link?, on links: HostLinks) throws(AgentRefusal) {
        let present: [Link]
        do {
            present = try bridge.map { bridge throws(NetlinkError) in try links.ports(of: bridge.index) } ?? []
        } catch {
            throw .unreadable(error)
        }
        try self.init(spec, present: present, on: links)
    }

    /// A device of the guest with the wanted name may be only what is deleted before.
    private mutating func checkGuest(of port: L2Spec.Port, _ links: HostLinks) throws(AgentRefusal) {
        guard case .namespace(let namespace, let device) = port.guest else { return }
        do throws(NetlinkError) {
            let guest = try GuestNamespace(name: namespace)
            guard let taken = try guest.links.link(named: device) else { return }
            let end = Link.Peer(index: taken.index, namespace: try links.number(ofNamespace: guest.file))
            if let holder = stale.first(where: { $0.peer == end }) {
                inTheWay.append(holder)
                return
            }
            if sites.contains(where: { $0.misfit?.link.peer == end }) { return }
        } catch {
            throw .unreadable(error)
        }
        throw .guestNameTaken(device, of: port.name, in: namespace)
    }
}
