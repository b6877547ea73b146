import AgentProtocol
import Dispatch
import Glibc
import Logging
import Synchronization

/// Serves one daemon on two descriptors: reads requests, answers them, tells of events.
///
/// The calling thread reads; one task does the link work, one request after the other, in the order they came. So a ping
/// is answered while links are being made.
public struct AgentServer {
    /// Why an agent cannot begin.
    public struct StartFailure: Error, CustomStringConvertible {
        /// One sentence for people.
        public let description: String
    }

    private let input: CInt
    private let output: LineWriter
    private let version: String
    private let idleLimit: Duration?
    private let namespace: String?
    private let logger: Logger

    /// - Parameters:
    ///   - input: where requests come from, usually 0.
    ///   - output: where answers go, usually 1.
    ///   - version: the version of the program, for the hello.
    ///   - idleLimit: after this long without a word of the daemon, which pings every 15 s, it is taken for gone. A host whose
    ///     sshd does not notice that would otherwise keep an agent for each connection that was lost.
    ///   - namespace: the network namespace that is a host of its own, where the agent has entered one.
    public init(
        input: Int32, output: Int32, version: String, idleLimit: Duration? = nil, namespace: String? = nil,
        logger: Logger
    ) {
        self.namespace = namespace
        self.input = input
        self.output = LineWriter(output)
        self.version = version
        self.idleLimit = idleLimit
        self.logger = logger
    }

    /// Serves until the input ends or SIGTERM comes; finishes what runs then, and refuses what still waits: whoever
    /// asked is gone, and what waits must not undo what a successor does.
    ///
    /// - Throws: ``StartFailure`` without `CAP_NET_ADMIN` or without rtnetlink.
    public func run() throws(StartFailure) {
        // A daemon that is gone is found by the failing write.
        signal(SIGPIPE, SIG_IGN)
        let worker: LinkWorker
        let monitor: LinkMonitor
        let stop: StopSignal
        do throws(NetlinkError) {
            let capabilities = try KernelProbe.capabilities(of: HostLinks())
            monitor = try LinkMonitor()
            worker = try LinkWorker(namespace: namespace)
            stop = try StopSignal()
            output.write(
                .hello(
                    AgentHello(
                        protocolVersion: AgentHello.currentProtocolVersion, agentVersion: version,
                        kernelRelease: KernelProbe.kernelRelease, capabilities: capabilities,
                        machine: KernelProbe.machine)))
        } catch {
            throw StartFailure(
                description: error.errno == EPERM
                    ? "netmodel-agent may not change links (it needs CAP_NET_ADMIN): run it as root."
                    : "netmodel-agent cannot use rtnetlink: \(error).")
        }

        let (queue, requests) = AsyncStream.makeStream(of: AgentRequestLine.self)
        let stopping = StopFlag()
        let finished = DispatchSemaphore(value: 0)
        let output = output
        Task {
            for await line in queue {
                output.write(stopping.isSet ? .refused(id: line.id, .stopping) : worker.answer(line))
            }
            finished.signal()
        }
        read(monitor: monitor, stop: stop) { requests.yield($0) }
        stopping.set()
        requests.finish()
        finished.wait()
    }

    /// Reads until there is nothing more to read for.
    private func read(monitor: LinkMonitor, stop: StopSignal, _ take: (AgentRequestLine) -> Void) {
        var decoder = LineDecoder()
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let watch = namespace.map { NamespaceWatch(name: $0) }
        var waits = [input, stop.fileDescriptor, monitor.fileDescriptor].map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        if let watch { waits.append(pollfd(fd: watch.fileDescriptor, events: NamespaceWatch.events, revents: 0)) }
        var heard = ContinuousClock.now
        while true {
            var patience: Int32 = -1
            if let idleLimit {
                let left = idleLimit - (ContinuousClock.now - heard)
                guard left > .zero else {
                    logger.info("stopping: the daemon said nothing for \(idleLimit)")
                    return
                }
                patience = Int32(clamping: left.components.seconds * 1000 + 1000)
            }
            guard poll(&waits, nfds_t(waits.count), patience) >= 0 || errno == EINTR else { return }
            if waits[1].revents != 0 {
                logger.info("stopping: asked to by a signal")
                return
            }
            // With each ping as well: mounts of another mount namespace wake nobody.
            if let watch, watch.isGone {
                logger.notice("stopping: the network namespace \(namespace ?? "") is gone")
                return
            }
            if waits[2].revents != 0 {
                do throws(NetlinkError) {
                    for event in try monitor.read() { output.write(.event(event)) }
                } catch {
                    logger.error("changes of links are not followed any more: \(error)")
                    waits[2].fd = -1
                }
            }
            guard waits[0].revents != 0 else { continue }
            let count = Glibc.read(input, &buffer, buffer.count)
            guard count > 0 else {
                if count < 0, errno == EINTR || errno == EAGAIN { continue }
                logger.info("stopping: the daemon closed the connection")
                return
            }
            heard = .now
            for line in decoder.append(buffer[..<count]) {
                guard handle(line, take) else {
                    logger.info("stopping: the daemon does not read any more")
                    return
                }
            }
        }
    }

    /// Answers what needs no link work at once and hands on the rest.
    ///
    /// - Returns: whether the daemon still reads.
    private func handle(_ line: LineDecoder.Line, _ take: (AgentRequestLine) -> Void) -> Bool {
        switch line {
        case .tooLong(let bytes):
            logger.error("a line of \(bytes) bytes was thrown away")
            return output.write(.refused(id: nil, .lineTooLong(bytes: bytes)))
        case .bytes(let bytes):
            do throws(Wire.Malformed) {
                let request = try Wire.decode(AgentRequestLine.self, from: bytes)
                if request.request == .ping { return output.write(.done(id: request.id, .pong)) }
                take(request)
                return true
            } catch {
                logger.error("a line is no request: \(error.reason)")
                return output.write(.refused(id: error.id, .malformedLine(error.reason)))
            }
        }
    }
}

/// Set once, seen by all threads.
private final class StopFlag: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .acquiring) }

    func set() {
        value.store(true, ordering: .releasing)
    }
}
