import NetworkModel
import Realization
import Synchronization

/// NICs of VMs are plugged into hosts, and unplugged.
extension Engine {
    /// The work that follows a stored intent. What it throws has been undone.
    func run(_ work: PortWork) async throws(Refusal) {
        guard !work.plugged.isEmpty else { return await unplug(work.unplugged, of: work) }
        if options.realizesInBackground {
            // Nobody is told of a refusal but by `state/`; a move that a host does not take is none.
            Task {
                let outcome = await settle(jobs(at: work.plugged))
                if work.isMove, outcome.refusal != nil || outcome.absence != nil {
                    await perform(.unplugged(work.changed))
                    _ = await settle(jobs(at: work.plugged))
                } else {
                    await leave(work)
                }
            }
            return
        }
        try await plug(work)
        await leave(work)
    }

    private func plug(_ work: PortWork) async throws(Refusal) {
        let specs = Engine.specs(of: work.uuid, at: work.plugged)
        let extensions = registry.preVmInstantiateExtensions
        var done: [(plugin: any PreVmInstantiateResourceExtensionPoint, spec: VmInstanceSpec)] = []
        do throws(Refusal) {
            for spec in specs {
                for plugin in extensions { try plugin.preBeforeInstantiateVmResource(spec) }
            }
            let jobs = jobs(at: work.plugged)
            if let refusal = await check(jobs) ?? interruption() { throw refusal }
            for spec in specs {
                for plugin in extensions {
                    try await plugin.preInstantiateVmResource(spec)
                    done.append((plugin, spec))
                }
            }
            // A VM needs its ports now: unlike an attach, this does not wait for a host that is away.
            let outcome = await settle(jobs)
            if let refusal = outcome.refusal ?? outcome.absence ?? interruption() { throw refusal }
        } catch {
            // In reverse order: ports, then what the extensions made.
            await perform(.unplugged(work.changed))
            _ = await settle(jobs(at: work.plugged))
            for (plugin, spec) in done.reversed() { await plugin.preReleaseVmResource(spec) }
            throw error
        }
    }

    /// What the VM leaves behind, when it has all that it needs: of its move, and of the same command.
    private func leave(_ work: PortWork) async {
        let moving = read { model in model.record(work.vm).flatMap { VM($0).placement } }
        var places = work.unplugged
        if work.isMove, let moving, moving.next != nil {
            // Also of NICs that came while it was on its way.
            places += read { model in
                model.children(of: work.vm, in: .nics).compactMap { id in model.record(id).flatMap { NIC($0).plug } }
                    .map { PortWork.Place(network: $0.network, host: moving.host) }
            }
            await perform(.moved(work.vm))
        }
        await unplug(places, of: work)
    }

    /// Never fails because of a host: what could not be unplugged is when the host returns.
    private func unplug(_ places: [PortWork.Place], of work: PortWork) async {
        guard !places.isEmpty else { return }
        _ = await settle(jobs(at: places))
        for spec in Engine.specs(of: work.uuid, at: places).reversed() {
            for plugin in registry.preVmInstantiateExtensions.reversed() { await plugin.preReleaseVmResource(spec) }
        }
    }

    private func jobs(at places: [PortWork.Place]) -> [RealizationJob] {
        jobs { model in places.compactMap { model.realization(of: $0.network, on: $0.host) } }
    }

    private static func specs(of vm: UniqueID, at places: [PortWork.Place]) -> [VmInstanceSpec] {
        Dictionary(grouping: places, by: \.host).sorted { $0.key < $1.key }.map { host, places in
            VmInstanceSpec(vm: vm, host: host, l2Networks: places.map(\.network))
        }
    }

    // MARK: - VMs that wait

    /// Between two rounds, of which one tries all that wait: a tree that is restored gives reason for one with every file.
    private static let waitingPause = Duration.milliseconds(200)

    /// Those that shall run and are nowhere may find a place now: they came with a directory, or lost what they had. In the
    /// background; however often it is asked for meanwhile, there is one round after it.
    func placeWaitingVMs() {
        let isIdle = read { !$0.hasWaitingVMs }
        guard !isIdle, waitingRounds.ask() else { return }
        Task {
            repeat {
                try? await Task.sleep(for: Engine.waitingPause)
                waitingRounds.begin()
                await placeWaitingVMsOnce()
            } while waitingRounds.goesOn()
        }
    }

    private func placeWaitingVMsOnce() async {
        // Those that ask for the same are refused for the same reason.
        var refused: Set<[ObjectID]> = []
        for vm in read({ $0.waitingVMs }) {
            let need = read { $0.needs(ofVM: vm) }
            if refused.contains(need) { continue }
            let result: Result<ObjectID, Refusal> = await withCheckedContinuation { continuation in
                submit(.place(vm)) { continuation.resume(returning: $0) }
            }
            guard case .failure(let refusal) = result else { continue }
            if refusal.rule == "vm.placement.none" { refused.insert(need) }
            logger.info("a VM waits", metadata: ["rule": "\(refusal.rule)", "reason": "\(refusal.reason)"])
        }
    }

    /// Moves that a former daemon did not finish, and answered nobody: the VMs stay where they are.
    func withdrawMoves() async {
        let moving = read { model in
            model.allRecords.filter { $0.kind == .vm && VM($0).placement?.next != nil }.map(\.id)
        }
        for vm in moving { await perform(.stays(vm)) }
    }
}

/// Whether somebody works through the VMs that wait, and whether he is to do it once more.
final class WaitingRounds: Sendable {
    private let state = Mutex((isUnderWay: false, isDue: false))

    /// - Returns: whether the caller is to begin.
    func ask() -> Bool {
        state.withLock { state in
            state.isDue = true
            defer { state.isUnderWay = true }
            return !state.isUnderWay
        }
    }

    /// What was asked for before is done in this round.
    func begin() { state.withLock { $0.isDue = false } }

    /// Whether there is another round; if not, the next who asks begins.
    func goesOn() -> Bool {
        state.withLock { state in
            state.isUnderWay = state.isDue
            return state.isDue
        }
    }
}
