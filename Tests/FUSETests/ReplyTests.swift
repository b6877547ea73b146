import FUSE
import Foundation
import Testing

extension MountTests {
    @Suite struct ReplyTests {
        private func lookup(_ mount: Mounted, _ name: String) -> Int32 {
            errorNumber { _ = try Calls.status(mount.file(name)) }
        }

        @Test func aReplyMayComeLaterFromAnotherThread() async throws {
            try await withMount { (mount, _) async throws in
                #expect(try Calls.status(mount.file("later")).st_size == 42)
                #expect(mount.log.messages == [])
            }
        }

        @Test func aDroppedReplyIsAnError() async throws {
            try await withMount { (mount, _) async throws in
                #expect(lookup(mount, "dropped") == EIO)
                #expect(mount.log.contains("dropped without an answer"))
                #expect(mount.log.contains("lookup"))
            }
        }

        @Test func aSecondAnswerIsIgnored() async throws {
            try await withMount { (mount, _) async throws in
                #expect(lookup(mount, "twice") == EBUSY)
                #expect(lookup(mount, "twice") == EBUSY)
                // The caller goes on with the first answer.
                #expect(await eventually { mount.log.contains("answered twice") })
            }
        }

        @Test(arguments: ["enosys", "zero", "large", "negative"])
        func unusableErrorNumbersBecomeEIO(name: String) async throws {
            try await withMount { (mount, _) async throws in
                #expect(lookup(mount, name) == EIO)
                #expect(mount.log.contains("must not be used"))
                #expect(lookup(mount, "nothing") == ENOENT, "the request still exists")
            }
        }

        @Test func anAbsentNameCanBeCached() async throws {
            try await withMount { (mount, tree) async throws in
                #expect(lookup(mount, "absent") == ENOENT)
                #expect(lookup(mount, "absent") == ENOENT)
                #expect(tree.count("lookup") == 1)
            }
        }

        @Test func lookupsInOneDirectoryDoNotWaitForEachOther() async throws {
            try await withMount { (mount, tree) async throws in
                let path = mount.file("first")
                let done = DispatchSemaphore(value: 0)
                let first = try DedicatedThread(name: "first") {
                    _ = try? Calls.status(path)
                    done.signal()
                }
                try #require(await eventually { tree.withLock { !$0.waiting.isEmpty } })
                #expect(lookup(mount, "second") == EXFULL)
                #expect(done.wait(timeout: .now() + 5) == .success)
                first.join()
            }
        }

        @Test func aKilledCallerIsReported() async throws {
            try await withMount { (mount, tree) async throws in
                let process = Process()
                process.executableURL = URL(fileURLWithPath: "/usr/bin/stat")
                process.arguments = [mount.file("blocked")]
                process.standardError = FileHandle.nullDevice
                try process.run()
                try #require(await eventually { tree.withLock { !$0.waiting.isEmpty } })
                #expect(tree.withLock { $0.interrupts } == 0)
                kill(process.processIdentifier, SIGKILL)
                try #require(await eventually { tree.withLock { $0.interrupts } == 1 })
                process.waitUntilExit()
                #expect(mount.log.messages == [])
            }
        }

        @Test func anInterruptBeforeTheRegistrationIsNotLost() async throws {
            try await withMount { (mount, tree) async throws in
                let process = Process()
                process.executableURL = URL(fileURLWithPath: "/usr/bin/stat")
                process.arguments = [mount.file("registered-late")]
                process.standardError = FileHandle.nullDevice
                try process.run()
                try #require(await eventually { tree.withLock { !$0.waiting.isEmpty } })
                kill(process.processIdentifier, SIGKILL)
                try await Task.sleep(for: .milliseconds(100))
                let reply = try #require(tree.withLock { $0.waiting.popLast() })
                let ran = DispatchSemaphore(value: 0)
                reply.onInterrupt { [weak reply] in
                    reply?.fail(EINTR)
                    ran.signal()
                }
                #expect(ran.wait(timeout: .now()) == .success)
                process.waitUntilExit()
                reply.onInterrupt { Issue.record("called after the answer") }
            }
        }

        /// Answers race with interrupts; nothing may crash, hang or be answered twice.
        @Test func interruptsAndAnswersRace() async throws {
            try await withMount { (mount, tree) async throws in
                for round in 0..<60 {
                    let process = Process()
                    process.executableURL = URL(fileURLWithPath: "/usr/bin/stat")
                    process.arguments = [mount.file("registered-late")]
                    process.standardError = FileHandle.nullDevice
                    try process.run()
                    try #require(await eventually { tree.withLock { !$0.waiting.isEmpty } })
                    let reply = try #require(tree.withLock { $0.waiting.popLast() })
                    reply.onInterrupt { tree.withLock { $0.interrupts += 1 } }
                    let answer = try DedicatedThread(name: "answer") {
                        usleep(UInt32(round % 6) * 100)
                        reply.fail(EINTR)
                    }
                    kill(process.processIdentifier, SIGKILL)
                    answer.join()
                    process.waitUntilExit()
                }
                #expect(mount.log.messages == [])
            }
        }
    }
}
