import NetworkModel
import Realization

/// Networks that hosts have only while a VM there needs them.
extension Engine {
    /// One more VM of the host needs the L2 network: returns when the host has it. Every call needs a `release` of its own,
    /// which restarts of the daemon do not change: the count is stored.
    ///
    /// - Throws: `l2.instantiate.…`, what the host refuses, or `host.unreachable`; then nothing is counted.
    public func instantiate(_ network: ObjectID, host: ObjectID) async throws(Refusal) {
        try await answer(of: .instantiate(network, host: host))
    }

    /// One VM less needs it: with the last, the network goes off the host, or when the host returns.
    public func release(_ network: ObjectID, host: ObjectID) async throws(Refusal) {
        try await answer(of: .deinstantiate(network, host: host))
    }

    /// Makes all that a VM needs on its host. What it throws has been undone.
    public func preInstantiate(_ vm: VmInstanceSpec) async throws(Refusal) {
        let extensions = preVmInstantiateExtensions
        for plugin in extensions { try plugin.preBeforeInstantiateVmResource(vm) }
        for (index, plugin) in extensions.enumerated() {
            do throws(Refusal) {
                try await plugin.preInstantiateVmResource(vm)
            } catch {
                for done in extensions[..<index].reversed() { await done.preReleaseVmResource(vm) }
                throw error
            }
        }
    }

    /// Takes away what `preInstantiate` made, the last first.
    public func preRelease(_ vm: VmInstanceSpec) async {
        for plugin in preVmInstantiateExtensions.reversed() { await plugin.preReleaseVmResource(vm) }
    }

    private var preVmInstantiateExtensions: [any PreVmInstantiateResourceExtensionPoint] {
        [L2NetworkInstantiation(engine: self)] + registry.preVmInstantiateExtensions
    }

    private func answer(of command: Command) async throws(Refusal) {
        let result: Result<ObjectID, Refusal> = await withCheckedContinuation { continuation in
            submit(command) { continuation.resume(returning: $0) }
        }
        _ = try result.get()
    }

    /// The work that follows a stored intent to instantiate. What it throws has been undone.
    func realize(_ network: ObjectID, forVMOn host: ObjectID) async throws(Refusal) {
        let jobs = jobs { model in model.realization(of: network, on: host).map { [$0] } ?? [] }
        if let refusal = await check(jobs) ?? interruption() {
            try await withdraw(network, host, refusal)
        }
        // A VM needs the network now: unlike an attach, this does not wait for a host that is away.
        let outcome = await settle(jobs)
        if let refusal = outcome.refusal ?? outcome.absence ?? interruption() {
            try await withdraw(network, host, refusal)
        }
        // Detached, or the host removed, while it was asked: then the count went with it.
        guard read({ $0.realization(of: network, on: host)?.users ?? 0 }) > 0 else {
            let (path, hostPath) = read { ($0.path(of: network), $0.path(of: host)) }
            throw Refusal(
                "l2.instantiate.withdrawn", .busy,
                "\(path) was taken off \(hostPath) while it was being realized there.",
                objects: [path, hostPath], remedy: "Attach it again, or place the VM elsewhere.")
        }
    }

    private func withdraw(_ network: ObjectID, _ host: ObjectID, _ refusal: Refusal) async throws(Refusal) {
        await perform(.deinstantiate(network, host: host))
        await settle { model in model.realization(of: network, on: host).map { [$0] } ?? [] }
        throw refusal
    }

    /// The peers of a network in tunnels changed for some hosts, or who may open taps there: tells them, in the background.
    /// Who cannot be told now is told with the next ping, or when it returns.
    func tellPeers(of changes: [Change]) {
        let realizations = changes.compactMap { change -> ObjectID? in
            guard case .updateRealization(let old, let new) = change, let before = old.wanted, let after = new.wanted,
                before != after
            else { return nil }
            let hasPeers = before.overlay != nil && after.overlay != nil
            let hasOtherOwners = before.ports != after.ports && before.ports.map(\.name) == after.ports.map(\.name)
            return hasPeers || hasOtherOwners ? new.id : nil
        }
        guard !realizations.isEmpty else { return }
        Task {
            await settle { model in
                realizations.compactMap { model.realization($0) }.filter {
                    !$0.isConverged && $0.wanted != nil && model.isConfirmed($0)
                }
            }
        }
    }
}

/// Realizes the L2 networks of a VM's NICs that are not there since they were attached.
struct L2NetworkInstantiation: PreVmInstantiateResourceExtensionPoint {
    let engine: Engine

    func preBeforeInstantiateVmResource(_ spec: VmInstanceSpec) throws(Refusal) {
        for network in spec.l2Networks { _ = try engine.plan(.instantiate(network, host: spec.host)) }
    }

    func preInstantiateVmResource(_ spec: VmInstanceSpec) async throws(Refusal) {
        for (index, network) in spec.l2Networks.enumerated() {
            do throws(Refusal) {
                try await engine.instantiate(network, host: spec.host)
            } catch {
                for done in spec.l2Networks[..<index].reversed() { await release(done, spec.host) }
                throw error
            }
        }
    }

    func preReleaseVmResource(_ spec: VmInstanceSpec) async {
        for network in spec.l2Networks.reversed() { await release(network, spec.host) }
    }

    private func release(_ network: ObjectID, _ host: ObjectID) async {
        do throws(Refusal) {
            try await engine.release(network, host: host)
        } catch {
            engine.logger.warning("a network was not released", metadata: ["reason": "\(error.reason)"])
        }
    }
}
