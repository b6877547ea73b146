/// What somebody asks of the model.
public enum Command: Sendable {
    case create(NewObject)
    case delete(ObjectID)
    case rename(ObjectID, to: Name)
    /// Sets an attribute to a text, kept byte for byte.
    case set(ObjectID, AttributeID, text: String, ownership: Ownership?)
    /// Back to the default.
    case unset(ObjectID, AttributeID)
    /// The file goes, the value stays in force until `settle` or a new `set`: tools remove a file to write it anew.
    /// `isFinal`: refused at once where the value is needed.
    case leave(ObjectID, AttributeID, isFinal: Bool)
    /// What left at this time (nil: whenever it did) and was not written since goes for good.
    case settle(ObjectID, AttributeID, left: Int64?)
    /// What has left comes back.
    case stay(ObjectID, AttributeID)
    /// A directory that was prepared beside the tree becomes an object, with all that is in it.
    case plant(Draft, parent: ObjectID, collection: CollectionID, name: Name, DraftOrigin)
    /// What is there becomes equal to a directory that was prepared beside the tree.
    case equalize(Draft, DraftPlace, DraftOrigin)
    /// A link is written anew and still leads to the same object.
    case retext(ObjectID, text: String, Ownership)
    /// Sets a link attribute: the text as it was written, and what it leads to.
    case link(ObjectID, AttributeID, text: String, target: ObjectID, ownership: Ownership?)
    /// Permissions and times of an object (facet 0), an attribute or a collection.
    case setMetadata(ObjectID, facet: UInt8, MetadataChange)
    /// `rmdir` of an empty collection, and `mkdir` of one that was removed.
    case hideCollection(ObjectID, CollectionID, Bool)
    /// A VM of the host is about to need the L2 network, or does not need it any more.
    case instantiate(ObjectID, host: ObjectID)
    case deinstantiate(ObjectID, host: ObjectID)
    /// A VM that shall run and is nowhere is tried again.
    case place(ObjectID)
    /// An L2 network is detached from a cluster whatever uses it: NICs that are plugged into it there go, and their VMs stay.
    case detachByForce(ObjectID)
    /// The outcome of work on hosts, written by the engine itself.
    case progress(Progress)
}

/// Who makes a file, and with which permissions.
public struct Ownership: Hashable, Sendable {
    public let uid: UInt32
    public let gid: UInt32
    /// Permission bits, with the umask applied.
    public let mode: UInt16
    /// For a file that takes the place of another with all it has: when it was last written, nanoseconds since 1970.
    public let modified: Int64?

    public init(uid: UInt32, gid: UInt32, mode: UInt16, modified: Int64? = nil) {
        self.uid = uid
        self.gid = gid
        self.mode = mode
        self.modified = modified
    }
}

/// An object to be made.
public struct NewObject: Sendable {
    public let id: ObjectID
    public let uuid: UniqueID
    public let parent: ObjectID
    public let collection: CollectionID
    public let name: Name
    public let ownership: Ownership
    /// The text of a range or the link text of an attachment.
    public let text: String?
    /// What a link leads to.
    public let target: ObjectID?
    /// The attachment whose name this one takes when its hosts have taken it.
    public let replaces: ObjectID?

    public init(
        id: ObjectID, uuid: UniqueID, parent: ObjectID, collection: CollectionID, name: Name, ownership: Ownership,
        text: String? = nil, target: ObjectID? = nil, replaces: ObjectID? = nil
    ) {
        self.id = id
        self.uuid = uuid
        self.parent = parent
        self.collection = collection
        self.name = name
        self.ownership = ownership
        self.text = text
        self.target = target
        self.replaces = replaces
    }
}

/// New permissions and times; nil leaves what is.
public struct MetadataChange: Hashable, Sendable {
    public var mode: UInt16?
    public var uid: UInt32?
    public var gid: UInt32?
    /// Nanoseconds since 1970.
    public var modified: Int64?

    public init(mode: UInt16? = nil, uid: UInt32? = nil, gid: UInt32? = nil, modified: Int64? = nil) {
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.modified = modified
    }
}

/// Steps of work on hosts.
public enum Progress: Sendable {
    /// Every host took the network: the attachment comes to be.
    case attached(ObjectID)
    /// The attachment shall not be: it goes off the hosts (after a refusal, Ctrl-C, or a daemon that was killed).
    /// `untouched`: no host was told to realize it yet.
    case withdraw(ObjectID, untouched: Bool)
    /// The hosts are rid of it, as far as they could be reached.
    case detached(ObjectID)
    /// A host took all networks of its cluster: its new connection holds.
    case connected(ObjectID)
    /// A host's connection shall not be: what is on the host goes off it first. `untouched`: it was told nothing yet.
    case disconnecting(ObjectID, untouched: Bool)
    /// The host is rid of everything, or was given up: its connection goes back to what it was before.
    case disconnected(ObjectID)
    /// The host has `specification` (nil: nothing of the network).
    case applied(realization: ObjectID, L2Specification?, generation: Int64)
    case failed(realization: ObjectID, String)
    /// The host is rid of everything, or was given up: it goes.
    case hostRemoved(ObjectID)
    /// Undo of a refused change: the object's text goes back to what it was, and with it what hosts shall have.
    /// `untouched`: no host was told of the change yet.
    /// `attempted`: with the change; what was written over that since stays. Nil: nothing can have been.
    case restore(ObjectRecord, attempted: ObjectRecord? = nil, untouched: Bool)
    /// The hosts took what came with a directory.
    case arrived(ObjectID)
    /// A VM has all that it needs on the host that it was on its way to.
    case moved(ObjectID)
    /// A move that nobody finished is none: the VM stays on the host that it was to leave.
    case stays(ObjectID)
    /// What hosts refused of a VM goes back.
    case unplugged([PortWork.Edit])
    /// An instantiation shall not be after all.
    case deinstantiate(ObjectID, host: ObjectID)
    /// What came with a directory goes off the hosts again, and then goes.
    case uproot(ObjectID)
    case uprooted(ObjectID)
}

/// When and by whom a command is given.
public struct PlanContext: Sendable {
    /// Nanoseconds since 1970.
    public let now: Int64
    /// Whether more of the same transaction comes: no VM is placed before all is there.
    public var isDraft = false

    public init(now: Int64) {
        self.now = now
    }
}

/// What a command comes to.
public struct Plan: Sendable {
    public var changes: [Change]
    /// What has to happen on hosts before the caller is answered; nil for nothing.
    public var work: HostWork?
    /// The object that the command was about.
    public var subject: ObjectID
    /// Whether the same command is to be given again when the work is done: this was its first part.
    public var isFirstPart = false

    public init(changes: [Change], work: HostWork? = nil, subject: ObjectID, isFirstPart: Bool = false) {
        self.changes = changes
        self.work = work
        self.subject = subject
        self.isFirstPart = isFirstPart
    }
}

extension Plan {
    /// What may be taken back until the caller is answered. A network for a VM changes no object, only what its host shall
    /// have: that is not to be realized before it is stored.
    public var objectsInFlight: [ObjectID] {
        let objects = changes.compactMap(\.object)
        switch work {
        case .instantiate(_, let host)?, .deinstantiate(_, let host)?: return objects + realizations(on: [host])
        case .ports(let work)?: return objects + realizations(on: Set((work.plugged + work.unplugged).map(\.host)))
        default: return objects
        }
    }
}

extension Plan {
    private func realizations(on hosts: Set<ObjectID>) -> [ObjectID] {
        changes.compactMap { change in
            switch change {
            case .insertRealization(let record), .updateRealization(_, let record):
                hosts.contains(record.host) ? record.id : nil
            default: nil
            }
        }
    }
}

/// Work on hosts that follows a durable intent.
public indirect enum HostWork: Hashable, Sendable {
    /// Check and realize an attachment; withdraw it when a host refuses.
    case attach(ObjectID)
    /// Take an attachment off the hosts, then remove it.
    case detach(ObjectID)
    /// Connect a host and realize what its cluster has; when that fails, its connection goes back to what it was.
    case connect(ObjectID)
    /// Take everything off a host and close the connection; `remove`: then remove the host.
    case release(ObjectID, remove: Bool)
    /// Bring all hosts of an L2 network to its new shape; restore the record when one refuses, but for what was written
    /// over the attempt since.
    case reshape(ObjectID, previous: ObjectRecord, attempted: ObjectRecord)
    /// Check and realize an L2 network for a VM on one host; taken back when it refuses.
    case instantiate(ObjectID, host: ObjectID)
    /// Take an L2 network off a host whose last VM on it is gone.
    case deinstantiate(ObjectID, host: ObjectID)
    /// Plug NICs of a VM in; taken back when a host refuses. Then unplug those that go.
    case ports(PortWork)
    /// A host left maintenance: reconnect it.
    case resume(ObjectID)
    /// All of it at once, for a directory that became this object; when any of it is refused, the object goes again.
    case arrive(ObjectID, [HostWork])
    /// All of it at once, each by itself.
    case all([HostWork])

    /// Networks whose former wires are kept for them while hosts are asked.
    public var reshaped: [ObjectRecord] {
        switch self {
        case .reshape(_, let previous, _): [previous]
        case .arrive(_, let works), .all(let works): works.flatMap(\.reshaped)
        default: []
        }
    }
}
