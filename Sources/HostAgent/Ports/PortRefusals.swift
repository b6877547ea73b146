import AgentProtocol
import Glibc

/// What a host refuses of the ports of VMs.
extension AgentRefusal {
    static func portNameTaken(_ link: Link) -> AgentRefusal {
        nameTaken(link, wanted: "VM port", rule: "host.port-name-taken")
    }

    static func guestNameTaken(_ device: String, of port: String, in namespace: String) -> AgentRefusal {
        AgentRefusal(
            rule: "host.port-name-taken", errno: EBUSY,
            reason: "The name \(device), wanted for the guest's end of \(port), is taken in the network namespace "
                + "\(namespace) of this host.",
            remedy:
                "Rename or remove \(device) in the network namespace \(namespace), or give the VM another guest.")
    }

    static func noNamespace(_ name: String, for port: String) -> AgentRefusal {
        AgentRefusal(
            rule: "host.no-namespace", errno: ENODEV,
            reason: "This host has no network namespace \(name), where the guest's end of \(port) is to be.",
            remedy: "Make it on the host (ip netns add \(name)), or correct the guest of the VM.")
    }

    static func noTun(_ error: NetlinkError, kernelRelease: String) -> AgentRefusal {
        AgentRefusal(
            rule: "host.no-tun", errno: EPROTONOSUPPORT,
            reason: "The kernel \(kernelRelease) of this host gives no taps (module tun): "
                + "\(TunDevice.path) says \"\(error)\".",
            remedy: "Load or install the kernel module tun on the host.")
    }
}
