import NetworkModel

/// Settings for all KVM hosts (ZStack: global properties of the same meaning).
public struct KVMOptions: Sendable, Hashable {
    /// Leave bridges and VLAN devices on the hosts when a network goes (ZStack: `deleteL2.bridge` off).
    public var keepsBridges: Bool
    /// Keep frames on the bridges away from the host's iptables.
    public var disablesIptables: Bool
    /// How long a host whose addresses have moved waits until it is reached anew, in seconds, 1...3600; then it goes back.
    public var confirmTime: Int

    /// The store that the daemon works for: it goes into the marks on the hosts.
    public var store: UniqueID?

    public init(keepsBridges: Bool = false, disablesIptables: Bool = false, confirmTime: Int = 30) {
        self.confirmTime = confirmTime
        self.keepsBridges = keepsBridges
        self.disablesIptables = disablesIptables
    }
}
