import Foundation

@testable import ModelStore

/// The program StoreCrashChild, which commits for ever.
enum StoreChild {
    struct Outcome {
        /// The numbers whose commits it saw done.
        var printed: [UInt64]
        /// What it said when a commit or the start failed.
        var failure: String
    }

    /// Runs the program on a store.
    ///
    /// - Parameters:
    ///   - first: the first number that it commits.
    ///   - killedAfter: kill it (SIGKILL) when it has printed as many numbers; nil lets it end by itself.
    ///   - delay: microseconds to wait before the kill.
    static func run(_ path: String, first: UInt64 = 0, killedAfter: Int? = nil, delay: UInt32 = 0) throws -> Outcome {
        let process = Process()
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        process.executableURL = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(
            "StoreCrashChild")
        process.arguments = [path, String(first)]
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        var text = Data()
        var lines = 0
        var killed = false
        while true {
            let chunk = output.fileHandleForReading.availableData
            if chunk.isEmpty { break }
            text += chunk
            lines += chunk.count { $0 == UInt8(ascii: "\n") }
            if let killedAfter, lines >= killedAfter, !killed {
                usleep(delay)
                kill(process.processIdentifier, SIGKILL)
                killed = true
            }
        }
        process.waitUntilExit()
        let failure = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        // The last line may be cut short.
        let whole = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
        return Outcome(printed: whole.compactMap { UInt64(String(decoding: $0, as: UTF8.self)) }, failure: failure)
    }
}
