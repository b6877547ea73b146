import AgentProtocol
import NetworkModel
import Realization

/// What the KVM backends that make bridges have in common: the agent on the host does the work.
protocol KVMBridgeBackend: L2NetworkRealizationExtensionPoint where Channel == KVMHostChannel {
    var options: KVMOptions { get }
}

extension KVMBridgeBackend {
    public var supportedHypervisorType: HypervisorType { .kvm }

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

extension L2Spec {
    /// The specification in the words of the agent's protocol.
    init(_ network: L2Specification, _ options: KVMOptions) {
        self.init(
            networkUUID: network.networkUUID.description,
            kind: Kind(network),
            physicalInterface: network.physicalInterface, bridge: network.bridge, device: network.device,
            mtu: network.mtu, disableIptables: options.disablesIptables)
    }
}

extension L2Spec.Kind {
    init(_ network: L2Specification) {
        guard let overlay = network.overlay else {
            self = network.vlan.map { .vlan(UInt16(clamping: $0)) } ?? .noVlan
            return
        }
        let local = overlay.local.description
        let peers = overlay.peers.map(\.description)
        switch overlay.tunnel {
        case .vxlan(let vni):
            self = .vxlan(
                L2Spec.VXLAN(
                    vni: UInt32(clamping: vni), local: local, peers: peers,
                    port: UInt16(clamping: L2Overlay.vxlanPort)))
        case .ovsGre(let key): self = .ovsGre(L2Spec.GRE(key: UInt32(clamping: key), local: local, peers: peers))
        }
    }
}
