import CNetlink
import Glibc

/// A connection to the kernel's rtnetlink. Not `Sendable`: whoever made it uses it.
///
/// libnl composes and frames the messages; the answers are read here, because libnl folds the kernel's error numbers
/// into fewer of its own and drops the kernel's words.
final class NetlinkSocket {
    private let raw: OpaquePointer

    /// The descriptor, to wait on.
    var fileDescriptor: CInt { nl_socket_get_fd(raw) }

    /// Opens a socket in the network namespace of the calling thread.
    init() throws(NetlinkError) {
        guard let raw = nl_socket_alloc() else { throw NetlinkError(errno: ENOMEM) }
        guard nl_connect(raw, NETLINK_ROUTE) == 0 else {
            let failure = Glibc.errno
            nl_socket_free(raw)
            throw NetlinkError(errno: failure)
        }
        self.raw = raw
        // Words with errors, without the request repeated in front of them. A kernel before 4.12 has neither.
        var on: CInt = 1
        let size = socklen_t(MemoryLayout<CInt>.size)
        setsockopt(fileDescriptor, SOL_NETLINK, CInt(NETLINK_EXT_ACK), &on, size)
        setsockopt(fileDescriptor, SOL_NETLINK, CInt(NETLINK_CAP_ACK), &on, size)
    }

    deinit {
        nl_socket_free(raw)
    }

    /// Listens to a multicast group, for instance `RTNLGRP_LINK`; reads do not block from now on.
    func subscribe(_ group: Int) throws(NetlinkError) {
        // Many links change at once when a switch or a daemon restarts.
        _ = nl_socket_set_buffer_size(raw, 1 << 20, 0)
        guard nl_socket_add_membership(raw, CInt(group)) == 0, nl_socket_set_nonblocking(raw) == 0 else {
            throw NetlinkError(errno: Glibc.errno)
        }
    }

    /// Sends a request and waits until the kernel has acknowledged it.
    ///
    /// - Throws: what the kernel answered.
    func perform(_ message: NetlinkMessage) throws(NetlinkError) {
        try request(message) { _ in }
    }

    /// Sends requests in as few datagrams as possible and waits until all are acknowledged; the kernel goes on after one
    /// that it refuses.
    ///
    /// - Returns: for each request what the kernel refused it with.
    /// - Throws: when the kernel cannot be asked; then it is not known how far it came.
    func perform(all messages: [RawMessage]) throws(NetlinkError) -> [NetlinkError?] {
        var answers: [NetlinkError?] = []
        // Acknowledgements wait in the socket's buffer, and one that does not fit is lost.
        for start in stride(from: 0, to: messages.count, by: Self.batchSize) {
            let part = messages[start..<min(start + Self.batchSize, messages.count)]
            var waiting: [UInt32: Int] = [:]
            var bytes: [UInt8] = []
            for (index, message) in part.enumerated() {
                let sequence = nl_socket_use_seq(raw)
                waiting[sequence] = index
                bytes += message.bytes(sequence: sequence)
            }
            guard send(fileDescriptor, bytes, bytes.count, 0) == bytes.count else {
                throw NetlinkError(errno: Glibc.errno)
            }
            var results = [NetlinkError?](repeating: nil, count: part.count)
            while !waiting.isEmpty {
                try receive { header in
                    guard Int32(header.pointee.nlmsg_type) == NLMSG_ERROR,
                        let index = waiting.removeValue(forKey: header.pointee.nlmsg_seq)
                    else { return }
                    if case .failure(let error) = Self.outcome(of: header) { results[index] = error }
                }
            }
            answers += results
        }
        return answers
    }

    /// An acknowledgement takes about 1 KiB of the buffer, for which libnl asks 32 KiB and the kernel gives twice that.
    private static let batchSize = 32

    /// Sends a request that is answered by messages, and returns what `read` makes of each.
    ///
    /// A dump during which something changed (`NLM_F_DUMP_INTR`) is asked for again, a few times.
    func fetch<Value>(
        dump: Bool,
        _ make: () throws(NetlinkError) -> NetlinkMessage,
        _ read: (UnsafeMutablePointer<nlmsghdr>) -> Value?
    ) throws(NetlinkError) -> [Value] {
        var attempts = 0
        while true {
            var values: [Value] = []
            let consistent = try request(make()) { header in
                if let value = read(header) { values.append(value) }
            }
            attempts += 1
            if !dump || consistent || attempts == 5 { return values }
        }
    }

    /// Reads what has arrived from the multicast groups, without waiting.
    ///
    /// - Throws: `ENOBUFS` when the kernel dropped messages.
    func drain(_ body: (UnsafeMutablePointer<nlmsghdr>) -> Void) throws(NetlinkError) {
        while try receive({ body($0) }) {}
    }

    /// - Returns: whether nothing changed while the kernel answered.
    @discardableResult
    private func request(
        _ message: NetlinkMessage, _ body: (UnsafeMutablePointer<nlmsghdr>) -> Void
    ) throws(NetlinkError) -> Bool {
        guard nl_send_auto(raw, message.raw) >= 0, let sent = nlmsg_hdr(message.raw) else {
            throw NetlinkError(errno: Glibc.errno == 0 ? EIO : Glibc.errno)
        }
        let sequence = sent.pointee.nlmsg_seq
        var outcome: Result<Void, NetlinkError>?
        var consistent = true
        while outcome == nil {
            try receive { header in
                guard header.pointee.nlmsg_seq == sequence, outcome == nil else { return }
                if Int32(header.pointee.nlmsg_flags) & NLM_F_DUMP_INTR != 0 { consistent = false }
                switch Int32(header.pointee.nlmsg_type) {
                case NLMSG_ERROR, NLMSG_DONE:
                    outcome = Self.outcome(of: header)
                case NLMSG_NOOP, NLMSG_OVERRUN:
                    break
                default:
                    body(header)
                }
            }
        }
        try outcome?.get()
        return consistent
    }

    /// Reads one datagram. - Returns: whether there was one.
    @discardableResult
    private func receive(_ body: (UnsafeMutablePointer<nlmsghdr>) -> Void) throws(NetlinkError) -> Bool {
        var sender = sockaddr_nl()
        var buffer: UnsafeMutablePointer<UInt8>?
        Glibc.errno = 0
        let count = nl_recv(raw, &sender, &buffer, nil)
        defer { free(buffer) }
        guard count >= 0 else {
            // Only a socket that does not wait says so.
            if Glibc.errno == EAGAIN { return false }
            throw NetlinkError(errno: Glibc.errno == 0 ? EIO : Glibc.errno)
        }
        guard count > 0, let buffer else { return false }
        // Only the kernel (port 0) is believed.
        guard sender.nl_pid == 0 else { return true }

        buffer.withMemoryRebound(to: nlmsghdr.self, capacity: 1) { first in
            var remaining = count
            var next: UnsafeMutablePointer<nlmsghdr>? = first
            while let current = next, nlmsg_ok(current, remaining) != 0 {
                body(current)
                next = nlmsg_next(current, &remaining)
            }
        }
        return true
    }

    /// Reads an acknowledgement: `struct nlmsgerr`, then, with `NLM_F_ACK_TLVS`, attributes (linux/netlink.h).
    private static func outcome(of header: UnsafeMutablePointer<nlmsghdr>) -> Result<Void, NetlinkError> {
        let isError = Int32(header.pointee.nlmsg_type) == NLMSG_ERROR
        let fixed = isError ? MemoryLayout<nlmsgerr>.size : MemoryLayout<CInt>.size
        guard nlmsg_valid_hdr(header, CInt(fixed)) != 0, let data = nlmsg_data(header) else {
            // The end of a dump need not carry a code.
            return isError ? .failure(NetlinkError(errno: EBADMSG)) : .success(())
        }
        let code = data.loadUnaligned(as: CInt.self)
        guard code != 0 else { return .success(()) }

        var message: String?
        if Int32(header.pointee.nlmsg_flags) & Int32(NLM_F_ACK_TLVS) != 0 {
            var skip = fixed
            if isError, Int32(header.pointee.nlmsg_flags) & Int32(NLM_F_CAPPED) == 0 {
                let repeated = data.loadUnaligned(fromByteOffset: MemoryLayout<CInt>.size, as: nlmsghdr.self)
                skip += max(0, Int(repeated.nlmsg_len) - MemoryLayout<nlmsghdr>.size)
            }
            message =
                NetlinkAttribute.list(in: header, after: skip)
                .first { $0.type == Int(NLMSGERR_ATTR_MSG.rawValue) }?.string
        }
        return .failure(NetlinkError(errno: code < 0 ? -code : code, message: message))
    }
}
