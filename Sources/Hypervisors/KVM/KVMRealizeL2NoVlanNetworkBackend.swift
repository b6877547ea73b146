import AgentProtocol
import NetworkModel
import Realization

/// An L2NoVlanNetwork on a KVM host: a bridge with the physical interface as its port (paper's name).
public struct KVMRealizeL2NoVlanNetworkBackend: L2NetworkRealizationExtensionPoint {
    public let supportedL2NetworkType = L2NetworkType.noVlan
    public let supportedHypervisorType = HypervisorType.kvm

    public init() {}

    public func check(_ network: L2Specification, on host: KVMHostChannel) async throws(HostFailure) {
        try await host.ask(.checkL2(L2Spec(network)))
    }

    public func realize(_ network: L2Specification, on host: KVMHostChannel) async throws(HostFailure) {
        try await host.ask(.realizeL2(L2Spec(network)))
    }

    public func release(_ network: L2Specification, on host: KVMHostChannel) async throws(HostFailure) {
        try await host.ask(.releaseL2(L2Spec(network)))
    }
}

extension L2Spec {
    /// The specification in the words of the agent's protocol.
    init(_ network: L2Specification) {
        self.init(
            networkUUID: network.networkUUID.description, kind: network.vlan.map { .vlan(UInt16($0)) } ?? .noVlan,
            physicalInterface: network.physicalInterface, bridge: network.bridge, device: network.device, mtu: network.mtu,
            disableIptables: false)
    }
}
