import Glibc

/// The settings of an interface in `/proc/sys/net/ipv[46]/conf` that tell how the host behaves there. A new link has
/// those of `default`, so a bridge that takes over the host's addresses is given those of its interface.
enum InterfaceSettings {
    static let names: [(family: String, name: String)] =
        [
            "accept_local", "accept_redirects", "accept_source_route", "arp_accept", "arp_announce", "arp_filter",
            "arp_ignore", "arp_notify", "forwarding", "log_martians", "promote_secondaries", "proxy_arp",
            "route_localnet", "rp_filter", "secure_redirects", "send_redirects", "shared_media", "src_valid_mark",
        ].map { ("ipv4", $0) }
        // disable_ipv6 last: it takes all IPv6 addresses with it.
        + [
            "accept_dad", "accept_ra", "accept_ra_defrtr", "accept_ra_pinfo", "accept_redirects", "accept_source_route",
            "autoconf", "dad_transmits", "forwarding", "proxy_ndp", "use_tempaddr", "disable_ipv6",
        ].map { ("ipv6", $0) }

    /// Makes those of `destination` like those of `source`; what this kernel does not have stays.
    static func copy(from source: String, to destination: String) {
        for (family, name) in names {
            let place = "/proc/sys/net/\(family)/conf"
            guard let wanted = read("\(place)/\(source)/\(name)"), let has = read("\(place)/\(destination)/\(name)"),
                wanted != has
            else { continue }
            write(wanted, to: "\(place)/\(destination)/\(name)")
        }
    }

    private static func read(_ path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = Glibc.read(file, &buffer, buffer.count)
        return count > 0 ? Array(buffer.prefix(count)) : nil
    }

    private static func write(_ value: [UInt8], to path: String) {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        _ = Glibc.write(file, value, value.count)
    }
}
