import CNetlink
import Glibc

extension HostLinks {
    /// `ip link show master NAME`
    func ports(of master: CInt) throws(NetlinkError) -> [Link] {
        let make: () throws(NetlinkError) -> NetlinkMessage = { () throws(NetlinkError) in
            let message = try NetlinkMessage(type: Int(RTM_GETLINK), flags: CInt(NLM_F_DUMP))
            try message.append(header: ifinfomsg())
            try message.put(Int(IFLA_MASTER), u32: UInt32(bitPattern: master))
            return message
        }
        // Kernels before 4.6 tell of all links.
        return try socket.fetch(dump: true, make) { Link($0) }.filter { $0.master == master }
            .sorted { $0.index < $1.index }
    }

    /// `ip link add name NAME address ADDRESS mtu MTU group 0x6e6d6673 type veth peer name DEVICE address GUEST mtu MTU netns …`
    ///
    /// - Parameter namespace: the open network namespace of the other end.
    func addVeth(
        named name: String, address: [UInt8], mtu: UInt32, peer device: String, peerAddress: [UInt8],
        namespace: CInt
    ) throws(NetlinkError) -> Link {
        let message = try NetlinkMessage(type: Int(RTM_NEWLINK), flags: NLM_F_CREATE | NLM_F_EXCL)
        try message.append(header: ifinfomsg())
        try message.put(Int(IFLA_IFNAME), string: name)
        try message.put(Int(IFLA_ADDRESS), bytes: address)
        try message.put(Int(IFLA_MTU), u32: mtu)
        try message.put(Int(IFLA_GROUP), u32: LinkMark.unfinishedGroup)
        try message.nest(Int(IFLA_LINKINFO)) { () throws(NetlinkError) in
            try message.put(Int(IFLA_INFO_KIND), string: "veth")
            try message.nest(Int(IFLA_INFO_DATA)) { () throws(NetlinkError) in
                try message.nest(Int(VETH_INFO_PEER)) { () throws(NetlinkError) in
                    try message.append(header: ifinfomsg())
                    try message.put(Int(IFLA_IFNAME), string: device)
                    try message.put(Int(IFLA_ADDRESS), bytes: peerAddress)
                    try message.put(Int(IFLA_MTU), u32: mtu)
                    try message.put(Int(IFLA_NET_NS_FD), u32: UInt32(bitPattern: namespace))
                }
            }
        }
        try socket.perform(message)
        guard let made = try link(named: name) else { throw NetlinkError(errno: ENODEV) }
        return made
    }

    /// The kernel's number for an open network namespace, as links with an end there show it; `nil`: it has none, so no link
    /// leads there.
    func number(ofNamespace file: CInt) throws(NetlinkError) -> Int32? {
        let make: () throws(NetlinkError) -> NetlinkMessage = { () throws(NetlinkError) in
            let message = try NetlinkMessage(type: Int(RTM_GETNSID))
            try message.append(header: rtgenmsg())
            try message.put(Int(NETNSA_FD), u32: UInt32(bitPattern: file))
            return message
        }
        let numbers = try socket.fetch(dump: false, make) { message -> Int32? in
            guard Int(message.pointee.nlmsg_type) == Int(RTM_NEWNSID) else { return nil }
            return NetlinkAttribute.list(in: message, after: MemoryLayout<rtgenmsg>.size)
                .first { $0.type == Int(NETNSA_NSID) }?.i32
        }
        return numbers.first.flatMap { $0 == NETNSA_NSID_NOT_ASSIGNED ? nil : $0 }
    }
}
