import CFUSE
import Glibc
import Logging

/// What is agreed with the kernel when a session starts.
enum Handshake {
    /// Capabilities that a session wants if the kernel has them.
    private static let wanted =
        FUSE_CAP_ASYNC_READ | FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_READDIRPLUS | FUSE_CAP_READDIRPLUS_AUTO
        | FUSE_CAP_CACHE_SYMLINKS | FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_HANDLE_KILLPRIV

    /// Capabilities without which open files would need a state.
    private static let stateless = FUSE_CAP_NO_OPEN_SUPPORT | FUSE_CAP_NO_OPENDIR_SUPPORT

    /// Chooses among what the kernel offers.
    ///
    /// Among those not wanted: ATOMIC_O_TRUNC (without OPEN nobody would learn of a truncation), WRITEBACK_CACHE
    /// (errors of a write would come too late), splice, POSIX_ACL.
    static func negotiate(_ info: inout fuse_conn_info, logger: Logger) {
        let capable = info.capable
        info.want = UInt32(wanted | stateless) & capable
        let missing = UInt32(stateless) & ~capable
        if missing != 0 {
            logger.error("The kernel's FUSE cannot do without OPEN and OPENDIR; opening files will fail.")
        }
        logger.debug(
            "FUSE handshake",
            metadata: [
                "protocol": "\(info.proto_major).\(info.proto_minor)", "capable": "0x\(String(capable, radix: 16))",
                "want": "0x\(String(info.want, radix: 16))", "max_write": "\(info.max_write)",
            ])
    }

    /// Adds to the answer to INIT what libfuse leaves out though it was wanted: libfuse before 3.17 never sends
    /// PARALLEL_DIROPS, and lookups in one directory would wait for each other.
    ///
    /// - Parameter vector: An answer as libfuse is about to send it, the header and then the contents.
    static func amend(_ vector: UnsafeMutablePointer<iovec>, count: Int32, want: UInt32) {
        guard count == 2, let header = vector[0].iov_base, let contents = vector[1].iov_base,
            vector[1].iov_len >= MemoryLayout<fuse_init_out>.size,
            header.loadUnaligned(as: fuse_out_header.self).error == 0
        else { return }
        var answer = contents.loadUnaligned(as: fuse_init_out.self)
        if want & UInt32(FUSE_CAP_PARALLEL_DIROPS) != 0 {
            answer.flags |= UInt32(FUSE_PARALLEL_DIROPS)
        }
        contents.storeBytes(of: answer, as: fuse_init_out.self)
    }
}
