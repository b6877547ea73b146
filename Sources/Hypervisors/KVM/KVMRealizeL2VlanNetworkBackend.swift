import NetworkModel
import Realization

/// An L2VlanNetwork on a KVM host: a VLAN device on the physical interface, and a bridge with that as its port (paper's
/// name).
public struct KVMRealizeL2VlanNetworkBackend: KVMBridgeBackend {
    public let supportedL2NetworkType = L2NetworkType.vlan
    let options: KVMOptions

    public init(options: KVMOptions = KVMOptions()) {
        self.options = options
    }
}
