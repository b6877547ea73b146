import AgentProtocol
import Dispatch
import Glibc

/// The process that takes a change back when nobody confirms it: started by the agent, in a session of its own, so that it
/// outlives the agent and its connection.
public enum ChangeGuard {
    /// Why a guard cannot begin.
    public struct StartFailure: Error, CustomStringConvertible {
        /// One sentence for people.
        public let description: String
    }

    /// How often it looks whether it is still needed, in microseconds.
    private static let interval: UInt32 = 200_000
    /// How often it tries to take the change back, a second apart.
    private static let attempts = 30
    /// How long an agent waits for its guard, in milliseconds.
    private static let startTime: CInt = 5000

    // MARK: In the agent

    /// Starts the guard of a change that is in the journal, and waits until it watches.
    static func start(_ token: String) throws(NetlinkError) {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw NetlinkError(errno: errno) }
        defer { close(ends[0]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Nothing of the agent's connection may be held open.
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        let words = ["netmodel-agent", "--guard", token]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process: pid_t = 0
        // The program itself, also when its file was replaced meanwhile.
        let status = posix_spawn(&process, "/proc/self/exe", &actions, &attributes, &arguments, environ)
        close(ends[1])
        guard status == 0 else { throw NetlinkError(errno: status) }
        let child = process
        DispatchQueue.global().async {
            var ignored: CInt = 0
            while waitpid(child, &ignored, 0) < 0, errno == EINTR {}
        }
        var wait = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
        var byte: UInt8 = 0
        guard poll(&wait, 1, startTime) == 1, read(ends[0], &byte, 1) == 1 else {
            kill(child, SIGKILL)
            throw NetlinkError(errno: ETIMEDOUT)
        }
    }

    // MARK: In the guard

    /// Watches over a change until it is confirmed or taken back (`netmodel-agent --guard TOKEN`).
    ///
    /// - Throws: ``StartFailure`` when there is no such change.
    public static func watch(_ token: String) throws(StartFailure) {
        // Out of the session of the login, which may end any moment.
        setsid()
        signal(SIGHUP, SIG_IGN)
        signal(SIGPIPE, SIG_IGN)
        _ = chdir("/")
        let lock: NamespaceLock
        let links: HostLinks
        do throws(NetlinkError) {
            lock = try NamespaceLock()
            links = try HostLinks()
        } catch {
            throw StartFailure(description: "The guard cannot use rtnetlink: \(error).")
        }
        let journal = ChangeJournal(namespace: lock.namespace)
        guard (try? Confirmation.validate(token: token)) != nil, let (change, file) = journal.open(token),
            flock(file, LOCK_EX | LOCK_NB) == 0
        else { throw StartFailure(description: "No change of this name waits for its confirmation.") }
        // The agent waits for this byte.
        var byte: UInt8 = 1
        _ = write(STDOUT_FILENO, &byte, 1)
        close(STDOUT_FILENO)

        while PendingChange.now() < change.deadline {
            usleep(interval)
            if !journal.has(token, .pending) { return }
        }
        for _ in 1...attempts {
            let isSettled = lock.hold { () -> Bool in
                guard journal.has(token, .pending) else { return true }
                guard (try? change.revert(links)) != nil else { return false }
                journal.settle(token, .undone)
                return true
            }
            if isSettled { return }
            sleep(1)
        }
    }
}
