import FUSE
import Glibc

/// An error number that a request is to be failed with.
struct ErrorNumber: Error {
    let number: Int32
}

extension MemoryFileSystem.Node {
    mutating func resize(_ size: Int) {
        if size < contents.count {
            contents.removeSubrange(size...)
        } else {
            contents.append(contentsOf: repeatElement(0, count: size - contents.count))
        }
        attributes.size = Int64(size)
        attributes.modificationTime = max(now(), attributes.modificationTime + 1)
    }
}

extension MemoryFileSystem.State {
    func entry(_ inode: UInt64) -> Entry? {
        guard let node = nodes[inode] else { return nil }
        return Entry(attributes: node.attributes, entryTimeout: timeout, attributeTimeout: timeout)
    }

    mutating func make(
        _ parent: UInt64, _ name: [UInt8], _ mode: UInt32, _ contents: [UInt8]
    ) -> Result<Entry, ErrorNumber> {
        guard nodes[parent]?.children[name] == nil else { return .failure(ErrorNumber(number: EEXIST)) }
        let inode = next
        next += 1
        let attributes = FileAttributes(
            inode: InodeNumber(rawValue: inode), mode: mode, size: Int64(contents.count), modificationTime: now())
        nodes[inode] = MemoryFileSystem.Node(attributes: attributes, contents: contents)
        attach(parent, name, inode)
        return .success(Entry(attributes: attributes, entryTimeout: timeout, attributeTimeout: timeout))
    }

    mutating func attach(_ parent: UInt64, _ name: [UInt8], _ inode: UInt64) {
        let cookie = nextCookie
        nextCookie += 1
        nodes[parent]?.children[name] = (inode, cookie)
        nodes[parent]?.order.append((cookie, name))
    }

    mutating func detach(_ parent: UInt64, _ name: [UInt8]) {
        guard let child = nodes[parent]?.children.removeValue(forKey: name) else { return }
        let index = nodes[parent]?.order.partition { $0.cookie >= child.cookie }
        if let index { nodes[parent]?.order.remove(at: index) }
    }

    mutating func remove(_ parent: UInt64, _ name: [UInt8]) -> Int32 {
        guard let child = nodes[parent]?.children[name] else { return ENOENT }
        guard nodes[child.inode]?.children.isEmpty ?? true else { return ENOTEMPTY }
        detach(parent, name)
        return 0
    }
}

extension Array {
    /// The first index whose element is `good`, where all the good ones are behind the others.
    func partition(_ good: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if good(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension AttributeChanges.TimeChange {
    var resolved: Int64 {
        switch self {
        case .now: FUSETests.now()
        case .at(let time): time
        }
    }
}

/// Nanoseconds since 1970.
func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
