import Glibc

/// What the kernel (or libnl) answered to a netlink request.
struct NetlinkError: Error, Hashable {
    /// The Linux error number, positive.
    var errno: Int32
    /// The kernel's own words (extended acknowledgement, `NLMSGERR_ATTR_MSG`), if it had any.
    var message: String?

    init(errno: Int32, message: String? = nil) {
        self.errno = errno
        self.message = message
    }
}

extension NetlinkError: CustomStringConvertible {
    /// For instance `Device or resource busy: VLAN device already exists`.
    var description: String {
        let words = String(cString: strerror(errno))
        guard let message else { return words }
        return "\(words): \(message)"
    }
}
