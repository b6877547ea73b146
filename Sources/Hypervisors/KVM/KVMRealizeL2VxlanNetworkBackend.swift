import NetworkModel
import Realization

/// An L2VxlanNetwork on a KVM host: a VXLAN device with flood entries to the other hosts, and a bridge with that as its
/// port.
public struct KVMRealizeL2VxlanNetworkBackend: KVMBridgeBackend {
    public let supportedL2NetworkType = L2NetworkType.vxlan
    let options: KVMOptions

    public init(options: KVMOptions = KVMOptions()) {
        self.options = options
    }
}
