import Glibc

/// Settings of the host's network namespace that are read, never written.
enum HostSetting {
    /// `sysctl net.bridge.bridge-nf-call-iptables`; `false` without bridge netfilter.
    static var bridgeCallsIPTables: Bool {
        let file = open("/proc/sys/net/bridge/bridge-nf-call-iptables", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        var byte: UInt8 = 0
        return read(file, &byte, 1) == 1 && byte == UInt8(ascii: "1")
    }
}
