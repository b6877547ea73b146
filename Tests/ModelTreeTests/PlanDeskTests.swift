import Engine
import NetworkModel
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
}
