import AgentProtocol
import Glibc

/// A VXLAN: a device with an entry for each peer to which what is for all is sent, and a bridge with it as its port.
extension L2Realizer {
    static func realize(
        _ spec: L2Spec, _ vxlan: L2Spec.VXLAN, on links: HostLinks
    ) throws(AgentRefusal) -> L2Outcome {
        let site = try VXLANSite(spec, vxlan, on: links)
        let ports = try PortSurvey(spec, bridge: site.bridge, on: links)
        var realizer = L2Realizer(spec: spec, links: links)
        do throws(StepFailure) {
            try realizer.converge(vxlan, site, ports)
        } catch {
            throw .stepFailed(error.step, error.error, notUndone: realizer.undo.run())
        }
        return L2Outcome(steps: realizer.steps, notes: site.notes + notes(spec) + realizer.notes)
    }

    private mutating func converge(
        _ vxlan: L2Spec.VXLAN, _ site: VXLANSite, _ ports: PortSurvey
    ) throws(StepFailure) {
        let device = try vxlanDevice(vxlan, site)
        try finish(device)
        if device.mtu != site.mtu {
            try step("set the MTU of \(device.name) to \(site.mtu)") { links throws(NetlinkError) in
                try links.setMTU(device.index, site.mtu)
            } undo: { links throws(NetlinkError) in
                try links.setMTU(device.index, device.mtu)
            }
        }
        try flood(device, to: vxlan.peers)
        let bridge = try bridge(address: device.address, existing: site.bridge)
        try bringUp(device)
        if device.master != bridge.index {
            try step("make \(device.name) a port of the bridge \(bridge.name)") { links throws(NetlinkError) in
                try links.setMaster(device.index, bridge.index)
            } undo: { links throws(NetlinkError) in
                try links.setMaster(device.index, nil)
            }
        }
        try bringUp(bridge)
        if !ports.isEmpty { try plugPorts(ports, into: read(bridge), mtu: site.mtu) }
    }

    private mutating func vxlanDevice(_ vxlan: L2Spec.VXLAN, _ site: VXLANSite) throws(StepFailure) -> Link {
        if let device = site.device {
            if site.isRight(device, vxlan) { return device }
            // Ours, with another number or end; the kernel cannot change these.
            try step("delete the VXLAN device \(device.name), which has other settings") {
                links throws(NetlinkError) in
                try links.delete(device.index)
            }
        }
        let name = spec.device ?? ""
        return try make("make the VXLAN device \(name) with VNI \(vxlan.vni) from \(vxlan.local)") {
            links throws(NetlinkError) in
            try links.addVXLAN(named: name, vni: vxlan.vni, local: site.local, port: vxlan.port)
        }
    }

    /// What is for all, or for whom nobody knows, goes to each peer and to nobody else.
    private mutating func flood(_ device: Link, to peers: [String]) throws(StepFailure) {
        let present: [[UInt8]]
        do {
            present = try links.floodEntries(of: device.index)
        } catch {
            throw StepFailure(step: "read the flood entries of \(device.name)", error: error)
        }
        let wanted = peers.map { InterfaceAddress.bytes(of: $0) }
        for (peer, bytes) in zip(peers, wanted) where !present.contains(bytes) {
            try step("flood from \(device.name) to \(peer)") { links throws(NetlinkError) in
                try links.addFloodEntry(of: device.index, to: bytes)
            } undo: { links throws(NetlinkError) in
                try links.removeFloodEntry(of: device.index, to: bytes)
            }
        }
        for bytes in present where !wanted.contains(bytes) {
            try step("flood no more from \(device.name) to \(InterfaceAddress.text(of: bytes))") {
                links throws(NetlinkError) in
                try links.removeFloodEntry(of: device.index, to: bytes)
            } undo: { links throws(NetlinkError) in
                try links.addFloodEntry(of: device.index, to: bytes)
            }
        }
    }
}
