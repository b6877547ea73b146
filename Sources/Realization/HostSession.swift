import Logging
import NetworkModel

/// One host: its connection, and the work on it. Reconnects by itself until it is ended.
public actor HostSession {
    /// How one realization ended up.
    public enum Outcome: Sendable, Hashable {
        case settled
        /// The host refused.
        case refused(Refusal)
        /// The host cannot be asked now; it is brought up to date when it returns.
        case pending(String)

        var isPending: Bool { if case .pending = self { true } else { false } }
    }

    /// A host works on one thing at a time; what waits there for long would only run out of time, and takes memory here.
    public static let requestsAtOnce = 4

    public let host: ObjectID
    private let connection: HostConnection
    private let hypervisor: HypervisorType
    private let registry: ExtensionRegistry
    let ledger: any RealizationLedger
    let timing: ReconcilerTiming
    let logger: Logger
    var channel: (any HostChannel)?
    private var isEnded = false
    /// Counts connections, so that the end of an earlier one is not taken for that of the present one.
    private var connectionNumber = 0
    /// Serialises the work on one realization: a release never overtakes a realize.
    private var turns: [ObjectID: Task<Outcome, Never>] = [:]
    private var keeper: Task<Void, Never>?
    /// Before the next attempt to connect after one that came to nothing. Grows until a connection is proved.
    private var pause: Duration
    /// Whether the present connection is good for something. One that opens is not yet: the host may be lost again with the
    /// first thing that it is asked.
    private var isProved = false
    /// The connection whose host is just being brought up to date.
    var catchingUp: Int?
    /// What was not realized yet through the present connection: the host may have lost it.
    private var due: Set<ObjectID> = []
    /// Searches for orphans; nothing begins to be realized while one is under way.
    var searches = OrphanSearches()
    /// The one that changes of links started, while it waits.
    var searcher: Task<Void, Never>?
    /// Why the last connection ended.
    private var loss: String?
    /// Links of the host that changed and were not looked at yet.
    private var changedLinks: Set<String> = []
    private var inspector: Task<Void, Never>?

    public init(
        host: ObjectID, connection: HostConnection, hypervisor: HypervisorType, registry: ExtensionRegistry,
        ledger: any RealizationLedger, timing: ReconcilerTiming, logger: Logger
    ) {
        self.host = host
        self.connection = connection
        self.hypervisor = hypervisor
        self.registry = registry
        self.ledger = ledger
        self.timing = timing
        self.logger = logger
        pause = timing.firstPause
    }

    // MARK: - Connection

    /// Connects once; the session does not try again by itself when that fails.
    public func connect() async throws(HostFailure) { try await connect(.usual) }

    private func connect(_ haste: ConnectionHaste) async throws(HostFailure) {
        guard let connector = registry.connector(of: hypervisor) else {
            throw .refused(
                Refusal(
                    "host.no-plugin", .protocolNotSupported,
                    "No plugin reaches hosts of hypervisor \(hypervisor.rawValue).",
                    remedy: "Choose another hypervisor for the cluster."))
        }
        ledger.setStatus(ofHost: host, .connecting)
        var isOpened = false
        do throws(HostFailure) {
            let opened = try await connector.connect(connection, haste: haste)
            guard !isEnded, !Task.isCancelled, channel == nil else {
                await opened.close()
                if channel != nil { return }
                throw .unreachable("The host was removed meanwhile.")
            }
            if let machine = opened.machine {
                do throws(Refusal) { try ledger.enterMachine(machine, host) } catch {
                    await opened.close()
                    throw .unconnected(error)
                }
            }
            channel = opened
            due = Set(ledger.realizations(ofHost: host))
            keep(opened)
            // Before anything is realized: what nobody accounts for may stand in its way.
            isOpened = true
            let number = connectionNumber
            await collectOrphans()
            // `lost` has told so, and begins anew.
            guard number == connectionNumber, channel != nil else {
                throw .unreachable(loss.map { "The connection was lost: \($0)" } ?? "The connection was closed.")
            }
            ledger.setStatus(ofHost: host, .connected(opened.detail))
        } catch {
            // A later session of the same host has a status of its own.
            if !isOpened, !isEnded, !Task.isCancelled { ledger.setStatus(ofHost: host, .disconnected(error.reason)) }
            throw error
        }
    }

    /// Connects in the background, again and again with growing pauses, and brings the host up to date.
    public func connectWhenPossible(_ haste: ConnectionHaste = .background) {
        guard keeper == nil, channel == nil, !isEnded else { return }
        keeper = Task { await reconnect(afterPause: false, haste) }
    }

    /// A fresh connection, after which everything that is wanted is realized anew.
    public func resume() async {
        await drop()
        connectWhenPossible(.usual)
    }

    /// Ends the session: the connection closes, and nothing more is tried.
    public func end() async {
        isEnded = true
        await drop()
    }

    private func drop() async {
        keeper?.cancel()
        keeper = nil
        inspector?.cancel()
        inspector = nil
        searcher?.cancel()
        searcher = nil
        let closing = channel
        channel = nil
        if closing != nil { ledger.leaveMachine(host) }
        await closing?.close()
    }

    private func reconnect(afterPause: Bool, _ first: ConnectionHaste) async {
        var haste = first
        if afterPause { await rest() }
        while !Task.isCancelled, !isEnded {
            let before = connectionNumber
            do {
                try await connect(haste)
                // `connect` has put a new keeper in place of this one.
                let number = connectionNumber
                catchingUp = number
                let outcomes = await settleAll()
                guard catchingUp == number else { return }
                catchingUp = nil
                searchIfDue()
                if !outcomes.isEmpty, !outcomes.contains(where: \.isPending) { prove() }
                return
            } catch {
                logger.info("host not reached", metadata: ["connection": "\(connection)", "reason": "\(error.reason)"])
                // It was opened and lost again: somebody else tries by now.
                if before != connectionNumber { return }
            }
            await rest()
            haste = .background
        }
    }

    private func rest() async {
        // A thousand hosts of one switch must not come back in the same instant.
        let jitter = Double.random(in: 0.5...1.5)
        let time = pause * jitter
        pause = min(pause * 2, timing.longestPause)
        try? await Task.sleep(for: time)
    }

    /// Something went well on the present connection: if it is lost, it was not in vain to connect.
    private func prove() {
        isProved = true
        pause = timing.firstPause
    }

    /// Watches an open connection; when it ends, starts over.
    private func keep(_ opened: any HostChannel) {
        let interval = timing.pingInterval
        connectionNumber += 1
        let number = connectionNumber
        isProved = false
        keeper = Task { [weak self] in
            let pings = Task {
                while !Task.isCancelled {
                    try? await Task.sleep(for: interval)
                    if Task.isCancelled { return }
                    do { try await opened.ping() } catch {
                        await opened.close()
                        return
                    }
                    await self?.pinged(number)
                    // What a host refused or did not answer before is tried again.
                    await self?.settleAll()
                    await self?.inspect { _ in true }
                    await self?.collectOrphansUnlessCatchingUp()
                }
            }
            let watch = Task {
                for await name in opened.changes { await self?.noteChange(ofLink: name) }
            }
            let reason = await opened.closed()
            pings.cancel()
            watch.cancel()
            if !Task.isCancelled { await self?.lost(reason, number) }
        }
    }

    private func lost(_ reason: String, _ number: Int) {
        guard !isEnded, number == connectionNumber else { return }
        channel = nil
        keeper = nil
        loss = reason
        ledger.leaveMachine(host)
        ledger.setStatus(ofHost: host, .disconnected(reason))
        let isInVain = !isProved
        keeper = Task { await reconnect(afterPause: isInVain, isInVain ? .background : .usual) }
    }

    private func pinged(_ number: Int) {
        if number == connectionNumber, channel != nil { prove() }
    }

    // MARK: - Work

    public var isConnected: Bool { channel != nil }

    /// Asks the host whether it could realize `network`.
    ///
    /// - Parameter isForecast: nobody is about to attach it; the host keeps no trace of the question.
    public func check(_ network: L2Specification, isForecast: Bool = false) async -> Outcome {
        guard let channel else { return .pending("The host is not connected.") }
        guard !ledger.isInMaintenance(host) else { return .pending("The host is in maintenance.") }
        do throws(HostFailure) {
            try await plugin(network)(isForecast ? .foresee : .check, network, on: channel)
            return .settled
        } catch {
            return outcome(error)
        }
    }

    /// Brings the host to what is wanted for one network, and writes down what came of it.
    ///
    /// Only for whoever gave the command that is about it: see `settle(ifConfirmed:again:)`.
    public func settle(_ realization: ObjectID) async -> Outcome {
        await inTurn(realization) { await self.settleInTurn(self.ledger.realization(realization), again: false) }
    }

    /// The same for the reconciler, who keeps off what a command has just changed and may take back: that one counts on
    /// it that the hosts were told nothing before they were asked.
    ///
    /// - Parameter again: also when the host should have it already.
    private func settle(ifConfirmed realization: ObjectID, again: Bool = false) async -> Outcome {
        await inTurn(realization) {
            // Only now: a command may have come while this waited.
            let record = self.ledger.confirmedRealization(realization)
            return await self.settleInTurn(record, again: again)
        }
    }

    private func inTurn(_ realization: ObjectID, _ body: @escaping @Sendable () async -> Outcome) async -> Outcome {
        let before = turns[realization]
        let turn = Task { () -> Outcome in
            _ = await before?.value
            return await self.outsideOfSearches(body)
        }
        turns[realization] = turn
        let outcome = await turn.value
        if turns[realization] == turn { turns[realization] = nil }
        return outcome
    }

    /// Brings everything on the host up to date: what must go first, since it may stand in the way of what comes; then
    /// untagged networks, whose interface the VLANs stand on.
    @discardableResult
    public func settleAll() async -> Set<Outcome> {
        let all = ledger.confirmedRealizations(ofHost: host).filter { due.contains($0.id) || !$0.isConverged }
        let wanted = all.filter { $0.wanted != nil }
        var outcomes: Set<Outcome> = []
        for stage in [all.filter { $0.wanted == nil }, wanted.filter { !$0.isTagged }, wanted.filter(\.isTagged)] {
            await withTaskGroup(of: Outcome.self) { group in
                for (index, realization) in stage.enumerated() {
                    if index >= HostSession.requestsAtOnce, let outcome = await group.next() {
                        outcomes.insert(outcome)
                    }
                    group.addTask { await self.settle(ifConfirmed: realization.id) }
                }
                for await outcome in group { outcomes.insert(outcome) }
            }
        }
        return outcomes
    }

    // MARK: - Drift

    /// A change by hand is seldom one step: the look at it waits a moment for more.
    private func noteChange(ofLink name: String) {
        changedLinks.insert(name)
        guard inspector == nil else { return }
        let pause = timing.inspectionPause
        inspector = Task { [weak self] in
            try? await Task.sleep(for: pause)
            await self?.inspectChanged()
        }
    }

    private func inspectChanged() async {
        let names = changedLinks
        changedLinks = []
        inspector = nil
        await inspect { wanted in
            names.contains(wanted.bridge) || names.contains(wanted.physicalInterface)
                || wanted.device.map(names.contains) == true || wanted.ports.contains { names.contains($0.name) }
        }
        searchSoon()
    }

    /// Looks whether the host has what it is believed to have, and puts it right where that is wanted.
    private func inspect(_ concerns: (L2Specification) -> Bool) async {
        guard registry.inspects(hypervisor) else { return }
        let all = ledger.confirmedRealizations(ofHost: host).filter { record in
            record.isConverged && record.wanted.map(concerns) == true
        }
        for record in all.filter({ !$0.isTagged }) + all.filter(\.isTagged) {
            guard let found = await inspect(record) else { return }
            guard !found.isEmpty, ledger.repairsDrift(onHost: host) else { continue }
            if await settle(ifConfirmed: record.id, again: true) == .settled, let now = ledger.realization(record.id) {
                _ = await inspect(now)
            }
        }
    }

    /// Notes what differs; nil if the host does not tell.
    private func inspect(_ record: RealizationRecord) async -> [String]? {
        guard let channel, let wanted = record.wanted, !ledger.isInMaintenance(host),
            let plugin = registry.realization(of: wanted.type, on: hypervisor)
        else { return nil }
        // In its turn: what is being realized just now is no drift.
        if let turn = turns[record.id] { _ = await turn.value }
        do throws(HostFailure) {
            let found = try await plugin.inspect(wanted, on: channel)
            guard let now = ledger.realization(record.id), now.wanted == wanted, now.isConverged,
                turns[record.id] == nil
            else { return [] }
            ledger.setDrift(of: record.id, found)
            return found
        } catch {
            return nil
        }
    }

    private func settleInTurn(_ record: RealizationRecord?, again: Bool) async -> Outcome {
        guard let record else { return .settled }
        let id = record.id
        guard !ledger.isInMaintenance(host) || record.wanted == nil else {
            return .pending("The host is in maintenance.")
        }
        guard let channel else { return .pending("The host is not connected.") }
        if record.isConverged, record.wanted == nil || !again && !due.contains(id) {
            return .settled
        }
        let number = connectionNumber
        do throws(HostFailure) {
            if let applied = record.applied, record.wanted.map({ applied.mustGo(for: $0) }) ?? true {
                try await plugin(applied)(.release, applied, on: channel)
                if record.wanted != nil {
                    await ledger.record(.applied(realization: id, nil, generation: record.appliedGeneration))
                }
            }
            if let wanted = record.wanted {
                try await plugin(wanted)(.realize, wanted, on: channel)
            }
            if number == connectionNumber { due.remove(id) }
            await ledger.record(.applied(realization: id, record.wanted, generation: record.wantedGeneration))
            // What is asked while the host is brought up to date counts together: one thing of many that ends the connection
            // each time is no progress.
            if self.channel != nil, catchingUp == nil { prove() }
            return .settled
        } catch {
            logger.warning(
                "host did not settle", metadata: ["connection": "\(connection)", "reason": "\(error.reason)"])
            await ledger.record(.failed(realization: id, error.reason))
            // A host that does not answer is given up; the next connection finds out what is on it.
            if case .unreachable = error { await channel.close() }
            return outcome(error)
        }
    }

    private func plugin(_ network: L2Specification) throws(HostFailure) -> L2Realization {
        if let plugin = registry.realization(of: network.type, on: hypervisor) { return plugin }
        throw .refused(
            Refusal(
                "l2.attach.no-plugin", .protocolNotSupported,
                "No plugin realizes an \(network.type.rawValue) on hosts of hypervisor \(hypervisor.rawValue).",
                remedy: "Choose another type, or a cluster of another hypervisor."))
    }

    private func outcome(_ failure: HostFailure) -> Outcome {
        switch failure {
        case .refused(let refusal): .refused(refusal)
        case .unreachable, .unconnected: .pending(failure.reason)
        }
    }
}

extension RealizationRecord {
    /// Whether it stands on an interface that an untagged network may turn into a bridge port.
    public var isTagged: Bool { (wanted ?? applied)?.isTagged ?? false }
}

extension L2Specification {
    /// Whether this must be released before `next` is realized: another MTU, other peers and other ports are changed in place.
    func mustGo(for next: L2Specification) -> Bool {
        guard type == next.type, physicalInterface == next.physicalInterface, vlan == next.vlan,
            bridge == next.bridge
        else { return true }
        return switch (overlay, next.overlay) {
        case (nil, nil): false
        case (let overlay?, let next?): !overlay.hasSameEnd(as: next)
        default: true
        }
    }
}
