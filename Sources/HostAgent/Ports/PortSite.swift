import AgentProtocol
import Glibc

/// What a host has now of one port of a VM.
struct PortSite {
    let port: L2Spec.Port
    /// The port; it is ours, and of the right kind.
    var link: Link?
    /// The guest's end of it, where that is in a namespace.
    var guestEnd: Link?
    /// What is ours and has the name, but has to be made anew.
    var misfit: (link: Link, reason: String)?

    /// Looks at the host.
    ///
    /// - Parameter isVSwitch: whether it is to be a port of an Open vSwitch bridge.
    /// - Throws: `host.port-name-taken`, `host.no-namespace`.
    init(_ port: L2Spec.Port, _ spec: L2Spec, on links: HostLinks, isVSwitch: Bool) throws(AgentRefusal) {
        self.port = port
        do throws(NetlinkError) {
            link = try links.link(named: port.name)
        } catch {
            throw .unreadable(error)
        }
        if let found = link {
            guard found.isPort, Self.isOurs(found, spec) else { throw .portNameTaken(found) }
        }
        switch port.guest {
        case .tap:
            if let found = link, !found.isTap { refit(found, "\(port.name) is no tap.") }
        case .namespace(let namespace, let device):
            try findEnd(in: namespace, device, links)
        }
        guard let found = link else { return }
        do throws(NetlinkError) {
            // Between the two kinds of bridges a link cannot be handed over.
            if let index = found.master, let master = try links.link(at: index),
                (master.kind == "openvswitch") != isVSwitch
            {
                refit(found, "\(port.name) is no port of the bridge \(spec.bridge).")
            }
        } catch {
            throw .unreadable(error)
        }
    }

    /// The network's, or another network's of this store, from which the NIC has moved.
    private static func isOurs(_ link: Link, _ spec: L2Spec) -> Bool {
        link.belongs(to: spec.networkUUID) || spec.storeUUID != nil && link.mark?.storeUUID == spec.storeUUID
    }

    private mutating func refit(_ link: Link, _ reason: String) {
        misfit = (link, reason)
        self.link = nil
        guestEnd = nil
    }

    private mutating func findEnd(
        in namespace: String, _ device: String, _ links: HostLinks
    ) throws(AgentRefusal) {
        let guest: GuestNamespace
        do {
            guest = try GuestNamespace(name: namespace)
        } catch {
            guard error.errno == ENOENT || error.errno == EINVAL else { throw .unreadable(error) }
            throw .noNamespace(namespace, for: port.name)
        }
        do throws(NetlinkError) {
            guard let found = link else { return }
            if let peer = found.peer, try links.number(ofNamespace: guest.file) == peer.namespace,
                let end = try guest.links.link(at: peer.index), end.peer?.index == found.index, end.name == device
            {
                guestEnd = end
            } else {
                refit(found, "The other end of \(port.name) is not \(device) in the network namespace \(namespace).")
            }
        } catch {
            throw .unreadable(error)
        }
    }
}
