import CFUSE
import Glibc

/// A request as libfuse hands it over, with what every method of a file system needs of it.
struct Request {
    let handle: OpaquePointer
    let connection: Connection

    var fileSystem: any FileSystem { connection.fileSystem }

    var caller: Caller {
        guard let context = fuse_req_ctx(handle) else { return Caller(uid: .max, gid: .max, pid: 0, umask: 0) }
        return Caller(
            uid: context.pointee.uid, gid: context.pointee.gid, pid: context.pointee.pid,
            umask: context.pointee.umask)
    }
}

extension Request {
    /// Bytes. The kernel itself lets names of up to 1024 bytes through.
    static let maximumNameLength = 255

    /// Hands a request to `body`, or refuses it if the session ends.
    @inline(__always)
    static func serve(_ request: OpaquePointer?, _ body: (Request) -> Void) {
        guard let request, let userdata = fuse_req_userdata(request) else { return }
        let connection = Unmanaged<Connection>.fromOpaque(userdata).takeUnretainedValue()
        guard connection.accept() else { return refuse(request, ESHUTDOWN) }
        body(Request(handle: request, connection: connection))
    }

    /// The same for a request with a name in the directory `parent`.
    @inline(__always)
    static func serve(
        _ request: OpaquePointer?, _ parent: UInt64, _ name: UnsafePointer<CChar>?, _ body: (Request, NameBytes) -> Void
    ) {
        guard let name = bytes(name) else { return refuse(request, EIO) }
        serve(request) { request in
            guard name.count > maximumNameLength else { return body(request, name) }
            request.fileSystem.nameTooLong(
                parent: InodeNumber(rawValue: parent), name: name, caller: request.caller,
                reply: EmptyReply(request, .lookup))
        }
    }

    /// The same for a request with the name of an extended attribute, which the kernel keeps short enough.
    @inline(__always)
    static func serve(
        _ request: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ body: (Request, NameBytes) -> Void
    ) {
        guard let name = bytes(name) else { return refuse(request, EIO) }
        serve(request) { body($0, name) }
    }

    /// Answers a request that does not get to the file system.
    static func refuse(_ request: OpaquePointer?, _ code: Int32) {
        fuse_reply_err(request, code)
    }

    /// A C string's bytes without the NUL, in place.
    static func bytes(_ string: UnsafePointer<CChar>?) -> NameBytes? {
        guard let string else { return nil }
        let start = UnsafeRawPointer(string).assumingMemoryBound(to: UInt8.self)
        return NameBytes(start: start, count: strlen(string))
    }

    static func readDirectory(_ request: OpaquePointer?, _ inode: UInt64, _ size: Int, _ offset: Int, plus: Bool) {
        serve(request) { request in
            request.fileSystem.readDirectory(
                inode: InodeNumber(rawValue: inode), after: UInt64(bitPattern: Int64(offset)), plus: plus,
                caller: request.caller,
                reply: DirectoryReply(request, size: size, plus: plus))
        }
    }

    /// FORGET has no answer, and is heeded also while the session ends.
    static func forget(_ request: OpaquePointer?, _ list: some Sequence<fuse_forget_data>) {
        guard let request, let userdata = fuse_req_userdata(request) else { return }
        let fileSystem = Unmanaged<Connection>.fromOpaque(userdata).takeUnretainedValue().fileSystem
        for item in list {
            fileSystem.forget(inode: InodeNumber(rawValue: item.ino), lookups: item.nlookup)
        }
        fuse_reply_none(request)
    }
}
