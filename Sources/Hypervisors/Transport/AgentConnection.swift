public import AgentProtocol

/// A long-lived connection to the agent of one host, over the standard input and output of a child process.
///
/// Any number of requests may be in flight. No thread waits for the child: one thread of the process watches all
/// pipes. When the last reference goes, the child is told to end.
///
/// A process that opens connections ignores SIGPIPE from then on.
public final class AgentConnection: Sendable {
    /// What the agent said of itself and its host.
    public let hello: AgentHello

    /// What happens on the host, unasked. One consumer; the newest 4096 are kept. Ends with the connection.
    public let events: AsyncStream<AgentEvent>

    private let channel: AgentChannel

    private init(hello: AgentHello, channel: AgentChannel) {
        self.hello = hello
        self.events = channel.events
        self.channel = channel
    }

    deinit {
        channel.requestStop()
    }

    /// Launches an agent and waits for its hello.
    ///
    /// - Parameters:
    ///   - command: the program and its arguments, see ``AgentLaunch``.
    ///   - environment: variables to set in addition to those of this process.
    ///   - program: what to give to the host if it has no agent; then the command ends in that of ``AgentBootstrap``.
    ///   - timeout: how long the hello may take; with a program, the first line of the bootstrap. Each further step of it may
    ///     take a minute.
    /// - Throws: ``AgentConnectionError``; then no process is left.
    public static func open(
        launch command: [String], environment: [String: String] = [:], program: AgentProgram? = nil,
        timeout: Duration = .seconds(15)
    ) async throws(AgentConnectionError) -> AgentConnection {
        guard !command.isEmpty else {
            throw .programNotFound("\"\"")
        }
        let channel = AgentChannel()
        let hello = await withTaskCancellationHandler {
            await channel.start(command, environment: environment, program: program, timeout: timeout)
        } onCancel: {
            channel.failHello(.cancelled)
        }
        switch hello {
        case .success(let hello):
            return AgentConnection(hello: hello, channel: channel)
        case .failure(let error):
            channel.requestStop()
            await channel.ended()
            throw error
        }
    }

    /// Asks and waits for the answer.
    ///
    /// - Parameter timeout: how long the answer may take, waiting for earlier requests included.
    /// - Throws: ``AgentRequestError``.
    public func request(
        _ request: AgentRequest, timeout: Duration = .seconds(30)
    ) async throws(AgentRequestError) -> AgentResult {
        let id = channel.nextRequestID()
        return try await withTaskCancellationHandler {
            await channel.send(AgentRequestLine(id: id, request: request), timeout: timeout)
        } onCancel: {
            channel.finish(id, .failure(.cancelled))
        }.get()
    }

    /// Waits until the connection has ended, for whatever reason, and its process is gone.
    ///
    /// - Returns: why it ended, as part of a sentence.
    @discardableResult
    public func closed() async -> String {
        await channel.ended()
    }

    /// Ends the connection: closes the agent's input, which makes it finish what it does and exit; after half a second
    /// sends SIGTERM, after two more SIGKILL. Requests in flight fail. Returns when the process is gone.
    public func close() async {
        channel.requestStop()
        await channel.ended()
    }
}
