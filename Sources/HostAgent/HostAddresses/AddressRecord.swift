import CNetlink
import Glibc

/// An address of a link with everything that the kernel needs to make the same one again.
struct AddressRecord: Hashable, Codable {
    var family: UInt8
    var prefixLength: UInt8
    var scope: UInt8
    /// The number of the link.
    var link: UInt32
    /// Those of ``keptFlags``.
    var flags: UInt32
    /// It goes by itself after a time: a DHCP client, an advertisement of a router or a person gave it a lease.
    var isLeased: Bool
    /// Duplicate address detection has not let it pass.
    var isTentative: Bool
    /// In seconds; 0: deprecated; all ones: for ever.
    var preferredLifetime: UInt32
    /// All but flags, lifetimes, and a label that is the link's name.
    var attributes: [RawAttribute]

    /// The flags that a person gives (linux/if_addr.h); the others tell of the kernel's own doings.
    private static let keptFlags = UInt32(
        IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN)
    private static let longestLabel = 15
    private static let forever = UInt32.max

    /// - Parameter name: the link's, by its number.
    init?(_ message: UnsafeMutablePointer<nlmsghdr>, name: (UInt32) -> String?) {
        guard Int(message.pointee.nlmsg_type) == Int(RTM_NEWADDR),
            let (header, all) = RawMessage.parts(of: message, headerSize: MemoryLayout<ifaddrmsg>.size),
            let link = RawAttribute.u32(header[4...])
        else { return nil }
        family = header[0]
        prefixLength = header[1]
        scope = header[3]
        self.link = link
        let flags = all.first { $0.number == Int(IFA_FLAGS) }?.u32 ?? UInt32(header[2])
        self.flags = flags & Self.keptFlags
        isLeased = flags & UInt32(IFA_F_PERMANENT) == 0
        isTentative = flags & UInt32(IFA_F_TENTATIVE | IFA_F_DADFAILED) != 0
        preferredLifetime = all.first { $0.number == Int(IFA_CACHEINFO) }?.u32 ?? Self.forever
        let linkName = name(link)
        attributes = all.filter { attribute in
            switch attribute.number {
            case Int(IFA_FLAGS), Int(IFA_CACHEINFO): false
            case Int(IFA_LABEL): attribute.string != linkName
            default: true
            }
        }
    }

    /// The kernel gives link-local IPv6 addresses to every link by itself, so they stay.
    var isMovable: Bool {
        switch Int32(family) {
        case AF_INET: true
        case AF_INET6: scope < UInt8(RT_SCOPE_LINK.rawValue)
        default: false
        }
    }

    /// For instance `10.1.1.5/24`.
    var text: String {
        let local =
            attributes.first { $0.number == Int(IFA_LOCAL) } ?? attributes.first { $0.number == Int(IFA_ADDRESS) }
        return "\(InterfaceAddress.text(family: CInt(family), local?.payload ?? []) ?? "?")/\(prefixLength)"
    }

    /// The same on another link. A label `eth0:web` becomes `br_eth0:web` where that is short enough.
    func moved(from old: AddressBook.Holder, to new: AddressBook.Holder) -> AddressRecord {
        var record = self
        record.link = new.index
        record.attributes = attributes.map { attribute in
            guard attribute.number == Int(IFA_LABEL), attribute.string.hasPrefix(old.name + ":") else {
                return attribute
            }
            let label = new.name + attribute.string.dropFirst(old.name.count)
            guard label.utf8.count <= Self.longestLabel else { return attribute }
            return RawAttribute(Int(IFA_LABEL), Array(label.utf8) + [0])
        }
        return record
    }

    /// `ip addr add …`; an IPv6 address that has passed the detection of duplicates need not wait for it again.
    var adding: RawMessage {
        let skipsDetection = Int32(family) == AF_INET6 && !isTentative
        return message(
            Int(RTM_NEWADDR), NLM_F_CREATE | NLM_F_EXCL, flags: flags | (skipsDetection ? UInt32(IFA_F_NODAD) : 0))
    }

    /// `ip addr change …`, taking the flag `nodad` of ``adding`` off again; `nil` where there is nothing to take off.
    var settling: RawMessage? {
        guard Int32(family) == AF_INET6, !isTentative, flags & UInt32(IFA_F_NODAD) == 0 else { return nil }
        return message(Int(RTM_NEWADDR), NLM_F_REPLACE, flags: flags)
    }

    /// `ip addr del …`
    var deleting: RawMessage { message(Int(RTM_DELADDR), 0, flags: flags) }

    private func message(_ type: Int, _ how: Int32, flags: UInt32) -> RawMessage {
        let times = RawAttribute.bytes(preferredLifetime) + RawAttribute.bytes(Self.forever)
        return RawMessage(
            type: type, flags: how,
            header: [family, prefixLength, UInt8(truncatingIfNeeded: flags), scope] + RawAttribute.bytes(link),
            attributes: attributes + [
                RawAttribute(Int(IFA_FLAGS), u32: flags),
                RawAttribute(Int(IFA_CACHEINFO), times + [UInt8](repeating: 0, count: 8)),
            ])
    }
}
