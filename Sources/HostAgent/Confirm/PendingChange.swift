import AgentProtocol
import Glibc

/// A move of the host's addresses that nobody has confirmed yet, with everything that is needed to take it back.
struct PendingChange: Codable {
    enum Direction: String, Codable {
        case toBridge
        case toInterface
    }

    var token: String
    /// In which network namespace (``NamespaceLock/namespace``).
    var namespace: UInt64
    var networkUUID: String
    var direction: Direction
    /// How it was before.
    var book: AddressBook
    var interface: AddressBook.Holder
    var bridge: AddressBook.Holder
    /// The bridge the interface was a port of before; 0: none.
    var masterBefore: UInt32
    /// The bridge was made for this change.
    var isBridgeNew: Bool
    /// The MTU of the interface before, in bytes.
    var interfaceMTU: UInt32
    /// When the host goes back, in seconds of the clock that counts from boot and through sleep.
    var deadline: Int

    /// A change that waits from now on.
    init(
        _ confirmation: Confirmation, _ journal: ChangeJournal, _ spec: L2Spec, _ direction: Direction,
        _ book: AddressBook, interface: Link, bridge: Link, isBridgeNew: Bool
    ) {
        token = confirmation.token
        namespace = journal.namespace
        networkUUID = spec.networkUUID
        self.direction = direction
        self.book = book
        self.interface = AddressBook.Holder(interface)
        self.bridge = AddressBook.Holder(bridge)
        masterBefore = UInt32(bitPattern: interface.master ?? 0)
        self.isBridgeNew = isBridgeNew
        interfaceMTU = interface.mtu
        deadline = Self.now() + confirmation.within
    }

    static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return time.tv_sec
    }

    /// Makes the change.
    func apply(_ links: HostLinks) throws(NetlinkError) {
        let back = direction == .toInterface
        try AddressMove(
            book: book, source: back ? bridge : interface, destination: back ? interface : bridge,
            first: [.setMaster(interface.index, back ? 0 : bridge.index)]
        ).run(links)
    }

    /// Takes it back, whether it was made or not. Doing so again does nothing.
    func revert(_ links: HostLinks) throws(NetlinkError) {
        guard let link = try links.link(at: CInt(bitPattern: interface.index)) else { return }
        if !link.isUp { try links.setUp(link.index, true) }
        let back = direction == .toInterface
        guard let bridgeLink = try links.link(at: CInt(bitPattern: bridge.index)) else {
            // Somebody deleted the bridge: what was on it is gone, but not forgotten.
            if direction == .toBridge {
                try AddressMove(book: book, source: interface, destination: interface).run(links)
            }
            return
        }
        if back, !bridgeLink.isUp { try links.setUp(bridgeLink.index, true) }
        try AddressMove(
            book: book, source: back ? interface : bridge, destination: back ? bridge : interface,
            first: [.setMaster(interface.index, masterBefore)]
        ).run(links)
        if isBridgeNew {
            // What came to the bridge meanwhile must not go with it.
            let rest = try AddressBook(of: bridgeLink, on: links)
            if !rest.isEmpty { try AddressMove(book: rest, source: bridge, destination: interface).run(links) }
            try links.delete(bridgeLink.index)
        }
        if link.mtu != interfaceMTU, !back { try? links.setMTU(link.index, interfaceMTU) }
    }
}
