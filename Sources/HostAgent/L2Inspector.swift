import AgentProtocol

/// Finds what somebody changed of a network that was realized.
enum L2Inspector {
    /// - Returns: the differences in words, as steps; empty where all is as the network needs it.
    /// - Throws: for a specification that makes no sense, and where the host cannot be read.
    static func inspect(_ spec: L2Spec, on links: HostLinks) throws(AgentRefusal) -> L2Outcome {
        try spec.validate()
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
                differences.append("The VLAN device \(name) is missing.")
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
        return L2Outcome(steps: differences)
    }
}
