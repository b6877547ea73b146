import Foundation
import ModelStore
import TestKit
import Testing

/// Random schedules of commands and faults, each of which must end with all as it was wanted. `SCHEDULES=N` runs more of them,
/// `SCHEDULE_STEPS=N` longer ones, and `SCHEDULE_SEED=S` only that one.
struct ScheduleTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let seeds: [UInt64] =
        environment["SCHEDULE_SEED"].flatMap { UInt64($0) }.map { [$0] }
        ?? Array(1...(environment["SCHEDULES"].flatMap { UInt64($0) } ?? 200))

    private static let steps = environment["SCHEDULE_STEPS"].flatMap { Int($0) } ?? 40

    @Test("after any schedule of commands and faults, hosts have what is wanted, and what was answered holds")
    func schedules() async throws {
        let directory = try StoreFolder()
        defer { directory.remove() }
        await withTaskGroup(of: [String].self) { group in
            var rest = Self.seeds[...]
            var failures = 0
            func next() {
                guard failures < 3, let seed = rest.popFirst() else { return }
                group.addTask { await Self.run(seed, directory) }
            }
            for _ in 0..<8 { next() }
            for await problems in group {
                if !problems.isEmpty {
                    failures += 1
                    Issue.record(Comment(rawValue: problems.joined(separator: "\n")))
                }
                next()
            }
        }
    }

    private static func run(_ seed: UInt64, _ directory: StoreFolder) async -> [String] {
        do {
            let store = try SQLiteModelStore(path: directory.file(of: seed))
            defer { store.close() }
            return try await Schedule.run(seed: seed, store: store, steps: Self.steps)
        } catch {
            return ["seed \(seed): \(error)"]
        }
    }
}

/// Where the stores of the schedules lie: in memory, where the machine has that.
private struct StoreFolder: Sendable {
    let path: String

    init() throws {
        let memory = "/dev/shm"
        let parent =
            FileManager.default.isWritableFile(atPath: memory) ? memory : FileManager.default.temporaryDirectory.path
        path = "\(parent)/netmodelfs-schedules-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func file(of seed: UInt64) -> String { "\(path)/\(seed).db" }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
