import AgentProtocol
import CNetlink
import Glibc

/// Makes an L2 network on the host: looks what is there, makes what is missing, and takes back what it made if a step
/// fails.
struct L2Realizer {
    struct StepFailure: Error {
        var step: String
        var error: NetlinkError
    }

    let spec: L2Spec
    let links: HostLinks
    var undo = UndoLog()
    var steps: [String] = []
    /// What an operator should know although it is no error.
    var notes: [String] = []
    let guarded: GuardedChanges?
    var unconfirmed: String?

    /// Would ``realize(_:on:)`` be refused? Changes nothing.
    ///
    /// - Throws: the refusal of the first rule that is broken.
    static func check(
        _ spec: L2Spec, on links: HostLinks, guarded: GuardedChanges? = nil
    ) throws(AgentRefusal) -> L2Outcome {
        try spec.validate()
        if case .vxlan(let vxlan) = spec.kind {
            let site = try VXLANSite(spec, vxlan, on: links)
            _ = try PortSurvey(spec, bridge: site.bridge, on: links)
            return L2Outcome(notes: site.notes + notes(spec))
        }
        let site = try L2Site(spec, on: links, movesAddresses: guarded != nil)
        if let guarded { _ = try guarded.checkMove(spec, site.interface, isAsked: true) }
        if site.device == nil { try refuseDuplicate(spec, site, links) }
        _ = try PortSurvey(spec, bridge: site.bridge, on: links)
        return L2Outcome(notes: notes(spec))
    }

    private static func refuseDuplicate(
        _ spec: L2Spec, _ site: L2Site, _ links: HostLinks
    ) throws(AgentRefusal) {
        let duplicate: AgentRefusal?
        do {
            duplicate = try L2Site.refusalForDuplicate(spec, site.interface, links)
        } catch {
            throw .unreadable(error)
        }
        if let duplicate { throw duplicate }
    }

    /// Makes the network be there.
    ///
    /// - Returns: what was changed.
    /// - Throws: the refusal of a rule, or `host.step-failed` with the kernel's error number; then what this call made
    ///   is gone again.
    static func realize(
        _ spec: L2Spec, on links: HostLinks, guarded: GuardedChanges? = nil
    ) throws(AgentRefusal) -> L2Outcome {
        try spec.validate()
        if case .vxlan(let vxlan) = spec.kind { return try realize(spec, vxlan, on: links) }
        let site = try L2Site(spec, on: links, movesAddresses: guarded != nil)
        // What is taken away cannot be put back, so it stays where nothing could be made in its place.
        if site.misfit != nil { try refuseDuplicate(spec, site, links) }
        let ports = try PortSurvey(spec, bridge: site.bridge, on: links)
        var realizer = L2Realizer(spec: spec, links: links, guarded: guarded)
        if let guarded { realizer.unconfirmed = try guarded.checkMove(spec, site.interface, isAsked: false) }
        do throws(StepFailure) {
            try realizer.converge(site, ports)
        } catch {
            let notUndone = realizer.undo.run()
            if error.error.errno == EEXIST,
                let duplicate = try? L2Site.refusalForDuplicate(spec, site.interface, links)
            {
                throw duplicate
            }
            throw .stepFailed(error.step, error.error, notUndone: notUndone)
        }
        return L2Outcome(
            steps: realizer.steps, notes: notes(spec) + realizer.notes, unconfirmed: realizer.unconfirmed)
    }

    init(spec: L2Spec, links: HostLinks, guarded: GuardedChanges? = nil) {
        self.spec = spec
        self.guarded = guarded
        self.links = links
    }

    private mutating func converge(_ site: L2Site, _ ports: PortSurvey) throws(StepFailure) {
        let interface = site.interface
        try growMTU(interface)
        try bringUp(interface)

        var port = interface
        if let name = spec.device, case .vlan(let id) = spec.kind {
            if let misfit = site.misfit?.link {
                try step("delete the other VLAN device \(name)") { links throws(NetlinkError) in
                    try links.delete(misfit.index)
                }
            }
            port = try vlanDevice(name, id, on: interface, existing: site.device)
            try growMTU(port)
        }
        let book = try bookToMove(interface)
        var carriesHost = book != nil
        if !carriesHost { carriesHost = try holdsAddresses(site.bridge) }
        var bridge = try bridge(address: interface.address, existing: site.bridge, carriesHost: carriesHost)
        if port.index != interface.index { try bringUp(port) }
        if let book, let guarded {
            try move(book, from: site.interface, to: bridge, isNew: site.bridge == nil, guarded)
            port = try read(port)
            bridge = try read(bridge)
        }

        if port.master != bridge.index {
            try step("make \(port.name) a port of the bridge \(bridge.name)") { links throws(NetlinkError) in
                try links.setMaster(port.index, bridge.index)
            } undo: { links throws(NetlinkError) in
                try links.setMaster(port.index, nil)
            }
        }
        // The kernel lets the MTU of a bridge follow its ports until it is set, so it is looked at again only now.
        if spec.mtu != nil {
            try growMTU(read(bridge))
        }
        try bringUp(bridge)
        if !ports.isEmpty { try plugPorts(ports, into: read(bridge), mtu: read(port).mtu) }
    }

    // MARK: Links

    private mutating func vlanDevice(
        _ name: String, _ id: UInt16, on interface: Link, existing: Link?
    ) throws(StepFailure) -> Link {
        let device: Link
        if let existing {
            device = existing
        } else {
            device = try make("make the VLAN device \(name) with VLAN id \(id) on \(interface.name)") {
                links throws(NetlinkError) in
                try links.addVLAN(named: name, parent: interface.index, id: id)
            }
        }
        try finish(device)
        return device
    }

    mutating func bridge(
        address: [UInt8], existing: Link?, carriesHost: Bool = false
    ) throws(StepFailure) -> Link {
        let bridge: Link
        if let existing {
            bridge = existing
        } else {
            let name = spec.bridge
            bridge = try make("make the bridge \(name)") { links throws(NetlinkError) in
                try links.addBridge(named: name, address: address)
            }
        }
        try finish(bridge, carriesHost: carriesHost)
        try configure(bridge, address: address)
        return bridge
    }

    /// Gives the link its mark and keeps IPv6 off it, unless the host itself is there.
    mutating func finish(_ link: Link, carriesHost: Bool = false) throws(StepFailure) {
        let alias = LinkMark.alias(for: spec)
        if link.alias != alias {
            try step("mark \(link.name)") { links throws(NetlinkError) in try links.mark(link.index, alias: alias) }
        }
        if !carriesHost, let mode = link.addressGeneration, mode != UInt8(IN6_ADDR_GEN_MODE_NONE.rawValue) {
            try step("keep IPv6 addresses off \(link.name)") { links throws(NetlinkError) in
                try links.disableAddressGeneration(link.index)
            }
        }
    }

    /// `ip link set dev BRIDGE address MAC type bridge stp_state 0 forward_delay 0 nf_call_iptables 0|1 …`
    private mutating func configure(_ bridge: Link, address: [UInt8]) throws(StepFailure) {
        let has = bridge.bridge ?? Link.Bridge()
        if let stp = has.stp, stp != 0 {
            // On its own: with the spanning tree on, the kernel refuses a forward delay below 2 s (IEEE 802.1D).
            try step("switch the spanning tree of \(bridge.name) off") { links throws(NetlinkError) in
                try links.setBridge(bridge.index, Link.Bridge(stp: 0))
            }
        }
        if let delay = has.forwardDelay, delay != 0 {
            try step("set the forward delay of \(bridge.name) to 0") { links throws(NetlinkError) in
                try links.setBridge(bridge.index, Link.Bridge(forwardDelay: 0))
            }
        }
        // A kernel without bridge netfilter has no such setting, and never gives bridged frames to iptables.
        let calls: UInt8 = spec.disableIptables ? 0 : 1
        if let v4 = has.callsIPTables, let v6 = has.callsIP6Tables, v4 != calls || v6 != calls {
            try step("switch iptables for \(bridge.name) \(calls == 0 ? "off" : "on")") { links throws(NetlinkError) in
                try links.setBridge(bridge.index, Link.Bridge(callsIPTables: calls, callsIP6Tables: calls))
            }
        }
        if bridge.address != address {
            let port = spec.physicalInterface.isEmpty ? spec.device ?? "" : spec.physicalInterface
            try step("give \(bridge.name) the MAC of \(port)") { links throws(NetlinkError) in
                try links.setAddress(bridge.index, address)
            }
        }
    }

    private mutating func growMTU(_ link: Link) throws(StepFailure) {
        guard let mtu = spec.mtu, link.mtu < mtu else { return }
        try step("raise the MTU of \(link.name) to \(mtu)") { links throws(NetlinkError) in
            try links.setMTU(link.index, UInt32(mtu))
        } undo: { links throws(NetlinkError) in
            try links.setMTU(link.index, link.mtu)
        }
    }

    mutating func bringUp(_ link: Link) throws(StepFailure) {
        guard !link.isUp else { return }
        try step("set \(link.name) up") { links throws(NetlinkError) in
            try links.setUp(link.index, true)
        } undo: { links throws(NetlinkError) in
            try links.setUp(link.index, false)
        }
    }

    // MARK: Steps

    mutating func step(
        _ what: String, _ body: (HostLinks) throws(NetlinkError) -> Void,
        undo back: ((HostLinks) throws(NetlinkError) -> Void)? = nil
    ) throws(StepFailure) {
        do {
            try body(links)
        } catch {
            throw StepFailure(step: what, error: error)
        }
        steps.append(what)
        if let back {
            let links = links
            undo.add(what) { () throws(NetlinkError) in try back(links) }
        }
    }

    mutating func make(
        _ what: String, _ body: (HostLinks) throws(NetlinkError) -> Link
    ) throws(StepFailure) -> Link {
        let link: Link
        do {
            link = try body(links)
        } catch {
            throw StepFailure(step: what, error: error)
        }
        steps.append(what)
        let links = links
        undo.add(what) { () throws(NetlinkError) in try links.delete(link.index) }
        return link
    }

    func read(_ link: Link) throws(StepFailure) -> Link {
        do throws(NetlinkError) {
            guard let now = try links.link(at: link.index) else { throw NetlinkError(errno: ENODEV) }
            return now
        } catch {
            throw StepFailure(step: "read \(link.name) again", error: error)
        }
    }

    /// A bridge's own setting cannot keep frames from iptables where the host's setting sends all bridged frames there
    /// (`br_netfilter_hooks.c`: either one is enough).
    static func notes(_ spec: L2Spec) -> [String] {
        guard spec.disableIptables, HostSetting.bridgeCallsIPTables else { return [] }
        return [
            "The host sends all bridged frames through iptables (net.bridge.bridge-nf-call-iptables = 1), "
                + "which the bridge \(spec.bridge) cannot switch off."
        ]
    }
}
