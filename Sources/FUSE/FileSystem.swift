/// A name, a link's text or an extended attribute's name as it came from the kernel: bytes without the closing NUL.
///
/// They belong to the request's buffer and are valid **only until the method they are handed to returns**; what is
/// needed later must be copied. Names are at most 255 bytes: longer ones go to
/// ``FileSystem/nameTooLong(parent:name:caller:reply:)``.
public typealias NameBytes = UnsafeBufferPointer<UInt8>

/// A file system: one method for each request of the kernel.
///
/// Methods are called on the session's threads, several at a time; a method must not wait for anything but short locks.
/// Every request is answered through its `reply`, exactly once, at once or later from any thread. Errors are answered
/// with ``Reply/fail(_:)``; the caller's `errno` is what is given there.
///
/// There is no state for an open file: OPEN and OPENDIR never get here, a write is complete in itself, and `O_TRUNC`
/// arrives as ``setAttributes(of:changes:caller:reply:)`` with size 0.
///
/// The session holds its file system strongly. A file system that keeps its session should do so weakly.
public protocol FileSystem: AnyObject, Sendable {
    /// The mount is usable from now on: the kernel's INIT has been answered. Called once, on the thread in
    /// ``Session/run(drainTime:)``, before any request.
    func initialized(_ session: Session)
    /// The session has ended and no request is coming any more. Called once, on the thread in
    /// ``Session/run(drainTime:)``.
    func destroyed()

    /// What does `name` in the directory `parent` lead to? ENOENT if to nothing. Default: ENOENT.
    ///
    /// Every answered entry (also of the methods that create one, and of a listing with attributes) counts one lookup
    /// of its inode, see ``forget(inode:lookups:)``.
    func lookup(parent: InodeNumber, name: NameBytes, caller: Caller, reply: EntryReply)
    /// The kernel has dropped `lookups` lookups of `inode`; at 0 it will not speak of it again without a lookup. There
    /// is no answer. Default: nothing, which is right where inode numbers are never reused.
    func forget(inode: InodeNumber, lookups: UInt64)

    /// Default: ENOENT.
    func attributes(of inode: InodeNumber, caller: Caller, reply: AttributesReply)
    /// Changes mode, owner, size (truncation) or times, and answers the attributes thereafter. Default: EPERM.
    func setAttributes(of inode: InodeNumber, changes: AttributeChanges, caller: Caller, reply: AttributesReply)

    /// The text of a symbolic link. Default: EINVAL.
    func readLink(inode: InodeNumber, caller: Caller, reply: LinkReply)
    /// Default: EPERM.
    func symbolicLink(parent: InodeNumber, name: NameBytes, target: NameBytes, caller: Caller, reply: EntryReply)

    /// Default: EPERM. `mode` holds the permissions, the umask already taken off.
    func makeDirectory(parent: InodeNumber, name: NameBytes, mode: UInt32, caller: Caller, reply: EntryReply)
    /// Makes a file, FIFO, socket or device without opening it; the type is in `mode`. Default: EPERM.
    func makeNode(parent: InodeNumber, name: NameBytes, mode: UInt32, caller: Caller, reply: EntryReply)
    /// Makes a regular file for `open` with `O_CREAT`. `flags` are those of `open`. Default: EPERM.
    func create(
        parent: InodeNumber, name: NameBytes, mode: UInt32, flags: Int32, caller: Caller, reply: CreateReply)
    /// A second name for what `inode` is. Default: EPERM.
    func hardLink(inode: InodeNumber, parent: InodeNumber, name: NameBytes, caller: Caller, reply: EntryReply)
    /// Any request with a name of more than 255 bytes (the kernel lets 1024 through). Most are lookups: whatever was
    /// to be done there begins with one. Default: ENAMETOOLONG, and nothing else is a right answer.
    func nameTooLong(parent: InodeNumber, name: NameBytes, caller: Caller, reply: EmptyReply)
    /// Default: EPERM.
    func removeDirectory(parent: InodeNumber, name: NameBytes, caller: Caller, reply: EmptyReply)
    /// Removes anything but a directory. Default: EPERM.
    func unlink(parent: InodeNumber, name: NameBytes, caller: Caller, reply: EmptyReply)
    /// `flags` are those of `renameat2`: `RENAME_NOREPLACE` (1), `RENAME_EXCHANGE` (2); EINVAL to unknown ones.
    /// Default: EPERM.
    func rename(
        parent: InodeNumber, name: NameBytes, newParent: InodeNumber, newName: NameBytes, flags: UInt32,
        caller: Caller, reply: EmptyReply)

    /// Answers up to `size` bytes from `offset`; fewer only at the end of the file. Default: EINVAL.
    func read(inode: InodeNumber, offset: Int64, size: Int, caller: Caller, reply: DataReply)
    /// `bytes` are valid until the method returns. Default: EPERM.
    func write(inode: InodeNumber, bytes: UnsafeRawBufferPointer, offset: Int64, caller: Caller, reply: WriteReply)
    /// `fsync`, or `fdatasync` if `dataOnly`. Default: never asked again, and `fsync` succeeds.
    func synchronize(inode: InodeNumber, dataOnly: Bool, caller: Caller, reply: EmptyReply)
    /// The same for a directory, with the same default.
    func synchronizeDirectory(inode: InodeNumber, dataOnly: Bool, caller: Caller, reply: EmptyReply)

    /// Lists from behind `cookie`, the one given with the last entry that the reader has; 0 from the start. An empty
    /// answer is the end. With `plus` the kernel takes whole entries, and caches them. Default: ENOTDIR.
    ///
    /// There is no state for an open directory, so a cookie must stay good while entries come and go.
    func readDirectory(
        inode: InodeNumber, after cookie: UInt64, plus: Bool, caller: Caller, reply: DirectoryReply)

    /// Default: no blocks, names of up to 255 bytes.
    func statistics(inode: InodeNumber, caller: Caller, reply: StatisticsReply)

    /// ENODATA if there is no such attribute. Default: never asked again, EOPNOTSUPP.
    ///
    /// A file system that answers this request at all pays for it: the kernel asks for `security.capability` before
    /// every write, another round trip, unless the request is never supported.
    func getExtendedAttribute(
        inode: InodeNumber, name: NameBytes, caller: Caller, reply: ExtendedAttributeReply)
    /// The names, each followed by a NUL. Default: never asked again, EOPNOTSUPP.
    func listExtendedAttributes(inode: InodeNumber, caller: Caller, reply: ExtendedAttributeReply)
    /// `flags`: `XATTR_CREATE` (1), `XATTR_REPLACE` (2). `value` is valid until the method returns.
    /// Default: never asked again, EOPNOTSUPP.
    func setExtendedAttribute(
        inode: InodeNumber, name: NameBytes, value: UnsafeRawBufferPointer, flags: Int32, caller: Caller,
        reply: EmptyReply)
    /// Default: never asked again, EOPNOTSUPP.
    func removeExtendedAttribute(inode: InodeNumber, name: NameBytes, caller: Caller, reply: EmptyReply)
}
