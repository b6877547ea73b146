import NetworkModel
import Realization

/// What the ESXi backends have in common: a port group on the vSwitch that has the physical interface.
///
/// A vSwitch is made when no one has that interface, and goes with the last port group on it.
protocol ESXiPortGroupBackend: L2NetworkRealizationExtensionPoint where Channel == ESXiHostChannel {
    var names: ESXiNames { get }
}

extension ESXiPortGroupBackend {
    public func inspect(_ network: L2Specification, on host: ESXiHostChannel) async throws(HostFailure) -> [String] {
        try await host.drift(of: network)
    }

    public var supportedHypervisorType: HypervisorType { .esxi }

    /// There is no bridge and no device, but a port group, to which VMs connect by themselves.
    public func facts(of network: L2Specification) -> [Fact] {
        let own = [Fact("port-group", .text(names.portGroup(network)))]
        let vlan = network.vlan.map { [Fact("vlan", .number(Int64($0)))] } ?? []
        return own + vlan + network.facts.filter { !["bridge", "device", "ports"].contains($0.name) }
    }

    public func check(_ network: L2Specification, on host: ESXiHostChannel) async throws(HostFailure) {
        try await host.ask { (host) throws(HostFailure) in try await host.check(network) }
    }

    public func realize(_ network: L2Specification, on host: ESXiHostChannel) async throws(HostFailure) {
        try await host.ask { (host) throws(HostFailure) in try await host.realize(network) }
    }

    public func release(_ network: L2Specification, on host: ESXiHostChannel) async throws(HostFailure) {
        try await host.ask { (host) throws(HostFailure) in try await host.release(network) }
    }
}
