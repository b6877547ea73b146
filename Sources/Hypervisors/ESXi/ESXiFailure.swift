import NetworkModel
import Realization

/// A host's no, in the words of netmodelfs.
enum ESXiFailure {
    static func from(_ error: VSphereError) -> HostFailure {
        switch error {
        case .unreachable(let reason): .unreachable(reason)
        case .fault(let fault): refusal(fault)
        }
    }

    private static func refusal(_ fault: VSphereFault) -> HostFailure {
        switch fault.type {
        case "InvalidLogin":
            .refused(
                Refusal(
                    "esxi.login.refused", .access, "The host refuses the user or the password.",
                    remedy: "Write the right ones to the host's credentials file."))
        case "NoPermission", "RestrictedVersion":
            .refused(
                Refusal(
                    "esxi.not-permitted", .access, "The host does not permit it: \(fault.description).",
                    remedy:
                        "Give the user the privilege Host.Config.Network (a licence without the API permits reading only)."
                ))
        case "ResourceInUse":
            .refused(
                Refusal(
                    "esxi.in-use", .busy, "It is in use on the host: \(fault.description).",
                    remedy: "Take the virtual machines and adapters off the port group first."))
        case "NotAHost":
            .refused(
                Refusal(
                    "esxi.not-a-host", .invalid, "The connection leads to no ESXi host: \(fault.message).",
                    remedy: "Write the address of the host, not that of its vCenter."))
        // It boots, or goes down: it will answer otherwise soon.
        case "HostNotConnected", "HostNotReachable", "ShuttingDown", "HostCommunication":
            .unreachable("The host cannot do anything now: \(fault.description).")
        default:
            .refused(
                Refusal(
                    "esxi.fault", .inputOutput, "The host answered with \(fault.description).",
                    remedy: "See the host's own log (/var/log/hostd.log)."))
        }
    }
}
