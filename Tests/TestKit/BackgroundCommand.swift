import Foundation

/// A command that runs while the test goes on, such as an `ln` that waits for hosts. Killed when it is let go of.
public final class BackgroundCommand {
    private let process = Process()
    private let files: String

    /// - Parameter command: One command of bash, which gets the process of the shell (`exec`).
    public init(_ command: String, in directory: String) throws {
        files = NSTemporaryDirectory() + "/netmodelfs-command-" + UUID().uuidString
        _ = FileManager.default.createFile(atPath: files, contents: nil)
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", "exec " + command]
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardInput = FileHandle.nullDevice
        let output = FileHandle(forWritingAtPath: files)
        process.standardOutput = output
        process.standardError = output
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        try? FileManager.default.removeItem(atPath: files)
    }

    public var isRunning: Bool { process.isRunning }

    public func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// What it came to; nil if it is not done after `seconds`.
    public func wait(_ seconds: Double) -> ShellResult? {
        guard eventually(within: seconds, { !process.isRunning }) else { return nil }
        process.waitUntilExit()
        let text = String(decoding: FileManager.default.contents(atPath: files) ?? Data(), as: UTF8.self)
        let status = process.terminationStatus
        return ShellResult(
            status: process.terminationReason == .uncaughtSignal ? 128 + status : status, output: text, errors: text)
    }
}
