import FUSE
import NetworkModel

/// What an inode number stands for (D2). Numbers follow from the model alone, so there is no inode table, no lookup
/// count, and they survive a restart.
///
/// The upper four bits tell the area; in the area of what people wrote, the number is `id << 8 | facet`, where the facet
/// is 0 for the object itself, an `AttributeID` or a `CollectionID`.
enum TreeNode: Hashable {
    case object(ObjectID)
    case attribute(ObjectID, AttributeID)
    case collection(ObjectID, CollectionID)
    case fixed(FixedFile)
    /// The refusals that this user may see.
    case errors(uid: UInt32)
    /// The mirror of an object under `state/`; `entry` 0 is the directory itself, else the hash of a file's name.
    case state(ObjectID, entry: UInt16)
    /// The file of one host below an L2 network under `state/`.
    case realization(ObjectID)
    /// `schema/` (kind 0), `schema/KIND` (attribute 0) or a file of it.
    case schema(kind: UInt8, attribute: UInt8)
    /// What a tool made on its way, by its number in the `StagingArea`.
    case staged(UInt64)

    enum FixedFile: UInt64, CaseIterable {
        case readme = 1
        case events = 2
        case metrics = 3

        var name: String {
            switch self {
            case .readme: "README"
            case .events: "events"
            case .metrics: "metrics"
            }
        }
    }

    private enum Area: UInt64 {
        case intent = 0
        case fixed = 1
        case errors = 2
        case state = 3
        case realization = 4
        case schema = 5
        case staged = 6
    }

    init?(_ inode: InodeNumber) {
        let raw = inode.rawValue
        if inode == .root {
            self = .object(.root)
            return
        }
        let rest = raw & (1 << 60 - 1)
        switch Area(rawValue: raw >> 60) {
        case .intent:
            let id = ObjectID(rest >> 8)
            let facet = UInt8(truncatingIfNeeded: rest)
            if facet == 0 {
                self = .object(id)
            } else if let attribute = AttributeID(rawValue: facet) {
                self = .attribute(id, attribute)
            } else if let collection = CollectionID(rawValue: facet) {
                self = .collection(id, collection)
            } else {
                return nil
            }
        case .fixed:
            guard let file = FixedFile(rawValue: rest) else { return nil }
            self = .fixed(file)
        case .errors: self = .errors(uid: UInt32(truncatingIfNeeded: rest))
        case .state: self = .state(ObjectID(rest >> 16), entry: UInt16(truncatingIfNeeded: rest))
        case .realization: self = .realization(ObjectID(rest))
        case .schema:
            self = .schema(kind: UInt8(truncatingIfNeeded: rest >> 8), attribute: UInt8(truncatingIfNeeded: rest))
        case .staged: self = .staged(rest)
        case nil: return nil
        }
    }

    var inode: InodeNumber {
        switch self {
        case .object(.root): .root
        case .object(let id): TreeNode.number(.intent, id.rawValue << 8)
        case .attribute(let id, let attribute): TreeNode.number(.intent, id.rawValue << 8 | UInt64(attribute.rawValue))
        case .collection(let id, let collection):
            TreeNode.number(.intent, id.rawValue << 8 | UInt64(collection.rawValue))
        case .fixed(let file): TreeNode.number(.fixed, file.rawValue)
        case .errors(let uid): TreeNode.number(.errors, UInt64(uid))
        case .state(let id, let entry): TreeNode.number(.state, id.rawValue << 16 | UInt64(entry))
        case .realization(let id): TreeNode.number(.realization, id.rawValue)
        case .schema(let kind, let attribute): TreeNode.number(.schema, UInt64(kind) << 8 | UInt64(attribute))
        case .staged(let serial): TreeNode.number(.staged, serial)
        }
    }

    /// The object that it belongs to; the root where it belongs to none.
    var object: ObjectID {
        switch self {
        case .object(let id), .attribute(let id, _), .collection(let id, _), .state(let id, _): id
        case .realization(let id): id
        case .fixed, .errors, .schema, .staged: .root
        }
    }

    /// Whether it is something that people write.
    var isIntent: Bool {
        switch self {
        case .object, .attribute, .collection: true
        default: false
        }
    }

    private static func number(_ area: Area, _ rest: UInt64) -> InodeNumber {
        InodeNumber(rawValue: area.rawValue << 60 | rest)
    }
}
