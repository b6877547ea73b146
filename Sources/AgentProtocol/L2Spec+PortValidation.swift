extension L2Spec {
    /// Checks each port for itself, and that none is in another's way.
    ///
    /// - Throws: `spec.invalid`.
    func validatePorts() throws(AgentRefusal) {
        guard ports.count <= Self.mostPorts else {
            throw .invalidSpec("\(ports.count) ports are more than the \(Self.mostPorts) that a bridge has room for")
        }
        var names: Set<String> = [physicalInterface, bridge]
        if let device { names.insert(device) }
        for port in ports {
            try port.validate()
            guard names.insert(port.name).inserted else { throw .invalidSpec("the name \(port.name) is there twice") }
        }
    }
}

extension L2Spec.Port {
    fileprivate func validate() throws(AgentRefusal) {
        guard Self.isName(name) else {
            throw .invalidSpec(
                "port \"\(name)\" is not called vnic<vm>.<number>, with at most \(L2Spec.longestLinkName) bytes")
        }
        guard let address, address[0] & 1 == 0, address.contains(where: { $0 != 0 }) else {
            throw .invalidSpec("\"\(mac)\" is no MAC address of one receiver, as \(name) needs")
        }
        // As for the network.
        if let mtu, !(68...65535).contains(mtu) {
            throw .invalidSpec("MTU \(mtu) of \(name) is not in 68...65535")
        }
        // The kernel takes it for nobody.
        guard owner != .max else { throw .invalidSpec("uid \(owner) of \(name) is nobody's") }
        if case .namespace(let namespace, let device) = guest {
            try L2Spec.validate(namespace: namespace)
            try L2Spec.validate(linkName: device, field: "the guest's device of \(name)")
        }
    }
}

extension L2Spec {
    /// The name of a file in /run/netns, which is no option of ip(8).
    private static func validate(namespace name: String) throws(AgentRefusal) {
        let isPlain = name.utf8.allSatisfy { byte in
            byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "/") && byte != UInt8(ascii: "\"")
                && byte != UInt8(ascii: "\\")
        }
        guard isPlain, (1...255).contains(name.utf8.count), name != ".", name != "..", !name.hasPrefix("-") else {
            throw .invalidSpec("\"\(name)\" is not a name of a network namespace")
        }
    }
}
