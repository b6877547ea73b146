import Engine
import NetworkModel
import Synchronization
import Testing

@testable import ModelTree

/// Questions and answers of `netmodelfs plan` that wait: bounded, and for who asked.
struct PlanDeskTests {
    private func key(_ word: String, uid: UInt32 = 1000) -> PlanDesk.Key {
        PlanDesk.Key(uid: uid, token: Array(word.utf8))
    }

    private func put(_ desk: PlanDesk, _ key: PlanDesk.Key) -> Refusal? {
        do throws(Refusal) {
            try desk.add(.success(.nothing), to: key)
            _ = try desk.begin(key)
            return nil
        } catch {
            return error
        }
    }

    @Test func answersAreReadInPartsAndOnce() {
        let desk = PlanDesk()
        #expect(put(desk, key("a")) == nil)
        #expect(desk.read(key("a"), part: 0, of: 4) == nil, "not answered yet")
        desk.keep(Array("abcdefghij".utf8), for: key("a"))
        #expect(desk.read(key("a", uid: 1), part: 0, of: 4) == nil, "another user's")
        #expect(desk.read(key("b"), part: 0, of: 4) == nil)
        let parts = (0..<4).map { desk.read(key("a"), part: $0, of: 4).map { String(decoding: $0, as: UTF8.self) } }
        #expect(parts == ["abcd", "efgh", "ij", ""])
        #expect(desk.read(key("a"), part: 0, of: 4) == nil, "it is gone")
        #expect(desk.read(key("a"), part: .max, of: 4) == nil)
    }

    @Test func oneUserCannotKeepOthersFromAsking() {
        let desk = PlanDesk()
        for index in 0..<4 { #expect(put(desk, key("\(index)")) == nil) }
        let refusal = put(desk, key("5"))
        #expect(refusal?.rule == "plan.too-many" && refusal?.error == .again)
        #expect(refusal?.reason == "Too many plans are being made.")
        #expect(put(desk, key("5", uid: 0)) == nil, "root's is a place of its own")
        desk.drop(key("0"))
        #expect(put(desk, key("5")) == nil)
        for index in 0..<11 { #expect(put(desk, key("root \(index)", uid: 0)) == nil) }
        #expect(put(desk, key("x", uid: 0))?.rule == "plan.too-many")
    }

    @Test func olderAnswersMakeRoom() {
        let desk = PlanDesk()
        for index in 0..<20 {
            #expect(put(desk, key("\(index)")) == nil)
            desk.keep([UInt8](repeating: 7, count: 4 << 20), for: key("\(index)"))
        }
        let there = (0..<20).filter { desk.read(key("\($0)"), part: 0, of: 1) != nil }
        #expect(there == [16, 17, 18, 19], "16 MiB of one user")
        for index in 0..<40 { try? desk.add(.success(.nothing), to: key("begun \(index)", uid: 7)) }
        #expect(desk.read(key("19"), part: 0, of: 1) != nil, "another user's questions do not push it out")
    }

    /// Whoever has too much loses their own.
    @Test func answersOfOthersStay() {
        let desk = PlanDesk()
        #expect(put(desk, key("other", uid: 7)) == nil)
        desk.keep(Array("theirs".utf8), for: key("other", uid: 7))
        for index in 0..<6 {
            #expect(put(desk, key("\(index)")) == nil)
            #expect(desk.keep([UInt8](repeating: 7, count: 4 << 20), for: key("\(index)")) == nil)
        }
        #expect(desk.read(key("other", uid: 7), part: 0, of: 9).map { Array($0) } == Array("theirs".utf8))
        let there = (0..<6).filter { desk.read(key("\($0)"), part: 0, of: 1) != nil }
        #expect(there == [2, 3, 4, 5])
    }

    @Test func whatIsTooLargeMakesNoRoom() {
        let desk = PlanDesk()
        for (uid, word) in [(1000, "own"), (7, "other")] as [(UInt32, String)] {
            #expect(put(desk, key(word, uid: uid)) == nil)
            desk.keep([1], for: key(word, uid: uid))
        }
        #expect(put(desk, key("large")) == nil)
        let refusal = desk.keep([UInt8](repeating: 7, count: 16 << 20 | 1), for: key("large"))
        #expect(refusal?.rule == "plan.answer-too-large" && refusal?.error == .tooBig)
        #expect(refusal?.reason == "The answer has 16777217 bytes, and 16777216 are the most.")
        #expect(refusal?.remedy == "Plan parts of it, such as one object at a time.")
        #expect(desk.read(key("large"), part: 0, of: 1) == nil)
        #expect(desk.read(key("own"), part: 0, of: 1) != nil && desk.read(key("other", uid: 7), part: 0, of: 1) != nil)
        #expect(desk.keep([2], for: key("large")) == nil, "it still waits for an answer")
        #expect(desk.read(key("large"), part: 0, of: 1) == [2])
    }

    @Test func whoWaitsIsCalledOnce() {
        let desk = PlanDesk()
        let calls = Mutex(0)
        func wait(_ key: PlanDesk.Key) -> PlanDesk.Wait { desk.wait(for: key) { calls.withLock { $0 += 1 } } }
        func isNone(_ wait: PlanDesk.Wait) -> Bool { if case .none = wait { true } else { false } }
        #expect(isNone(wait(key("a"))), "not asked")
        #expect(put(desk, key("a")) == nil)
        #expect(isNone(wait(key("a", uid: 7))), "another user's")
        guard case .waits(let first) = wait(key("a")), case .taken = wait(key("a")) else {
            Issue.record("one waits")
            return
        }
        #expect(desk.giveUp(key("a"), first) && !desk.giveUp(key("a"), first))
        guard case .waits(let second) = wait(key("a")) else {
            Issue.record("another one waits")
            return
        }
        #expect(!desk.giveUp(key("a"), first), "that was somebody else")
        #expect(calls.withLock { $0 } == 0)
        desk.keep([1], for: key("a"))
        #expect(calls.withLock { $0 } == 1)
        #expect(!desk.giveUp(key("a"), second) && isNone(wait(key("a"))), "answered")
        #expect(put(desk, key("b")) == nil)
        guard case .waits = wait(key("b")) else {
            Issue.record("one waits")
            return
        }
        desk.drop(key("b"))
        #expect(calls.withLock { $0 } == 2, "there will be no answer")
    }
}
