import CFUSE
import Glibc
import Logging
import Synchronization

/// A mounted file system: the mount, the threads that serve it, and its end.
///
/// ```swift
/// let session = try Session(mountPoint: "/cloud", fileSystem: tree, options: ["allow_other"], logger: logger)
/// try session.mount()
/// try session.run()  // until somebody unmounts it, or calls exit()
/// ```
///
/// Lock order: `state` is held only to look and to change, never while anything else is called.
public final class Session: Sendable {
    /// Where the file system is mounted, an absolute path without links.
    public let mountPoint: String
    /// Makes the kernel forget what has changed behind its back.
    public let invalidator: Invalidator

    private enum Phase {
        case new, mounted, running, usable, ended
    }

    private struct State {
        var phase = Phase.new
        var exitRequested = false
        var workers = 0
        /// Of the mount, as the mount table names it.
        var device: String?
        var awaitingUsable: [CheckedContinuation<Bool, Never>] = []
    }

    private let options: MountOptions
    private let threads: Int
    private let connection: Connection
    private let logger: Logger
    private let state = Monitor(State())

    /// Prepares a session; nothing is mounted yet.
    ///
    /// - Parameters:
    ///   - mountPoint: An existing directory.
    ///   - options: `fsname=…`, `subtype=…`, `allow_other`, `default_permissions`, and the general ones of mount(8)
    ///   such as `ro`. Several may stand in one string with commas between.
    ///   - threads: How many requests are served at a time.
    /// - Throws: ``SessionError/unknownOption(_:)``, ``SessionError/library(errno:)``
    public init(
        mountPoint: String, fileSystem: any FileSystem, options: [String] = [], threads: Int = 4, logger: Logger
    ) throws(SessionError) {
        self.mountPoint = MountTable.resolve(mountPoint)
        self.options = try MountOptions(options)
        self.threads = max(1, threads)
        self.logger = logger
        connection = try Connection(fileSystem: fileSystem, logger: logger)
        invalidator = Invalidator(logger: logger)
    }

    deinit {
        if state.read({ $0.phase }) == .mounted {
            connection.close()
            detach()
        }
    }

    /// Mounts. Whoever uses the mount waits until ``run(drainTime:)`` serves.
    ///
    /// - Throws: ``SessionError``; ``SessionError/deadMount(_:)`` asks for ``MountTable/clearDeadMount(at:)``.
    public func mount() throws(SessionError) {
        guard state.read({ $0.phase }) == .new else { throw .wrongState("The session has been mounted before.") }
        let device = try Mounting.mount(at: mountPoint, options)
        do {
            try connection.attach(device: device)
        } catch {
            close(device)
            umount2(mountPoint, Int32(MNT_DETACH))
            throw error
        }
        let entry = try? MountTable.entry(at: mountPoint)
        state.update {
            $0.phase = .mounted
            $0.device = entry?.device
        }
    }

    /// Serves until the file system is unmounted or ``exit()`` is called. Afterwards nothing is left mounted.
    ///
    /// Blocks: to be called on a thread of the program's own, see ``DedicatedThread``.
    ///
    /// - Parameter drainTime: Seconds that requests under way have, after ``exit()``, to be answered.
    /// - Throws: ``SessionError/handshake``, ``SessionError/thread(errno:)``, ``SessionError/wrongState(_:)``
    public func run(drainTime: Double = 2) throws(SessionError) {
        let mayRun = state.update { state in
            guard state.phase == .mounted else { return false }
            state.phase = .running
            return true
        }
        guard mayRun else { throw .wrongState("The session is not mounted, or has been run before.") }
        defer { enter(.ended, usable: false) }
        do {
            try connection.shakeHands()
        } catch {
            connection.close()
            detach()
            invalidator.close()
            throw error
        }
        connection.fileSystem.initialized(self)
        enter(.usable, usable: true)

        var running: [DedicatedThread] = []
        var failure: SessionError?
        do {
            running.append(try startSender())
            for number in 1...threads {
                running.append(try startWorker(number))
            }
            waitForEnd()
        } catch {
            failure = error
        }
        stop(running, drainTime: drainTime)
        connection.fileSystem.destroyed()
        if let failure { throw failure }
    }

    /// Ends the session, soon: requests under way are still answered, new ones are refused, then all is unmounted.
    ///
    /// May be called from any thread and at any time, also before ``run(drainTime:)``; does not wait.
    public func exit() {
        state.update { $0.exitRequested = true }
    }

    /// Unmounts at once: requests under way are aborted, and ``run(drainTime:)`` returns. Without a run, the mount is
    /// just removed.
    ///
    /// May be called from any thread.
    public func unmount() {
        let phase = state.update { state in
            defer {
                state.exitRequested = true
                // No run() from now on.
                if state.phase == .mounted { state.phase = .ended }
            }
            return state.phase
        }
        guard phase != .new, phase != .ended else { return }
        connection.close()
        detach()
        if phase == .mounted {
            invalidator.close()
            enter(.ended, usable: false)
        }
    }

    /// Waits until the kernel's first request is answered and the mount can be used.
    ///
    /// - Returns: `false` if the session has ended before.
    public func usable() async -> Bool {
        await withCheckedContinuation { continuation in
            let known: Bool? = state.update { state in
                switch state.phase {
                case .usable: return true
                case .ended: return false
                case .new, .mounted, .running:
                    state.awaitingUsable.append(continuation)
                    return nil
                }
            }
            if let known {
                continuation.resume(returning: known)
            }
        }
    }

    /// Enters a phase in which it is known whether the mount is usable.
    private func enter(_ phase: Phase, usable: Bool) {
        let waiting = state.update { state in
            state.phase = phase
            defer { state.awaitingUsable = [] }
            return state.awaitingUsable
        }
        for continuation in waiting {
            continuation.resume(returning: usable)
        }
    }

    private func startSender() throws(SessionError) -> DedicatedThread {
        try DedicatedThread(name: "fuse-notify") { [invalidator, connection] in
            invalidator.send(through: connection)
        }
    }

    private func startWorker(_ number: Int) throws(SessionError) -> DedicatedThread {
        state.update { $0.workers += 1 }
        do {
            return try DedicatedThread(name: "fuse-\(number)") { [state, connection] in
                connection.serve()
                state.update { $0.workers -= 1 }
            }
        } catch {
            state.update { $0.workers -= 1 }
            throw error
        }
    }

    /// Waits until somebody has unmounted the file system, or wants it to end.
    private func waitForEnd() {
        _ = state.wait { $0.exitRequested || $0.workers < threads ? () : nil }
    }

    private func stop(_ running: [DedicatedThread], drainTime: Double) {
        if state.read({ $0.workers }) > 0 {
            let left = connection.drain(seconds: drainTime)
            if left > 0 {
                logger.warning("The session ends with unanswered requests.", metadata: ["requests": "\(left)"])
            }
        }
        connection.close()
        detach()
        invalidator.close()
        // A worker leaves /dev/fuse when the connection ends, which the unmounting brings about.
        let patience = 5.0
        if state.wait(seconds: patience, for: { $0.workers == 0 ? () : nil }) != nil {
            for thread in running { thread.join() }
        } else {
            logger.error("A mount that was detached lazily is still in use; its threads are left behind.")
            for thread in running { thread.detach() }
        }
    }

    /// Removes every mount of this session that this process sees, and so aborts the connection.
    private func detach() {
        guard let device = state.read({ $0.device }) else { return }
        do {
            try Mounting.unmount(device: device)
        } catch {
            logger.error("\(error)")
        }
    }
}
