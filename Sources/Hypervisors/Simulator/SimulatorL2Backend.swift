import NetworkModel
import Realization

/// Any type of L2 network on simulated hosts.
public struct SimulatorL2Backend: L2NetworkRealizationExtensionPoint {
    public let supportedL2NetworkType: L2NetworkType
    public let supportedHypervisorType = HypervisorType.simulator

    public let inspects = false

    public init(_ type: L2NetworkType) {
        supportedL2NetworkType = type
    }

    public func check(_ network: L2Specification, on host: SimulatedHostChannel) async throws(HostFailure) {
        try await host.perform("check", network)
    }

    public func realize(_ network: L2Specification, on host: SimulatedHostChannel) async throws(HostFailure) {
        try await host.perform("realize", network)
    }

    public func release(_ network: L2Specification, on host: SimulatedHostChannel) async throws(HostFailure) {
        try await host.perform("release", network)
    }
}
