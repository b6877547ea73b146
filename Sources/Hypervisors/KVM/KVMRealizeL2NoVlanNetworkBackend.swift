import NetworkModel
import Realization

/// An L2NoVlanNetwork on a KVM host: a bridge with the physical interface as its port (paper's name).
public struct KVMRealizeL2NoVlanNetworkBackend: KVMBridgeBackend {
    public let supportedL2NetworkType = L2NetworkType.noVlan
    let options: KVMOptions

    public init(options: KVMOptions = KVMOptions()) {
        self.options = options
    }
}
