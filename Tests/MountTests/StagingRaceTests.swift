import Foundation
import TestKit
import Testing

extension RealMounts {
    @Suite("Temporary files that are renamed into place, many at once") struct StagingRaceTests {
        /// Its lines are all the same, so that a mixture shows; its length differs from those before and after.
        private static func value(_ thread: Int, _ round: Int) -> String {
            String(repeating: "\(thread) in \(round)\n", count: 1 + (round * 37 + thread * 11) % 150)
        }

        private static func isWhole(_ text: String) -> Bool {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            let words = lines[0].split(separator: " ")
            guard words.count == 3, let thread = Int(words[0]), let round = Int(words[2]) else { return false }
            return text == value(thread, round)
        }

        /// What `sed -i` does, by eight at once on the same attribute: readers see one of the whole values, always.
        @Test func writersOfOneAttribute() throws {
            let mount = try MountedModel()
            let directory = mount.root + "/zones/z"
            #expect(Calls.makeDirectory(directory) == 0)
            #expect(Calls.write(directory + "/description", Self.value(0, 0)) == 0)
            let problems = Shared<[String]>([])
            let reads = Shared(0)
            let left = Shared(8)
            let ended = Threads.run(12, within: 120) { thread in
                guard thread < 8 else {
                    while left.value > 0 {
                        let text = Calls.text(directory + "/description")
                        reads.update { $0 += 1 }
                        if text.map(Self.isWhole) != true {
                            let start = text.map { "'\($0.prefix(30))', \($0.utf8.count) bytes" } ?? "error \(errno)"
                            problems.update { $0.append("read \(start)") }
                        }
                    }
                    return
                }
                for round in 1...60 {
                    let temporary = directory + "/sed\(thread)aB\(String(round + 100))"
                    let codes = [
                        Calls.write(temporary, Self.value(thread, round), flags: O_CREAT | O_EXCL),
                        Calls.rename(temporary, directory + "/description"),
                    ]
                    if codes != [0, 0] { problems.update { $0.append("writer \(thread), round \(round): \(codes)") } }
                }
                left.update { $0 -= 1 }
            }
            #expect(ended)
            #expect(problems.value.isEmpty, "\(problems.value.count) of \(reads.value): \(problems.value.prefix(5))")
            #expect(reads.value > 100)
            let last = mount.text("zones/z/description") ?? ""
            #expect(
                Self.isWhole(last)
                    && mount.run("cat zones/z/description; ls -A zones/z").output == last
                        + "clusters\ndescription\nl2\nvms\n"
            )
            try mount.restart()
            #expect(mount.text("zones/z/description") == last)
        }

        /// Killed under such a load: each attribute has the last value that was answered, or the one that was
        /// under way; and nothing staged is there any more.
        @Test func killedUnderLoad() throws {
            let seed = UInt64.random(in: 0..<1_000_000)
            print("killed while renaming: seed \(seed)")
            var random = SeededRandom(seed: seed)
            let mount = try MountedModel()
            let root = mount.root
            for number in 0..<8 {
                #expect(Calls.makeDirectory("\(root)/zones/w\(number)") == 0)
                #expect(Calls.write("\(root)/zones/w\(number)/description", Self.value(number, 0)) == 0)
            }
            let answered = Shared([Int](repeating: 0, count: 8))
            var total = 0
            for round in 0..<6 {
                let killer = Thread { [pause = UInt32(random.below(700_000) + 50_000), pid = mount.pid] in
                    usleep(pause)
                    kill(pid, SIGKILL)
                }
                killer.start()
                let ended = Threads.run(8, within: 30) { thread in
                    let directory = "\(root)/zones/w\(thread)"
                    var next = answered.value[thread] + 1
                    while true {
                        let temporary = directory + "/.description.\(next)"
                        guard Calls.write(temporary, Self.value(thread, next)) == 0,
                            // A file that stays behind, for the listing after the restart.
                            Calls.write(directory + "/.left", "x") == 0,
                            Calls.rename(temporary, directory + "/description") == 0
                        else { return }
                        let done = next
                        answered.update { $0[thread] = done }
                        next += 1
                    }
                }
                try #require(ended, "seed \(seed), round \(round): a writer hangs")
                mount.kill()
                expectSuccess(mount.run("netmodelfs fsck '\(mount.store)'"), "seed \(seed), round \(round): fsck")
                try mount.start()
                for number in 0..<8 {
                    let last = answered.value[number]
                    let text = Calls.text("\(root)/zones/w\(number)/description")
                    let isLast = text == Self.value(number, last)
                    let isNext = text == Self.value(number, last + 1)
                    #expect(
                        isLast || isNext,
                        "seed \(seed), round \(round), \(number) after \(last): \(text?.prefix(20) ?? "nothing")")
                    if isNext { answered.update { $0[number] = last + 1 } }
                    #expect(
                        Calls.names("\(root)/zones/w\(number)")?.sorted() == ["clusters", "description", "l2", "vms"],
                        "seed \(seed), round \(round): leftovers")
                }
                let sum = answered.value.reduce(0, +)
                #expect(sum > total, "round \(round) answered nothing")
                total = sum
            }
            print("killed while renaming: \(total) answered renames in 6 rounds")
        }
    }
}
