/// The calls of `HostNetworkSystem` that port groups take.
extension VSphereClient {
    /// The object that has the host's network.
    func networkSystem() throws(VSphereError) -> ManagedObject {
        let hosts = try properties(
            ["configManager.networkSystem"], of: "HostSystem",
            through: [
                ("Folder", "childEntity"), ("Datacenter", "hostFolder"), ("Folder", "childEntity"),
                ("ComputeResource", "host"),
            ])
        guard let system = hosts.first?.values["configManager.networkSystem"], !system.text.isEmpty else {
            throw .fault(VSphereFault(type: "NoPermission", message: "The host's network cannot be read."))
        }
        return ManagedObject(type: "HostNetworkSystem", id: system.text)
    }

    /// The host's network as it is now.
    func network(of system: ManagedObject) throws(VSphereError) -> ESXiHostNetwork {
        let found = try properties(ESXiHostNetwork.properties, of: "HostNetworkSystem", from: system)
        guard let values = found.first?.values,
            values["networkInfo.vswitch"] != nil || values["networkInfo.pnic"] != nil
        else { throw .fault(VSphereFault(type: "NoPermission", message: "The host's network cannot be read.")) }
        return ESXiHostNetwork(values)
    }

    func perform(_ step: ESXiHostNetwork.Step, on system: ManagedObject) throws(VSphereError) {
        switch step {
        case .addSwitch(let name, let uplinks, let mtu):
            try call(
                "AddVirtualSwitch", of: system,
                [.element("vswitchName", name), VSphereClient.switchSpecification(uplinks, mtu)])
        case .updateSwitch(let name, let uplinks, let mtu):
            try call(
                "UpdateVirtualSwitch", of: system,
                [.element("vswitchName", name), VSphereClient.switchSpecification(uplinks, mtu)])
        case .removeSwitch(let name):
            try call("RemoveVirtualSwitch", of: system, [.element("vswitchName", name)])
        case .addPortGroup(let name, let vlan, let vswitch):
            try call("AddPortGroup", of: system, [VSphereClient.portGroupSpecification(name, vlan, vswitch)])
        case .updatePortGroup(let name, let vlan, let vswitch):
            try call(
                "UpdatePortGroup", of: system,
                [.element("pgName", name), VSphereClient.portGroupSpecification(name, vlan, vswitch)])
        case .removePortGroup(let name):
            try call("RemovePortGroup", of: system, [.element("pgName", name)])
        }
    }

    private static func portGroupSpecification(_ name: String, _ vlan: Int, _ vswitch: String) -> SOAPText {
        // An empty policy: that of the vSwitch.
        .element(
            "portgrp",
            [
                .element("name", name), .element("vlanId", "\(vlan)"), .element("vswitchName", vswitch),
                .element("policy", [SOAPText]()),
            ])
    }

    private static func switchSpecification(_ uplinks: [String], _ mtu: Int?) -> SOAPText {
        // The number of ports is asked for, and ignored since ESXi 5.5.
        .element(
            "spec",
            [
                .element("numPorts", "128"),
                .element(
                    "bridge", type: "HostVirtualSwitchBondBridge", uplinks.map { .element("nicDevice", $0) }),
            ] + (mtu.map { [.element("mtu", "\($0)")] } ?? []))
    }
}
