import NetworkModel
import Realization

/// An L2NoVlanNetwork on an ESXi host: a port group with VLAN id 0 (paper's manner of naming).
public struct VMwareRealizeL2NoVlanNetworkBackend: ESXiPortGroupBackend {
    public let supportedL2NetworkType = L2NetworkType.noVlan
    let names: ESXiNames

    public init(options: ESXiOptions = ESXiOptions()) {
        names = ESXiNames(store: options.store)
    }
}
