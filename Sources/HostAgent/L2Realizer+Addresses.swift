import AgentProtocol
import CNetlink
import Glibc

/// The host's own addresses on the interface of a network without VLAN.
extension L2Realizer {
    /// What has to move from the interface to the bridge; `nil`: nothing, or nobody would confirm it.
    func bookToMove(_ interface: Link) throws(StepFailure) -> AddressBook? {
        guard guarded != nil, unconfirmed == nil, spec.kind == .noVlan else { return nil }
        do {
            let book = try AddressBook(of: interface, on: links)
            return book.isEmpty ? nil : book
        } catch {
            throw StepFailure(step: "read the addresses of \(interface.name)", error: error)
        }
    }

    /// Whether the host has addresses on its bridge already.
    func holdsAddresses(_ bridge: Link?) throws(StepFailure) -> Bool {
        guard let bridge, spec.kind == .noVlan else { return false }
        do {
            return try !AddressBook(of: bridge, on: links).isEmpty
        } catch {
            throw StepFailure(step: "read the addresses of \(bridge.name)", error: error)
        }
    }

    /// Makes the bridge behave as the interface does, sets it up, and moves the addresses and the interface in one go.
    mutating func move(
        _ book: AddressBook, from interface: Link, to bridge: Link, isNew: Bool, _ guarded: GuardedChanges
    ) throws(StepFailure) {
        let mode = interface.addressGeneration ?? 0
        if bridge.addressGeneration != nil, bridge.addressGeneration != mode {
            // A mode that needs a secret of the interface is not taken; then the address comes from the MAC.
            do {
                try links.setAddressGeneration(bridge.index, mode)
            } catch {
                try step("give \(bridge.name) a link-local address") { links throws(NetlinkError) in
                    try links.setAddressGeneration(bridge.index, UInt8(IN6_ADDR_GEN_MODE_EUI64.rawValue))
                }
            }
        }
        InterfaceSettings.copy(from: interface.name, to: bridge.name)
        try bringUp(read(bridge))

        let change = PendingChange(
            guarded.confirmation, guarded.journal, spec, .toBridge, book, interface: interface, bridge: bridge,
            isBridgeNew: isNew)
        try step("move the host's addresses from \(interface.name) to \(bridge.name)") { _ throws(NetlinkError) in
            try guarded.make(change)
        } undo: { links throws(NetlinkError) in
            try change.revert(links)
            guarded.journal.forget(change.token)
        }
        unconfirmed = change.token
    }
}
