import CNetlink
import Glibc

extension HostLinks {
    /// `ip link add name NAME group 0x6e6d6673 type vxlan id VNI local ADDRESS dstport PORT`
    ///
    /// - Parameter local: 4 or 16 bytes.
    func addVXLAN(named name: String, vni: UInt32, local: [UInt8], port: UInt16) throws(NetlinkError) -> Link {
        try add(named: name) { link in
            rtnl_link_set_type(link, "vxlan")
            rtnl_link_vxlan_set_id(link, vni)
            rtnl_link_vxlan_set_port(link, UInt32(port))
            rtnl_link_vxlan_set_learning(link, 1)
            let family = local.count == 4 ? AF_INET : AF_INET6
            if let address = local.withUnsafeBytes({ nl_addr_build(family, $0.baseAddress, $0.count) }) {
                rtnl_link_vxlan_set_local(link, address)
                nl_addr_put(address)
            }
        }
    }

    /// Where frames for all, or for an unknown MAC, are sent: the forwarding entries of the MAC 00:00:00:00:00:00
    /// (`bridge fdb show dev NAME`, Documentation/networking/vxlan.rst).
    func floodEntries(of index: CInt) throws(NetlinkError) -> [[UInt8]] {
        let make: () throws(NetlinkError) -> NetlinkMessage = { () throws(NetlinkError) in
            let message = try NetlinkMessage(type: Int(RTM_GETNEIGH), flags: CInt(NLM_F_DUMP))
            // The kernel takes this header for a request about one device (`valid_fdb_dump_legacy`, net/core/rtnetlink.c).
            var header = ifinfomsg()
            header.ifi_family = Self.bridgeFamily
            header.ifi_index = index
            try message.append(header: header)
            return message
        }
        return try socket.fetch(dump: true, make) { message in
            guard Int(message.pointee.nlmsg_type) == Int(RTM_NEWNEIGH),
                nlmsg_valid_hdr(message, CInt(MemoryLayout<ndmsg>.size)) != 0, let data = nlmsg_data(message),
                data.loadUnaligned(as: ndmsg.self).ndm_ifindex == index
            else { return nil }
            let attributes = NetlinkAttribute.list(in: message, after: MemoryLayout<ndmsg>.size)
            guard attributes.first(where: { $0.type == Int(NDA_LLADDR) })?.bytes == Self.anyMAC else { return nil }
            return attributes.first { $0.type == Int(NDA_DST) }?.bytes
        }
    }

    /// `bridge fdb append 00:00:00:00:00:00 dev NAME dst ADDRESS`
    func addFloodEntry(of index: CInt, to address: [UInt8]) throws(NetlinkError) {
        try change(floodEntry: Int(RTM_NEWNEIGH), NLM_F_CREATE | NLM_F_APPEND, index, address)
    }

    /// `bridge fdb delete 00:00:00:00:00:00 dev NAME dst ADDRESS`; one that is gone already is no error.
    func removeFloodEntry(of index: CInt, to address: [UInt8]) throws(NetlinkError) {
        do {
            try change(floodEntry: Int(RTM_DELNEIGH), 0, index, address)
        } catch  where error.errno == ENOENT {
        }
    }

    private func change(
        floodEntry type: Int, _ flags: CInt, _ index: CInt, _ address: [UInt8]
    ) throws(NetlinkError) {
        let message = try NetlinkMessage(type: type, flags: flags)
        var header = ndmsg()
        header.ndm_family = Self.bridgeFamily
        header.ndm_ifindex = index
        header.ndm_state = UInt16(NUD_NOARP | NUD_PERMANENT)
        header.ndm_flags = UInt8(NTF_SELF)
        try message.append(header: header)
        try message.put(Int(NDA_LLADDR), bytes: Self.anyMAC)
        try message.put(Int(NDA_DST), bytes: address)
        try socket.perform(message)
    }

    private static let anyMAC = [UInt8](repeating: 0, count: 6)
    /// `AF_BRIDGE` (linux/socket.h).
    private static let bridgeFamily: UInt8 = 7
}
