import AgentProtocol
import Glibc
import Subprocess
import Synchronization
import SystemPackage

/// The life of one agent's process: its pipes, the requests in flight, its end.
///
/// Everything that changes is in `state`, under its lock; continuations are resumed outside of it.
final class AgentChannel: Sendable {
    typealias Answer = Result<AgentResult, AgentRequestError>
    typealias Hello = Result<AgentHello, AgentConnectionError>

    private struct State {
        var lastID: UInt64 = 0
        var waiting: [UInt64: (asker: CheckedContinuation<Answer, Never>, timer: Task<Void, Never>)] = [:]
        var hello: Hello?
        var helloWaiter: CheckedContinuation<Hello, Never>?
        var lastWords: [String] = []
        /// What is to be sent if the bootstrap asks; nil where the first line is the agent's already.
        var program: AgentProgram?
        /// How much of a login shell's noise was passed over, in lines.
        var noise = 0
        /// When the hello must be there; the bootstrap's progress moves it.
        var deadline = ContinuousClock.now
        /// Why the connection is coming to its end, if that is known before the process ends.
        var cause: String?
        var end: String?
        var endWaiters: [CheckedContinuation<String, Never>] = []
    }

    private enum Outgoing: Sendable {
        case line([UInt8])
        case program(AgentProgram)
    }

    /// How many lines may come before the bootstrap's, and how long each step of it may take.
    private static let noiseLimit = 1000
    private static let stepLimit = Duration.seconds(60)
    private static let pieceSize = 1 << 16

    /// How many lines of the agent's standard error are kept.
    private static let keptWords = 5

    let events: AsyncStream<AgentEvent>
    private let eventSink: AsyncStream<AgentEvent>.Continuation
    private let outbox: AsyncStream<Outgoing>
    private let outboxSink: AsyncStream<Outgoing>.Continuation
    private let stop: AsyncStream<Void>
    private let stopSink: AsyncStream<Void>.Continuation
    private let state = Mutex(State())

    init() {
        (events, eventSink) = AsyncStream.makeStream(of: AgentEvent.self, bufferingPolicy: .bufferingNewest(4096))
        (outbox, outboxSink) = AsyncStream.makeStream(of: Outgoing.self)
        (stop, stopSink) = AsyncStream.makeStream(of: Void.self)
    }

    // MARK: For the connection

    /// Launches the process and waits for the agent's first line.
    func start(
        _ command: [String], environment: [String: String], program: AgentProgram?, timeout: Duration
    ) async -> Hello {
        Self.ignoreBrokenPipes
        let start = ContinuousClock.now
        state.withLock { state in
            state.program = program
            state.deadline = start + timeout
        }
        Task { await self.run(command, environment: environment) }
        let timer = Task {
            while true {
                let deadline = self.state.withLock { $0.deadline }
                guard deadline > .now else { break }
                guard (try? await Task.sleep(until: deadline)) != nil else { return }
            }
            let words = self.state.withLock { $0.lastWords }
            let whole = Duration.seconds((ContinuousClock.now - start).components.seconds)
            self.failHello(.helloTimedOut(max(timeout, whole), lastWords: words))
        }
        defer { timer.cancel() }
        return await withCheckedContinuation { continuation in
            let known = state.withLock { state in
                if state.hello == nil { state.helloWaiter = continuation }
                return state.hello
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    /// Whoever waits for the hello gets this error instead, unless there is one already.
    func failHello(_ error: AgentConnectionError) {
        settleHello(.failure(error))
    }

    func nextRequestID() -> UInt64 {
        state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
    }

    /// Sends a request and waits for its answer.
    func send(_ request: AgentRequestLine, timeout: Duration) async -> Answer {
        let line = (try? Wire.line(request)) ?? []
        guard (1...LineDecoder.longestLine).contains(line.count) else {
            return .failure(.refused(.lineTooLong(bytes: line.count)))
        }
        return await withCheckedContinuation { continuation in
            let end = state.withLock { state in
                let end = state.end ?? state.cause
                if end == nil {
                    let timer = Task {
                        guard (try? await Task.sleep(for: timeout)) != nil else { return }
                        self.finish(request.id, .failure(.timedOut(timeout)))
                    }
                    state.waiting[request.id] = (continuation, timer)
                }
                return end
            }
            if let end {
                continuation.resume(returning: .failure(.notSent(reason: end)))
                return
            }
            outboxSink.yield(.line(line))
            // A cancellation from now on finds the request waiting; one before is seen here.
            if Task.isCancelled { finish(request.id, .failure(.cancelled)) }
        }
    }

    /// Gives the answer to whoever waits for it; an answer nobody waits for any more is dropped.
    func finish(_ id: UInt64, _ answer: Answer) {
        guard let request = state.withLock({ $0.waiting.removeValue(forKey: id) }) else { return }
        request.timer.cancel()
        request.asker.resume(returning: answer)
    }

    /// Begins the end. May be called at any time, from anywhere, more than once.
    func requestStop(because cause: String = "it was closed") {
        state.withLock { state in
            if state.cause == nil { state.cause = cause }
        }
        outboxSink.finish()
        stopSink.finish()
    }

    /// Waits until the process is gone.
    ///
    /// - Returns: why, as part of a sentence.
    @discardableResult
    func ended() async -> String {
        await withCheckedContinuation { continuation in
            let end = state.withLock { state in
                if state.end == nil { state.endWaiters.append(continuation) }
                return state.end
            }
            if let end { continuation.resume(returning: end) }
        }
    }

    // MARK: The process

    /// Writing to an agent that died must give `EPIPE`, not end the daemon.
    private static let ignoreBrokenPipes: Void = {
        signal(SIGPIPE, SIG_IGN)
    }()

    private func run(_ command: [String], environment: [String: String]) async {
        let program = command[0]
        var options = PlatformOptions()
        // A Ctrl-C meant for the daemon shall not reach the agents.
        options.processGroupID = 0
        var variables: [Environment.Key: String?] = [:]
        for (name, value) in environment {
            if let key = Environment.Key(rawValue: name) { variables[key] = value }
        }
        let configuration = Configuration(
            executable: program.contains("/") ? .path(FilePath(program)) : .name(program),
            arguments: Arguments(Array(command.dropFirst())),
            environment: .inherit.updating(variables),
            platformOptions: options)
        do {
            let result = try await Subprocess.run(
                configuration, input: .inputWriter, output: .sequence, error: .sequence
            ) { execution in
                await self.converse(execution)
            }
            switch result.terminationStatus {
            case .exited(let status): end("exited with status \(status)")
            case .signaled(let number): end("was ended by signal \(number)")
            }
        } catch let error as SubprocessError where error.code == .executableNotFound {
            failHello(.programNotFound(program))
            end("was not found")
        } catch {
            failHello(.launchFailed(program: program, reason: "\(error)"))
            end("could not be started")
        }
    }

    /// Reads and writes until the process has ended, and makes it end when that is asked for.
    private func converse(
        _ execution: Execution<CustomWriteInput, SequenceOutput, SequenceOutput>
    ) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    for await next in self.outbox {
                        switch next {
                        case .line(let line): _ = try await execution.standardInputWriter.write(line)
                        case .program(let program):
                            for piece in program.pieces(of: Self.pieceSize) {
                                _ = try await execution.standardInputWriter.write(piece)
                                self.allowNextStep()
                            }
                        }
                    }
                    try await execution.standardInputWriter.finish()
                } catch {
                    // Without a reader the process has ended or is about to.
                    try? await execution.standardInputWriter.finish()
                }
            }
            group.addTask { await self.readWords(execution.standardError) }
            group.addTask {
                for await _ in self.stop {}
                // Its input is at its end now. If its output ends as well, this task is cancelled and goes on at once.
                try? await Task.sleep(for: .milliseconds(500))
                await execution.teardown(using: [.gracefulShutDown(allowedDurationToNextStep: .seconds(2))])
                // What it has started itself, such as a proxy of ssh, may still hold its output open.
                try? execution.send(signal: .kill, toProcessGroup: true)
            }
            await self.readMessages(execution.standardOutput)
            group.cancelAll()
        }
    }

    private func readMessages(_ output: SubprocessOutputSequence) async {
        var decoder = LineDecoder()
        do {
            for try await buffer in output {
                let lines = buffer.withUnsafeBytes { decoder.append($0) }
                for line in lines { receive(line) }
            }
        } catch {
            requestStop(because: "its output cannot be read: \(error)")
        }
    }

    private func readWords(_ output: SubprocessOutputSequence) async {
        var decoder = LineDecoder()
        do {
            for try await buffer in output {
                let lines = buffer.withUnsafeBytes { decoder.append($0) }
                for case .bytes(let line) in lines { remember(line) }
            }
        } catch {
            // What it complains of is a help, not a need.
        }
    }

    private func remember(_ line: [UInt8]) {
        let word = String(decoding: line.prefix(500), as: UTF8.self)
        state.withLock { state in
            state.lastWords = (state.lastWords + [word]).suffix(Self.keptWords)
        }
    }

    // MARK: Messages

    private func receive(_ line: LineDecoder.Line) {
        guard case .bytes(let bytes) = line else {
            failHello(.notAnAgent(firstLine: "(a line that is too long)"))
            breakOff("it sent a line that is too long")
            return
        }
        if state.withLock({ $0.program != nil }) {
            receiveFromBootstrap(bytes)
            return
        }
        let message: AgentMessage
        do throws(Wire.Malformed) {
            message = try Wire.decode(AgentMessage.self, from: bytes)
        } catch {
            let text = String(decoding: bytes.prefix(200), as: UTF8.self)
            failHello(.notAnAgent(firstLine: text))
            breakOff("it sent a line that is no message (\(error.reason)): \(text)")
            return
        }
        let greeted = state.withLock { $0.hello != nil }
        switch message {
        case .hello(let hello) where !greeted:
            if hello.protocolVersion == AgentHello.currentProtocolVersion {
                settleHello(.success(hello))
            } else {
                failHello(
                    .protocolMismatch(
                        agent: hello.protocolVersion, daemon: AgentHello.currentProtocolVersion,
                        agentVersion: hello.agentVersion))
            }
        case _ where !greeted:
            failHello(.notAnAgent(firstLine: String(decoding: bytes.prefix(200), as: UTF8.self)))
        case .hello:
            breakOff("it said hello twice")
        case .done(let id, let result):
            finish(id, .success(result))
        case .refused(let id?, let refusal):
            finish(id, .failure(.refused(refusal)))
        case .refused(nil, let refusal):
            breakOff(refusal.reason)
        case .event(let event):
            eventSink.yield(event)
        }
    }

    /// A line of the bootstrap, or noise of the login shell that starts it.
    private func receiveFromBootstrap(_ line: [UInt8]) {
        guard let message = AgentBootstrap.Message(line) else {
            remember(line)
            let noise = state.withLock { state in
                state.noise += 1
                return state.noise
            }
            if noise > Self.noiseLimit {
                failHello(.notAnAgent(firstLine: String(decoding: line.prefix(200), as: UTF8.self)))
                breakOff("its login shell does not stop talking")
            }
            return
        }
        switch message {
        case .begin:
            // What was said so far is no reason for what happens from now on.
            state.withLock { $0.lastWords = [] }
            allowNextStep()
        case .send:
            if let program = state.withLock({ $0.program }) { outboxSink.yield(.program(program)) }
            allowNextStep()
        case .start:
            state.withLock { $0.program = nil }
            allowNextStep()
        case .refuse(let rule, let reason):
            let words = state.withLock { $0.lastWords }
            failHello(.notDelivered(rule: rule, reason: reason, lastWords: words))
            requestStop(because: "there is no agent on it")
        }
    }

    private func allowNextStep() {
        state.withLock { $0.deadline = max($0.deadline, .now + Self.stepLimit) }
    }

    /// Ends the connection because the other side breaks the protocol.
    private func breakOff(_ cause: String) {
        requestStop(because: cause)
    }

    private func settleHello(_ hello: Hello) {
        let waiter: CheckedContinuation<Hello, Never>? = state.withLock { state in
            guard state.hello == nil else { return nil }
            state.hello = hello
            defer { state.helloWaiter = nil }
            return state.helloWaiter
        }
        waiter?.resume(returning: hello)
    }

    private func end(_ how: String) {
        let words = state.withLock { $0.lastWords }
        failHello(.endedEarly(how: how, lastWords: words))
        let (reason, requests, waiters) = state.withLock { state in
            let reason = state.cause ?? "the agent \(how)\(AgentConnectionError.quote(words))"
            state.end = reason
            defer {
                state.waiting = [:]
                state.endWaiters = []
            }
            return (reason, Array(state.waiting.values), state.endWaiters)
        }
        for request in requests {
            request.timer.cancel()
            request.asker.resume(returning: .failure(.connectionLost(reason: reason)))
        }
        for waiter in waiters { waiter.resume(returning: reason) }
        outboxSink.finish()
        stopSink.finish()
        eventSink.finish()
    }
}
