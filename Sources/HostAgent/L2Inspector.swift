import AgentProtocol

/// Finds what somebody changed of a network that was realized.
enum L2Inspector {
    /// - Returns: the differences in words, as steps; empty where all is as the network needs it.
    /// - Throws: for a specification that makes no sense, and where the host cannot be read.
    static func inspect(_ spec: L2Spec, on links: HostLinks) throws(AgentRefusal) -> L2Outcome {
        try spec.validate()
        if case .vxlan = spec.kind { return try inspectTunnels(spec, links) }
        let site: L2Site
        do throws(AgentRefusal) {
            site = try L2Site(spec, on: links)
        } catch {
            // What a realization would be refused for is what somebody has done.
            return L2Outcome(steps: [error.reason])
        }
        var differences: [String] = []
        let interface = site.interface
        if !interface.isUp { differences.append("\(interface.name) is down.") }
        if let mtu = spec.mtu, interface.mtu < mtu {
            differences.append("The MTU of \(interface.name) is \(interface.mtu), below \(mtu).")
        }
        var port: Link? = interface
        if let name = spec.device {
            port = site.device
            if let device = site.device {
                if !device.isUp { differences.append("\(name) is down.") }
                if let mtu = spec.mtu, device.mtu < mtu {
                    differences.append("The MTU of \(name) is \(device.mtu), below \(mtu).")
                }
            } else {
                differences.append(site.misfit?.reason ?? "The VLAN device \(name) is missing.")
            }
        }
        guard let bridge = site.bridge else {
            differences.append("The bridge \(spec.bridge) is missing.")
            return L2Outcome(steps: differences)
        }
        if !bridge.isUp { differences.append("\(bridge.name) is down.") }
        if let mtu = spec.mtu, bridge.mtu < mtu {
            differences.append("The MTU of \(bridge.name) is \(bridge.mtu), below \(mtu).")
        }
        if let port, port.master != bridge.index {
            differences.append("\(port.name) is no port of the bridge \(bridge.name).")
        }
        if let stp = bridge.bridge?.stp, stp != 0 {
            differences.append("The spanning tree of \(bridge.name) is on.")
        }
        if let port { differences += PortInspector.differences(spec, bridge: bridge, mtu: port.mtu, on: links) }
        return L2Outcome(steps: differences)
    }

    /// Of a network in VXLAN tunnels: the bridge and the device whose tunnels end there.
    private static func inspectTunnels(_ spec: L2Spec, _ links: HostLinks) throws(AgentRefusal) -> L2Outcome {
        do {
            guard let bridge = try links.link(named: spec.bridge) else {
                return L2Outcome(steps: ["The bridge \(spec.bridge) is missing."])
            }
            var differences = bridge.isUp ? [] : ["\(bridge.name) is down."]
            if let name = spec.device {
                guard let device = try links.link(named: name) else {
                    return L2Outcome(steps: differences + ["The VXLAN device \(name) is missing."])
                }
                if !device.isUp { differences.append("\(name) is down.") }
                if device.master != bridge.index {
                    differences.append("\(name) is no port of the bridge \(bridge.name).")
                }
                differences += PortInspector.differences(spec, bridge: bridge, mtu: device.mtu, on: links)
            }
            return L2Outcome(steps: differences)
        } catch {
            throw .unreadable(error)
        }
    }
}
