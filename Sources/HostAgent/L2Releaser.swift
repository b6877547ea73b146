import AgentProtocol

/// Removes from the host what was made for an L2 network, and nothing else.
enum L2Releaser {
    /// Deletes the ports of VMs, takes the interface out of the bridge, deletes the bridge, deletes the VLAN or VXLAN device;
    /// what is missing already is no error, what is not ours stays and is told of in a note. The physical interface stays
    /// up, with its MTU.
    ///
    /// Other ports of the bridge lose it.
    ///
    /// - Throws: `host.step-failed` with the kernel's error number. Steps before it stay done: releasing again goes on.
    static func release(
        _ spec: L2Spec, on links: HostLinks, guarded: GuardedChanges? = nil
    ) throws(AgentRefusal) -> L2Outcome {
        try spec.validate()
        if let guarded, let moving = try moveBack(spec, links, guarded) { return moving }
        var outcome = L2Outcome()
        var step = "read the links"
        do throws(NetlinkError) {
            let bridge = try links.link(named: spec.bridge)
            for port in try ports(spec, bridge, links, &outcome) {
                step = "delete the port \(port.name)"
                try links.delete(port.index)
                outcome.steps.append(step)
            }
            if let bridge {
                if bridge.isBridge, bridge.belongs(to: spec.networkUUID) {
                    let port = try links.link(named: spec.device ?? spec.physicalInterface)
                    if let port, port.master == bridge.index {
                        step = "take \(port.name) out of the bridge \(bridge.name)"
                        try links.setMaster(port.index, nil)
                        outcome.steps.append(step)
                    }
                    step = "delete the bridge \(bridge.name)"
                    try links.delete(bridge.index)
                    outcome.steps.append(step)
                } else {
                    outcome.notes.append("\(bridge.name) was not made for this network and stays.")
                }
            }
            if let name = spec.device, let device = try links.link(named: name) {
                if device.isVLAN || device.isVXLAN, device.belongs(to: spec.networkUUID) {
                    step = "delete the \(device.isVLAN ? "VLAN" : "VXLAN") device \(name)"
                    try links.delete(device.index)
                    outcome.steps.append(step)
                } else {
                    outcome.notes.append("\(name) was not made for this network and stays.")
                }
            }
        } catch {
            throw .releaseStepFailed(step, error)
        }
        return outcome
    }

    /// The ports that were made for the network: those in its bridge, and those of the specification wherever they are.
    private static func ports(
        _ spec: L2Spec, _ bridge: Link?, _ links: HostLinks, _ outcome: inout L2Outcome
    ) throws(NetlinkError) -> [Link] {
        var found = try bridge.map { bridge throws(NetlinkError) in try links.ports(of: bridge.index) } ?? []
        for port in spec.ports where !found.contains(where: { $0.name == port.name }) {
            guard let link = try links.link(named: port.name) else { continue }
            found.append(link)
            if !link.belongs(to: spec.networkUUID) {
                outcome.notes.append("\(link.name) was not made for this network and stays.")
            }
        }
        return found.filter { $0.isPort && $0.belongs(to: spec.networkUUID) }
    }

    /// Where the host's addresses are on the bridge they go back first; the bridge goes when that is confirmed and the
    /// release is asked for again.
    private static func moveBack(
        _ spec: L2Spec, _ links: HostLinks, _ guarded: GuardedChanges
    ) throws(AgentRefusal) -> L2Outcome? {
        guard spec.kind == .noVlan else { return nil }
        let bridge: Link?
        let port: Link?
        do throws(NetlinkError) {
            bridge = try links.link(named: spec.bridge)
            port = try links.link(named: spec.physicalInterface)
        } catch {
            throw .unreadable(error)
        }
        guard let bridge, let port, bridge.isBridge, bridge.belongs(to: spec.networkUUID) else { return nil }
        return try guarded.moveBack(spec, bridge, port)
    }
}
