import Engine
import NetworkModel
import Synchronization

/// Questions of `netmodelfs plan` that are not put completely yet or not answered yet, and answers that wait to be read by who
/// asked. In memory, bounded in number, size and time.
///
/// Who waits for an answer is called, and operations are cancelled, with the lock not held.
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
        /// What is under way, as soon as it is known.
        var operation: Operation?
        /// Who waits for the answer, at most one.
        var reader: (number: UInt64, isAnswered: @Sendable () -> Void)?
        /// Nanoseconds since 1970.
        var time: Int64

        /// Nobody came for it.
        var isOld: Bool { reader == nil && Timestamp.now() - time > PlanDesk.patience }
    }

    /// What becomes of who wants to read an answer.
    enum Wait {
        /// There is nothing to wait for: it is there, or there is none.
        case none
        /// The number to give up with.
        case waits(UInt64)
        /// Somebody else waits for it.
        case taken
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
    private let readers = Atomic<UInt64>(0)

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
            sheet.time = Timestamp.now()
            return (sheet.steps, sheet.refusals)
        }
        guard let begun else {
            drop(key)
            throw PlanDesk.busy
        }
        return begun
    }

    /// What is to be cancelled when nobody waits for the answer any more.
    func attach(_ operation: Operation, to key: Key) {
        state.withLock { if $0[key]?.isUnderWay == true { $0[key]?.operation = operation } }
    }

    /// The answer waits for who asked. Older ones make room for it: the user's own where they have too much, else those of
    /// anybody.
    ///
    /// - Returns: `plan.answer-too-large` (EFBIG) if it is more than the user may have; then nothing is kept, nothing made
    ///   room, and the question still waits for an answer.
    @discardableResult
    func keep(_ answer: [UInt8], for key: Key) -> Refusal? {
        let own = key.uid == 0 ? PlanDesk.room : PlanDesk.room / 4
        guard answer.count <= own else {
            return Refusal(
                "plan.answer-too-large", .tooBig,
                "The answer has \(answer.count) bytes, and \(own) are the most.",
                remedy: "Plan parts of it, such as one object at a time.")
        }
        let reader = state.withLock { state in
            Self.makeRoom(in: &state, upTo: own - answer.count) { $0.uid == key.uid }
            Self.makeRoom(in: &state, upTo: PlanDesk.room - answer.count) { _ in true }
            let reader = state[key]?.reader
            state[key] = Sheet(answer: answer, time: Timestamp.now())
            return reader
        }
        reader?.isAnswered()
        return nil
    }

    /// Answers go, the oldest first, until those that count have no more bytes.
    private static func makeRoom(in state: inout [Key: Sheet], upTo bytes: Int, of counts: (Key) -> Bool) {
        var answers = state.filter { counts($0.key) && $0.value.answer != nil }
        while size(of: answers) > bytes, let oldest = answers.min(by: { $0.value.time < $1.value.time }) {
            answers[oldest.key] = nil
            state[oldest.key] = nil
        }
    }

    /// Waits for the answer to a question that is under way.
    ///
    /// - Parameter isAnswered: called at most once, possibly before this returns, when there is an answer or there will be
    ///   none.
    func wait(for key: Key, _ isAnswered: @escaping @Sendable () -> Void) -> Wait {
        let number = readers.add(1, ordering: .relaxed).newValue
        return state.withLock { state in
            guard let sheet = state[key], sheet.isUnderWay else { return .none }
            guard sheet.reader == nil else { return .taken }
            state[key]?.reader = (number, isAnswered)
            return .waits(number)
        }
    }

    /// Who waited does not want the answer any more, and the question is given up; it counts until it has ended.
    ///
    /// - Returns: false if they have been called, or are about to be.
    func giveUp(_ key: Key, _ number: UInt64) -> Bool {
        let sheet: Sheet? = state.withLock { state in
            guard let sheet = state[key], sheet.reader?.number == number else { return nil }
            state[key]?.reader = nil
            return sheet
        }
        sheet?.operation?.cancel()
        return sheet != nil
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

    /// There will be no answer.
    func drop(_ key: Key) { state.withLock { $0.removeValue(forKey: key) }?.reader?.isAnswered() }

    /// Forgets what nobody came for; what is under way so long is given up.
    func sweep() {
        let abandoned = state.withLock { state in
            Self.sweep(&state)
            return state.values.filter { $0.isUnderWay && $0.isOld }.compactMap(\.operation)
        }
        for operation in abandoned { operation.cancel() }
    }

    private static func sweep(_ state: inout [Key: Sheet]) {
        state = state.filter { $0.value.isUnderWay || !$0.value.isOld }
    }

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
