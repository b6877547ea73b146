import FUSE
import Foundation
import Testing

extension MountTests {
    @Suite struct DirectoryTests {
        private let count = 20_000

        private func fill(_ tree: MemoryFileSystem) {
            tree.withLock { state in
                for number in 0..<count {
                    _ = state.make(1, Array("entry-\(number)".utf8), S_IFREG | 0o644, [])
                }
            }
        }

        @Test func aLargeDirectoryIsListedOnce() async throws {
            let tree = MemoryFileSystem()
            fill(tree)
            try await withMount(tree) { (mount, _) async throws in
                let names = try Calls.list(mount.path)
                #expect(names.count == count)
                #expect(Set(names).count == count)
                #expect(names.first == "entry-0" && names.last == "entry-\(count - 1)")
                #expect(try Calls.list(mount.path) == names)
            }
        }

        @Test func plusSavesTheLookups() async throws {
            let tree = MemoryFileSystem()
            for number in 0..<10 {
                tree.withLock { _ = $0.make(1, Array("e\(number)".utf8), S_IFREG | 0o600, Array("text".utf8)) }
            }
            try await withMount(tree) { (mount, tree) async throws in
                let names = try Calls.list(mount.path)
                for name in names {
                    let status = try Calls.status(mount.file(name))
                    #expect(status.st_size == 4 && status.st_mode == S_IFREG | 0o600)
                }
                #expect(tree.count("readDirectoryPlus") > 0)
                #expect(tree.count("lookup") == 0)
            }
        }

        @Test func removingWhileListingSkipsNothing() async throws {
            let tree = MemoryFileSystem()
            fill(tree)
            try await withMount(tree) { (mount, tree) async throws in
                // Each name is removed once it is listed, and new ones appear all the time.
                var listed: [String] = []
                var added = 0
                listed = try Calls.list(mount.path) { number in
                    tree.withLock { state in
                        _ = state.remove(1, Array("entry-\(number - 1)".utf8))
                        if number % 100 == 0, number <= count {
                            added += 1
                            _ = state.make(1, Array("new-\(added)".utf8), S_IFREG, [])
                        }
                    }
                }
                let old = listed.filter { $0.hasPrefix("entry-") }
                #expect(old == (0..<count).map { "entry-\($0)" })
                #expect(Set(listed).count == listed.count)
            }
        }

        @Test func everythingIsRemovedByRm() async throws {
            let tree = MemoryFileSystem()
            tree.withLock { state in
                for number in 0..<3000 {
                    _ = state.make(1, Array("e\(number)".utf8), S_IFREG | 0o644, [])
                }
            }
            try await withMount(tree) { (mount, tree) async throws in
                let output = try run("/bin/sh", "-c", "cd '\(mount.path)' && ls | wc -l && rm -rf ./* && ls -A | wc -l")
                #expect(output == "3000\n0\n")
                let forgotten = await eventually { tree.withLock { $0.forgotten.count } > 2900 }
                #expect(forgotten, "the kernel forgets what is gone")
            }
        }
    }
}

/// A program's output.
func run(_ program: String, _ arguments: String...) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: output, as: UTF8.self)
}
