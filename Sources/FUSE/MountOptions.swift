import Glibc

/// Mount options, sorted into what `mount(2)` takes in different places.
struct MountOptions: Equatable {
    /// What the mount table shows as the source.
    var source: String?
    /// What the mount table shows behind "fuse.".
    var subtype: String?
    /// `MS_…`. Devices and set-user-id programs do not work in a file system that a daemon makes up.
    var flags: UInt = UInt(MS_NOSUID) | UInt(MS_NODEV)
    /// Handed to the kernel's FUSE as they are.
    var kernelOptions: [String] = []

    /// - Parameter options: Each an option, or several with commas between. The last word wins.
    init(_ options: [String]) throws(SessionError) {
        for option in options.flatMap({ $0.split(separator: ",").map(String.init) }) {
            try apply(option)
        }
    }

    private mutating func apply(_ option: String) throws(SessionError) {
        let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        switch (parts[0], parts.count > 1 ? parts[1] : nil) {
        case ("fsname", let value?):
            source = value
        case ("subtype", let value?):
            subtype = value
        case ("allow_other", nil), ("default_permissions", nil):
            if !kernelOptions.contains(option) {
                kernelOptions.append(option)
            }
        case (let name, nil):
            guard let (set, clear) = Self.flag(name) else { throw .unknownOption(option) }
            flags = flags & ~clear | set
        default:
            throw .unknownOption(option)
        }
    }

    /// The flags that an option sets, and those that it clears.
    private static func flag(_ name: String) -> (set: UInt, clear: UInt)? {
        switch name {
        case "defaults": (0, 0)
        case "ro": (UInt(MS_RDONLY), 0)
        case "rw": (0, UInt(MS_RDONLY))
        case "nosuid": (UInt(MS_NOSUID), 0)
        case "suid": (0, UInt(MS_NOSUID))
        case "nodev": (UInt(MS_NODEV), 0)
        case "dev": (0, UInt(MS_NODEV))
        case "noexec": (UInt(MS_NOEXEC), 0)
        case "exec": (0, UInt(MS_NOEXEC))
        case "sync": (UInt(MS_SYNCHRONOUS), 0)
        case "async": (0, UInt(MS_SYNCHRONOUS))
        case "dirsync": (UInt(MS_DIRSYNC), 0)
        case "noatime": (UInt(MS_NOATIME), 0)
        case "atime": (0, UInt(MS_NOATIME))
        case "nodiratime": (UInt(MS_NODIRATIME), 0)
        case "diratime": (0, UInt(MS_NODIRATIME))
        case "relatime": (UInt(MS_RELATIME), 0)
        case "strictatime": (UInt(MS_STRICTATIME), UInt(MS_RELATIME))
        default: nil
        }
    }
}
