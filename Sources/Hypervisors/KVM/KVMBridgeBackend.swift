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
        try await check(network, on: host, isForecast: nil)
    }

    public func foresee(_ network: L2Specification, on host: KVMHostChannel) async throws(HostFailure) {
        try await check(network, on: host, isForecast: true)
    }

    private func check(
        _ network: L2Specification, on host: KVMHostChannel, isForecast: Bool?
    ) async throws(HostFailure) {
        let confirmation = Confirmation(
            token: KVMHostChannel.makeToken(), within: options.confirmTime, isForecast: isForecast)
        try await host.ask(guarding(.checkL2(L2Spec(network, options)), confirmation))
    }

    public func realize(_ network: L2Specification, on host: KVMHostChannel) async throws(HostFailure) {
        try await change(.realizeL2(L2Spec(network, options)), on: host)
    }

    public func release(_ network: L2Specification, on host: KVMHostChannel) async throws(HostFailure) {
        if options.keepsBridges {
            // What is kept is the network; its VMs' ports have nobody any more.
            let ports = network.ports.map(\.name)
            guard let store = options.store, !ports.isEmpty else { return }
            try await host.ask(
                .collect(
                    storeUUID: store.description, networkUUID: network.networkUUID.description, links: ports))
            return
        }
        try await change(.releaseL2(L2Spec(network, options)), on: host)
    }

    /// Only a network without VLAN takes the interface with the host's addresses.
    private func guarding(_ request: AgentRequest, _ confirmation: Confirmation) -> AgentRequest {
        supportedL2NetworkType == .noVlan ? .guarded(request, by: confirmation) : request
    }

    private func change(_ request: AgentRequest, on host: KVMHostChannel) async throws(HostFailure) {
        guard supportedL2NetworkType == .noVlan else {
            try await host.ask(request)
            return
        }
        try await host.askGuarded(request, within: options.confirmTime)
    }

    public func inspect(_ network: L2Specification, on host: KVMHostChannel) async throws(HostFailure) -> [String] {
        guard case .l2(let outcome) = try await host.ask(.inspectL2(L2Spec(network, options))) else { return [] }
        return outcome.steps
    }
}

extension L2Spec {
    /// The specification in the words of the agent's protocol.
    init(_ network: L2Specification, _ options: KVMOptions) {
        self.init(
            networkUUID: network.networkUUID.description, storeUUID: options.store?.description,
            kind: Kind(network),
            physicalInterface: network.physicalInterface, bridge: network.bridge, device: network.device,
            mtu: network.mtu, disableIptables: options.disablesIptables, ports: network.ports.map { Port($0) })
    }
}

extension L2Spec.Port {
    init(_ port: VMPort) {
        let guest: Guest =
            switch port.guest {
            case .tap: .tap
            case .namespace(let name, let device): .namespace(name, device: device)
            }
        self.init(name: port.name, mac: port.mac.description, mtu: port.mtu, owner: port.owner, guest: guest)
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
