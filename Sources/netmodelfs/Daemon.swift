import CMalloc
import Dispatch
import Engine
import FUSE
import Glibc
import Hypervisors
import Logging
import ModelStore
import ModelTree
import Realization

/// One mounted model, from opening the store to closing it.
struct Daemon {
    let store: String
    let mountPoint: String
    let settings: MountSettings
    let logger: Logger

    /// Serves until the mount is removed or a signal comes. `usable` is called when the mount can be used, `stopping`
    /// when the end begins, perhaps more than once.
    func run(usable: @escaping @Sendable () -> Void, stopping: @escaping @Sendable () -> Void) async throws {
        // A host that goes away in the middle of a write is an error of that write, not of the daemon.
        signal(SIGPIPE, SIG_IGN)
        Daemon.raiseDescriptorLimit()
        Daemon.givesBackLargeBuffers()
        if try MountTable.clearDeadMount(at: mountPoint) > 0 {
            logger.notice("removed a mount whose daemon was gone", metadata: ["at": "\(mountPoint)"])
        }
        if let entry = try MountTable.entry(at: mountPoint), entry.type == "fuse.netmodelfs" {
            throw Failure(
                entry.source == store
                    ? "\(store) is already mounted at \(entry.mountPoint)."
                    : "Another store, \(entry.source), is already mounted at \(entry.mountPoint); unmount it first.")
        }
        let modelStore = try await openStore()
        var kvm = settings.kvm
        var esxi = settings.esxi
        kvm.store = try modelStore.identity()
        esxi.store = kvm.store
        let registry = ExtensionRegistry.standard(
            agentPath: settings.agentPath, kvm: kvm, esxi: esxi, logger: logger)
        let engine = try Engine(store: modelStore, registry: registry, options: settings.engine, logger: logger)
        do {
            try await serve(engine, usable: usable, stopping: stopping)
        } catch {
            stopping()
            await engine.stop()
            throw error
        }
        stopping()
        await engine.stop()
        logger.notice("unmounted", metadata: ["at": "\(mountPoint)"])
    }

    /// `umount` returns before its daemon has closed the store, so that one who mounts at once may come too early.
    private func openStore() async throws -> SQLiteModelStore {
        if let modelStore = try openUnlessClosing() { return modelStore }
        await StoreInUse(path: store).waitUntilFree()
        return try SQLiteModelStore(path: store)
    }

    /// Nil if another process has the store, but has it mounted nowhere. (Apart from the waiting: the compiler, 6.3,
    /// gives up on both in one function.)
    private func openUnlessClosing() throws -> SQLiteModelStore? {
        do {
            return try SQLiteModelStore(path: store)
        } catch {
            let isMounted = try MountTable.entries(ofType: "fuse.netmodelfs").contains { $0.source == store }
            guard error.kind == .locked, !isMounted else { throw error }
            return nil
        }
    }

    private func serve(
        _ engine: Engine, usable: @escaping @Sendable () -> Void, stopping: @escaping @Sendable () -> Void
    ) async throws {
        let place = resolved(mountPoint)
        let fileSystem = ModelFileSystem(engine: engine, mountPoint: place, logger: logger)
        engine.observe(fileSystem)
        // Before the mount: what a killed daemon left half done is settled when the first request comes.
        await engine.start()
        let session = try Session(
            mountPoint: place, fileSystem: fileSystem, options: settings.sessionOptions, logger: logger)
        let signals = [SIGTERM, SIGINT, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler {
                stopping()
                session.exit()
            }
            source.activate()
            return source
        }
        defer { signals.forEach { $0.cancel() } }
        // After the signals: one that comes now must not leave a mount behind.
        try session.mount()
        Task {
            guard await session.usable() else { return }
            logger.notice("mounted", metadata: ["store": "\(store)", "at": "\(place)"])
            usable()
        }
        try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
            do {
                _ = try DedicatedThread(name: "session") {
                    do {
                        try session.run()
                        done.resume()
                    } catch {
                        done.resume(throwing: error)
                    }
                }
            } catch {
                done.resume(throwing: error)
            }
        }
    }

    private func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    /// malloc learns from every large buffer that is freed to keep the next ones (up to 32 MiB each): after some large staged
    /// files the daemon would stay ten times as large. A threshold that is set is not learnt any more.
    private static func givesBackLargeBuffers() {
        mallopt(M_MMAP_THRESHOLD, 131_072)
    }

    /// Each agent takes four descriptors, three pipes and its process; a thousand hosts must fit.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
