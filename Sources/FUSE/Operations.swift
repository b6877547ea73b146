import CFUSE
import Glibc

/// The functions that libfuse calls for the kernel's requests: they translate, and hand on to the file system.
///
/// Requests that are not in the table are answered by libfuse, with ENOSYS but for RELEASE and RELEASEDIR, which
/// succeed.
enum Operations {
    static func table() -> fuse_lowlevel_ops {
        var table = fuse_lowlevel_ops()
        table.`init` = { userdata, info in
            guard let userdata, let info else { return }
            Unmanaged<Connection>.fromOpaque(userdata).takeUnretainedValue().negotiate(&info.pointee)
        }
        addStatelessOpening(&table)
        addLooking(&table)
        addMaking(&table)
        addRemoving(&table)
        addContents(&table)
        addExtendedAttributes(&table)
        return table
    }

    /// ENOSYS tells the kernel that there is no state for an open file or directory: it will not ask again.
    private static func addStatelessOpening(_ table: inout fuse_lowlevel_ops) {
        table.open = { request, _, _ in fuse_reply_err(request, ENOSYS) }
        table.opendir = { request, _, _ in fuse_reply_err(request, ENOSYS) }
        table.flush = { request, _, _ in fuse_reply_err(request, ENOSYS) }
    }

    private static func addLooking(_ table: inout fuse_lowlevel_ops) {
        table.lookup = { request, parent, name in
            Request.serve(request, parent, name) { request, name in
                request.fileSystem.lookup(
                    parent: InodeNumber(rawValue: parent), name: name, caller: request.caller,
                    reply: EntryReply(request, .lookup))
            }
        }
        table.forget = { request, inode, count in
            Request.forget(request, [fuse_forget_data(ino: inode, nlookup: count)])
        }
        table.forget_multi = { request, count, list in
            Request.forget(request, UnsafeBufferPointer(start: list, count: count))
        }
        table.getattr = { request, inode, _ in
            Request.serve(request) { request in
                request.fileSystem.attributes(
                    of: InodeNumber(rawValue: inode), caller: request.caller,
                    reply: AttributesReply(request, .getAttributes))
            }
        }
        table.setattr = { request, inode, status, mask, _ in
            guard let status = status?.pointee else { return Request.refuse(request, EIO) }
            Request.serve(request) { request in
                request.fileSystem.setAttributes(
                    of: InodeNumber(rawValue: inode), changes: AttributeChanges(status, mask: mask),
                    caller: request.caller,
                    reply: AttributesReply(request, .setAttributes))
            }
        }
        table.readlink = { request, inode in
            Request.serve(request) { request in
                request.fileSystem.readLink(
                    inode: InodeNumber(rawValue: inode), caller: request.caller,
                    reply: LinkReply(request, .readLink))
            }
        }
        table.readdir = { request, inode, size, offset, _ in
            Request.readDirectory(request, inode, size, offset, plus: false)
        }
        table.readdirplus = { request, inode, size, offset, _ in
            Request.readDirectory(request, inode, size, offset, plus: true)
        }
        table.statfs = { request, inode in
            Request.serve(request) { request in
                request.fileSystem.statistics(
                    inode: InodeNumber(rawValue: inode), caller: request.caller,
                    reply: StatisticsReply(request, .statistics))
            }
        }
    }

    private static func addMaking(_ table: inout fuse_lowlevel_ops) {
        table.symlink = { request, target, parent, name in
            guard let target = Request.bytes(target) else { return Request.refuse(request, EIO) }
            Request.serve(request, parent, name) { request, name in
                request.fileSystem.symbolicLink(
                    parent: InodeNumber(rawValue: parent), name: name, target: target, caller: request.caller,
                    reply: EntryReply(request, .symbolicLink))
            }
        }
        table.mkdir = { request, parent, name, mode in
            Request.serve(request, parent, name) { request, name in
                request.fileSystem.makeDirectory(
                    parent: InodeNumber(rawValue: parent), name: name, mode: mode, caller: request.caller,
                    reply: EntryReply(request, .makeDirectory))
            }
        }
        table.mknod = { request, parent, name, mode, _ in
            Request.serve(request, parent, name) { request, name in
                request.fileSystem.makeNode(
                    parent: InodeNumber(rawValue: parent), name: name, mode: mode, caller: request.caller,
                    reply: EntryReply(request, .makeNode))
            }
        }
        table.create = { request, parent, name, mode, file in
            let flags = file?.pointee.flags ?? 0
            Request.serve(request, parent, name) { request, name in
                request.fileSystem.create(
                    parent: InodeNumber(rawValue: parent), name: name, mode: mode, flags: flags,
                    caller: request.caller, reply: CreateReply(request, .create))
            }
        }
    }

    private static func addRemoving(_ table: inout fuse_lowlevel_ops) {
        table.rmdir = { request, parent, name in
            Request.serve(request, parent, name) { request, name in
                request.fileSystem.removeDirectory(
                    parent: InodeNumber(rawValue: parent), name: name, caller: request.caller,
                    reply: EmptyReply(request, .removeDirectory))
            }
        }
        table.link = { request, inode, parent, name in
            Request.serve(request, parent, name) { request, name in
                request.fileSystem.hardLink(
                    inode: InodeNumber(rawValue: inode), parent: InodeNumber(rawValue: parent), name: name,
                    caller: request.caller, reply: EntryReply(request, .hardLink))
            }
        }
        table.unlink = { request, parent, name in
            Request.serve(request, parent, name) { request, name in
                request.fileSystem.unlink(
                    parent: InodeNumber(rawValue: parent), name: name, caller: request.caller,
                    reply: EmptyReply(request, .unlink))
            }
        }
        table.rename = { request, parent, name, newParent, newName, flags in
            guard let newName = Request.bytes(newName) else { return Request.refuse(request, EIO) }
            Request.serve(request, parent, name) { request, name in
                guard newName.count <= Request.maximumNameLength else {
                    return request.fileSystem.nameTooLong(
                        parent: InodeNumber(rawValue: newParent), name: newName, caller: request.caller,
                        reply: EmptyReply(request, .rename))
                }
                request.fileSystem.rename(
                    parent: InodeNumber(rawValue: parent), name: name, newParent: InodeNumber(rawValue: newParent),
                    newName: newName, flags: flags, caller: request.caller,
                    reply: EmptyReply(request, .rename))
            }
        }
    }

    private static func addContents(_ table: inout fuse_lowlevel_ops) {
        table.read = { request, inode, size, offset, _ in
            Request.serve(request) { request in
                request.fileSystem.read(
                    inode: InodeNumber(rawValue: inode), offset: Int64(offset), size: size, caller: request.caller,
                    reply: DataReply(request, offset: Int64(offset), size: size))
            }
        }
        table.write = { request, inode, data, size, offset, _ in
            let bytes = UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : size)
            Request.serve(request) { request in
                request.fileSystem.write(
                    inode: InodeNumber(rawValue: inode), bytes: bytes, offset: Int64(offset), caller: request.caller,
                    reply: WriteReply(request, size: size))
            }
        }
        table.fsync = { request, inode, dataOnly, _ in
            Request.serve(request) { request in
                request.fileSystem.synchronize(
                    inode: InodeNumber(rawValue: inode), dataOnly: dataOnly != 0, caller: request.caller,
                    reply: EmptyReply(request, .synchronize))
            }
        }
        table.fsyncdir = { request, inode, dataOnly, _ in
            Request.serve(request) { request in
                request.fileSystem.synchronizeDirectory(
                    inode: InodeNumber(rawValue: inode), dataOnly: dataOnly != 0, caller: request.caller,
                    reply: EmptyReply(request, .synchronizeDirectory))
            }
        }
    }

    private static func addExtendedAttributes(_ table: inout fuse_lowlevel_ops) {
        table.getxattr = { request, inode, name, size in
            Request.serve(request, name) { request, name in
                request.fileSystem.getExtendedAttribute(
                    inode: InodeNumber(rawValue: inode), name: name, caller: request.caller,
                    reply: ExtendedAttributeReply(
                        request, .getExtendedAttribute, size: size))
            }
        }
        table.listxattr = { request, inode, size in
            Request.serve(request) { request in
                request.fileSystem.listExtendedAttributes(
                    inode: InodeNumber(rawValue: inode), caller: request.caller,
                    reply: ExtendedAttributeReply(
                        request, .listExtendedAttributes, size: size))
            }
        }
        table.setxattr = { request, inode, name, data, size, flags in
            let value = UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : size)
            Request.serve(request, name) { request, name in
                request.fileSystem.setExtendedAttribute(
                    inode: InodeNumber(rawValue: inode), name: name, value: value, flags: flags,
                    caller: request.caller,
                    reply: EmptyReply(request, .setExtendedAttribute))
            }
        }
        table.removexattr = { request, inode, name in
            Request.serve(request, name) { request, name in
                request.fileSystem.removeExtendedAttribute(
                    inode: InodeNumber(rawValue: inode), name: name, caller: request.caller,
                    reply: EmptyReply(request, .removeExtendedAttribute))
            }
        }
    }
}
