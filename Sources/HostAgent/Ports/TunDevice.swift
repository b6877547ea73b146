import AgentProtocol
import CNetlink
import Glibc

/// The kernel's maker of taps (Documentation/networking/tuntap.rst).
struct TunDevice: ~Copyable {
    static let path = "/dev/net/tun"

    private let file: CInt

    /// Single queue, as virtual machine monitors open a tap unless told otherwise: whether there are several cannot be changed
    /// later. The other flags are those of the last who opened it. `IFF_VNET_HDR` is what QEMU asks for where it is there, so
    /// that whoever asks the tap itself is told what a guest will use.
    private static let flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR

    /// Opens it, which loads the module where there is one; the node is made where it is missing, as in a container or
    /// before the module was loaded.
    init() throws(NetlinkError) {
        var file = open(Self.path, O_RDWR | O_CLOEXEC)
        if file < 0, errno == ENOENT {
            _ = mkdir("/dev/net", 0o755)
            // "Other" devices have major number 10 (Documentation/admin-guide/devices.txt).
            let isMade = mknod(Self.path, S_IFCHR | 0o666, 10 << 8 | 200) == 0
            file = open(Self.path, O_RDWR | O_CLOEXEC)
            if file < 0, isMade {
                let failure = errno
                unlink(Self.path)
                errno = failure
            }
        }
        guard file >= 0 else { throw NetlinkError(errno: errno) }
        self.file = file
    }

    deinit {
        close(file)
    }

    /// `ip tuntap add dev NAME mode tap user OWNER vnet_hdr`, with the mark.
    ///
    /// Until it is marked it is not persistent, so that it vanishes if the agent is killed meanwhile.
    static func addTap(
        named name: String, owner: UInt32, alias: String, on links: HostLinks
    ) throws(NetlinkError) -> Link {
        let device = try TunDevice()
        try device.attach(name, Self.flags | IFF_TUN_EXCL)
        try device.set(owner: owner)
        guard let link = try links.link(named: name) else { throw NetlinkError(errno: ENODEV) }
        try links.mark(link.index, alias: alias)
        try device.persist()
        guard let made = try links.link(at: link.index) else { throw NetlinkError(errno: ENODEV) }
        return made
    }

    /// Gives a tap to another owner and makes it persistent.
    ///
    /// - Throws: `EBUSY` while a virtual machine monitor has it open.
    static func change(tap name: String, owner: UInt32) throws(NetlinkError) {
        let device = try TunDevice()
        try device.attach(name, Self.flags)
        try device.set(owner: owner)
        try device.persist()
    }

    private func attach(_ name: String, _ flags: CInt) throws(NetlinkError) {
        var request = ifreq()
        withUnsafeMutableBytes(of: &request.ifr_ifrn) { field in
            field.copyBytes(from: name.utf8.prefix(L2Spec.longestLinkName))
        }
        request.ifr_ifru.ifru_flags = Int16(truncatingIfNeeded: flags)
        guard ioctl(file, netmodelfs_TUNSETIFF, &request) == 0 else { throw NetlinkError(errno: errno) }
    }

    private func set(owner: UInt32) throws(NetlinkError) {
        guard ioctl(file, netmodelfs_TUNSETOWNER, CInt(bitPattern: owner)) == 0 else {
            throw NetlinkError(errno: errno)
        }
    }

    private func persist() throws(NetlinkError) {
        guard ioctl(file, netmodelfs_TUNSETPERSIST, 1) == 0 else { throw NetlinkError(errno: errno) }
    }
}
