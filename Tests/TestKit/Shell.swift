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
    /// Runs a script in bash, by default in a session of its own directory.
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
        for file in files { _ = FileManager.default.createFile(atPath: file, contents: nil) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // A session of its own, so that all of it can be killed, and `netmodelfs why` can tell it from others. --wait
        // passes the status on.
        process.arguments = ["setsid", "--wait", "timeout", "--kill-after=2", "\(timeout)"] + shell + [script]
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        process.standardInput = FileHandle.nullDevice
        // Files, not pipes: a daemon that a script leaves behind would keep a pipe open.
        guard let out = FileHandle(forWritingAtPath: files[0]), let err = FileHandle(forWritingAtPath: files[1]) else {
            return ShellResult(status: 127, output: "", errors: "no temporary files")
        }
        process.standardOutput = out
        process.standardError = err
        do { try process.run() } catch {
            return ShellResult(status: 127, output: "", errors: "\(error)")
        }
        process.waitUntilExit()
        func text(_ file: String) -> String {
            String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self)
        }
        let status = process.terminationStatus
        return ShellResult(
            status: process.terminationReason == .uncaughtSignal ? 128 + status : status, output: text(files[0]),
            errors: text(files[1]))
    }

    /// Whether a program can be found.
    public static func has(_ program: String) -> Bool {
        run("command -v \(program)").status == 0
    }
}
