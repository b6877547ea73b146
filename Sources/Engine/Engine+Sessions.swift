import NetworkModel
import Realization

extension Engine {
    func session(of host: ObjectID) -> HostSession? {
        sessions.withLock { $0[host] }
    }

    /// A session for the host's present connection; nil where it has none.
    func openSession(of host: ObjectID) -> HostSession? {
        let found: (HostConnection, HypervisorType)? = read { model in
            guard let record = model.record(host), let connection = Host(record).connection,
                let cluster = model.record(record.parent)
            else { return nil }
            return (connection, Cluster(cluster).hypervisor)
        }
        guard let (connection, hypervisor) = found else { return nil }
        let session = HostSession(
            host: host, connection: connection, hypervisor: hypervisor, registry: registry, ledger: self,
            timing: options.timing, logger: logger)
        return sessions.withLock { sessions in
            // One host, one session: whoever came first has it.
            guard sessions[host] == nil else { return nil }
            sessions[host] = session
            return session
        }
    }

    func closeSession(of host: ObjectID) async {
        let session = sessions.withLock { $0.removeValue(forKey: host) }
        await session?.end()
    }

    /// Finishes what a former daemon left half done, and connects all hosts in the background.
    ///
    /// What nobody was answered is undone, except that a removal is finished. Returns when the model is in a state that a
    /// person may have asked for; hosts follow as they are reached.
    public func start() async {
        // What had not arrived is taken back whole.
        let arriving = read { model in model.allRecords.filter(\.isArriving).map(\.id) }
        for top in arriving { await perform(.uproot(top)) }
        let arrivingHosts = read { model in
            Set(arriving.flatMap { model.subtree(of: $0) }.filter { $0.kind == .host }.map(\.id))
        }
        let (attachments, hosts, forgotten) = read { model in
            let records = model.allRecords
            let gone = Set(model.allRealizations.map(\.host).filter { model.record($0) == nil })
            return (
                records.filter { $0.kind == .clusterAttachment && $0.phase != .stable }.map(\.id),
                records.filter {
                    $0.kind == .host && $0.text(.connection) != nil && !arrivingHosts.contains($0.id)
                }, Array(gone)
            )
        }
        for id in attachments {
            await perform(.withdraw(id, untouched: false))
            await perform(.detached(id))
        }
        await withdrawMoves()
        settleLeavings()
        for host in forgotten { await perform(.hostRemoved(host)) }
        for host in hosts {
            if host.phase == .stable {
                await openSession(of: host.id)?.connectWhenPossible()
            } else {
                Task { await self.finishRelease(of: host) }
            }
        }
        for top in arriving { Task { await self.finishUproot(top) } }
    }

    private func finishUproot(_ top: ObjectID) async {
        let hosts = read { model in model.subtree(of: top).filter { $0.kind == .host } }
        for host in hosts { await finishRelease(of: host) }
        await perform(.uprooted(top))
    }

    /// One attempt to take everything off a host that a former daemon was about to release.
    private func finishRelease(of host: ObjectRecord) async {
        await perform(.disconnecting(host.id, untouched: false))
        if let session = openSession(of: host.id) {
            do throws(HostFailure) {
                try await session.connect()
                await session.settleAll()
            } catch {
                logger.warning("a host was given up", metadata: ["reason": "\(error.reason)"])
            }
            await closeSession(of: host.id)
        }
        if host.phase == .removing {
            await perform(.hostRemoved(host.id))
        } else {
            await perform(.disconnected(host.id))
            await openSession(of: host.id)?.connectWhenPossible()
        }
    }
}
