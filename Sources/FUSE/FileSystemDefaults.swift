import Glibc

/// What a file system answers that does not know a request.
extension FileSystem {
    public func initialized(_ session: Session) {}

    public func destroyed() {}

    public func lookup(parent: InodeNumber, name: NameBytes, caller: Caller, reply: EntryReply) {
        reply.fail(ENOENT)
    }

    public func forget(inode: InodeNumber, lookups: UInt64) {}

    public func attributes(of inode: InodeNumber, caller: Caller, reply: AttributesReply) {
        reply.fail(ENOENT)
    }

    public func setAttributes(
        of inode: InodeNumber, changes: AttributeChanges, caller: Caller, reply: AttributesReply
    ) {
        reply.fail(EPERM)
    }

    public func readLink(inode: InodeNumber, caller: Caller, reply: LinkReply) {
        reply.fail(EINVAL)
    }

    public func symbolicLink(
        parent: InodeNumber, name: NameBytes, target: NameBytes, caller: Caller, reply: EntryReply
    ) {
        reply.fail(EPERM)
    }

    public func makeDirectory(
        parent: InodeNumber, name: NameBytes, mode: UInt32, caller: Caller, reply: EntryReply
    ) {
        reply.fail(EPERM)
    }

    public func makeNode(parent: InodeNumber, name: NameBytes, mode: UInt32, caller: Caller, reply: EntryReply) {
        reply.fail(EPERM)
    }

    public func create(
        parent: InodeNumber, name: NameBytes, mode: UInt32, flags: Int32, caller: Caller, reply: CreateReply
    ) {
        reply.fail(EPERM)
    }

    public func hardLink(
        inode: InodeNumber, parent: InodeNumber, name: NameBytes, caller: Caller, reply: EntryReply
    ) {
        reply.fail(EPERM)
    }

    public func nameTooLong(parent: InodeNumber, name: NameBytes, caller: Caller, reply: EmptyReply) {
        reply.fail(ENAMETOOLONG)
    }

    public func removeDirectory(parent: InodeNumber, name: NameBytes, caller: Caller, reply: EmptyReply) {
        reply.fail(EPERM)
    }

    public func unlink(parent: InodeNumber, name: NameBytes, caller: Caller, reply: EmptyReply) {
        reply.fail(EPERM)
    }

    public func rename(
        parent: InodeNumber, name: NameBytes, newParent: InodeNumber, newName: NameBytes, flags: UInt32,
        caller: Caller, reply: EmptyReply
    ) {
        reply.fail(EPERM)
    }

    public func read(inode: InodeNumber, offset: Int64, size: Int, caller: Caller, reply: DataReply) {
        reply.fail(EINVAL)
    }

    public func write(
        inode: InodeNumber, bytes: UnsafeRawBufferPointer, offset: Int64, caller: Caller, reply: WriteReply
    ) {
        reply.fail(EPERM)
    }

    public func synchronize(inode: InodeNumber, dataOnly: Bool, caller: Caller, reply: EmptyReply) {
        reply.neverSupported()
    }

    public func synchronizeDirectory(inode: InodeNumber, dataOnly: Bool, caller: Caller, reply: EmptyReply) {
        reply.neverSupported()
    }

    public func readDirectory(
        inode: InodeNumber, after cookie: UInt64, plus: Bool, caller: Caller, reply: DirectoryReply
    ) {
        reply.fail(ENOTDIR)
    }

    public func statistics(inode: InodeNumber, caller: Caller, reply: StatisticsReply) {
        reply.succeed(FileSystemStatistics())
    }

    public func getExtendedAttribute(
        inode: InodeNumber, name: NameBytes, caller: Caller, reply: ExtendedAttributeReply
    ) {
        reply.neverSupported()
    }

    public func listExtendedAttributes(inode: InodeNumber, caller: Caller, reply: ExtendedAttributeReply) {
        reply.neverSupported()
    }

    public func setExtendedAttribute(
        inode: InodeNumber, name: NameBytes, value: UnsafeRawBufferPointer, flags: Int32, caller: Caller,
        reply: EmptyReply
    ) {
        reply.neverSupported()
    }

    public func removeExtendedAttribute(inode: InodeNumber, name: NameBytes, caller: Caller, reply: EmptyReply) {
        reply.neverSupported()
    }
}
