import Engine
import FUSE
import Glibc
import Logging
import NetworkModel
import Synchronization

/// The model as directories, files and links.
///
/// Reads are answered on the FUSE thread from memory; what must wait for the disk or for hosts keeps its reply and is
/// answered from the engine's threads.
///
/// Lock order: the engine's lock is taken with none of this target's held, and no reply is sent under it.
public final class ModelFileSystem: FileSystem {
    let engine: Engine
    let mountPoint: String
    let logger: Logger
    let refusals: RefusalLog
    let events = EventLog()
    let pending = PendingFiles()
    let staging: StagingArea
    let plans: PlanDesk
    let aliases = InodeAliases()
    private let reaper: Task<Void, Never>
    /// When anything changed, nanoseconds since 1970: the time of everything under `state/`.
    let lastChange = Atomic<Int64>(Timestamp.now())
    let commands = Atomic<UInt64>(0)
    /// Weak: the session holds its file system.
    private let session = Mutex(WeakSession())

    struct WeakSession {
        weak var session: Session?
    }

    /// - Parameter mountPoint: An absolute path without a trailing slash.
    public init(engine: Engine, mountPoint: String, logger: Logger) {
        self.engine = engine
        self.mountPoint = mountPoint == "/" ? "" : mountPoint
        self.logger = logger
        self.refusals = RefusalLog(mountPoint: self.mountPoint)
        let staging = StagingArea()
        self.staging = staging
        let plans = PlanDesk()
        self.plans = plans
        reaper = Task.detached { [weak staging, weak plans] in
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(60))
                staging?.reap()
                plans?.sweep()
            }
        }
    }

    deinit {
        reaper.cancel()
    }

    /// What an inode number stands for.
    func node(_ inode: InodeNumber) -> TreeNode? { aliases.node(inode) }

    public func initialized(_ session: Session) {
        self.session.withLock { $0.session = session }
    }

    public func destroyed() {}

    var invalidator: Invalidator? {
        session.withLock { $0.session }?.invalidator
    }

    // MARK: - Refusing

    /// Answers a refusal, and keeps it for `errors`.
    ///
    /// - Parameters:
    ///   - directory: The directory that the operation was in.
    ///   - name: The name in it; nil where the operation was about `inode` itself.
    func refuse(
        _ refusal: Refusal, _ reply: Reply, _ process: CallerProcess, _ operation: String, in directory: TreeNode,
        name: String? = nil
    ) {
        record(refusal, process, operation, in: directory, name: name)
        reply.fail(refusal.error.rawValue)
    }

    /// Keeps a refusal for `errors` and the journal.
    func record(
        _ refusal: Refusal, _ process: CallerProcess, _ operation: String, in directory: TreeNode, name: String? = nil
    ) {
        let path = [path(of: directory), name ?? ""].filter { !$0.isEmpty }.joined(separator: "/")
        record(refusal, process, operation, path: path, in: directory)
    }

    /// - Parameter path: What it was about, below the mount point.
    func record(
        _ refusal: Refusal, _ process: CallerProcess, _ operation: String, path: String, in directory: TreeNode
    ) {
        refusals.add(
            refusal, by: process, operation: operation, path: path,
            inodes: [aliases.inode(of: directory), aliases.inode(of: .object(directory.object))])
        logger.notice(
            "refused",
            metadata: [
                "rule": "\(refusal.rule)", "errno": "\(refusal.error.symbol)", "operation": "\(operation)",
                "path": "\(path)",
                "uid": "\(process.uid)", "pid": "\(process.pid)", "command": "\(process.command)",
                "reason": "\(refusal.reason)",
            ])
    }

    /// The same for an operation that is refused on the spot.
    func refuse(
        _ refusal: Refusal, _ reply: Reply, _ caller: Caller, _ operation: String, in directory: TreeNode,
        name: String? = nil
    ) {
        refuse(refusal, reply, CallerProcess(caller), operation, in: directory, name: name)
    }

    /// Below the mount point, without a leading slash.
    func path(of node: TreeNode) -> String {
        guard case .staged(let serial) = node else { return engine.read { TreePath.text(of: node, $0) } }
        let (place, rest) = staging.path(of: serial)
        return [path(of: place), rest].filter { !$0.isEmpty }.joined(separator: "/")
    }

    static func readOnly(_ node: TreeNode) -> Refusal {
        Refusal(
            "tree.read-only", .readOnly, "This part of the tree tells what is so; nothing can be written to it.",
            remedy: "Write to the same path outside state/.")
    }

    /// A name from the kernel as text; nil if it is not UTF-8.
    static func text(_ name: NameBytes) -> String? {
        String(validating: name, as: UTF8.self)
    }

    static let nameNotText = Refusal(
        "name.not-text", .invalid, "The name is not UTF-8 text.", remedy: "Choose a name in UTF-8.")
}

/// Paths of nodes, for messages.
enum TreePath {
    /// Below the mount point, without a leading slash.
    static func text(of node: TreeNode, _ model: Model) -> String {
        switch node {
        case .object(let id): return model.path(of: id)
        case .attribute(let id, let attribute):
            guard let record = model.record(id), let definition = KindDefinition.of(record.kind).attribute(attribute)
            else {
                return ""
            }
            return join(model.path(of: id), definition.name)
        case .collection(let id, let collection):
            guard let record = model.record(id), let definition = KindDefinition.of(record.kind).collection(collection)
            else {
                return ""
            }
            return join(model.path(of: id), definition.name)
        case .fixed(let file): return file.name
        case .errors: return "errors"
        case .staged: return ""
        case .state(let id, let entry):
            let path = join("state", model.path(of: id))
            let items = entry == 0 ? nil : StateTree.items(of: id, model)
            return join(path, items?.first { $0.node == node }?.name ?? "")
        case .realization(let id):
            guard let record = model.realization(id) else { return "state" }
            return join(
                "state", model.path(of: record.network) + "/hosts/" + (model.record(record.host)?.name.text ?? ""))
        case .schema(let kind, let attribute):
            guard let kind = Kind(rawValue: kind) else { return "schema" }
            let definition = KindDefinition.of(kind)
            return "schema/"
                + join(definition.name, definition.attributes.first { $0.id.rawValue == attribute }?.name ?? "")
        }
    }

    private static func join(_ path: String, _ name: String) -> String {
        path.isEmpty ? name : name.isEmpty ? path : path + "/" + name
    }
}
