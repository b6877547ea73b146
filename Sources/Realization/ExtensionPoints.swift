import NetworkModel

/// Makes one type of L2 network real on the hosts of one hypervisor (paper: `L2NetworkRealizationExtensionPoint`).
///
/// `release` is beyond the paper, whose first version left the bridges of detached networks behind.
public protocol L2NetworkRealizationExtensionPoint<Channel>: Sendable {
    associatedtype Channel: HostChannel

    var supportedL2NetworkType: L2NetworkType { get }
    var supportedHypervisorType: HypervisorType { get }

    /// Whether `realize` would go through; changes nothing on the host.
    func check(_ network: L2Specification, on host: Channel) async throws(HostFailure)

    /// The same question, when nobody is about to attach the network: leaves no trace on the host at all. Beyond the paper.
    /// Default: `check`.
    func foresee(_ network: L2Specification, on host: Channel) async throws(HostFailure)

    /// Makes the network on the host. Idempotent: what is there already is left alone.
    func realize(_ network: L2Specification, on host: Channel) async throws(HostFailure)

    /// Takes the network off the host. Idempotent: what is not there is no failure.
    func release(_ network: L2Specification, on host: Channel) async throws(HostFailure)

    /// Whether `inspect` looks at all: a thousand hosts are not asked for what nobody looks for. Default: yes.
    var inspects: Bool { get }

    /// What on the host is not as `realize` left it, in sentences; changes nothing. Beyond the paper. Default: nothing is
    /// ever found.
    func inspect(_ network: L2Specification, on host: Channel) async throws(HostFailure) -> [String]

    /// What the network is on a host, in the words of its hypervisor. Default: those of `L2Specification`.
    func facts(of network: L2Specification) -> [Fact]
}

extension L2NetworkRealizationExtensionPoint {
    public var inspects: Bool { true }

    public func inspect(_ network: L2Specification, on host: Channel) async throws(HostFailure) -> [String] { [] }

    public func foresee(_ network: L2Specification, on host: Channel) async throws(HostFailure) {
        try await check(network, on: host)
    }

    public func facts(of network: L2Specification) -> [Fact] { network.facts }
}

/// Sees L2 networks come (paper: `L2NetworkCreateExtensionPoint`). Providers bind themselves here.
public protocol L2NetworkCreateExtensionPoint: Sendable {
    /// May veto the network; nothing was stored yet.
    func beforeCreateL2Network(_ network: NewObject) throws(Refusal)
    /// A failure is logged and changes nothing (ZStack's behaviour).
    func afterCreateL2Network(_ network: ObjectRecord) throws
}

/// Sees objects go (ZStack: `L2NetworkDeleteExtensionPoint`, `L3NetworkDeleteExtensionPoint`).
public protocol NetworkDeleteExtensionPoint: Sendable {
    /// `l2Network` or `l3Network`.
    var supportedKind: Kind { get }
    /// May veto the deletion.
    func preDelete(_ network: ObjectRecord) throws(Refusal)
    func afterDelete(_ network: ObjectRecord)
}

/// Sees an L2 network reach a cluster (ZStack: `L2NetworkAttachClusterExtensionPoint`).
public protocol L2NetworkAttachClusterExtensionPoint: Sendable {
    func afterAttach(network: ObjectID, cluster: ObjectID)
}
