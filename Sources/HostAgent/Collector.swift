import AgentProtocol
import Glibc

/// Removes what was made for a network that its store does not know any more.
enum Collector {
    /// Only links that carry just this mark go; ports of VMs first, then bridges.
    ///
    /// - Throws: `host.orphan-has-addresses` for a bridge that carries addresses of the host, which would be cut off;
    ///   `host.step-failed`.
    static func collect(
        _ names: [String], _ mark: LinkMark, on links: HostLinks, _ vswitch: OpenVSwitch
    ) throws(AgentRefusal) -> L2Outcome {
        var outcome = L2Outcome()
        let found: [Link]
        let masters: [CInt: Link]
        var addresses: [(bridge: String, texts: [String])] = []
        do throws(NetlinkError) {
            let all = try links.all()
            found = all.filter { $0.mark == mark && names.contains($0.name) }
            masters = Dictionary(all.map { ($0.index, $0) }) { first, _ in first }
            for bridge in found where bridge.isBridge {
                addresses.append((bridge.name, try links.globalAddresses(of: bridge.index)))
            }
        } catch {
            throw .unreadable(error)
        }
        if let held = addresses.first(where: { !$0.texts.isEmpty }) {
            throw .orphanHasAddresses(held.bridge, held.texts)
        }
        var step = ""
        do throws(NetlinkError) {
            for link in found.filter(\.isPort) + found.filter(\.isBridge) + found.filter({ $0.isVLAN || $0.isVXLAN }) {
                step = "delete \(link.name)"
                try links.delete(link.index)
                outcome.steps.append(step)
            }
        } catch {
            throw .releaseStepFailed(step, error)
        }
        for link in found where link.kind == "openvswitch" {
            guard try vswitch.owner(ofBridge: link.name) == mark.networkUUID else { continue }
            let step = "delete the Open vSwitch bridge \(link.name)"
            try vswitch.perform(["--if-exists", "del-br", link.name], toDo: step)
            outcome.steps.append(step)
        }
        // The switch keeps ports whose links are gone, unless their bridge went.
        let ports = Set(found.filter { $0.isPort && $0.isOpenVSwitchPort(among: masters) }.map(\.name))
        guard !ports.isEmpty else { return outcome }
        for name in try vswitch.ports(of: mark.networkUUID) where ports.contains(name) {
            try vswitch.perform(["--if-exists", "del-port", name], toDo: "forget the port \(name)")
        }
        return outcome
    }
}

extension AgentRefusal {
    static func orphanHasAddresses(_ name: String, _ addresses: [String]) -> AgentRefusal {
        AgentRefusal(
            rule: "host.orphan-has-addresses", errno: EBUSY,
            reason: "\(name) was left by a network that is gone, and carries the host's own addresses "
                + "\(addresses.joined(separator: ", ")).",
            remedy: "Move the addresses to the interface below it, and then: ip link delete \(name) on the host.")
    }
}
