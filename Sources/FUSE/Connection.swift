import CFUSE
import Glibc
import Logging
import Synchronization

/// The connection to the kernel that a session and its replies share.
///
/// It lives as long as anybody may still answer: libfuse's session is destroyed, and its file descriptor closed, when
/// the last reply is gone. So a late answer meets a connection that has ended, but never freed memory or a foreign
/// file.
///
/// `@unchecked Sendable`: `session` is set once, in the initializer; `want` is written and read only by the thread of
/// the handshake.
final class Connection: @unchecked Sendable {
    let fileSystem: any FileSystem
    let logger: Logger
    let interrupts = RequestInterrupts()

    private(set) var session: OpaquePointer?
    private var want: UInt32 = 0

    /// Requests handed to the file system and not answered yet.
    private let pending = Atomic<Int>(0)
    private let stopping = Atomic<Bool>(false)
    private let phase = Atomic<Phase>(.beforeInit)
    /// Counts how often `pending` has fallen to 0 while stopping, for the one who waits for it.
    private let drained = Monitor(0)

    private enum Phase: UInt8, AtomicRepresentable {
        case beforeInit, answeringInit, running
    }

    init(fileSystem: any FileSystem, logger: Logger) throws(SessionError) {
        self.fileSystem = fileSystem
        self.logger = logger
        var operations = Operations.table()
        let userdata = Unmanaged.passUnretained(self).toOpaque()
        errno = 0
        // No options: mounting, which is all they are about, is not done by libfuse. The word is only for its messages.
        var arguments = fuse_args()
        defer { fuse_opt_free_args(&arguments) }
        guard fuse_opt_add_arg(&arguments, "fuse") == 0 else { throw .library(errno: ENOMEM) }
        session = fuse_session_new(&arguments, &operations, MemoryLayout<fuse_lowlevel_ops>.size, userdata)
        guard session != nil else { throw .library(errno: errno == 0 ? EINVAL : errno) }
    }

    deinit {
        if let session {
            fuse_session_destroy(session)
        }
    }

    /// Uses `device`, an open `/dev/fuse` that something is mounted with, from now on. It is closed with the
    /// connection.
    func attach(device: Int32) throws(SessionError) {
        var io = fuse_custom_io()
        io.read = { device, buffer, size, _ in read(device, buffer, size) }
        io.writev = { device, vector, count, userdata in
            if let vector, let userdata {
                Unmanaged<Connection>.fromOpaque(userdata)._withUnsafeGuaranteedRef { $0.willSend(vector, count) }
            }
            return writev(device, vector, count)
        }
        let result = fuse_session_custom_io(session, &io, device)
        guard result == 0 else { throw .library(errno: -result) }
    }

    /// Answers INIT, which waits since the mount. To be called before any other thread serves.
    func shakeHands() throws(SessionError) {
        var buffer = fuse_buf()
        defer { free(buffer.mem) }
        while phase.load(ordering: .relaxed) == .beforeInit {
            guard receive(&buffer) else { throw .handshake }
            fuse_session_process_buf(session, &buffer)
        }
        phase.store(.running, ordering: .relaxed)
        guard fuse_session_exited(session) == 0 else { throw .handshake }
    }

    /// libfuse has read INIT and asks for what is wanted.
    func negotiate(_ info: inout fuse_conn_info) {
        Handshake.negotiate(&info, logger: logger)
        want = info.want
        phase.store(.answeringInit, ordering: .relaxed)
    }

    private func willSend(_ vector: UnsafeMutablePointer<iovec>, _ count: Int32) {
        guard phase.load(ordering: .relaxed) == .answeringInit else { return }
        Handshake.amend(vector, count: count, want: want)
    }

    /// Serves requests until the connection ends.
    func serve() {
        var buffer = fuse_buf()
        defer { free(buffer.mem) }
        while receive(&buffer) {
            fuse_session_process_buf(session, &buffer)
            interrupts.runArrived()
        }
    }

    /// Waits for a request; `false` if the connection has ended.
    private func receive(_ buffer: inout fuse_buf) -> Bool {
        while true {
            let result = fuse_session_receive_buf(session, &buffer)
            if result > 0 { return true }
            if result == 0 || result == -ENODEV { return false }
            guard result == -EINTR || result == -EAGAIN else {
                logger.error("Reading from /dev/fuse failed.", metadata: ["error": "\(errorText(-result))"])
                return false
            }
        }
    }

    /// Whether new requests are refused, and answers may go nowhere.
    var isStopping: Bool { stopping.load(ordering: .sequentiallyConsistent) }

    /// Counts a request in; `false` if it must be refused because the session ends.
    func accept() -> Bool {
        pending.add(1, ordering: .sequentiallyConsistent)
        guard isStopping else { return true }
        requestEnded()
        return false
    }

    /// A request has been answered.
    func requestEnded() {
        if pending.subtract(1, ordering: .sequentiallyConsistent).newValue == 0, isStopping {
            drained.update { $0 += 1 }
        }
    }

    /// Refuses new requests, and waits until those under way are answered, at most `seconds`.
    ///
    /// - Returns: How many are still not answered.
    func drain(seconds: Double) -> Int {
        stopping.store(true, ordering: .sequentiallyConsistent)
        return drained.wait(seconds: seconds) { _ in pending.load(ordering: .sequentiallyConsistent) == 0 ? 0 : nil }
            ?? pending.load(ordering: .sequentiallyConsistent)
    }

    /// Lets the threads that serve go home when they next come back, and silences what libfuse says of late answers.
    func close() {
        stopping.store(true, ordering: .sequentiallyConsistent)
        fuse_session_exit(session)
    }

    /// libfuse tells, with the request's lock held, that it has been interrupted.
    static func interrupted(_ request: OpaquePointer?) {
        guard let request, let userdata = fuse_req_userdata(request) else { return }
        Unmanaged<Connection>.fromOpaque(userdata).takeUnretainedValue().interrupts.arrive(request)
    }
}
