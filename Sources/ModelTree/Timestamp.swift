import Glibc
import NetworkModel

/// Times as text.
enum Timestamp {
    /// `2026-11-23T00:40:01Z` for nanoseconds since 1970.
    static func text(_ nanoseconds: Int64) -> String {
        UTCTime.text(nanoseconds)
    }

    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
