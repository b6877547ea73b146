import NetworkModel
import Synchronization

/// The file `events`: one line for each thing that has happened. It grows, so that `tail -f` works; when it is full its
/// older half goes, as with a log file that is truncated, which `tail -f` reports and follows.
final class EventLog: Sendable {
    /// Bytes.
    private static let limit = 1 << 20

    private struct State {
        var bytes: [UInt8] = []
        var time: Int64 = 0
    }

    private let state = Mutex(State())

    init() {
        state.withLock { $0.time = Timestamp.now() }
    }

    func add(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        let now = Timestamp.now()
        let stamp = Timestamp.text(now)
        state.withLock { state in
            for line in lines {
                state.bytes.append(contentsOf: "\(stamp) \(line)\n".utf8)
            }
            if state.bytes.count > EventLog.limit {
                let half = state.bytes.count - EventLog.limit / 2
                let cut = state.bytes[half...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? half
                state.bytes.removeFirst(cut)
            }
            state.time = max(now, state.time + 1)
        }
    }

    var size: (bytes: Int, time: Int64) { state.withLock { ($0.bytes.count, $0.time) } }

    func read(_ body: (UnsafeRawBufferPointer) -> Void) {
        // Copied, so that nobody answers a request under this lock.
        let bytes = state.withLock { $0.bytes }
        bytes.withUnsafeBytes(body)
    }

    /// What a change of the model is in words; empty for what nobody needs to know.
    static func lines(for changes: [Change], _ model: Model) -> [String] {
        var removed: [ObjectID: ObjectRecord] = [:]
        for case .remove(let record) in changes { removed[record.id] = record }
        return changes.flatMap { change -> [String] in
            switch change {
            // In no directory.
            case .insert(let record) where record.kind == .ownerDomain: []
            case .remove(let record) where record.kind == .ownerDomain: []
            case .insert(let record): record.phase == .stable ? ["created \(model.path(ofNew: record))"] : []
            case .remove(let record):
                record.kind == .clusterAttachment ? [] : ["removed \(path(of: record, removed, model))"]
            case .update(let old, let new): lines(from: old, to: new, model)
            case .insertRealization: []
            case .removeRealization(let record):
                record.applied == nil ? [] : ["released \(network(record, model)) from \(model.path(of: record.host))"]
            case .updateRealization(let old, let new): lines(from: old, to: new, model)
            }
        }
    }

    /// The path that a removed object had, whose parents may have gone with it.
    private static func path(of record: ObjectRecord, _ removed: [ObjectID: ObjectRecord], _ model: Model) -> String {
        guard model.record(record.parent) == nil, let parent = removed[record.parent],
            let collection = KindDefinition.of(parent.kind).collection(record.collection)
        else { return model.path(ofNew: record) }
        return "\(path(of: parent, removed, model))/\(collection.name)/\(record.name.text)"
    }

    private static func lines(from old: ObjectRecord, to new: ObjectRecord, _ model: Model) -> [String] {
        let path = model.path(ofNew: new)
        var lines: [String] = []
        if old.name != new.name { lines.append("renamed \(model.path(ofNew: old)) to \(path)") }
        if old.phase != new.phase, new.kind == .clusterAttachment {
            if new.phase == .stable { lines.append("attached \(path)") }
            if new.phase == .removing, old.phase == .stable { lines.append("detached \(path)") }
        }
        if KindDefinition.of(new.kind).form == .directory {
            for attribute in KindDefinition.of(new.kind).attributes {
                let before = old.text(attribute.id)
                let after = new.text(attribute.id)
                if before == after { continue }
                lines.append("\(after == nil ? "unset" : "set") \(path)/\(attribute.name)")
            }
        } else if old.text(.value) != new.text(.value) {
            lines.append("set \(path)")
        }
        return lines + movement(from: old, to: new, path: path, model)
    }

    /// Where a VM is now: plugged in there, as far as the hosts agree.
    private static func movement(
        from old: ObjectRecord, to new: ObjectRecord, path: String, _ model: Model
    ) -> [String] {
        guard new.kind == .vm, VM(old).placement != VM(new).placement else { return [] }
        guard let placement = VM(new).placement else {
            return [VM(new).state == .running ? "waiting \(path)" : "stopped \(path)"]
        }
        if let next = placement.next { return ["moving \(path) to \(model.path(of: next))"] }
        let host = model.path(of: placement.host)
        guard let before = VM(old).placement else { return ["placed \(path) on \(host)"] }
        return [before.host == placement.host ? "\(path) stays on \(host)" : "moved \(path) to \(host)"]
    }

    private static func lines(from old: RealizationRecord, to new: RealizationRecord, _ model: Model) -> [String] {
        let host = model.path(of: new.host)
        if let failure = new.failure, failure != old.failure {
            return ["failed \(network(new, model)) on \(host): \(failure)"]
        }
        guard old.appliedGeneration != new.appliedGeneration || old.applied != new.applied else { return [] }
        if new.applied == nil, old.applied != nil || new.wanted == nil {
            return ["released \(network(new, model)) from \(host)"]
        }
        return new.isConverged ? ["realized \(network(new, model)) on \(host)"] : []
    }

    private static func network(_ record: RealizationRecord, _ model: Model) -> String {
        model.record(record.network) == nil
            ? "a former network" : model.path(of: record.network)
    }
}
