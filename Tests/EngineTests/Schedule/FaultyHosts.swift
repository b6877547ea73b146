import NetworkModel
import Realization
import Synchronization
import TestKit

/// What may go wrong with one request to a host.
enum Fault: CaseIterable {
    case refused
    /// The host never gets it.
    case lost
    /// It is done, and the answer is lost.
    case answerLost
    /// It is done when the daemon has long given up.
    case late
    /// The agent is killed in the middle of it.
    case half
    /// The connection breaks before it, or after it.
    case cutBefore
    case cutAfter
    /// The host takes it for two requests.
    case twice
}

/// Hosts with a notion of their own of what is on them. They outlive daemons and know nothing of the model.
///
/// What goes wrong follows from the seed and from how often a host was asked the same thing, so that a run with the same
/// seed is much alike, though threads still take their turns as they like.
final class FaultyHosts: Sendable {
    /// What tells the frames of one network from those of another on a host.
    enum Wire: Hashable {
        case untagged(String)
        case vlan(String, Int)
        case vxlan(Int)
        case gre(Int)
    }

    struct Bridge: Hashable {
        /// Whose mark it carries.
        var store: UniqueID?
        let network: UniqueID
        let wire: Wire
        var mtu: Int?
        let local: String?
        var peers: Set<String>
        var isWhole = true
    }

    /// A request that a host has got and not done yet.
    struct Request {
        let channel: Int
        let step: String
        let network: L2Specification
    }

    struct Host {
        var bridges: [String: Bridge] = [:]
        var isAway = false
        /// Open connections; one that is not here any more is cut.
        var channels: [Int: FaultyChannel] = [:]
        var waiting: [Int: Request] = [:]
    }

    struct State {
        var hosts: [String: Host] = [:]
        /// In per cent of the requests.
        var faults = 0
        var asked: [String: Int] = [:]
        var lastNumber = 0
        var diary: [String] = []
    }

    let seed: UInt64
    /// The store of the daemons.
    let store: UniqueID
    let state = Mutex(State())
    private let start = ContinuousClock.now

    init(seed: UInt64, store: UniqueID) {
        self.seed = seed
        self.store = store
        for host in Scenery.hosts { state.withLock { $0.hosts[host] = Host(bridges: Self.foreign) } }
    }

    /// What others made on each host: another store's daemon, one that did not say whose it was, and an administrator.
    static let foreign: [String: Bridge] = Dictionary(
        uniqueKeysWithValues: [UniqueID(high: 9, low: 9), nil].enumerated().map { index, store in
            (
                "br_other\(index)",
                Bridge(
                    store: store, network: UniqueID(high: 8, low: UInt64(index)), wire: .untagged("other\(index)"),
                    mtu: nil, local: nil, peers: [])
            )
        })

    func note(_ line: String) {
        state.withLock { $0.diary.append("\((ContinuousClock.now - start) / .milliseconds(1)) \(line)") }
    }

    var diary: [String] { state.withLock { $0.diary } }

    func bridges(of host: String) -> [String: Bridge] { state.withLock { $0.hosts[host]?.bridges ?? [:] } }

    func setFaults(_ percent: Int) { state.withLock { $0.faults = percent } }

    // MARK: - What happens to hosts

    /// Nothing reaches the host any more, and `cut`: the daemon is told so.
    func leave(_ host: String, cut: Bool) {
        note("\(host) goes away\(cut ? "" : ", unnoticed")")
        close(host, tell: cut) { $0.isAway = true }
    }

    func comeBack(_ host: String) {
        note("\(host) comes back")
        state.withLock { $0.hosts[host, default: Host()].isAway = false }
    }

    /// All that was on the host is gone.
    func reboot(_ host: String, cut: Bool) {
        note("\(host) reboots\(cut ? "" : ", unnoticed")")
        close(host, tell: cut) { host in
            // What is not ours comes back by itself.
            host.bridges = host.bridges.filter { $0.value.store != self.store }
            host.waiting = [:]
        }
    }

    private func close(_ host: String, tell: Bool, _ body: (inout Host) -> Void) {
        let open = state.withLock { state -> [FaultyChannel] in
            var changed = state.hosts[host] ?? Host()
            body(&changed)
            let open = Array(changed.channels.values)
            changed.channels = [:]
            state.hosts[host] = changed
            return open
        }
        if tell { for channel in open { channel.cut("The connection is lost.") } }
    }

    /// Somebody takes a bridge away by hand.
    func sabotage(_ host: String, _ random: inout SeededRandom) {
        let names = bridges(of: host).filter { $0.value.store == store }.keys.sorted()
        guard !names.isEmpty else { return }
        let name = random.pick(names)
        note("\(name) of \(host) is deleted by hand")
        let open = state.withLock { state in
            state.hosts[host]?.bridges[name] = nil
            return state.hosts[host].map { Array($0.channels.values) } ?? []
        }
        for channel in open { channel.tell(name) }
    }

    // MARK: - Requests

    func connect(_ channel: FaultyChannel, _ life: Mortality) throws(HostFailure) {
        let host = channel.host
        let result: Result<Void, HostFailure> = state.withLock { state in
            var now = state.hosts[host] ?? Host()
            guard life.isAlive, !now.isAway, Self.roll(&state, seed, host, "connect", "") == nil else {
                return .failure(.unreachable("The host does not answer."))
            }
            now.channels[channel.number] = channel
            state.hosts[host] = now
            return .success(())
        }
        try result.get()
    }

    func newNumber() -> Int {
        state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
    }

    func isOpen(_ channel: FaultyChannel) -> Bool {
        state.withLock { $0.hosts[channel.host]?.channels[channel.number] != nil }
    }

    func close(_ channel: FaultyChannel) {
        state.withLock { $0.hosts[channel.host]?.channels[channel.number] = nil }
    }

    /// The host gets a request: what will go wrong, and the request's number.
    func take(
        _ step: String, _ network: L2Specification, _ channel: FaultyChannel
    ) throws(HostFailure) -> (fault: Fault?, number: Int) {
        let taken: (fault: Fault?, number: Int)? = state.withLock { state in
            guard state.hosts[channel.host]?.channels[channel.number] != nil else { return nil }
            let fault = Self.roll(&state, seed, channel.host, step, network.bridge)
            state.lastNumber += 1
            if fault != .lost, fault != .refused, fault != .cutBefore {
                state.hosts[channel.host]?.waiting[state.lastNumber] = Request(
                    channel: channel.number, step: step, network: network)
            }
            return (fault, state.lastNumber)
        }
        guard let taken else { throw .unreachable("The host does not answer.") }
        return taken
    }

    /// The host does what it was asked; not where it was done already, or cut short.
    func perform(_ number: Int, of host: String, fault: Fault?) throws(HostFailure) {
        let result: Result<(bridge: String, open: [FaultyChannel]), HostFailure> = state.withLock { state in
            guard var now = state.hosts[host], let request = now.waiting.removeValue(forKey: number) else {
                return .failure(.unreachable("The host does not answer."))
            }
            let before = now.bridges
            var refusal = Self.perform(request, on: &now, store)
            if fault == .twice { refusal = Self.perform(request, on: &now, store) ?? refusal }
            let name = request.network.bridge
            if fault == .half, let old = before[name] ?? now.bridges[name], old.network == request.network.networkUUID,
                request.step != "check"
            {
                now.bridges[name] = old
                now.bridges[name]?.isWhole = false
            }
            state.hosts[host] = now
            if let refusal { return .failure(.refused(refusal)) }
            return .success((name, now.bridges == before ? [] : Array(now.channels.values)))
        }
        let changed = try result.get()
        for channel in changed.open { channel.tell(changed.bridge) }
    }

    /// The marks on the host, or what goes wrong with the question.
    func marks(of channel: FaultyChannel) throws(HostFailure) -> [HostMark] {
        let marks: [HostMark]? = state.withLock { state in
            guard state.hosts[channel.host]?.channels[channel.number] != nil,
                Self.roll(&state, seed, channel.host, "marks", "") == nil
            else { return nil }
            return state.hosts[channel.host]?.bridges.map { name, bridge in
                HostMark(store: bridge.store, network: bridge.network, bridge: name, devices: [])
            }
        }
        guard let marks else { throw .unreachable("The host does not answer.") }
        return marks
    }

    func collect(_ mark: HostMark, _ channel: FaultyChannel) throws(HostFailure) {
        note("\(channel.host): collect \(mark)")
        let isAnswered = state.withLock { state -> Bool in
            guard state.hosts[channel.host]?.channels[channel.number] != nil else { return false }
            let fault = Self.roll(&state, seed, channel.host, "collect", mark.bridge ?? "")
            if fault != .lost, fault != .refused, let name = mark.bridge,
                let bridge = state.hosts[channel.host]?.bridges[name], bridge.store == mark.store,
                bridge.network == mark.network
            {
                state.hosts[channel.host]?.bridges[name] = nil
            }
            return fault == nil
        }
        guard isAnswered else { throw .unreachable("The host does not answer.") }
    }

    private static func roll(
        _ state: inout State, _ seed: UInt64, _ host: String, _ step: String, _ bridge: String
    ) -> Fault? {
        let key = "\(host) \(step) \(bridge)"
        let count = state.asked[key, default: 0]
        state.asked[key] = count + 1
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ seed
        for byte in "\(key) \(count)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        var random = SeededRandom(seed: hash)
        return random.chance(state.faults) ? random.pick(Fault.allCases) : nil
    }

    // MARK: - What a host does

    private static func perform(_ request: Request, on host: inout Host, _ store: UniqueID) -> Refusal? {
        let network = request.network
        let name = network.bridge
        if request.step == "release" {
            if host.bridges[name]?.network == network.networkUUID { host.bridges[name] = nil }
            return nil
        }
        let wire = Wire(network)
        if let there = host.bridges[name] {
            if there.network != network.networkUUID { return taken("The name \(name) is taken.") }
            if there.wire != wire || there.local != network.overlay?.local.description {
                return taken("\(name) is another than it should be.")
            }
        }
        if host.bridges.contains(where: { $0.key != name && $0.value.wire == wire }) {
            return taken("Another bridge has the wire of \(name).")
        }
        guard request.step == "realize" else { return nil }
        host.bridges[name] = Bridge(
            store: store, network: network.networkUUID, wire: wire, mtu: network.mtu ?? host.bridges[name]?.mtu,
            local: network.overlay?.local.description, peers: Set(network.peers.map(\.description)))
        return nil
    }

    private static func taken(_ reason: String) -> Refusal {
        Refusal("host.test-taken", .busy, reason, remedy: "Remove it.")
    }
}

extension FaultyHosts.Wire {
    init(_ network: L2Specification) {
        self =
            switch network.overlay?.tunnel {
            case .vxlan(let vni)?: .vxlan(vni)
            case .ovsGre(let key)?: .gre(key)
            case nil:
                network.vlan.map { .vlan(network.physicalInterface, $0) } ?? .untagged(network.physicalInterface)
            }
    }
}
