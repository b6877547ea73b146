import AgentProtocol
import Glibc

/// The ports of VMs. What is not wanted any more goes last, when nothing can fail that would have it come back.
extension L2Realizer {
    /// Plugs the ports into a bridge of the kernel and removes those that are not wanted any more.
    ///
    /// - Parameter mtu: of ports that have none of their own.
    mutating func plugPorts(_ survey: PortSurvey, into bridge: Link, mtu: UInt32) throws(StepFailure) {
        let links = try makePorts(survey, mtu: mtu)
        for link in links where link.master != bridge.index {
            let before = link.master
            try step("make \(link.name) a port of the bridge \(bridge.name)") { links throws(NetlinkError) in
                try links.setMaster(link.index, bridge.index)
            } undo: { links throws(NetlinkError) in
                try links.setMaster(link.index, before)
            }
        }
        try bringUp(links, of: survey)
        try removeStale(survey)
        guard !survey.sites.isEmpty else { return }
        // As long as nobody has set it, the MTU of a bridge follows the lowest of its ports.
        let now = try read(bridge)
        if now.mtu < bridge.mtu {
            try step("keep the MTU of \(bridge.name) at \(bridge.mtu)") { links throws(NetlinkError) in
                try links.setMTU(bridge.index, bridge.mtu)
            }
        }
    }

    /// Makes the ports that are missing and corrects the others, without plugging them in.
    ///
    /// - Returns: the host's end of each, in the order of the survey.
    mutating func makePorts(_ survey: PortSurvey, mtu: UInt32) throws(StepFailure) -> [Link] {
        for link in survey.inTheWay { try delete(link, "delete the port \(link.name)") }
        for site in survey.sites {
            if let misfit = site.misfit { try delete(misfit.link, "delete the other port \(misfit.link.name)") }
        }
        var made: [Link] = []
        for site in survey.sites {
            let port = site.port
            let mtu = port.mtu.map { UInt32(clamping: $0) } ?? mtu
            let link = if let present = site.link { present } else { try makePort(port, mtu: mtu) }
            try finish(link)
            try correct(link, link.name, in: nil, address: port.hostAddress, mtu: mtu)
            if site.link != nil { try giveToOwner(link, port) }
            if case .namespace(let namespace, let device) = port.guest {
                let end = if let present = site.guestEnd { present } else { try readEnd(of: link, in: namespace) }
                let title = "\(device) in \(namespace)"
                try correct(end, title, in: namespace, address: port.guestAddress, mtu: mtu)
            }
            made.append(link)
        }
        return made
    }

    /// Sets both ends of all up.
    mutating func bringUp(_ made: [Link], of survey: PortSurvey) throws(StepFailure) {
        for (link, site) in zip(made, survey.sites) {
            try bringUp(link)
            guard case .namespace(let namespace, let device) = site.port.guest else { continue }
            let end = try readEnd(of: link, in: namespace)
            guard !end.isUp else { continue }
            try stepInGuest(namespace, "set \(device) in \(namespace) up") { links throws(NetlinkError) in
                try links.setUp(end.index, true)
            } undo: { links throws(NetlinkError) in
                try links.setUp(end.index, false)
            }
        }
    }

    mutating func removeStale(_ survey: PortSurvey) throws(StepFailure) {
        for link in survey.stale where !survey.inTheWay.contains(link) {
            try delete(link, "delete the port \(link.name)")
        }
    }

    private mutating func delete(_ link: Link, _ what: String) throws(StepFailure) {
        try step(what) { links throws(NetlinkError) in try links.delete(link.index) }
    }

    private mutating func makePort(_ port: L2Spec.Port, mtu: UInt32) throws(StepFailure) -> Link {
        let alias = LinkMark.alias(for: spec)
        switch port.guest {
        case .tap:
            return try make("make the tap \(port.name) of uid \(port.owner)") { links throws(NetlinkError) in
                try TunDevice.addTap(named: port.name, owner: port.owner, alias: alias, on: links)
            }
        case .namespace(let namespace, let device):
            return try make("make the port \(port.name) with \(device) in \(namespace)") { links throws(NetlinkError) in
                let guest = try GuestNamespace(name: namespace)
                return try links.addVeth(
                    named: port.name, address: port.hostAddress, mtu: mtu, peer: device,
                    peerAddress: port.guestAddress, namespace: guest.file)
            }
        }
    }

    private func readEnd(of link: Link, in namespace: String) throws(StepFailure) -> Link {
        do throws(NetlinkError) {
            let guest = try GuestNamespace(name: namespace)
            guard let peer = link.peer, let end = try guest.links.link(at: peer.index) else {
                throw NetlinkError(errno: ENODEV)
            }
            return end
        } catch {
            throw StepFailure(step: "read the other end of \(link.name)", error: error)
        }
    }

    /// Gives one end the MAC and the MTU that it shall have.
    private mutating func correct(
        _ link: Link, _ title: String, in namespace: String?, address: [UInt8], mtu: UInt32
    ) throws(StepFailure) {
        if link.address != address {
            try stepInGuest(namespace, "give \(title) the MAC \(address.macText)") { links throws(NetlinkError) in
                try links.setAddress(link.index, address)
            } undo: { links throws(NetlinkError) in
                try links.setAddress(link.index, link.address)
            }
        }
        if link.mtu != mtu {
            try stepInGuest(namespace, "set the MTU of \(title) to \(mtu)") { links throws(NetlinkError) in
                try links.setMTU(link.index, mtu)
            } undo: { links throws(NetlinkError) in
                try links.setMTU(link.index, link.mtu)
            }
        }
    }

    /// A tap that is open stays with its owner until it is closed: that is told, and nothing else has to wait for it.
    private mutating func giveToOwner(_ link: Link, _ port: L2Spec.Port) throws(StepFailure) {
        guard port.guest == .tap, link.isOwned(by: port) == false else { return }
        do throws(StepFailure) {
            try step("give \(link.name) to uid \(port.owner)") { _ throws(NetlinkError) in
                try TunDevice.change(tap: link.name, owner: port.owner)
            }
        } catch {
            guard error.error.errno == EBUSY else { throw error }
            notes.append("\(link.name) is open, so it goes to uid \(port.owner) only when it has been closed.")
        }
    }

    /// A step in the network namespace of a guest, or in the host's own.
    private mutating func stepInGuest(
        _ namespace: String?, _ what: String, _ body: @escaping (HostLinks) throws(NetlinkError) -> Void,
        undo back: @escaping (HostLinks) throws(NetlinkError) -> Void
    ) throws(StepFailure) {
        guard let namespace else { return try step(what, body, undo: back) }
        // Opened anew for the way back: descriptors are few.
        try step(what) { _ throws(NetlinkError) in
            try body(GuestNamespace(name: namespace).links)
        } undo: { _ throws(NetlinkError) in
            try back(GuestNamespace(name: namespace).links)
        }
    }
}

extension Link {
    /// Whether a tap is persistent and its owner's; `nil` where the kernel does not tell (before 4.17).
    func isOwned(by port: L2Spec.Port) -> Bool? {
        guard let tap, let isPersistent = tap.isPersistent else { return nil }
        return isPersistent && tap.owner == port.owner
    }
}
