import AgentProtocol

/// Finds what somebody changed of the ports of a network.
enum PortInspector {
    /// The differences in sentences.
    ///
    /// - Parameters:
    ///   - mtu: of ports that have none of their own.
    ///   - isPlugged: whether a port is in the network's bridge.
    static func differences(
        _ spec: L2Spec, _ survey: PortSurvey, mtu: UInt32, isPlugged: (Link) -> Bool
    ) -> [String] {
        var found: [String] = []
        for site in survey.sites {
            let port = site.port
            guard let link = site.link else {
                found.append(site.misfit?.reason ?? "The port \(port.name) is missing.")
                continue
            }
            if !isPlugged(link) { found.append("\(link.name) is no port of the bridge \(spec.bridge).") }
            let mtu = port.mtu.map { UInt32(clamping: $0) } ?? mtu
            found += differences(link, link.name, address: port.hostAddress, mtu: mtu)
            if port.guest == .tap, link.isOwned(by: port) == false {
                let isKept = link.tap?.isPersistent == true
                let owner = link.tap?.owner.map { "uid \($0)" } ?? "root"
                found.append(
                    isKept
                        ? "\(link.name) belongs to \(owner), not to uid \(port.owner)."
                        : "\(link.name) is not persistent.")
            }
            if case .namespace(let namespace, let device) = port.guest, let end = site.guestEnd {
                found += differences(end, "\(device) in \(namespace)", address: port.guestAddress, mtu: mtu)
            }
        }
        return found + survey.stale.map { "\($0.name) is in the bridge \(spec.bridge), but no VM has it." }
    }

    /// Of a network whose bridge is one of the kernel's.
    static func differences(
        _ spec: L2Spec, bridge: Link, mtu: UInt32, on links: HostLinks
    ) -> [String] {
        do throws(AgentRefusal) {
            let survey = try PortSurvey(spec, bridge: bridge, on: links)
            return differences(spec, survey, mtu: mtu) { $0.master == bridge.index }
        } catch {
            // What a realization would be refused for is what somebody has done.
            return [error.reason]
        }
    }

    private static func differences(_ link: Link, _ title: String, address: [UInt8], mtu: UInt32) -> [String] {
        var found: [String] = []
        if !link.isUp { found.append("\(title) is down.") }
        if link.address != address {
            found.append("The MAC of \(title) is \(link.addressText), not \(address.macText).")
        }
        if link.mtu != mtu { found.append("The MTU of \(title) is \(link.mtu), not \(mtu).") }
        return found
    }
}
