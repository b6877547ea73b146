import CNetlink
import Glibc

/// The links of the host (of the network namespace that the agent runs in), read and changed through rtnetlink.
///
/// Every method asks the kernel; nothing is remembered.
final class HostLinks {
    let socket: NetlinkSocket

    init() throws(NetlinkError) {
        socket = try NetlinkSocket()
    }

    // MARK: Reading

    /// `ip -d link show dev NAME`; `nil` if there is none.
    func link(named name: String) throws(NetlinkError) -> Link? {
        try fetch(index: 0, name: name)
    }

    /// The link with this number; `nil` if there is none.
    func link(at index: CInt) throws(NetlinkError) -> Link? {
        try fetch(index: index, name: nil)
    }

    /// `ip -d link show`, in the order of their numbers.
    func all() throws(NetlinkError) -> [Link] {
        let make: () throws(NetlinkError) -> NetlinkMessage = { () throws(NetlinkError) in
            let message = try NetlinkMessage(type: Int(RTM_GETLINK), flags: CInt(NLM_F_DUMP))
            try message.append(header: ifinfomsg())
            return message
        }
        return try socket.fetch(dump: true, make) { Link($0) }.sorted { $0.index < $1.index }
    }

    /// The IPv4 and IPv6 addresses of a link with their prefix length, link-local and host-local ones left out
    /// (`ip addr show dev NAME scope global`).
    func globalAddresses(of index: CInt) throws(NetlinkError) -> [String] {
        try allAddresses().filter { $0.link == index && $0.scope < UInt8(RT_SCOPE_LINK.rawValue) }.map(\.text)
    }

    /// `ip addr show`
    func allAddresses() throws(NetlinkError) -> [InterfaceAddress] {
        let make: () throws(NetlinkError) -> NetlinkMessage = { () throws(NetlinkError) in
            let message = try NetlinkMessage(type: Int(RTM_GETADDR), flags: CInt(NLM_F_DUMP))
            try message.append(header: ifaddrmsg())
            return message
        }
        return try socket.fetch(dump: true, make) { InterfaceAddress($0) }
    }

    private func fetch(index: CInt, name: String?) throws(NetlinkError) -> Link? {
        let make: () throws(NetlinkError) -> NetlinkMessage = { () throws(NetlinkError) in
            var message: OpaquePointer?
            guard rtnl_link_build_get_request(index, name, &message) == 0, let message else {
                throw NetlinkError(errno: EINVAL)
            }
            return NetlinkMessage(owning: message)
        }
        do {
            return try socket.fetch(dump: false, make) { Link($0) }.first
        } catch  where error.errno == ENODEV {
            return nil
        }
    }

    // MARK: Making and deleting

    /// `ip link add name NAME address MAC group 0x6e6d6673 type bridge`
    func addBridge(named name: String, address: [UInt8]) throws(NetlinkError) -> Link {
        try add(named: name) { link in
            rtnl_link_set_type(link, "bridge")
            if let raw = address.withUnsafeBytes({ nl_addr_build(AF_LLC, $0.baseAddress, $0.count) }) {
                rtnl_link_set_addr(link, raw)
                nl_addr_put(raw)
            }
        }
    }

    /// `ip link add link PARENT name NAME group 0x6e6d6673 type vlan id ID`
    func addVLAN(named name: String, parent: CInt, id: UInt16) throws(NetlinkError) -> Link {
        try add(named: name) { link in
            rtnl_link_set_type(link, "vlan")
            rtnl_link_set_link(link, parent)
            rtnl_link_vlan_set_id(link, id)
        }
    }

    /// `ip link delete dev NAME`; a link that is gone already is no error.
    func delete(_ index: CInt) throws(NetlinkError) {
        let message = try build { link, message in
            rtnl_link_set_ifindex(link, index)
            return rtnl_link_build_delete_request(link, &message)
        }
        do {
            try socket.perform(message)
        } catch  where error.errno == ENODEV {
        }
    }

    func add(named name: String, _ configure: (OpaquePointer) -> Void) throws(NetlinkError) -> Link {
        let message = try build { link, message in
            rtnl_link_set_name(link, name)
            rtnl_link_set_group(link, LinkMark.unfinishedGroup)
            configure(link)
            return rtnl_link_build_add_request(link, NLM_F_CREATE | NLM_F_EXCL, &message)
        }
        try socket.perform(message)
        guard let made = try link(named: name) else { throw NetlinkError(errno: ENODEV) }
        return made
    }

    // MARK: Changing

    /// `ip link set dev NAME alias ALIAS group default`: the link is finished.
    func mark(_ index: CInt, alias: String) throws(NetlinkError) {
        try change(index) { link in
            rtnl_link_set_ifalias(link, alias)
            rtnl_link_set_group(link, 0)
        }
    }

    /// `ip link set dev NAME up`
    func setUp(_ index: CInt, _ up: Bool) throws(NetlinkError) {
        try change(index) { link in
            let flag = UInt32(IFF_UP)
            if up { rtnl_link_set_flags(link, flag) } else { rtnl_link_unset_flags(link, flag) }
        }
    }

    /// `ip link set dev NAME mtu MTU`
    func setMTU(_ index: CInt, _ mtu: UInt32) throws(NetlinkError) {
        try change(index) { rtnl_link_set_mtu($0, mtu) }
    }

    /// `ip link set dev NAME address MAC`
    func setAddress(_ index: CInt, _ address: [UInt8]) throws(NetlinkError) {
        try change(index) { link in
            if let raw = address.withUnsafeBytes({ nl_addr_build(AF_LLC, $0.baseAddress, $0.count) }) {
                rtnl_link_set_addr(link, raw)
                nl_addr_put(raw)
            }
        }
    }

    /// `ip link set dev NAME master BRIDGE`, or `nomaster`.
    func setMaster(_ index: CInt, _ master: CInt?) throws(NetlinkError) {
        try change(index) { rtnl_link_set_master($0, master ?? 0) }
    }

    /// `ip link set dev NAME addrgenmode none`: the link gets no IPv6 link-local address, it is for forwarding only.
    func disableAddressGeneration(_ index: CInt) throws(NetlinkError) {
        try setAddressGeneration(index, UInt8(IN6_ADDR_GEN_MODE_NONE.rawValue))
    }

    /// `ip link set dev NAME addrgenmode MODE`
    func setAddressGeneration(_ index: CInt, _ mode: UInt8) throws(NetlinkError) {
        try set(index) { message throws(NetlinkError) in
            try message.nest(Int(IFLA_AF_SPEC)) { () throws(NetlinkError) in
                try message.nest(Int(AF_INET6)) { () throws(NetlinkError) in
                    try message.put(Int(IFLA_INET6_ADDR_GEN_MODE), u8: mode)
                }
            }
        }
    }

    /// `ip link set dev NAME type bridge …`; settings that are `nil` stay.
    ///
    /// libnl-route has no setters for these (`IFLA_BR_…` in linux/if_link.h).
    func setBridge(_ index: CInt, _ settings: Link.Bridge) throws(NetlinkError) {
        try set(index) { message throws(NetlinkError) in
            try message.nest(Int(IFLA_LINKINFO)) { () throws(NetlinkError) in
                try message.put(Int(IFLA_INFO_KIND), string: "bridge")
                try message.nest(Int(IFLA_INFO_DATA)) { () throws(NetlinkError) in
                    if let stp = settings.stp { try message.put(Int(IFLA_BR_STP_STATE), u32: stp) }
                    if let delay = settings.forwardDelay { try message.put(Int(IFLA_BR_FORWARD_DELAY), u32: delay) }
                    if let calls = settings.callsIPTables {
                        try message.put(Int(IFLA_BR_NF_CALL_IPTABLES), u8: calls)
                    }
                    if let calls = settings.callsIP6Tables {
                        try message.put(Int(IFLA_BR_NF_CALL_IP6TABLES), u8: calls)
                    }
                }
            }
        }
    }

    /// A change for which libnl-route has setters.
    private func change(_ index: CInt, _ configure: (OpaquePointer) -> Void) throws(NetlinkError) {
        guard let changes = rtnl_link_alloc() else { throw NetlinkError(errno: ENOMEM) }
        defer { rtnl_link_put(changes) }
        configure(changes)
        let message = try build { link, message in
            rtnl_link_set_ifindex(link, index)
            return rtnl_link_build_change_request(link, changes, 0, &message)
        }
        try socket.perform(message)
    }

    /// A change that is written attribute by attribute.
    private func set(
        _ index: CInt, _ body: (NetlinkMessage) throws(NetlinkError) -> Void
    ) throws(NetlinkError) {
        let message = try NetlinkMessage(type: Int(RTM_NEWLINK))
        var header = ifinfomsg()
        header.ifi_index = index
        try message.append(header: header)
        try body(message)
        try socket.perform(message)
    }

    private func build(
        _ body: (_ link: OpaquePointer, _ message: inout OpaquePointer?) -> CInt
    ) throws(NetlinkError) -> NetlinkMessage {
        guard let link = rtnl_link_alloc() else { throw NetlinkError(errno: ENOMEM) }
        defer { rtnl_link_put(link) }
        var message: OpaquePointer?
        guard body(link, &message) >= 0, let message else { throw NetlinkError(errno: EINVAL) }
        return NetlinkMessage(owning: message)
    }
}
