import Subprocess

/// Runs tools whose failure is the failure of the test.
enum Shell {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// Runs a program found in `PATH` and returns what it wrote.
    @discardableResult
    static func run(_ words: String...) async throws -> String {
        try await run(words)
    }

    @discardableResult
    static func run(_ words: [String]) async throws -> String {
        let result = try await Subprocess.run(
            .name(words[0]), arguments: Arguments(Array(words.dropFirst())),
            output: .string(limit: 1 << 24), error: .string(limit: 1 << 16))
        guard result.terminationStatus.isSuccess else {
            throw Failure(description: "\(words.joined(separator: " ")): \(result.standardError)")
        }
        return result.standardOutput
    }
}
