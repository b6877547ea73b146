import Glibc

/// `mount(2)` and `umount2(2)` for a FUSE file system.
///
/// libfuse's own mounting is not used: it writes why it failed to stderr, and closes the device while answers may still
/// be under way. Mounting needs CAP_SYS_ADMIN.
enum Mounting {
    /// Mounts at a directory.
    ///
    /// - Returns: The open `/dev/fuse` by which the mount is served.
    static func mount(at path: String, _ options: MountOptions) throws(SessionError) -> Int32 {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw errno == ENOTCONN ? .deadMount(path) : .mountPoint(path, errno: errno)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .mountPointNotDirectory(path) }
        let device = open("/dev/fuse", O_RDWR | O_CLOEXEC)
        guard device >= 0 else { throw .device(errno: errno) }
        let identity = [
            "fd=\(device)", "rootmode=\(String(S_IFDIR, radix: 8))", "user_id=\(getuid())", "group_id=\(getgid())",
        ]
        let data = (identity + options.kernelOptions).joined(separator: ",")
        let type = options.subtype.map { "fuse.\($0)" } ?? "fuse"
        let source = options.source ?? options.subtype ?? "fuse"
        guard Glibc.mount(source, path, type, options.flags, data) == 0 else {
            let code = errno
            close(device)
            throw .mount(path, errno: code)
        }
        return device
    }

    /// Aborts the connection of the file system with this device number, and removes all its mounts that are not hidden
    /// by another mount on top. A mount that is gone already is no error.
    static func unmount(device: String) throws(SessionError) {
        while true {
            let entries = try MountTable.entries()
            let mount = entries.last { entry in
                entry.device == device && entries.last { $0.mountPoint == entry.mountPoint }?.device == device
            }
            guard let mount else { return }
            // MNT_FORCE ends the connection even while files are open, MNT_DETACH takes the mount away all the same.
            guard umount2(mount.mountPoint, Int32(MNT_FORCE | MNT_DETACH)) == 0 else {
                throw .unmount(mount.mountPoint, errno: errno)
            }
        }
    }
}
