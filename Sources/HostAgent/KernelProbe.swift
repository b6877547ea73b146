import CNetlink
import Glibc

/// Finds out what kinds of links a kernel can make, without making any.
enum KernelProbe {
    /// The kinds that are asked for: those whose modules, once loaded, make no links by themselves (as dummy makes
    /// `dummy0` and ip_gre makes `gre0`, `gretap0` and `erspan0` in every namespace).
    static let kinds = ["bridge", "macvlan", "veth", "vlan", "vxlan"]

    /// The release of the running kernel, as `uname -r` tells it.
    static var kernelRelease: String {
        var names = utsname()
        guard uname(&names) == 0 else { return "unknown" }
        return withUnsafeBytes(of: names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// Which machine this is: the UUID of its boot, and the device and number of the network namespace that the calling thread
    /// is in. Both are the same however the machine is reached, and no two that run at the same time have both in common.
    static var machine: String? {
        var namespace = stat()
        let file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var boot = [UInt8](repeating: 0, count: 36)
        guard read(file, &boot, boot.count) == boot.count, stat("/proc/thread-self/ns/net", &namespace) == 0 else {
            return nil
        }
        return "\(String(decoding: boot, as: UTF8.self)) \(namespace.st_dev):\(namespace.st_ino)"
    }

    /// The kinds of ``kinds`` that the kernel can make, sorted.
    ///
    /// - Throws: `EPERM` without `CAP_NET_ADMIN` in the network namespace.
    static func capabilities(of links: HostLinks) throws(NetlinkError) -> [String] {
        var found: [String] = []
        for kind in kinds where try links.canMake(kind: kind) {
            found.append(kind)
        }
        return found
    }
}

extension HostLinks {
    /// Whether the kernel knows a kind of link; makes none.
    ///
    /// Asks for a link with a multicast MAC address. `rtnl_newlink` (net/core/rtnetlink.c) first looks the kind up and
    /// loads its module if it has to; an unknown kind gives `EOPNOTSUPP`. Then the kind's `validate` looks at the MAC, and
    /// every one of ``KernelProbe/kinds`` answers a multicast address with `EADDRNOTAVAIL`, before anything is made.
    ///
    ///     ip link add name nmfs-probe address 01:00:00:00:00:00 type KIND
    ///
    /// - Throws: `EPERM` without `CAP_NET_ADMIN` in the network namespace.
    func canMake(kind: String) throws(NetlinkError) -> Bool {
        let message = try NetlinkMessage(type: Int(RTM_NEWLINK), flags: NLM_F_CREATE | NLM_F_EXCL)
        try message.append(header: ifinfomsg())
        try message.put(Int(IFLA_IFNAME), string: "nmfs-probe")
        try message.put(Int(IFLA_ADDRESS), bytes: [1, 0, 0, 0, 0, 0])
        try message.nest(Int(IFLA_LINKINFO)) { () throws(NetlinkError) in
            try message.put(Int(IFLA_INFO_KIND), string: kind)
        }
        do {
            try socket.perform(message)
            return true
        } catch {
            switch error.errno {
            case EPERM, EACCES: throw error
            case EOPNOTSUPP: return false
            default: return true
            }
        }
    }
}
