import FUSE
import Glibc
import NetworkModel
import Synchronization

/// What tools put beside attributes and objects for a moment: in memory, never in the model, bounded in number and size,
/// and dropped when nobody has asked for it for a while.
///
/// The lock is the innermost: nothing is called under it.
final class StagingArea: Sendable {
    /// Limits of all that is staged, and of what users other than root may take of it.
    struct Limits {
        var nodes = 1_000_000
        var bytes = 256 << 20
        var nodesOfUser = 250_000
        var bytesOfUser = 64 << 20
        /// Of one file.
        var fileBytes = 16 << 20
        /// Nanoseconds without a request after which it is dropped.
        var idle: Int64 = 600_000_000_000
    }

    struct Usage {
        var nodes = 0
        var bytes = 0
    }

    struct State {
        var nodes: [UInt64: StagedNode] = [:]
        var roots: [TreeNode: StagedListing] = [:]
        var usage: [UInt32: Usage] = [:]
        var total = Usage()
        var nextSerial: UInt64 = 1
    }

    let limits: Limits
    let state = Mutex(State())

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Seconds for which the kernel may believe attributes. Names are asked for each time: a staged directory may become an
    /// object, of another inode, under the very name that the kernel remembers.
    static let timeout = 1.0

    // MARK: - Looking

    var isEmpty: Bool { state.withLock { $0.nodes.isEmpty } }

    func child(of place: StagedNode.Place, named name: some Collection<UInt8>) -> UInt64? {
        state.withLock { state in
            guard !state.nodes.isEmpty, let serial = state.listing(of: place)?.names[Array(name)] else { return nil }
            state.touch(serial)
            return serial
        }
    }

    func node(_ serial: UInt64) -> StagedNode? {
        state.withLock { state in
            state.touch(serial)
            return state.nodes[serial]
        }
    }

    /// Calls `body` with each member after `serial` until it answers false. `body` must not come back here.
    func forEach(in place: StagedNode.Place, after serial: UInt64, _ body: (UInt64, StagedNode) -> Bool) {
        state.withLock { state in
            guard let listing = state.listing(of: place) else { return }
            for serial in listing.after(serial) {
                guard let node = state.nodes[serial] else { continue }
                if !body(serial, node) { return }
            }
        }
    }

    /// Below the mount point of what it is in; the tree node that it is in comes first.
    func path(of serial: UInt64) -> (TreeNode, String) {
        state.withLock { state in
            var names: [String] = []
            var current = serial
            while let node = state.nodes[current] {
                names.append(String(decoding: node.name, as: UTF8.self))
                switch node.place {
                case .tree(let tree): return (tree, names.reversed().joined(separator: "/"))
                case .staged(let parent): current = parent
                case nil: return (.object(.root), names.reversed().joined(separator: "/"))
                }
            }
            return (.object(.root), "")
        }
    }

    // MARK: - Making

    /// What a new node is made of.
    struct New {
        var name: [UInt8]
        var mode: UInt32
        var uid: UInt32
        var gid: UInt32
        var bytes: [UInt8] = []
        /// Nanoseconds since 1970; nil for now.
        var modified: Int64?
    }

    func make(_ new: New, in place: StagedNode.Place) throws(Refusal) -> UInt64 {
        try state.withLock { (state) throws(Refusal) in
            guard state.listing(of: place)?.names[new.name] == nil else { throw StagingArea.exists(new.name) }
            if case .staged(let parent) = place, state.nodes[parent]?.isDirectory != true { throw StagingArea.gone }
            try charge(new.uid, nodes: 1, bytes: new.bytes.count, &state)
            let serial = state.nextSerial
            state.nextSerial += 1
            let now = Timestamp.now()
            state.nodes[serial] = StagedNode(
                place: place, name: new.name, mode: new.mode, uid: new.uid, gid: new.gid, accessed: now,
                modified: new.modified ?? now, changed: now, bytes: new.bytes, maker: new.uid, used: now)
            state.insert(serial, in: place, now)
            return serial
        }
    }

    // MARK: - Changing

    func write(_ serial: UInt64, _ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(Refusal) {
        try state.withLock { (state) throws(Refusal) in
            // Only its size: who holds the bytes as well has them copied with each write.
            guard let size = state.nodes[serial]?.bytes.count else { throw StagingArea.gone }
            let end = offset.addingReportingOverflow(Int64(bytes.count))
            guard offset >= 0, !end.overflow else { throw tooBig }
            let length = max(size, Int(end.partialValue))
            try resize(serial, to: length, &state)
            let now = Timestamp.now()
            state.nodes[serial]?.bytes.replaceSubrange(Int(offset)..<Int(end.partialValue), with: bytes)
            state.nodes[serial]?.modified = now
            state.nodes[serial]?.changed = now
            state.touch(serial)
        }
    }

    func change(_ serial: UInt64, _ changes: AttributeChanges) throws(Refusal) {
        try state.withLock { (state) throws(Refusal) in
            guard let node = state.nodes[serial] else { throw StagingArea.gone }
            let now = Timestamp.now()
            if let size = changes.size {
                guard node.type == S_IFREG else {
                    throw Refusal(
                        "staged.is-directory", .isDirectory, "Only a file has a size.", remedy: "Write to a file.")
                }
                guard size >= 0 else { throw tooBig }
                try resize(serial, to: Int(clamping: size), &state)
                state.nodes[serial]?.modified = now
            }
            if let mode = changes.mode { state.nodes[serial]?.mode = node.type | mode & 0o7777 }
            if let uid = changes.uid { state.nodes[serial]?.uid = uid }
            if let gid = changes.gid { state.nodes[serial]?.gid = gid }
            if let time = changes.accessTime { state.nodes[serial]?.accessed = time.nanoseconds(now) }
            if let time = changes.modificationTime { state.nodes[serial]?.modified = time.nanoseconds(now) }
            state.nodes[serial]?.changed = now
            state.touch(serial)
        }
    }

    // MARK: - Moving and removing

    /// Takes a name away. What it led to lives on until the kernel forgets it.
    func remove(_ serial: UInt64) throws(Refusal) {
        try state.withLock { (state) throws(Refusal) in
            guard let node = state.nodes[serial] else { throw StagingArea.gone }
            guard node.children.isEmpty else { throw StagingArea.notEmpty(node.name) }
            state.detach(serial, Timestamp.now())
        }
    }

    /// Renames within the area, over what is there as rename(2) does.
    func move(_ serial: UInt64, to place: StagedNode.Place, named name: [UInt8]) throws(Refusal) {
        try state.withLock { (state) throws(Refusal) in
            guard let node = state.nodes[serial] else { throw StagingArea.gone }
            let now = Timestamp.now()
            if let other = state.listing(of: place)?.names[name], other != serial, let target = state.nodes[other] {
                guard target.isDirectory == node.isDirectory else {
                    throw Refusal(
                        "staged.other-type", target.isDirectory ? .isDirectory : .notDirectory,
                        "A file cannot take the place of a directory, nor a directory that of a file.",
                        remedy: "Remove the one that is there first.")
                }
                guard target.children.isEmpty else { throw StagingArea.notEmpty(name) }
                state.detach(other, now)
            }
            state.unlist(serial, now)
            state.nodes[serial]?.name = name
            state.nodes[serial]?.place = place
            state.nodes[serial]?.changed = now
            state.nodes[serial]?.used = now
            state.insert(serial, in: place, now)
        }
    }

    /// It has become something of the model, with all that is in it.
    func consume(_ serial: UInt64) {
        state.withLock { state in
            guard state.nodes[serial] != nil else { return }
            state.unlist(serial, Timestamp.now())
            dropTree(serial, &state)
        }
    }

    /// The kernel does not know the inode any more. Answers whether it is gone.
    func forget(_ serial: UInt64) -> Bool {
        state.withLock { state in
            guard let node = state.nodes[serial] else { return true }
            guard node.place == nil else { return false }
            dropTree(serial, &state)
            return true
        }
    }

    /// Keeps what something was before another took its place, for whoever has it open. Not limited: the kernel forgets it
    /// when it is closed.
    func keep(_ new: New) -> UInt64 {
        state.withLock { state in
            state.charge(new.uid, nodes: 1, bytes: new.bytes.count)
            let serial = state.nextSerial
            state.nextSerial += 1
            let now = Timestamp.now()
            state.nodes[serial] = StagedNode(
                place: nil, name: new.name, mode: new.mode, uid: new.uid, gid: new.gid, accessed: now,
                modified: new.modified ?? now, changed: now, bytes: new.bytes, maker: new.uid, used: now)
            return serial
        }
    }

    /// What was beside something that is no more.
    func drop(beside node: TreeNode) {
        state.withLock { state in
            guard let listing = state.roots.removeValue(forKey: node) else { return }
            for serial in listing.order { dropTree(serial, &state) }
        }
    }

    /// Drops what nobody has asked for. Answers how many there were.
    @discardableResult
    func reap(_ now: Int64 = Timestamp.now()) -> Int {
        state.withLock { state in
            let idle = state.roots.values.flatMap(\.order).filter { now - (state.nodes[$0]?.used ?? now) > limits.idle }
            for serial in idle {
                state.unlist(serial, now)
                dropTree(serial, &state)
            }
            return idle.count
        }
    }

    // MARK: - Accounting

    private func resize(_ serial: UInt64, to length: Int, _ state: inout State) throws(Refusal) {
        guard let size = state.nodes[serial]?.bytes.count, let maker = state.nodes[serial]?.maker else { return }
        guard length <= limits.fileBytes else { throw tooBig }
        let more = length - size
        try charge(maker, nodes: 0, bytes: more, &state)
        if more > 0 {
            state.nodes[serial]?.bytes.append(contentsOf: [UInt8](repeating: 0, count: more))
        } else if more < 0 {
            // A new array: the old one would keep its room, which nobody is charged for.
            let kept = Array(state.nodes[serial]?.bytes.prefix(length) ?? [])
            state.nodes[serial]?.bytes = kept
        }
    }

    private func charge(_ uid: UInt32, nodes: Int, bytes: Int, _ state: inout State) throws(Refusal) {
        let own = state.usage[uid] ?? Usage()
        let isOver =
            state.total.nodes + nodes > limits.nodes || state.total.bytes + bytes > limits.bytes
            || uid != 0 && (own.nodes + nodes > limits.nodesOfUser || own.bytes + bytes > limits.bytesOfUser)
        guard !isOver || nodes + bytes <= 0 else {
            throw Refusal(
                "staged.too-much", .quota, "Too many temporary files wait in the tree, or they are too big.",
                remedy:
                    "Rename them into place or remove them; those that nobody uses go after \(limits.idle / 60_000_000_000) minutes."
            )
        }
        state.charge(uid, nodes: nodes, bytes: bytes)
    }

    private func dropTree(_ serial: UInt64, _ state: inout State) {
        var waiting = [serial]
        while let next = waiting.popLast() {
            guard let node = state.nodes.removeValue(forKey: next) else { continue }
            state.charge(node.maker, nodes: -1, bytes: -node.bytes.count)
            waiting += node.children.order
        }
    }

    private var tooBig: Refusal {
        Refusal(
            "staged.file-too-big", .tooBig, "A temporary file has at most \(limits.fileBytes >> 20) MiB.",
            remedy: "Keep big files elsewhere.")
    }

    static let gone = Refusal(
        "staged.gone", .notFound, "The temporary file is not there any more.", remedy: "Make it anew.")

    private static func exists(_ name: [UInt8]) -> Refusal {
        Refusal(
            "name.exists", .exists, "\(ValueText.quoted(String(decoding: name, as: UTF8.self))) is there already.",
            remedy: "Choose another name, or remove it first.")
    }

    static func notEmpty(_ name: [UInt8]) -> Refusal {
        Refusal(
            "object.not-empty", .notEmpty,
            "\(ValueText.quoted(String(decoding: name, as: UTF8.self))) is not empty.",
            remedy: "Remove what is in it first.")
    }
}

extension StagingArea.State {
    func listing(of place: StagedNode.Place) -> StagedListing? {
        switch place {
        case .tree(let node): roots[node]
        case .staged(let serial): nodes[serial]?.children
        }
    }

    /// Notes that somebody asked for it: its top stays for another while.
    mutating func touch(_ serial: UInt64) {
        var current = serial
        while let node = nodes[current] {
            guard case .staged(let parent) = node.place else {
                nodes[current]?.used = Timestamp.now()
                return
            }
            current = parent
        }
    }

    mutating func insert(_ serial: UInt64, in place: StagedNode.Place, _ now: Int64) {
        guard let node = nodes[serial] else { return }
        switch place {
        case .tree(let tree): roots[tree, default: StagedListing()].insert(serial, node.name)
        case .staged(let parent):
            nodes[parent]?.children.insert(serial, node.name)
            if node.isDirectory { nodes[parent]?.directories += 1 }
            nodes[parent]?.modified = now
            nodes[parent]?.changed = now
        }
    }

    mutating func unlist(_ serial: UInt64, _ now: Int64) {
        guard let node = nodes[serial] else { return }
        switch node.place {
        case .tree(let tree):
            roots[tree]?.remove(serial, node.name)
            if roots[tree]?.isEmpty == true { roots[tree] = nil }
        case .staged(let parent):
            nodes[parent]?.children.remove(serial, node.name)
            if node.isDirectory { nodes[parent]?.directories -= 1 }
            nodes[parent]?.modified = now
            nodes[parent]?.changed = now
        case nil: break
        }
    }

    mutating func detach(_ serial: UInt64, _ now: Int64) {
        unlist(serial, now)
        nodes[serial]?.place = nil
        nodes[serial]?.changed = now
    }

    mutating func charge(_ uid: UInt32, nodes: Int, bytes: Int) {
        usage[uid, default: StagingArea.Usage()].nodes += nodes
        usage[uid, default: StagingArea.Usage()].bytes += bytes
        if usage[uid]?.nodes == 0 { usage[uid] = nil }
        total.nodes += nodes
        total.bytes += bytes
    }
}

extension AttributeChanges.TimeChange {
    func nanoseconds(_ now: Int64) -> Int64 {
        switch self {
        case .now: now
        case .at(let time): time
        }
    }
}
