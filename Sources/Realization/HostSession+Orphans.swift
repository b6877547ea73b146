import Logging
import NetworkModel

/// What is on a host for networks that it shall not have and that nobody works on.
extension HostSession {
    /// Looks for orphans, and takes those off the host that are ours for certain, where changes by hand are repaired.
    ///
    /// A network that comes to be wanted while this goes on is realized after it.
    func collectOrphans() async {
        // One that is under way may have asked an earlier connection.
        while let running = collection { await running.value }
        let task = Task {
            await findOrphans()
            collection = nil
        }
        collection = task
        await task.value
    }

    private func findOrphans() async {
        guard let channel else { return }
        do throws(HostFailure) {
            // What was on record when the host was asked, or is now that it has answered, may just be coming or going.
            let before = ledger.accountedLinks(onHost: host)
            let marks = try await channel.marks().filter { !$0.isAccounted(by: before) }
            var left: [HostMark] = []
            let isCollected = ledger.repairsDrift(onHost: host) && !ledger.isInMaintenance(host)
            for mark in marks {
                guard let orphan = ledger.orphans(among: [mark], onHost: host).first else { continue }
                guard isCollected, orphan.isOurs else {
                    left.append(mark)
                    continue
                }
                do throws(HostFailure) {
                    try await channel.collect(mark)
                    ledger.noteCollected(mark, onHost: host)
                } catch {
                    left.append(mark)
                    logger.warning("an orphan stays", metadata: ["what": "\(mark)", "reason": "\(error.reason)"])
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
