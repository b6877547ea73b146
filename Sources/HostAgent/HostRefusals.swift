import AgentProtocol
import Glibc

/// Every refusal of a host: its rule id, its error number, its words. One place, so that they can be read together.
extension AgentRefusal {
    static func interfaceMissing(_ name: String) -> AgentRefusal {
        AgentRefusal(
            rule: "host.interface-missing", errno: ENODEV, reason: "This host has no interface \(name).",
            remedy: "Correct the physical interface of the network, or give the host such an interface.")
    }

    static func interfaceIsLoopback(_ name: String) -> AgentRefusal {
        AgentRefusal(
            rule: "host.interface-is-loopback", errno: EINVAL,
            reason: "\(name) is the loopback interface and leads nowhere.",
            remedy: "Name the interface that the network's cable is in.")
    }

    static func interfaceIsBridge(_ name: String) -> AgentRefusal {
        AgentRefusal(
            rule: "host.interface-is-bridge", errno: EINVAL,
            reason: "\(name) is itself a bridge; a bridge cannot be a port of a bridge.",
            remedy: "Name the interface below the bridge.")
    }

    static func interfaceNotEthernet(_ name: String, hardwareType: UInt16) -> AgentRefusal {
        AgentRefusal(
            rule: "host.interface-not-ethernet", errno: EINVAL,
            reason: "\(name) is no Ethernet interface (hardware type \(hardwareType)), so it cannot be in a bridge.",
            remedy: "Name an Ethernet interface.")
    }

    static func occupied(_ name: String, by master: Link) -> AgentRefusal {
        let kind = master.isBridge ? "bridge" : master.kind ?? "link"
        let owner = master.networkUUID.map { " of network \($0)" } ?? ""
        return AgentRefusal(
            rule: "host.interface-occupied", errno: EBUSY,
            reason: "\(name) is occupied: it is a port of the \(kind) \(master.name)\(owner).",
            remedy: "Take \(name) out of \(master.name), or name another interface.")
    }

    static func no8021q(kernelRelease: String) -> AgentRefusal {
        AgentRefusal(
            rule: "host.no-8021q", errno: EPROTONOSUPPORT,
            reason: "The kernel \(kernelRelease) of this host has no 802.1Q VLAN support (module 8021q).",
            remedy: "Load or install the kernel module 8021q on the host, or use a network without VLAN.")
    }

    static func noVXLAN(kernelRelease: String) -> AgentRefusal {
        AgentRefusal(
            rule: "host.no-vxlan", errno: EPROTONOSUPPORT,
            reason: "The kernel \(kernelRelease) of this host has no VXLAN support (module vxlan).",
            remedy: "Load or install the kernel module vxlan on the host.")
    }

    static func vtepMissing(_ address: String) -> AgentRefusal {
        AgentRefusal(
            rule: "host.vtep-missing", errno: EADDRNOTAVAIL,
            reason: "No interface of this host has the address \(address), where its tunnels are to end.",
            remedy: "Correct the vtep of the host, or give the host that address.")
    }

    static func vniTaken(_ vni: UInt32, by link: Link) -> AgentRefusal {
        let owner = link.networkUUID.map { "belongs to network \($0)" } ?? "was not made by netmodelfs"
        return AgentRefusal(
            rule: "host.vni-taken", errno: EBUSY,
            reason: "VNI \(vni) is already the device \(link.name) on this host, which \(owner).",
            remedy: "Remove that VXLAN device from the host, or choose another VNI.")
    }

    static func hasAddresses(_ name: String, _ addresses: [String]) -> AgentRefusal {
        AgentRefusal(
            rule: "host.interface-has-addresses", errno: EBUSY,
            reason: "\(name) carries the host's own addresses \(addresses.joined(separator: ", ")), "
                + "which a port of a bridge cannot use.",
            remedy: "Use another interface or a VLAN for the network, or move the host's addresses first.")
    }

    static func nameTaken(
        _ link: Link, wanted kind: String, rule: String = "host.name-taken"
    ) -> AgentRefusal {
        let owner: String
        if let mark = link.mark {
            owner = "it belongs to network \(mark.networkUUID)"
            if let store = mark.storeUUID {
                return AgentRefusal(
                    rule: rule, errno: EBUSY,
                    reason: "The name \(link.name), wanted for the \(kind) of the network, is taken on this host: "
                        + "\(owner) of the netmodelfs store \(store).",
                    remedy:
                        "Detach that network where its store is mounted. If that store is gone for good, remove what it "
                        + "left: ip link delete \(link.name) on the host.")
            }
        } else {
            let what = link.kind.map { "a \($0) link" } ?? "an interface"
            owner = "it is \(what) that was not made by netmodelfs"
        }
        return AgentRefusal(
            rule: rule, errno: EBUSY,
            reason: "The name \(link.name), wanted for the \(kind) of the network, is taken on this host: \(owner).",
            remedy: "Rename or remove \(link.name) on the host.")
    }

    static func deviceDiffers(_ reason: String) -> AgentRefusal {
        AgentRefusal(
            rule: "host.device-differs", errno: EBUSY, reason: reason,
            remedy: "Remove that VLAN device from the host, or choose another VLAN.")
    }

    static func mtuTooLarge(_ name: String, wanted: Int, maximum: UInt32) -> AgentRefusal {
        AgentRefusal(
            rule: "host.mtu-too-large", errno: EINVAL,
            reason: "\(name) cannot have an MTU of \(wanted) bytes; its driver takes at most \(maximum).",
            remedy: "Lower the MTU of the network, or use another interface.")
    }

    /// A step failed. `notUndone` tells what could not be undone, in words; empty: all was.
    static func stepFailed(_ step: String, _ error: NetlinkError, notUndone: [String]) -> AgentRefusal {
        let rest =
            notUndone.isEmpty
            ? "What had been done before is undone."
            : "Not undone: \(notUndone.joined(separator: "; "))."
        return AgentRefusal(
            rule: "host.step-failed", errno: error.errno,
            reason: "This host could not \(step): the kernel says \"\(error)\". \(rest)",
            remedy: "Remove the cause on the host and try again.")
    }

    /// A step of a release failed; a release is not undone but repeated.
    static func releaseStepFailed(_ step: String, _ error: NetlinkError) -> AgentRefusal {
        AgentRefusal(
            rule: "host.step-failed", errno: error.errno,
            reason: "This host could not \(step): the kernel says \"\(error)\".",
            remedy: "Remove the cause on the host and try again.")
    }

    /// The state of the host could not even be read.
    static func unreadable(_ error: NetlinkError) -> AgentRefusal {
        AgentRefusal(
            rule: "host.unreadable", errno: error.errno,
            reason: "The links of this host cannot be read or changed: the kernel says \"\(error)\".",
            remedy: error.errno == EPERM
                ? "Run the agent as root." : "See the kernel's log on the host.")
    }

    /// The agent ends before it came to the request.
    static let stopping = AgentRefusal(
        rule: "agent.stopping", errno: ECANCELED, reason: "The agent is stopping and did not begin with this.",
        remedy: "Connect again and repeat the request.")
}
