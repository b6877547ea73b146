import AgentProtocol
import NetworkModel
import Realization

/// An L2VlanNetwork on a KVM host: a VLAN device on the physical interface, and a bridge with that as its port (paper's name).
public struct KVMRealizeL2VlanNetworkBackend: L2NetworkRealizationExtensionPoint {
    public let supportedL2NetworkType = L2NetworkType.vlan
    public let supportedHypervisorType = HypervisorType.kvm

    private let options: KVMOptions

    public init(options: KVMOptions = KVMOptions()) {
        self.options = options
    }

    public func check(_ network: L2Specification, on host: KVMHostChannel) async throws(HostFailure) {
        try await host.ask(.checkL2(L2Spec(network, options)))
    }

    public func realize(_ network: L2Specification, on host: KVMHostChannel) async throws(HostFailure) {
        try await host.ask(.realizeL2(L2Spec(network, options)))
    }

    public func release(_ network: L2Specification, on host: KVMHostChannel) async throws(HostFailure) {
        if options.keepsBridges { return }
        try await host.ask(.releaseL2(L2Spec(network, options)))
    }
}
