import NetworkModel

/// The plugins of a daemon. One line adds one.
public struct ExtensionRegistry: Sendable {
    private struct Key: Hashable {
        let network: L2NetworkType
        let hypervisor: HypervisorType
    }

    private var connectors: [HypervisorType: any HypervisorConnector] = [:]
    private var realizations: [Key: L2Realization] = [:]
    public private(set) var createExtensions: [any L2NetworkCreateExtensionPoint] = []
    public private(set) var deleteExtensions: [any NetworkDeleteExtensionPoint] = []
    public private(set) var attachExtensions: [any L2NetworkAttachClusterExtensionPoint] = []
    public private(set) var preVmInstantiateExtensions: [any PreVmInstantiateResourceExtensionPoint] = []

    public init() {}

    public mutating func register(_ connector: any HypervisorConnector) {
        connectors[connector.hypervisorType] = connector
    }

    public mutating func register(_ realization: some L2NetworkRealizationExtensionPoint) {
        let key = Key(network: realization.supportedL2NetworkType, hypervisor: realization.supportedHypervisorType)
        realizations[key] = L2Realization(realization)
    }

    public mutating func register(_ plugin: any L2NetworkCreateExtensionPoint) { createExtensions.append(plugin) }
    public mutating func register(_ plugin: any NetworkDeleteExtensionPoint) { deleteExtensions.append(plugin) }
    public mutating func register(_ plugin: any L2NetworkAttachClusterExtensionPoint) {
        attachExtensions.append(plugin)
    }

    public mutating func register(_ plugin: any PreVmInstantiateResourceExtensionPoint) {
        preVmInstantiateExtensions.append(plugin)
    }

    public func connector(of hypervisor: HypervisorType) -> (any HypervisorConnector)? { connectors[hypervisor] }

    /// Whether there is anything to be found out about networks on hosts of the hypervisor.
    func inspects(_ hypervisor: HypervisorType) -> Bool {
        realizations.contains { $0.key.hypervisor == hypervisor && $0.value.inspects }
    }

    public func realization(of network: L2NetworkType, on hypervisor: HypervisorType) -> L2Realization? {
        realizations[Key(network: network, hypervisor: hypervisor)]
    }
}

/// A realization plugin whose kind of channel is known to itself only.
public struct L2Realization: Sendable {
    public enum Step: String, Sendable {
        case check
        case foresee
        case realize
        case release
    }

    private let look: @Sendable (L2Specification, any HostChannel) async throws(HostFailure) -> [String]
    private let perform: @Sendable (Step, L2Specification, any HostChannel) async throws(HostFailure) -> Void

    /// What a network is on a host, in the words of its hypervisor.
    public let facts: @Sendable (L2Specification) -> [Fact]
    let inspects: Bool

    init<Plugin: L2NetworkRealizationExtensionPoint>(_ plugin: Plugin) {
        facts = { plugin.facts(of: $0) }
        inspects = plugin.inspects
        look = { (network, channel) async throws(HostFailure) in
            guard let channel = channel as? Plugin.Channel else { return [] }
            return try await plugin.inspect(network, on: channel)
        }
        perform = { (step, network, channel) async throws(HostFailure) in
            guard let channel = channel as? Plugin.Channel else {
                throw .unreachable("The host's connection is not one of \(plugin.supportedHypervisorType.rawValue).")
            }
            switch step {
            case .check: try await plugin.check(network, on: channel)
            case .foresee: try await plugin.foresee(network, on: channel)
            case .realize: try await plugin.realize(network, on: channel)
            case .release: try await plugin.release(network, on: channel)
            }
        }
    }

    public func callAsFunction(
        _ step: Step, _ network: L2Specification, on channel: any HostChannel
    ) async throws(HostFailure) {
        try await perform(step, network, channel)
    }

    public func inspect(
        _ network: L2Specification, on channel: any HostChannel
    ) async throws(HostFailure) -> [String] {
        try await look(network, channel)
    }
}
