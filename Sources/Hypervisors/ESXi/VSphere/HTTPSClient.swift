import CCurl
import Synchronization

/// What a server answered.
struct HTTPSAnswer {
    let status: Int
    /// As the server says, such as `text/xml; charset=utf-8`.
    let contentType: String
    let body: [UInt8]
}

/// Why there was no answer; a sentence for people.
struct HTTPSFailure: Error {
    let reason: String
}

/// Ends what a client is waiting for, from another thread, within about a second.
final class HTTPSInterrupt: Sendable {
    private let flag = Atomic<Bool>(false)

    func set() { flag.store(true, ordering: .relaxed) }
    func clear() { flag.store(false, ordering: .relaxed) }
    var isSet: Bool { flag.load(ordering: .relaxed) }
}

/// One server, reached over HTTPS; its connection and its cookies are kept. Blocks: belongs to one thread at a time.
final class HTTPSClient {
    /// How the server proves who it is.
    enum Trust: Hashable, Sendable {
        /// Certificate authorities: of this file (PEM), or else of the system; and the name must be right.
        case authorities(file: String?)
        /// This certificate and no other: the 32 bytes of its SHA-256.
        case fingerprint([UInt8])
    }

    /// An answer longer than this is none: bytes. The network of a full host is some hundred KiB.
    private static let longestAnswer = 32 << 20

    private let handle: UnsafeMutableRawPointer
    private let headers: UnsafeMutablePointer<curl_slist>?
    private let certificate: UnsafeMutablePointer<ccurl_certificate>
    private let message: UnsafeMutablePointer<CChar>
    private let receiver: Receiver
    private let host: String

    /// What libcurl's callbacks fill and ask.
    private final class Receiver {
        var body: [UInt8] = []
        let interrupt: HTTPSInterrupt

        init(interrupt: HTTPSInterrupt) { self.interrupt = interrupt }
    }

    private static let isUsable = ccurl_global_init() == CURLE_OK

    /// - Parameters:
    ///   - host: For sentences.
    ///   - timeout: Of a whole request; milliseconds. To connect, a third of it.
    init(
        host: String, url: String, headers: [String], trust: Trust, timeout: Int, interrupt: HTTPSInterrupt
    ) throws(HTTPSFailure) {
        guard HTTPSClient.isUsable, let handle = curl_easy_init() else {
            throw HTTPSFailure(reason: "libcurl cannot be used.")
        }
        self.handle = handle
        self.host = host
        receiver = Receiver(interrupt: interrupt)
        certificate = .allocate(capacity: 1)
        certificate.initialize(to: ccurl_certificate())
        message = .allocate(capacity: Int(CURL_ERROR_SIZE))
        message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        var list: UnsafeMutablePointer<curl_slist>?
        for header in headers { list = curl_slist_append(list, header) }
        self.headers = list
        try configure(url: url, timeout: timeout)
        try configure(trust)
    }

    deinit {
        curl_easy_cleanup(handle)
        curl_slist_free_all(headers)
        certificate.deallocate()
        message.deallocate()
    }

    private func configure(url: String, timeout: Int) throws(HTTPSFailure) {
        let pointer = Unmanaged.passUnretained(receiver).toOpaque()
        try HTTPSClient.must([
            ccurl_set_text(handle, CURLOPT_URL, url),
            ccurl_set_text(handle, CURLOPT_PROTOCOLS_STR, "https"),
            ccurl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0),
            // A proxy for the way into the world knows no hosts of the data centre.
            ccurl_set_text(handle, CURLOPT_NOPROXY, "*"),
            ccurl_set_headers(handle, headers),
            ccurl_set_text(handle, CURLOPT_COOKIEFILE, ""),
            ccurl_set_long(handle, CURLOPT_NOSIGNAL, 1),
            ccurl_set_long(handle, CURLOPT_TIMEOUT_MS, timeout),
            ccurl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, max(timeout / 3, 1)),
            ccurl_set_pointer(handle, CURLOPT_ERRORBUFFER, message),
            ccurl_set_receiver(handle, HTTPSClient.receive, pointer),
            ccurl_set_progress(handle, HTTPSClient.goOn, pointer),
        ])
    }

    private func configure(_ trust: Trust) throws(HTTPSFailure) {
        switch trust {
        case .authorities(let file):
            if let file {
                // And not those of the system beside it.
                try HTTPSClient.must([
                    ccurl_set_text(handle, CURLOPT_CAINFO, file), ccurl_set_text(handle, CURLOPT_CAPATH, nil),
                ])
            }
        case .fingerprint(let bytes):
            certificate.pointee.is_pinned = 1
            withUnsafeMutableBytes(of: &certificate.pointee.expected) { $0.copyBytes(from: bytes.prefix(32)) }
        }
        try HTTPSClient.must([ccurl_set_certificate(handle, certificate)])
    }

    /// Without one of these settings the client is not safe.
    private static func must(_ codes: [CURLcode]) throws(HTTPSFailure) {
        guard let code = codes.first(where: { $0 != CURLE_OK }) else { return }
        throw HTTPSFailure(reason: "libcurl cannot be set up: \(String(cString: curl_easy_strerror(code))).")
    }

    private static let receive:
        @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int = {
            bytes, size, count, argument in
            guard let bytes, let argument else { return 0 }
            let receiver = Unmanaged<Receiver>.fromOpaque(argument).takeUnretainedValue()
            let length = size * count
            guard receiver.body.count + length <= HTTPSClient.longestAnswer else { return 0 }
            receiver.body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: length))
            return length
        }

    private static let goOn:
        @convention(c) (UnsafeMutableRawPointer?, curl_off_t, curl_off_t, curl_off_t, curl_off_t) -> Int32 = {
            argument, _, _, _, _ in
            guard let argument else { return 1 }
            return Unmanaged<Receiver>.fromOpaque(argument).takeUnretainedValue().interrupt.isSet ? 1 : 0
        }

    /// Sends a body and waits for the answer.
    func post(_ body: [UInt8]) throws(HTTPSFailure) -> HTTPSAnswer {
        receiver.body = []
        message[0] = 0
        certificate.pointee.was_seen = 0
        let code = body.withUnsafeBytes { bytes in
            // Not copied by libcurl: must stay until the transfer has ended.
            _ = ccurl_set_long(handle, CURLOPT_POSTFIELDSIZE, bytes.count)
            _ = ccurl_set_pointer(handle, CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            let code = curl_easy_perform(handle)
            _ = ccurl_set_pointer(handle, CURLOPT_POSTFIELDS, nil)
            return code
        }
        guard code == CURLE_OK else { throw HTTPSFailure(reason: sentence(code)) }
        return HTTPSAnswer(
            status: ccurl_status(handle), contentType: ccurl_content_type(handle).map { String(cString: $0) } ?? "",
            body: receiver.body)
    }

    /// Of a whole request from now on; milliseconds.
    func setTimeout(_ timeout: Int) {
        _ = ccurl_set_long(handle, CURLOPT_TIMEOUT_MS, timeout)
    }

    /// Forgets the session that a server keeps in a cookie.
    func forgetCookies() {
        _ = ccurl_set_text(handle, CURLOPT_COOKIELIST, "ALL")
    }

    private func sentence(_ code: CURLcode) -> String {
        if receiver.interrupt.isSet { return "The connection to \(host) was closed." }
        switch code {
        case CURLE_OPERATION_TIMEDOUT: return "\(host) does not answer in time."
        case CURLE_WRITE_ERROR: return "\(host) answered more than \(HTTPSClient.longestAnswer >> 20) MiB."
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CONNECT_ERROR:
            guard certificate.pointee.was_seen != 0 else { break }
            let seen = withUnsafeBytes(of: certificate.pointee.seen) { HTTPSClient.fingerprintText($0) }
            return certificate.pointee.is_pinned != 0
                ? "The certificate of \(host) is not the one whose fingerprint is written down: it has SHA-256 \(seen)."
                : "The certificate of \(host) is not trusted (\(detail(code))); it has SHA-256 \(seen)."
        default: break
        }
        return "\(host) cannot be asked: \(detail(code))."
    }

    private func detail(_ code: CURLcode) -> String {
        let text = String(cString: message)
        return text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
    }

    /// `AB:CD:…`, as browsers and `openssl x509 -fingerprint` write it.
    static func fingerprintText(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return digits.utf8.count == 1 ? "0" + digits : digits
        }.joined(separator: ":")
    }
}
