/// Settings for all KVM hosts (ZStack: global properties of the same meaning).
public struct KVMOptions: Sendable, Hashable {
    /// Leave bridges and VLAN devices on the hosts when a network goes (ZStack: `deleteL2.bridge` off).
    public var keepsBridges: Bool
    /// Keep frames on the bridges away from the host's iptables.
    public var disablesIptables: Bool

    public init(keepsBridges: Bool = false, disablesIptables: Bool = false) {
        self.keepsBridges = keepsBridges
        self.disablesIptables = disablesIptables
    }
}
