import Foundation
import Testing

@testable import FUSE

extension MountTests {
    @Suite struct MountTableTests {
        @Test func linesAreParsed() throws {
            let table = """
                22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
                30 22 0:53 / /mnt/with\\040space rw,nosuid shared:5 master:2 - fuse.test na\\134me rw,user_id=0
                31 22 0:54 / /none ro - tmpfs tmpfs rw
                not a line

                """
            let entries = MountTable.parse(Array(table.utf8))
            #expect(entries.count == 3)
            #expect(entries[0].mountPoint == "/" && entries[0].type == "ext4" && entries[0].device == "254:0")
            #expect(entries[1].mountPoint == "/mnt/with space" && entries[1].source == "na\\me")
            #expect(entries[1].type == "fuse.test" && entries[1].options == ["rw", "nosuid", "rw", "user_id=0"])
            #expect(entries[2].options == ["ro", "rw"])
        }

        @Test func theTableOfThisProcess() throws {
            #expect(try MountTable.entry(at: "/proc")?.type == "proc")
            #expect(try MountTable.entry(at: "/proc/")?.type == "proc")
            #expect(try MountTable.entry(at: "/proc/self") == nil)
            #expect(try !MountTable.entries(ofType: "proc").isEmpty)
        }

        @Test func pathsAreResolved() {
            #expect(MountTable.resolve("/proc/../nothing/") == "/nothing")
            #expect(MountTable.resolve("/no/such/thing") == "/no/such/thing")
            #expect(MountTable.resolve("/") == "/")
        }

        /// A mount whose `/dev/fuse` is closed is what a killed daemon leaves behind.
        private func leaveDeadMount(at path: String) throws {
            let device = try Mounting.mount(at: path, MountOptions(["subtype=dead"]))
            close(device)
        }

        @Test func deadMountsAreCleared() throws {
            let path = try makeDirectory()
            let place = path + "/with space"
            try Calls.makeDirectory(place)
            try leaveDeadMount(at: place)
            #expect(errorNumber { _ = try Calls.status(place) } == ENOTCONN)
            #expect(try MountTable.entry(at: place)?.type == "fuse.dead")
            let session = try Session(mountPoint: place, fileSystem: MemoryFileSystem(), logger: .init(label: "test"))
            #expect(throws: SessionError.deadMount(place)) { try session.mount() }
            #expect(try MountTable.clearDeadMount(at: place) == 1)
            #expect(try MountTable.entry(at: place) == nil)
            #expect(try MountTable.clearDeadMount(at: place) == 0)
            try Calls.removeDirectory(place)
            try Calls.removeDirectory(path)
        }

        @Test func livingMountsAreLeftAlone() async throws {
            try await withMount { (mount, _) async throws in
                #expect(try MountTable.clearDeadMount(at: mount.path) == 0)
                #expect(try Calls.list(mount.path).isEmpty)
            }
        }

        @Test func allMountsOfASessionAreRemoved() async throws {
            let mount = try await Mounted(MemoryFileSystem())
            let copy = try makeDirectory()
            #expect(Glibc.mount(mount.path, copy, nil, UInt(MS_BIND), nil) == 0)
            #expect(try MountTable.entry(at: copy)?.type == "fuse.fusetests")
            try mount.end()
            #expect(try MountTable.entry(at: copy) == nil)
            try Calls.removeDirectory(copy)
        }
    }
}
