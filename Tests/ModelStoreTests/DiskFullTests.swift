import Foundation
import NetworkModel
import Testing

@testable import ModelStore

@Suite("A full disk")
struct DiskFullTests {
    /// A small file system in memory, for one test.
    final class SmallDisk {
        let directory: String
        var path: String { directory + "/store.db" }

        init?(megabytes: Int) {
            directory = NSTemporaryDirectory() + "/store-disk-" + UUID().uuidString
            guard mkdir(directory, 0o700) == 0 else { return nil }
            guard mount("none", directory, "tmpfs", 0, "size=\(megabytes)m") == 0 else {
                rmdir(directory)
                return nil
            }
        }

        deinit {
            umount2(directory, Int32(MNT_DETACH))
            rmdir(directory)
        }

        /// Takes all the room that is left, save some.
        func fill(leaving bytes: Int) {
            var status = statvfs()
            guard statvfs(directory, &status) == 0 else { return }
            let size = Int(status.f_bavail * status.f_bsize) - bytes
            _ = FileManager.default.createFile(atPath: directory + "/filler", contents: Data(count: max(0, size)))
        }

        func empty() { unlink(directory + "/filler") }
    }

    static var canMount: Bool { SmallDisk(megabytes: 1) != nil }

    private func large(_ id: UInt64) -> Change {
        let text = String(repeating: "x", count: 100_000)
        return .insert(zone(id, "z\(id)", [AttributeText(id: .description, text: text, modified: 1)]))
    }

    @Test(
        "a commit that finds no room says so, leaves nothing, and works again when there is room",
        .enabled(if: canMount))
    func full() throws {
        let disk = try #require(SmallDisk(megabytes: 20))
        var store = try SQLiteModelStore(path: disk.path)
        var revision = try store.commit([large(16)], nextID: ObjectID(17), after: 0)
        disk.fill(leaving: 100_000)
        var count: UInt64 = 1
        var refused: StoreFailure?
        for _ in 0..<200 where refused == nil {
            let id = 16 + count
            do throws(StoreFailure) {
                revision = try store.commit(
                    [large(id), large(id + 100_000)], nextID: ObjectID(id + 1), after: revision)
                count += 1
            } catch {
                refused = error
            }
        }
        #expect(refused?.kind == .full)
        #expect(refused?.reason == "The disk that holds the store \(disk.path) is full, so the change was not stored.")
        for id in UInt64(90)..<95 {
            expectFailure(.full, "it stays so until there is room") {
                _ = try store.commit([large(id), large(id + 50)], nextID: ObjectID(id + 1), after: revision)
            }
        }
        // Nothing is lost, nothing half done, and reading goes on.
        let model = try store.load()
        #expect(model.revision == revision)
        #expect(model.records.count == Int(2 * count))
        #expect(model.records.dropFirst().allSatisfy { $0.text(.description)?.utf8.count == 100_000 })

        disk.empty()
        revision = try store.commit([large(90)], nextID: ObjectID(400_000), after: revision)
        #expect(try store.load().records.count == Int(2 * count) + 1)
        store.close()
        #expect(try SQLiteModelStore.check(path: disk.path) == [])
        store = try SQLiteModelStore(path: disk.path)
        #expect(try store.load().records.count == Int(2 * count) + 1)
        #expect(try store.load().revision == revision)
    }

    @Test("a start on a full disk reads what is there", .enabled(if: canMount))
    func start() throws {
        let disk = try #require(SmallDisk(megabytes: 20))
        var store = try SQLiteModelStore(path: disk.path)
        _ = try store.commit([large(16)], nextID: ObjectID(17), after: 0)
        store.close()
        disk.fill(leaving: 0)
        store = try SQLiteModelStore(path: disk.path)
        #expect(try store.load().records.count == 2)
        expectFailure(.full) { _ = try store.commit([.insert(zone(17, "b"))], nextID: ObjectID(18), after: 1) }
        disk.empty()
        #expect(try store.commit([.insert(zone(17, "b"))], nextID: ObjectID(18), after: 1) == 2)
        store.close()
        #expect(try SQLiteModelStore.check(path: disk.path) == [])
    }

    @Test("a new store on a full disk is refused, and can be made later", .enabled(if: canMount))
    func new() throws {
        let disk = try #require(SmallDisk(megabytes: 20))
        disk.fill(leaving: 0)
        expectFailure(.full) { _ = try SQLiteModelStore(path: disk.path) }
        disk.empty()
        #expect(try SQLiteModelStore(path: disk.path).load().records.count == 1)
    }

    @Test("a disk that became read-only", .enabled(if: canMount))
    func readOnly() throws {
        let disk = try #require(SmallDisk(megabytes: 20))
        let store = try SQLiteModelStore(path: disk.path)
        store.close()
        let readOnly = UInt(MS_RDONLY | MS_REMOUNT)
        #expect(mount("none", disk.directory, "tmpfs", readOnly, nil) == 0)
        expectFailure(.readOnly) { _ = try SQLiteModelStore(path: disk.path) }
        #expect(try SQLiteModelStore.check(path: disk.path) == [])
    }
}
