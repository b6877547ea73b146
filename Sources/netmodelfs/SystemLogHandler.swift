import Glibc
import Logging

/// Sends log lines to syslog(3), which journald reads.
struct SystemLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .notice
    private let label: String

    init(label: String) {
        self.label = label
        // A static string: syslog keeps the pointer.
        openlog(SystemLogHandler.identity, LOG_PID, LOG_DAEMON)
    }

    nonisolated(unsafe) private static let identity: UnsafeMutablePointer<CChar>? = strdup("netmodelfs")

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        let fields = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        "\(event.message)\(fields)".withCString { text in
            withVaList([text]) { vsyslog(SystemLogHandler.priority(event.level), "%s", $0) }
        }
    }

    private static func priority(_ level: Logger.Level) -> Int32 {
        switch level {
        case .trace, .debug: LOG_DEBUG
        case .info: LOG_INFO
        case .notice: LOG_NOTICE
        case .warning: LOG_WARNING
        case .error: LOG_ERR
        case .critical: LOG_CRIT
        }
    }
}
