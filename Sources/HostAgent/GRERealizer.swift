import AgentProtocol
import Glibc

/// An Open vSwitch bridge with a GRE tunnel to each peer.
struct GRERealizer {
    private let spec: L2Spec
    private let gre: L2Spec.GRE
    private let vswitch: OpenVSwitch
    private let links: HostLinks

    init(_ spec: L2Spec, _ gre: L2Spec.GRE, namespace: String?, on links: HostLinks) {
        self.spec = spec
        self.gre = gre
        vswitch = OpenVSwitch(namespace: namespace)
        self.links = links
    }

    /// What a frame grows by in a tunnel: the outer IPv4 or IPv6 header, GRE's 8 bytes with a key, and the 14 of the inner
    /// Ethernet header.
    private var overhead: UInt32 { InterfaceAddress.bytes(of: gre.local).count == 4 ? 42 : 62 }

    /// Would ``realize()`` be refused? Changes nothing.
    func check() throws(AgentRefusal) -> L2Outcome {
        let (isThere, _) = try survey()
        _ = try surveyPorts(isThere ? vswitch.ports(of: spec.networkUUID) : [])
        return L2Outcome()
    }

    /// What somebody changed, in sentences.
    func inspect() throws(AgentRefusal) -> L2Outcome {
        let (isThere, mtu) = try survey()
        guard isThere else { return L2Outcome(steps: ["The bridge \(spec.bridge) is missing."]) }
        let present = try vswitch.ports(of: spec.networkUUID)
        let ports: PortSurvey
        do throws(AgentRefusal) {
            ports = try surveyPorts(present)
        } catch {
            return L2Outcome(steps: [error.reason])
        }
        return L2Outcome(
            steps: PortInspector.differences(spec, ports, mtu: mtu) { present.contains($0.name) })
    }

    func realize() throws(AgentRefusal) -> L2Outcome {
        let (isThere, mtu) = try survey()
        let present = isThere ? try vswitch.ports(of: spec.networkUUID) : []
        let ports = try surveyPorts(present)
        let tunnels = gre.peers.map { (peer: $0, port: port(to: $0)) }
        let wanted = Set(tunnels.map(\.port) + spec.ports.map(\.name))
        let gone = present.filter { !wanted.contains($0) }
        let new = tunnels.filter { !present.contains($0.port) }
        let plugged = ports.sites.filter { !present.contains($0.port.name) }
        var maker = L2Realizer(spec: spec, links: links)
        let made: [Link]
        do {
            made = try maker.makePorts(ports, mtu: mtu)
        } catch {
            throw .stepFailed(error.step, error.error, notUndone: maker.undo.run())
        }
        if !isThere { maker.steps.append("make the Open vSwitch bridge \(spec.bridge)") }
        maker.steps += new.map { "make a GRE tunnel with key \(gre.key) to \($0.peer)" }
        maker.steps += plugged.map { "make \($0.port.name) a port of the bridge \(spec.bridge)" }
        maker.steps += gone.map {
            L2Spec.Port.isName($0) ? "take \($0) out of the bridge \(spec.bridge)" : "remove the GRE tunnel \($0)"
        }
        do throws(AgentRefusal) {
            try vswitch.perform(
                transaction(tunnels, plugged, gone: gone, mtu: mtu), toDo: "make the bridge \(spec.bridge)")
            if let complaint = try vswitch.complaints(about: spec.networkUUID).first {
                throw .openVSwitchFailed("make the tunnels and ports of \(spec.bridge)", complaint)
            }
            try bringUp()
            do throws(L2Realizer.StepFailure) {
                try maker.bringUp(made, of: ports)
                try maker.removeStale(ports)
            } catch {
                throw .stepFailed(error.step, error.error, notUndone: [])
            }
        } catch {
            if isThere {
                for site in plugged {
                    _ = try? vswitch.perform(["--if-exists", "del-port", spec.bridge, site.port.name], toDo: "undo")
                }
            } else {
                _ = try? release()
            }
            _ = maker.undo.run()
            throw error
        }
        return L2Outcome(steps: maker.steps, notes: maker.notes)
    }

    /// Deletes the bridge with its tunnels and the ports of VMs, if it is ours.
    func release() throws(AgentRefusal) -> L2Outcome {
        let owner: String?
        var ports = spec.ports.map(\.name)
        do throws(AgentRefusal) {
            owner = try vswitch.owner(ofBridge: spec.bridge)
            if owner == spec.networkUUID {
                ports += try vswitch.ports(of: spec.networkUUID).filter { !ports.contains($0) }
            }
        } catch {
            // Without Open vSwitch nothing of it can be there.
            if error.rule == AgentRefusal.noOpenVSwitch.rule { return L2Outcome() }
            throw error
        }
        var outcome = L2Outcome()
        if let owner {
            if owner == spec.networkUUID {
                let step = "delete the Open vSwitch bridge \(spec.bridge)"
                try vswitch.perform(["--if-exists", "del-br", spec.bridge], toDo: step)
                outcome.steps.append(step)
            } else {
                outcome.notes.append("\(spec.bridge) was not made for this network and stays.")
            }
        }
        var step = "read the links"
        do throws(NetlinkError) {
            for name in ports {
                guard let port = try links.link(named: name), port.isPort, port.belongs(to: spec.networkUUID) else {
                    continue
                }
                step = "delete the port \(name)"
                try links.delete(port.index)
                outcome.steps.append(step)
            }
        } catch {
            throw .releaseStepFailed(step, error)
        }
        return outcome
    }

    /// - Parameter present: the names of the ports that the switch has for the network, tunnels included.
    private func surveyPorts(_ present: [String]) throws(AgentRefusal) -> PortSurvey {
        var found: [Link] = []
        do throws(NetlinkError) {
            for name in present where L2Spec.Port.isName(name) {
                if let link = try links.link(named: name) { found.append(link) }
            }
        } catch {
            throw .unreadable(error)
        }
        return try PortSurvey(spec, present: found, isVSwitch: true, on: links)
    }

    /// Whether the bridge is there, ours, and the MTU that it is to have.
    private func survey() throws(AgentRefusal) -> (isThere: Bool, mtu: UInt32) {
        let underlay: Link?
        let namesake: Link?
        do throws(NetlinkError) {
            let local = InterfaceAddress.bytes(of: gre.local)
            let owner = try links.allAddresses().first { $0.bytes == local }
            underlay = try owner.flatMap { owner throws(NetlinkError) in try links.link(at: owner.link) }
            namesake = try links.link(named: spec.bridge)
        } catch {
            throw .unreadable(error)
        }
        guard let underlay else { throw .vtepMissing(gre.local) }
        let owner = try vswitch.owner(ofBridge: spec.bridge)
        if let owner, owner != spec.networkUUID {
            throw .bridgeTaken(spec.bridge, by: owner)
        }
        if owner == nil, let namesake { throw .nameTaken(namesake, wanted: "Open vSwitch bridge") }
        let carried = underlay.isLoopback ? 1500 : underlay.mtu
        let mtu = spec.mtu.map { UInt32(clamping: $0) } ?? max(68, carried - min(carried, overhead))
        return (owner != nil, mtu)
    }

    private func transaction(
        _ tunnels: [(peer: String, port: String)], _ ports: [PortSite], gone: [String], mtu: UInt32
    ) -> [String] {
        let mark = "external_ids:\(OpenVSwitch.mark)=\"\(spec.networkUUID)\""
        var words = ["--may-exist", "add-br", spec.bridge]
        words += ["--", "set", "Bridge", spec.bridge, mark, "fail_mode=standalone"]
        if let store = spec.storeUUID { words.append("external_ids:\(OpenVSwitch.storeMark)=\"\(store)\"") }
        words += ["--", "set", "Interface", spec.bridge, "mtu_request=\(mtu)"]
        for name in gone { words += ["--", "--if-exists", "del-port", spec.bridge, name] }
        for (peer, port) in tunnels {
            words += ["--", "--may-exist", "add-port", spec.bridge, port]
            // In a full mesh nothing goes on from one tunnel into another: it would go round for ever.
            words += ["--", "set", "Port", port, mark, "protected=true"]
            words += [
                "--", "set", "Interface", port, mark, "type=gre", "options:remote_ip=\"\(peer)\"",
                "options:local_ip=\"\(gre.local)\"", "options:key=\"\(gre.key)\"",
            ]
        }
        for site in ports {
            let name = site.port.name
            // It may be that of another network from which the NIC has moved.
            if site.link != nil { words += ["--", "--if-exists", "del-port", name] }
            words += ["--", "--may-exist", "add-port", spec.bridge, name]
            words += ["--", "set", "Port", name, mark, "--", "set", "Interface", name, mark]
        }
        return words
    }

    /// The bridge's own device carries the mark of our links too, so that changes of it are noticed.
    private func bringUp() throws(AgentRefusal) {
        do throws(NetlinkError) {
            guard let link = try links.link(named: spec.bridge) else { throw NetlinkError(errno: ENODEV) }
            let alias = LinkMark.alias(for: spec)
            if link.alias != alias { try links.mark(link.index, alias: alias) }
            if !link.isUp { try links.setUp(link.index, true) }
        } catch {
            throw .stepFailed("set \(spec.bridge) up", error, notUndone: [])
        }
    }

    /// A name of 15 bytes for the port to a peer, the same every time: `g` and a hash (FNV-1a) of network and peer.
    private func port(to peer: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in "\(spec.networkUUID) \(peer)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let digits = String(hash & 0xFF_FFFF_FFFF_FFFF, radix: 16)
        return "g" + String(repeating: "0", count: 14 - digits.utf8.count) + digits
    }
}

extension AgentRefusal {
    fileprivate static func bridgeTaken(_ name: String, by network: String) -> AgentRefusal {
        AgentRefusal(
            rule: "host.name-taken", errno: EBUSY,
            reason: "The name \(name), wanted for the Open vSwitch bridge of the network, is taken on this host: it "
                + (network.isEmpty ? "was not made by netmodelfs." : "belongs to network \(network)."),
            remedy: "Rename or remove \(name) on the host.")
    }
}
