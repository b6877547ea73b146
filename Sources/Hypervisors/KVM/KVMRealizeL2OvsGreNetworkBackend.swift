import NetworkModel
import Realization

/// An L2OvsGreNetwork on a KVM host: an Open vSwitch bridge with a GRE tunnel to each of the other hosts.
public struct KVMRealizeL2OvsGreNetworkBackend: KVMBridgeBackend {
    public let supportedL2NetworkType = L2NetworkType.ovsGre
    let options: KVMOptions

    public init(options: KVMOptions = KVMOptions()) {
        self.options = options
    }
}
