import NetworkModel
import Testing

@testable import ModelStore

@Suite("A daemon that is killed")
struct CrashTests {
    @Test("twenty kills at random moments: every commit that returned is there, and all of it")
    func kills() throws {
        let place = try StoreDirectory()
        var random = SystemRandomNumberGenerator()
        var confirmed: Set<String> = []
        var next: UInt64 = 0
        for _ in 0..<20 {
            let outcome = try StoreChild.run(
                place.path, first: next, killedAfter: Int.random(in: 1...150, using: &random),
                delay: UInt32.random(in: 0...2000, using: &random))
            #expect(outcome.failure == "")
            #expect(!outcome.printed.isEmpty)
            for number in outcome.printed { confirmed.insert("z\(number)") }

            #expect(try SQLiteModelStore.check(path: place.path) == [])
            let store = try place.open()
            let model = try store.load()
            let zones = model.records.dropFirst()
            #expect(confirmed.isSubset(of: zones.map(\.name.text)))
            #expect(Int64(zones.count) == model.revision)
            #expect(zones.allSatisfy { $0.text(.description) == "number \($0.name.text.dropFirst())" })
            #expect(model.nextID.rawValue == 16 + UInt64(zones.count))
            next = UInt64(zones.count)
            store.close()
        }
    }
}
