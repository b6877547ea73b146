/// Why a file system could not be mounted, run or unmounted.
public enum SessionError: Error, Equatable, Sendable {
    /// A mount option that is not known.
    case unknownOption(String)
    /// `/dev/fuse` could not be opened.
    case device(errno: Int32)
    /// The mount point is not there, or cannot be reached.
    case mountPoint(String, errno: Int32)
    /// The mount point is not a directory.
    case mountPointNotDirectory(String)
    /// A mount whose server is gone is in the way.
    case deadMount(String)
    /// `mount(2)` failed.
    case mount(String, errno: Int32)
    /// `umount2(2)` failed.
    case unmount(String, errno: Int32)
    /// The mount table could not be read.
    case mountTable(errno: Int32)
    /// libfuse could not set up a session.
    case library(errno: Int32)
    /// Kernel and libfuse do not agree on a protocol, or the mount was gone before they could.
    case handshake
    /// A thread could not be started.
    case thread(errno: Int32)
    /// `mount()` on a mounted session, or `run()` on one that is not mounted or was run before.
    case wrongState(String)
}

extension SessionError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownOption(let option):
            "The mount option \"\(option)\" is not known."
        case .device(let code):
            "/dev/fuse cannot be opened: \(errorText(code)). Is the kernel module loaded (modprobe fuse)?"
        case .mountPoint(let path, let code):
            "The mount point \(path) cannot be used: \(errorText(code))."
        case .mountPointNotDirectory(let path):
            "The mount point \(path) is not a directory."
        case .deadMount(let path):
            "A mount whose server is gone is in the way at \(path); it can be removed with umount \(path)."
        case .mount(let path, let code):
            "Mounting at \(path) failed: \(errorText(code))."
        case .unmount(let path, let code):
            "Unmounting \(path) failed: \(errorText(code))."
        case .mountTable(let code):
            "The mount table /proc/self/mountinfo cannot be read: \(errorText(code))."
        case .library(let code):
            "libfuse could not set up a session: \(errorText(code))."
        case .handshake:
            "The kernel and libfuse could not agree on a FUSE protocol."
        case .thread(let code):
            "A thread could not be started: \(errorText(code))."
        case .wrongState(let what):
            what
        }
    }
}
