import Foundation

/// A daemon with a store of its own, mounted in a temporary directory. Removed when it is let go of.
///
/// `@unchecked Sendable`: only starting and stopping changes it, which the test does while no thread of its own runs.
public final class MountedModel: @unchecked Sendable {
    /// The mount point.
    public let root: String
    public let store: String
    /// `root` without links, as the mount table has it.
    private let place: String
    /// Where store, log and mount point are.
    public let directory: String
    private let options: [String]
    private var daemon: ChildProcess?

    /// Mounts and waits until it is usable.
    ///
    /// - Parameters:
    ///   - options: for `-o`.
    ///   - directory: where store and mount point are made; by default a new temporary directory.
    public init(options: [String] = ["allow_other"], storeDirectory: String? = nil) throws {
        directory = NSTemporaryDirectory() + "/netmodelfs-" + UUID().uuidString.prefix(8)
        root = directory + "/net"
        store = (storeDirectory ?? directory) + "/model.db"
        self.options = options
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        place =
            realpath(root, nil).map { pointer in
                defer { free(pointer) }
                return String(cString: pointer)
            } ?? root
        try start()
    }

    deinit {
        stop()
        Shell.run("umount -l '\(root)' 2>/dev/null; rm -rf '\(directory)'")
    }

    public struct NotMounted: Error, CustomStringConvertible {
        public let description: String

        public init(description: String) {
            self.description = description
        }
    }

    public var isRunning: Bool { daemon?.isRunning ?? false }
    public var pid: Int32 { daemon?.pid ?? 0 }

    /// What the daemon wrote to standard error so far.
    public var log: String {
        String(decoding: FileManager.default.contents(atPath: directory + "/log") ?? Data(), as: UTF8.self)
    }

    /// Starts the daemon in the foreground and waits until the mount can be used.
    public func start(environment: [String: String] = [:]) throws {
        let log = directory + "/log"
        let process = try ChildProcess(
            [Programs.netmodelfs, "mount", store, root, "--foreground", "-o", options.joined(separator: ",")],
            environment: environment, output: log, errors: log)
        daemon = process
        let end = Date().addingTimeInterval(60)
        while Date() < end, process.isRunning {
            if FileManager.default.fileExists(atPath: root + "/README") { return }
            usleep(10_000)
        }
        throw NotMounted(description: "netmodelfs did not mount: \(self.log)")
    }

    /// A signal, and waits for the end. Answers the exit status; 128 and the signal's number where one ended it, also
    /// SIGKILL after 30 seconds.
    @discardableResult
    public func stop(_ signal: Int32 = SIGTERM) -> Int32 {
        guard let daemon else { return 0 }
        daemon.signal(signal)
        if daemon.wait(30) == nil { daemon.signal(SIGKILL) }
        self.daemon = nil
        return daemon.wait(10) ?? -1
    }

    /// Stops it cleanly and starts it again.
    public func restart() throws {
        stop()
        try start()
    }

    /// Whether the kernel has a mount at `root`.
    public var isMounted: Bool {
        let table = Calls.text("/proc/self/mountinfo") ?? ""
        return table.split(separator: "\n").contains {
            $0.split(separator: " ").dropFirst(4).first.map(String.init) == place
        }
    }

    /// SIGKILL, and waits for the end; the dead mount stays until the next start.
    public func kill() {
        guard let daemon else { return }
        daemon.signal(SIGKILL)
        _ = daemon.wait(10)
        self.daemon = nil
    }

    /// Runs a script in the mount; `netmodelfs` is in its PATH.
    @discardableResult
    public func run(
        _ script: String, in directory: String? = nil, timeout: Double = 60, shell: [String] = ["bash", "-c"],
        environment: [String: String] = [:]
    ) -> ShellResult {
        let path =
            Programs.directory + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin")
        // A dead mount can be nobody's working directory.
        let place = directory ?? (isRunning ? root : "/")
        return Shell.run(
            script, in: place, environment: environment.merging(["PATH": path]) { own, _ in own }, timeout: timeout,
            shell: shell)
    }

    /// Unmounts, and mounts a copy of the store of before `body`: hosts then carry marks without a record.
    ///
    /// - Parameter host: `body` begins when it is connected: an attach does not wait for one that is away.
    public func restoreOlder(host: String, _ body: () -> Void) throws {
        stop()
        let copy = store + ".old"
        try FileManager.default.copyItem(atPath: store, toPath: copy)
        try start()
        guard eventually(within: 30, { text("state/\(host)/status") == "Connected\n" }) else {
            throw NotMounted(description: "\(host) was not connected: \(log)")
        }
        body()
        stop()
        for rest in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: store + rest) }
        try FileManager.default.moveItem(atPath: copy, toPath: store)
        try start()
    }

    /// The text of a file in the mount; nil if it cannot be read.
    public func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: root + "/" + path).map { String(decoding: $0, as: UTF8.self) }
    }
}
