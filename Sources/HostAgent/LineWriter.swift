import AgentProtocol
import Glibc
import Synchronization

/// Writes messages to a descriptor, each as one whole line, from any thread.
final class LineWriter: Sendable {
    private let file: CInt
    private let broken = Mutex(false)

    init(_ file: CInt) {
        self.file = file
    }

    /// Writes a message; waits if the reader is slow. Once the reader is gone, messages are dropped. An answer that is longer
    /// than a line may be is refused instead: the daemon would take it for the end of the connection.
    ///
    /// - Returns: whether the reader is there.
    @discardableResult
    func write(_ message: AgentMessage) -> Bool {
        guard let line = Self.line(message) else { return true }
        return broken.withLock { broken in
            guard !broken else { return false }
            var rest = line[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EAGAIN {
                    var wait = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&wait, 1, -1)
                } else if errno != EINTR {
                    broken = true
                    return false
                }
            }
            return true
        }
    }

    private static func line(_ message: AgentMessage) -> [UInt8]? {
        guard let line = try? Wire.line(message) else { return nil }
        let length = line.count - 1
        guard length > LineDecoder.longestLine else { return line }
        switch message {
        case .done(let id, _), .refused(let id?, _):
            return try? Wire.line(AgentMessage.refused(id: id, .answerTooLong(bytes: length)))
        case .hello, .event, .refused(nil, _): return nil
        }
    }
}
