import Foundation

/// A command that runs while the test goes on, such as an `ln` that waits for hosts. Killed when it is let go of.
public final class BackgroundCommand {
    private let process: ChildProcess
    private let file: String

    /// - Parameter command: One command of bash, which gets the process of the shell (`exec`).
    public init(_ command: String, in directory: String) throws {
        file = NSTemporaryDirectory() + "/netmodelfs-command-" + UUID().uuidString
        process = try ChildProcess(["bash", "-c", "exec " + command], in: directory, output: file, errors: file)
    }

    deinit {
        if process.isRunning { process.killGroup() }
        try? FileManager.default.removeItem(atPath: file)
    }

    public var isRunning: Bool { process.isRunning }

    public func signal(_ number: Int32) { process.signal(number) }

    /// What it came to; nil if it is not done after `seconds`.
    public func wait(_ seconds: Double) -> ShellResult? {
        process.wait(seconds).map { status in
            let text = Calls.text(file) ?? ""
            return ShellResult(status: status, output: text, errors: text)
        }
    }
}
