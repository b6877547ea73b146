import NetworkModel

/// Directories that were renamed into place, with hosts and attachments among what is in them.
extension Engine {
    /// Asks all hosts for all of it; when one refuses, the object goes again with everything below it.
    func arrive(_ top: ObjectID, _ works: [HostWork]) async throws(Refusal) {
        let refusals = await refusals(of: works)
        guard refusals.isEmpty else {
            await uproot(top)
            throw Engine.refusal(refusals, Engine.notArrived)
        }
        await perform(.arrived(top))
        placeWaitingVMs()
        // Not before they were there for good.
        for case .connect(let host) in works {
            if let session = session(of: host) { Task { await session.collectOrphans() } }
        }
    }

    /// Asks hosts for several things; what is refused is undone by itself, and told.
    func runAll(_ works: [HostWork]) async throws(Refusal) {
        let refusals = await refusals(of: works)
        guard refusals.isEmpty else {
            throw Engine.refusal(refusals, Engine.partlyUndone)
        }
        placeWaitingVMs()
    }

    /// Connections before networks: an attach needs to know which hosts are there.
    private func refusals(of works: [HostWork]) async -> [Refusal] {
        var refusals: [Refusal] = []
        let connects = works.filter { if case .connect = $0 { true } else { false } }
        let others = works.filter { if case .connect = $0 { false } else { true } }
        for stage in [connects, others] where !stage.isEmpty {
            async let ofHosts = runAtOnce(stage.filter(\.isOfOneHost), limit: stage.count)
            async let ofNetworks = runAtOnce(stage.filter { !$0.isOfOneHost }, limit: options.networksAtOnce)
            refusals += await ofHosts + ofNetworks
            if !refusals.isEmpty, case .connect = stage.first { break }
        }
        return refusals
    }

    private func runAtOnce(_ works: [HostWork], limit: Int) async -> [Refusal] {
        await concurrently(works, limit: limit) { work -> Refusal? in
            do throws(Refusal) {
                try await self.run(work)
                return nil
            } catch {
                return error
            }
        }.compactMap { $0 }
    }

    /// Off the hosts, then out of the model.
    func uproot(_ top: ObjectID) async {
        await perform(.uproot(top))
        let (networks, hosts) = read { model in
            let records = model.subtree(of: top)
            return (records.filter { $0.kind == .l2Network }.map(\.id), records.filter { $0.kind == .host }.map(\.id))
        }
        await settle { model in
            var seen: Set<ObjectID> = []
            return
                (networks.flatMap { model.allRealizations(ofNetwork: $0) }
                + hosts.flatMap { model.realizations(ofHost: $0) }).filter { seen.insert($0.id).inserted }
        }
        for host in hosts { await closeSession(of: host) }
        await perform(.uprooted(top))
    }

    static let notArrived = "The directory was not put in its place"
    static let partlyUndone = "Everything else was done, and this was undone"

    static func refusal(_ refusals: [Refusal], _ beginning: String) -> Refusal {
        let first = refusals.first ?? Refusal("staged.host-refused", .inputOutput, beginning, remedy: "Try again.")
        guard refusals.count > 1 else { return first }
        return Refusal(
            "staged.host-refused", first.error,
            "\(beginning): \(refusals.count) refusals. \(refusals.prefix(20).map(\.reason).joined(separator: " "))",
            objects: refusals.flatMap(\.objects), remedy: first.remedy,
            problems: refusals.map { Refusal.Problem(path: "", refusal: $0) })
    }
}

extension HostWork {
    fileprivate var isOfOneHost: Bool {
        switch self {
        case .connect, .release, .resume, .instantiate, .deinstantiate, .ports: true
        case .attach, .detach, .reshape, .arrive, .all: false
        }
    }
}
