import FUSE
import Glibc

/// A file system in memory that implements every request, and misbehaves where a test asks for it.
///
/// Names in the root with a meaning of their own, see `special(_:_:)`. Everything else is ordinary.
///
/// `@unchecked Sendable`: `state` is touched only inside `withLock`.
final class MemoryFileSystem: FileSystem, @unchecked Sendable {
    struct Node {
        var attributes: FileAttributes
        var contents: [UInt8] = []
        /// Of a directory: by name the inode and the cookie.
        var children: [[UInt8]: (inode: UInt64, cookie: UInt64)] = [:]
        /// Of a directory: names by cookie, in the order of creation.
        var order: [(cookie: UInt64, name: [UInt8])] = []
        var extendedAttributes: [String: [UInt8]] = [:]
    }

    struct State {
        var nodes: [UInt64: Node] = [:]
        var next: UInt64 = 2
        var nextCookie: UInt64 = 3
        var counts: [String: Int] = [:]
        var waiting: [Reply] = []
        var initialized = false
        var destroyed = false
        var lastCaller: Caller?
        var interrupts = 0
        /// Timeouts of entries and attributes.
        var timeout = 1e6
        var forgotten: Set<UInt64> = []
    }

    private var storage: State
    private var lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(lock, nil)
        storage = State()
        storage.nodes[1] = Node(
            attributes: FileAttributes(inode: .root, mode: S_IFDIR | 0o755, linkCount: 2, modificationTime: now()))
    }

    deinit {
        lock.deallocate()
    }

    func withLock<Result>(_ body: (inout State) -> Result) -> Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return body(&storage)
    }

    func count(_ request: String) -> Int { withLock { $0.counts[request] ?? 0 } }

    private func enter(_ request: String, _ caller: Caller) {
        withLock { state in
            state.counts[request, default: 0] += 1
            state.lastCaller = caller
        }
    }

    func initialized(_ session: Session) { withLock { $0.initialized = true } }
    func destroyed() { withLock { $0.destroyed = true } }

    // MARK: Names

    func lookup(parent: InodeNumber, name: NameBytes, caller: Caller, reply: EntryReply) {
        enter("lookup", caller)
        let text = String(decoding: name, as: UTF8.self)
        if special(text, reply) { return }
        switch withLock({ state -> Entry? in
            guard let child = state.nodes[parent.rawValue]?.children[Array(name)] else { return nil }
            return state.entry(child.inode)
        }) {
        case let entry?: reply.succeed(entry)
        case nil: reply.fail(ENOENT)
        }
    }

    func forget(inode: InodeNumber, lookups: UInt64) {
        withLock { _ = $0.forgotten.insert(inode.rawValue) }
    }

    func symbolicLink(parent: InodeNumber, name: NameBytes, target: NameBytes, caller: Caller, reply: EntryReply) {
        enter("symbolicLink", caller)
        make(parent, name, S_IFLNK | 0o777, Array(target), reply: reply)
    }

    func makeDirectory(parent: InodeNumber, name: NameBytes, mode: UInt32, caller: Caller, reply: EntryReply) {
        enter("makeDirectory", caller)
        make(parent, name, S_IFDIR | mode, reply: reply)
    }

    func makeNode(parent: InodeNumber, name: NameBytes, mode: UInt32, caller: Caller, reply: EntryReply) {
        enter("makeNode", caller)
        make(parent, name, mode, reply: reply)
    }

    private func make(
        _ parent: InodeNumber, _ name: NameBytes, _ mode: UInt32, _ contents: [UInt8] = [], reply: EntryReply
    ) {
        switch withLock({ $0.make(parent.rawValue, Array(name), mode, contents) }) {
        case .success(let entry): reply.succeed(entry)
        case .failure(let code): reply.fail(code.number)
        }
    }

    func create(
        parent: InodeNumber, name: NameBytes, mode: UInt32, flags: Int32, caller: Caller, reply: CreateReply
    ) {
        enter("create", caller)
        switch withLock({ $0.make(parent.rawValue, Array(name), mode, []) }) {
        case .success(let entry): reply.succeed(entry)
        case .failure(let code): reply.fail(code.number)
        }
    }

    func removeDirectory(parent: InodeNumber, name: NameBytes, caller: Caller, reply: EmptyReply) {
        enter("removeDirectory", caller)
        remove(parent, name, reply)
    }

    func unlink(parent: InodeNumber, name: NameBytes, caller: Caller, reply: EmptyReply) {
        enter("unlink", caller)
        remove(parent, name, reply)
    }

    private func remove(_ parent: InodeNumber, _ name: NameBytes, _ reply: EmptyReply) {
        switch withLock({ $0.remove(parent.rawValue, Array(name)) }) {
        case 0: reply.succeed()
        case let code: reply.fail(code)
        }
    }

    func rename(
        parent: InodeNumber, name: NameBytes, newParent: InodeNumber, newName: NameBytes, flags: UInt32,
        caller: Caller, reply: EmptyReply
    ) {
        enter("rename", caller)
        let code: Int32 = withLock { state in
            let exists = state.nodes[newParent.rawValue]?.children[Array(newName)] != nil
            guard flags & ~1 == 0 else { return EINVAL }
            guard flags & 1 == 0 || !exists else { return EEXIST }
            guard let child = state.nodes[parent.rawValue]?.children[Array(name)] else { return ENOENT }
            state.detach(newParent.rawValue, Array(newName))
            state.detach(parent.rawValue, Array(name))
            state.attach(newParent.rawValue, Array(newName), child.inode)
            return 0
        }
        code == 0 ? reply.succeed() : reply.fail(code)
    }

    // MARK: Attributes

    func attributes(of inode: InodeNumber, caller: Caller, reply: AttributesReply) {
        enter("attributes", caller)
        let (attributes, timeout) = withLock { ($0.nodes[inode.rawValue]?.attributes, $0.timeout) }
        guard let attributes else { return reply.fail(ESTALE) }
        reply.succeed(attributes, timeout: timeout)
    }

    func setAttributes(
        of inode: InodeNumber, changes: AttributeChanges, caller: Caller, reply: AttributesReply
    ) {
        enter(changes.size == nil ? "setAttributes" : "truncate", caller)
        let attributes: FileAttributes? = withLock { state in
            guard var node = state.nodes[inode.rawValue] else { return nil }
            if let mode = changes.mode {
                node.attributes.mode = node.attributes.mode & S_IFMT | mode & 0o7777
            }
            if let uid = changes.uid { node.attributes.uid = uid }
            if let gid = changes.gid { node.attributes.gid = gid }
            if let size = changes.size {
                node.resize(Int(size))
            }
            if let time = changes.modificationTime {
                node.attributes.modificationTime = time.resolved
            }
            if let time = changes.accessTime {
                node.attributes.accessTime = time.resolved
            }
            state.nodes[inode.rawValue] = node
            return node.attributes
        }
        guard let attributes else { return reply.fail(ESTALE) }
        reply.succeed(attributes, timeout: 1e6)
    }

    func readLink(inode: InodeNumber, caller: Caller, reply: LinkReply) {
        enter("readLink", caller)
        guard let node = withLock({ $0.nodes[inode.rawValue] }) else { return reply.fail(ESTALE) }
        node.contents.withUnsafeBytes { reply.succeed($0) }
    }

    func statistics(inode: InodeNumber, caller: Caller, reply: StatisticsReply) {
        enter("statistics", caller)
        reply.succeed(FileSystemStatistics(files: withLock { UInt64($0.nodes.count) }))
    }

    // MARK: Contents

    func read(inode: InodeNumber, offset: Int64, size: Int, caller: Caller, reply: DataReply) {
        enter("read", caller)
        guard let node = withLock({ $0.nodes[inode.rawValue] }) else { return reply.fail(ESTALE) }
        reply.succeed(partOf: node.contents)
    }

    func write(inode: InodeNumber, bytes: UnsafeRawBufferPointer, offset: Int64, caller: Caller, reply: WriteReply) {
        enter("write", caller)
        let code: Int32 = withLock { state in
            guard var node = state.nodes[inode.rawValue] else { return ESTALE }
            guard !bytes.elementsEqual("refuse me\n".utf8) else { return EDQUOT }
            node.resize(max(node.contents.count, Int(offset) + bytes.count))
            node.contents.replaceSubrange(Int(offset)..<Int(offset) + bytes.count, with: bytes)
            state.nodes[inode.rawValue] = node
            return 0
        }
        code == 0 ? reply.succeed() : reply.fail(code)
    }

    func synchronize(inode: InodeNumber, dataOnly: Bool, caller: Caller, reply: EmptyReply) {
        enter(dataOnly ? "fdatasync" : "fsync", caller)
        reply.succeed()
    }

    func readDirectory(
        inode: InodeNumber, after cookie: UInt64, plus: Bool, caller: Caller, reply: DirectoryReply
    ) {
        enter(plus ? "readDirectoryPlus" : "readDirectory", caller)
        withLock { state in
            guard let node = state.nodes[inode.rawValue] else { return }
            if cookie < 1 { reply.add(name: ".", inode: inode, type: S_IFDIR, cookie: 1) }
            if cookie < 2 { reply.add(name: "..", inode: .root, type: S_IFDIR, cookie: 2) }
            let first = node.order.partition { $0.cookie > cookie }
            for (cookie, name) in node.order[first...] {
                guard let child = node.children[name], let entry = state.entry(child.inode) else { continue }
                guard name.withUnsafeBufferPointer({ reply.add(name: $0, entry: entry, cookie: cookie) }) else { break }
            }
        }
        reply.finish()
    }

    // MARK: Extended attributes

    func getExtendedAttribute(
        inode: InodeNumber, name: NameBytes, caller: Caller, reply: ExtendedAttributeReply
    ) {
        enter("getExtendedAttribute", caller)
        let name = String(decoding: name, as: UTF8.self)
        guard let value = withLock({ $0.nodes[inode.rawValue]?.extendedAttributes[name] }) else {
            return reply.fail(ENODATA)
        }
        value.withUnsafeBytes { reply.succeed($0) }
    }

    func listExtendedAttributes(inode: InodeNumber, caller: Caller, reply: ExtendedAttributeReply) {
        enter("listExtendedAttributes", caller)
        reply.succeed(names: withLock { $0.nodes[inode.rawValue]?.extendedAttributes.keys.sorted() ?? [] })
    }

    func setExtendedAttribute(
        inode: InodeNumber, name: NameBytes, value: UnsafeRawBufferPointer, flags: Int32, caller: Caller,
        reply: EmptyReply
    ) {
        enter("setExtendedAttribute", caller)
        let name = String(decoding: name, as: UTF8.self)
        withLock { $0.nodes[inode.rawValue]?.extendedAttributes[name] = Array(value) }
        reply.succeed()
    }

    func removeExtendedAttribute(inode: InodeNumber, name: NameBytes, caller: Caller, reply: EmptyReply) {
        enter("removeExtendedAttribute", caller)
        let name = String(decoding: name, as: UTF8.self)
        let old = withLock { $0.nodes[inode.rawValue]?.extendedAttributes.removeValue(forKey: name) }
        old == nil ? reply.fail(ENODATA) : reply.succeed()
    }
}
