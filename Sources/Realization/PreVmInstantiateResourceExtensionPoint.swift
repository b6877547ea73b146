import NetworkModel

/// What is known of a VM that is about to start on a host, or has just gone from it (paper: `VmInstanceSpec`).
public struct VmInstanceSpec: Hashable, Sendable {
    public let vm: UniqueID
    /// Where it was placed.
    public let host: ObjectID
    /// The L2 networks of its NICs, one entry for each NIC.
    public let l2Networks: [ObjectID]

    public init(vm: UniqueID, host: ObjectID, l2Networks: [ObjectID]) {
        self.vm = vm
        self.host = host
        self.l2Networks = l2Networks
    }
}

/// Makes what a VM needs on its host before it starts, and takes it away when the VM is gone (paper:
/// `PreVmInstantiateResourceExtensionPoint`, with its three steps).
public protocol PreVmInstantiateResourceExtensionPoint: Sendable {
    /// May veto the VM; nothing is done yet.
    func preBeforeInstantiateVmResource(_ spec: VmInstanceSpec) throws(Refusal)

    /// Makes it. What it throws has been undone by itself; the extensions before it release theirs.
    func preInstantiateVmResource(_ spec: VmInstanceSpec) async throws(Refusal)

    /// Takes it away. Never fails because of a host: what could not be taken away is taken away later.
    func preReleaseVmResource(_ spec: VmInstanceSpec) async
}
