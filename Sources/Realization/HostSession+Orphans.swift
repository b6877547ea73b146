import Logging
import NetworkModel

/// What is on a host for networks that it shall not have and that nobody works on.
extension HostSession {
    /// Looks for orphans, and takes those off the host that are ours for certain, where changes by hand are repaired. Not on
    /// a host that is only being tried.
    ///
    /// However many ask while a search is under way, there is one more after it. A network that comes to be wanted while
    /// this goes on is realized after it, and before the next.
    public func collectOrphans() async {
        await withCheckedContinuation { asker in
            searches.ask(asker)
            beginNextSearch()
        }
    }

    func collectOrphansUnlessCatchingUp() async {
        guard catchingUp == nil else { return }
        await collectOrphans()
    }

    private func beginNextSearch() {
        guard let askers = searches.beginNext() else { return }
        Task {
            await findOrphans()
            let held = searches.end()
            for work in held { work.resume() }
            for asker in askers { asker.resume() }
            beginNextSearch()
        }
    }

    /// What is to be realized waits as long as a search is under way, and is done before the next.
    func outsideOfSearches(_ body: @Sendable () async -> Outcome) async -> Outcome {
        guard searches.isUnderWay else { return await body() }
        await withCheckedContinuation { searches.hold($0) }
        let outcome = await body()
        searches.heldIsDone()
        beginNextSearch()
        return outcome
    }

    // MARK: - After changes of links

    /// A search when links have changed: a while after the last one, and not while the host is brought up to date, which
    /// changes many.
    func searchSoon() {
        searches.isDue = true
        searchIfDue()
    }

    func searchIfDue() {
        guard searches.isDue, catchingUp == nil, searcher == nil, channel != nil else { return }
        let start = searches.lastEnd.map { $0 + timing.searchPause } ?? .now
        searcher = Task { [weak self] in
            try? await Task.sleep(until: start)
            guard !Task.isCancelled else { return }
            await self?.searchNow()
        }
    }

    private func searchNow() async {
        if searches.isDue, catchingUp == nil { await collectOrphans() }
        searcher = nil
        searchIfDue()
    }

    // MARK: - One search

    private func findOrphans() async {
        guard let channel, ledger.isAccepted(host) else { return }
        do throws(HostFailure) {
            // What was on record when the host was asked, or is now that it has answered, may just be coming or going.
            let before = ledger.accountedLinks(onHost: host)
            let marks = try await channel.marks().filter { !$0.isAccounted(by: before) }
            var left: [HostStray] = []
            let isCollected = ledger.repairsDrift(onHost: host) && !ledger.isInMaintenance(host)
            for found in ledger.strays(among: marks, onHost: host) {
                guard isCollected, found.isCollectable else {
                    left.append(found)
                    continue
                }
                // Others were collected meanwhile, which takes its time.
                guard ledger.isAccepted(host) else { return }
                guard let stray = ledger.strays(among: [found.mark], onHost: host).first else { continue }
                guard stray.isCollectable else {
                    left.append(stray)
                    continue
                }
                do throws(HostFailure) {
                    try await channel.collect(stray.mark)
                    ledger.noteCollected(stray.mark, onHost: host)
                } catch {
                    left.append(stray)
                    logger.warning(
                        "an orphan stays", metadata: ["what": "\(stray.mark)", "reason": "\(error.reason)"])
                    if case .unreachable = error { throw error }
                }
            }
            ledger.setOrphans(ofHost: host, left)
        } catch {
            // The next ping finds out whether the host is there.
            logger.info("orphans are not known", metadata: ["reason": "\(error.reason)"])
        }
    }
}
