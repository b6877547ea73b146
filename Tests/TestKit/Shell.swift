import Foundation

/// What a command came to.
public struct ShellResult: Sendable, CustomStringConvertible {
    /// The exit status; 128 and the signal's number where a signal ended it; 124 where the time was over.
    public let status: Int32
    public let output: String
    public let errors: String

    public var description: String { "status \(status)\nstdout: \(output)\nstderr: \(errors)" }
}

/// Runs commands as a person would.
public enum Shell {
    /// Runs a script in bash, in a session of its own, as `netmodelfs why` tells terminals apart.
    ///
    /// - Parameters:
    ///   - timeout: Seconds; then the whole process group is killed and the status is 124.
    ///   - shell: Another shell, such as `["dash", "-c"]`.
    @discardableResult
    public static func run(
        _ script: String, in directory: String = "/", environment: [String: String] = [:], timeout: Double = 60,
        shell: [String] = ["bash", "-c"]
    ) -> ShellResult {
        let files = (0..<2).map { _ in NSTemporaryDirectory() + "/netmodelfs-shell-" + UUID().uuidString }
        defer { files.forEach { try? FileManager.default.removeItem(atPath: $0) } }
        do {
            let child = try ChildProcess(
                shell + [script], in: directory, environment: environment, output: files[0], errors: files[1])
            var status = child.wait(timeout)
            if status == nil {
                child.killGroup()
                status = 124
            }
            return ShellResult(
                status: status ?? 124, output: Calls.text(files[0]) ?? "", errors: Calls.text(files[1]) ?? "")
        } catch {
            return ShellResult(status: 127, output: "", errors: "\(error)")
        }
    }

    /// Whether a program can be found.
    public static func has(_ program: String) -> Bool {
        run("command -v \(program)").status == 0
    }
}
