import FUSE
import Foundation
import Testing

extension MountTests {
    @Suite struct InvalidatorTests {
        private func set(_ tree: MemoryFileSystem, _ inode: UInt64, _ text: String) {
            tree.withLock { state in
                state.nodes[inode]?.contents = Array(text.utf8)
                state.nodes[inode]?.attributes.size = Int64(text.utf8.count)
                state.nodes[inode]?.attributes.modificationTime += 1
            }
        }

        @Test func changedContentsBecomeVisible() async throws {
            try await withMount { (mount, tree) async throws in
                try Calls.write(mount.file("a"), "old\n")
                #expect(try Calls.read(mount.file("a")) == "old\n")
                let inode = try Calls.status(mount.file("a")).st_ino
                set(tree, UInt64(inode), "something new\n")
                #expect(try Calls.read(mount.file("a")) == "old\n", "cached")
                mount.session.invalidator.invalidate(inode: InodeNumber(rawValue: UInt64(inode)))
                await mount.session.invalidator.flush()
                #expect(try Calls.read(mount.file("a")) == "something new\n")

                set(tree, UInt64(inode), "newer\n")
                mount.session.invalidator.invalidateAttributes(inode: InodeNumber(rawValue: UInt64(inode)))
                await mount.session.invalidator.flush()
                #expect(try Calls.status(mount.file("a")).st_size == 6)
                #expect(try Calls.read(mount.file("a")) == "newer\n")
            }
        }

        @Test func changedNamesBecomeVisible() async throws {
            try await withMount { (mount, tree) async throws in
                try Calls.write(mount.file("a"), "a")
                try Calls.write(mount.file("b"), "b")
                #expect(try Calls.list(mount.path) == ["a", "b"])
                let inode = UInt64(try Calls.status(mount.file("b")).st_ino)
                _ = tree.withLock { state in
                    [state.remove(1, Array("a".utf8)), state.remove(1, Array("b".utf8))]
                }
                #expect(try Calls.read(mount.file("a")) == "a", "cached")
                mount.session.invalidator.invalidateEntry(parent: .root, name: "a".utf8)
                mount.session.invalidator.deleteEntry(
                    parent: .root, child: InodeNumber(rawValue: inode), name: "b".utf8)
                mount.session.invalidator.invalidate(inode: .root)
                await mount.session.invalidator.flush()
                #expect(errorNumber { _ = try Calls.status(mount.file("a")) } == ENOENT)
                #expect(errorNumber { _ = try Calls.status(mount.file("b")) } == ENOENT)
                #expect(try Calls.list(mount.path).isEmpty)
                #expect(mount.log.messages == [])
            }
        }

        @Test func whatIsNotCachedIsNoError() async throws {
            try await withMount { (mount, _) async throws in
                for number in 0..<10_000 {
                    mount.session.invalidator.invalidate(inode: InodeNumber(rawValue: UInt64(1000 + number % 10)))
                    mount.session.invalidator.invalidateEntry(parent: .root, name: "none".utf8)
                }
                await mount.session.invalidator.flush()
                #expect(mount.log.messages == [])
            }
        }

        /// A handler that invalidates what its own caller holds locked must not hang.
        @Test func handlersMayInvalidate() async throws {
            final class SelfInvalidating: FileSystem, @unchecked Sendable {
                let inner = MemoryFileSystem()
                var invalidator: Invalidator?  // set before the first request

                func initialized(_ session: Session) { invalidator = session.invalidator }
                func attributes(of inode: InodeNumber, caller: Caller, reply: AttributesReply) {
                    inner.attributes(of: inode, caller: caller, reply: reply)
                }
                func lookup(parent: InodeNumber, name: NameBytes, caller: Caller, reply: EntryReply) {
                    inner.lookup(parent: parent, name: name, caller: caller, reply: reply)
                }
                func makeDirectory(
                    parent: InodeNumber, name: NameBytes, mode: UInt32, caller: Caller, reply: EntryReply
                ) {
                    invalidator?.invalidateEntry(parent: parent, name: name)
                    invalidator?.invalidate(inode: parent)
                    usleep(1000)
                    inner.makeDirectory(parent: parent, name: name, mode: mode, caller: caller, reply: reply)
                }
            }
            let mount = try await Mounted(SelfInvalidating())
            for number in 0..<100 {
                try Calls.makeDirectory(mount.file("d\(number)"))
            }
            await mount.session.invalidator.flush()
            try mount.end()
            await mount.session.invalidator.flush()
        }
    }
}
