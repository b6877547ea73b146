import Engine
import NetworkModel
import Synchronization

/// Questions of `netmodelfs plan` that are not put completely yet, and answers that wait to be read by who asked. In memory,
/// bounded in number, size and time.
final class PlanDesk: Sendable {
    /// Who asked, and the word that they chose for it.
    struct Key: Hashable, Sendable {
        let uid: UInt32
        let token: [UInt8]
    }

    private struct Sheet {
        var steps: [ForecastStep] = []
        /// Refusals of steps that could not even be put.
        var refusals: [Refusal] = []
        var answer: [UInt8]?
        var isUnderWay = false
        /// Nanoseconds since 1970.
        var time: Int64

        var isOld: Bool { !isUnderWay && Timestamp.now() - time > PlanDesk.patience }
    }

    /// For questions under way: all, and of one user other than root.
    private static let questions = (all: 16, one: 4)
    /// For what waits.
    private static let sheets = (all: 64, one: 16)
    private static let steps = 100_000
    /// Bytes of all answers that wait; a quarter for one user other than root.
    private static let room = 64 << 20
    /// Nanoseconds.
    private static let patience: Int64 = 60_000_000_000
    /// The longest word for a question, in bytes.
    static let tokenLimit = 64

    private let state = Mutex<[Key: Sheet]>([:])

    static let busy = Refusal(
        "plan.too-many", .again, "Too many plans are being made.", remedy: "Try again in a moment.")

    /// Keeps a step until the last one of the same question comes.
    func add(_ step: Result<ForecastStep, Refusal>, to key: Key) throws(Refusal) {
        let isKept = state.withLock { state in
            Self.sweep(&state)
            if state[key] == nil, !Self.makePlace(in: &state, for: key.uid) { return false }
            var sheet = state[key] ?? Sheet(time: Timestamp.now())
            guard sheet.steps.count + sheet.refusals.count < PlanDesk.steps, sheet.answer == nil, !sheet.isUnderWay
            else { return false }
            switch step {
            case .success(let step): sheet.steps.append(step)
            case .failure(let refusal): sheet.refusals.append(refusal)
            }
            sheet.time = Timestamp.now()
            state[key] = sheet
            return true
        }
        if !isKept { throw PlanDesk.busy }
    }

    /// The question is put: what it consists of.
    func begin(_ key: Key) throws(Refusal) -> (steps: [ForecastStep], refusals: [Refusal]) {
        let begun: (steps: [ForecastStep], refusals: [Refusal])? = state.withLock { state in
            let own = state.values.count { $0.isUnderWay }
            let users = state.count { $0.key.uid == key.uid && $0.value.isUnderWay }
            guard own < PlanDesk.questions.all, key.uid == 0 || users < PlanDesk.questions.one,
                var sheet = state[key]
            else { return nil }
            defer { state[key] = sheet }
            sheet.isUnderWay = true
            return (sheet.steps, sheet.refusals)
        }
        guard let begun else {
            drop(key)
            throw PlanDesk.busy
        }
        return begun
    }

    /// The answer waits for who asked. Older ones make room for it.
    func keep(_ answer: [UInt8], for key: Key) {
        state.withLock { state in
            let own = key.uid == 0 ? PlanDesk.room : PlanDesk.room / 4
            while Self.size(of: state.filter { $0.key.uid == key.uid }) + answer.count > own
                || Self.size(of: state) + answer.count > PlanDesk.room
            {
                guard let oldest = state.filter({ $0.value.answer != nil }).min(by: { $0.value.time < $1.value.time })
                else { break }
                state[oldest.key] = nil
            }
            state[key] = Sheet(answer: answer, time: Timestamp.now())
        }
    }

    /// A part of an answer; empty behind its end, and then the answer is gone. Nil if there is none.
    func read(_ key: Key, part: Int, of size: Int) -> ArraySlice<UInt8>? {
        state.withLock { state in
            guard let sheet = state[key], let answer = sheet.answer, !sheet.isOld else { return nil }
            let (start, isTooFar) = part.multipliedReportingOverflow(by: size)
            guard !isTooFar, start >= 0, start < answer.count else {
                state[key] = nil
                return []
            }
            return answer[start..<min(answer.count, start + size)]
        }
    }

    func drop(_ key: Key) { state.withLock { $0[key] = nil } }

    /// Forgets what nobody came for.
    func sweep() { state.withLock { Self.sweep(&$0) } }

    private static func sweep(_ state: inout [Key: Sheet]) { state = state.filter { !$0.value.isOld } }

    private static func size(of sheets: [Key: Sheet]) -> Int {
        sheets.values.reduce(0) { $0 + ($1.answer?.count ?? 0) }
    }

    /// The oldest goes, of the same user if they have too many.
    private static func makePlace(in state: inout [Key: Sheet], for uid: UInt32) -> Bool {
        let own = state.filter { $0.key.uid == uid }
        let isOwnFull = uid != 0 && own.count >= sheets.one
        guard isOwnFull || state.count >= sheets.all else { return true }
        let oldest = (isOwnFull ? own : state).filter { !$0.value.isUnderWay }.min { $0.value.time < $1.value.time }
        guard let oldest else { return false }
        state[oldest.key] = nil
        return true
    }
}
