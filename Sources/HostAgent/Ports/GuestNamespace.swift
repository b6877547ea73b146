import CNetlink
import Glibc

/// A network namespace of the host that is a guest: its links, while the agent stays in its own.
final class GuestNamespace {
    /// The open namespace.
    let file: CInt
    /// Its links.
    let links: HostLinks

    /// - Throws: `ENOENT` where there is none of this name, `EINVAL` where what has the name is none; what else the kernel
    ///   refuses.
    init(name: String) throws(NetlinkError) {
        let file = open("/run/netns/\(name)", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw NetlinkError(errno: errno) }
        do {
            links = try Self.openLinks(file)
        } catch {
            close(file)
            throw error
        }
        self.file = file
    }

    deinit {
        close(file)
    }

    private final class Entry {
        let file: CInt
        var links: Result<HostLinks, NetlinkError> = .failure(NetlinkError(errno: EIO))

        init(_ file: CInt) {
            self.file = file
        }
    }

    /// A socket stays in the namespace that its thread was in when it was opened. The thread is one of its own: the calling
    /// one could not be used any more if the way back failed.
    private static func openLinks(_ file: CInt) throws(NetlinkError) -> HostLinks {
        let entry = Entry(file)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let entry = Unmanaged<Entry>.fromOpaque(argument).takeUnretainedValue()
                guard setns(entry.file, CLONE_NEWNET) == 0 else {
                    entry.links = .failure(NetlinkError(errno: errno))
                    return nil
                }
                do throws(NetlinkError) {
                    entry.links = .success(try HostLinks())
                } catch {
                    entry.links = .failure(error)
                }
                return nil
            }, Unmanaged.passUnretained(entry).toOpaque())
        guard code == 0 else { throw NetlinkError(errno: code) }
        pthread_join(thread, nil)
        return try withExtendedLifetime(entry) { entry.links }.get()
    }
}
