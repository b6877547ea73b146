import NetworkModel
import Realization

/// An L2VlanNetwork on an ESXi host: a port group with the VLAN's id (paper's manner of naming).
public struct VMwareRealizeL2VlanNetworkBackend: ESXiPortGroupBackend {
    public let supportedL2NetworkType = L2NetworkType.vlan
    let names: ESXiNames

    public init(options: ESXiOptions = ESXiOptions()) {
        names = ESXiNames(store: options.store)
    }
}
